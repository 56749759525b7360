"""Readers of sets whose notes or drums are labelled, on trees of their layouts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.train.datasets.public.registry import read_dataset, wanted
from mp3tomidi.train.datasets.recordings import Recording, class_times, note_rows
from mp3tomidi.transcribe.errors import LabelsError

from .trees import (
    NOTES,
    drums,
    jams_file,
    note_annotation,
    score,
    sound,
    table,
    text,
)


def read(name: str, folder: Path, split: str = "all") -> dict[str, Recording]:
    return {recording.name: recording for recording in read_dataset(wanted(f"{name}/{split}:{folder}"))}


def rows(recording: Recording) -> list[list[float]]:
    assert recording.notes is not None
    return note_rows(recording.notes()).tolist()


def programs(recording: Recording) -> list[int]:
    assert recording.notes is not None
    return recording.notes()["program"].tolist()


def hits(recording: Recording) -> dict[str, list[float]]:
    assert recording.drums is not None
    return {name: times for name, times in class_times(recording.drums()).items() if times}


PLAYED = [pytest.approx(list(map(float, note)), abs=2e-3) for note in NOTES]


# --- MAESTRO


def maestro(root: Path, version: str = "3.0.0") -> Path:
    files = {"a": "train", "b": "validation", "c": "test"}
    for name in files:
        sound(root / "2018" / f"{name}.wav")
        score(root / "2018" / f"{name}.midi")
    columns = {"canonical_composer": "Bach", "canonical_title": "Fugue, in C", "year": 2018, "duration": 1.0}
    table(
        root / f"maestro-v{version}.csv",
        [
            {**columns, "split": split, "midi_filename": f"2018/{name}.midi", "audio_filename": f"2018/{name}.wav"}
            for name, split in files.items()
        ],
    )
    return root


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0", "3.0.0"])
def test_maestro_has_its_official_split_and_its_notes(tmp_path: Path, version: str) -> None:
    found = read("maestro", maestro(tmp_path, version))
    assert {name: recording.split for name, recording in found.items()} == {"a": "train", "b": "valid", "c": "test"}
    assert rows(found["a"]) == PLAYED
    assert programs(found["a"]) == [0, 0]
    assert list(read("maestro", tmp_path, "test")) == ["c"]


def test_maestro_names_what_is_missing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    maestro(tmp_path)
    (tmp_path / "2018" / "a.wav").unlink()
    (tmp_path / "2018" / "b.midi").write_bytes(b"")
    assert list(read("maestro", tmp_path)) == ["c"]
    assert "a.wav: there is no such file" in caplog.text
    assert "b.midi: the file is empty" in caplog.text
    (tmp_path / "maestro-v3.0.0.csv").write_text("split,midi_filename\n")
    with pytest.raises(LabelsError, match=r"has no column 'audio_filename'"):
        read("maestro", tmp_path)


def test_a_damaged_score_is_an_error_with_its_name(tmp_path: Path) -> None:
    maestro(tmp_path)
    (tmp_path / "2018" / "a.midi").write_bytes(b"MThd, but no more")
    with pytest.raises(LabelsError, match=r"a\.midi: not a MIDI file"):
        rows(read("maestro", tmp_path)["a"])


# --- MAPS


def maps(root: Path) -> Path:
    for piano in ("AkPnBcht", "ENSTDkCl"):
        path = sound(root / piano / "MUS" / f"MAPS_MUS-bach_846_{piano}.wav")
        score(path.with_suffix(".mid"))
    path = sound(root / "AkPnBcht" / "ISOL" / "NO" / "MAPS_ISOL_NO_F_S0_M60_AkPnBcht.wav")
    text(path.with_suffix(".txt"), "OnsetTime\tOffsetTime\tMidiPitch\n0.25\t0.75\t60\n")
    return root


def test_maps_measures_on_the_disklavier(tmp_path: Path) -> None:
    found = read("maps", maps(tmp_path))
    assert {(r.set_name, r.split) for r in found.values()} == {
        ("AkPnBcht MUS", "train"),
        ("AkPnBcht ISOL", "train"),
        ("ENSTDkCl MUS", "test"),
    }
    assert rows(found["MAPS_MUS-bach_846_ENSTDkCl"]) == PLAYED
    assert rows(found["MAPS_ISOL_NO_F_S0_M60_AkPnBcht"]) == [[0.25, 0.75, 60.0, 0.0]]


def test_maps_names_sounds_without_labels_and_tables_that_are_none(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    maps(tmp_path)
    alone = sound(tmp_path / "AkPnBcht" / "MUS" / "MAPS_MUS-alone_AkPnBcht.wav")
    (tmp_path / "AkPnBcht/ISOL/NO/MAPS_ISOL_NO_F_S0_M60_AkPnBcht.txt").write_text("OnsetTime\nnever\n")
    found = read("maps", tmp_path)
    assert alone.stem not in found
    assert "MAPS_MUS-alone_AkPnBcht.wav: neither a .mid nor a .txt" in caplog.text
    with pytest.raises(LabelsError, match=r"M60_AkPnBcht\.txt: not lines of 3 numbers"):
        rows(found["MAPS_ISOL_NO_F_S0_M60_AkPnBcht"])


# --- GuitarSet


def guitarset(root: Path) -> Path:
    for name in ("00_BN1-129-Eb_comp", "05_Funk2-108-Eb_solo"):
        strings = [[(0.5, 0.25, 40.2)], [], [(0.0, 0.4, 52.0)], [], [], []]
        annotations = [note_annotation(notes, str(string)) for string, notes in enumerate(strings)]
        jams_file(root / "annotation" / f"{name}.jams", [*annotations, {"namespace": "pitch_contour", "data": []}])
    sound(root / "audio_mono-mic" / "00_BN1-129-Eb_comp_mic.wav")
    sound(root / "audio_mono-pickup_mix" / "00_BN1-129-Eb_comp_mix.wav")
    sound(root / "audio_mono-pickup_mix" / "05_Funk2-108-Eb_solo_mix.wav")
    return root


def test_guitarset_hears_the_microphone_or_else_the_pickup(tmp_path: Path) -> None:
    found = read("guitarset", guitarset(tmp_path))
    assert [recording.sound.name for recording in found.values()] == [
        "00_BN1-129-Eb_comp_mic.wav",
        "05_Funk2-108-Eb_solo_mix.wav",
    ]
    assert rows(found["00_BN1-129-Eb_comp"]) == [[0.0, 0.4, 52.0, 0.0], [0.5, 0.75, 40.2, 0.0]]
    assert programs(found["00_BN1-129-Eb_comp"]) == [25, 25]


def test_guitarset_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    guitarset(tmp_path)
    (tmp_path / "audio_mono-pickup_mix" / "05_Funk2-108-Eb_solo_mix.wav").unlink()
    jams_file(tmp_path / "annotation" / "unheard_of.jams", [])
    (tmp_path / "annotation" / "00_BN1-129-Eb_comp.jams").write_text("{}")
    found = read("guitarset", tmp_path)
    assert list(found) == ["00_BN1-129-Eb_comp"]
    assert "05_Funk2-108-Eb_solo_mic.wav: there is no such file" in caplog.text
    assert "unheard_of.jams" in caplog.text
    with pytest.raises(LabelsError, match=r"00_BN1-129-Eb_comp\.jams: cannot be read"):
        rows(found["00_BN1-129-Eb_comp"])


# --- vocadito


def vocadito(root: Path) -> Path:
    for number in (1, 2):
        sound(root / "Audio" / f"vocadito_{number}.wav")
        for annotator in ("A1", "A2"):
            text(
                root / "Annotations" / "Notes" / f"vocadito_{number}_notes{annotator}.csv",
                "0.10,440.0,0.3\n0.50,466.16,0.25\n",
            )
    return root


def test_vocadito_has_times_and_pitches_of_the_first_annotator(tmp_path: Path) -> None:
    found = read("vocadito", vocadito(tmp_path))
    assert list(found) == ["vocadito_1", "vocadito_2"]
    assert rows(found["vocadito_1"]) == [
        pytest.approx([0.1, 0.4, 69.0, 0.0]),
        pytest.approx([0.5, 0.75, 70.0, 0.0], abs=1e-3),
    ]
    assert programs(found["vocadito_1"]) == [52, 52]


def test_vocadito_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    vocadito(tmp_path)
    (tmp_path / "Audio" / "vocadito_2.wav").unlink()
    (tmp_path / "Annotations" / "Notes" / "vocadito_1_notesA1.csv").write_text("a,b\n")
    found = read("vocadito", tmp_path)
    assert "vocadito_2.wav: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"vocadito_1_notesA1\.csv: cannot be read"):
        rows(found["vocadito_1"])


# --- MusicNet


def musicnet(root: Path) -> Path:
    columns = ("start_time", "end_time", "instrument", "note", "start_beat", "end_beat", "note_value")
    for split, number in (("train", 1727), ("test", 1759)):
        sound(root / "musicnet" / f"{split}_data" / f"{number}.wav")
        played = [(44100, 66150, 41, 67, 0, 1, "Quarter"), (0, 44100, 1, 60, 0, 2, "Half")]
        table(
            root / "musicnet" / f"{split}_labels" / f"{number}.csv",
            [dict(zip(columns, row, strict=True)) for row in played],
        )
    return root


def test_musicnet_counts_samples_and_programs_from_one(tmp_path: Path) -> None:
    found = read("musicnet", musicnet(tmp_path))
    assert {name: recording.split for name, recording in found.items()} == {"1727": "train", "1759": "test"}
    assert rows(found["1727"]) == [[0.0, 1.0, 60.0, 0.0], [1.0, 1.5, 67.0, 0.0]]
    assert programs(found["1727"]) == [0, 40]


def test_musicnet_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    musicnet(tmp_path)
    (tmp_path / "musicnet" / "test_data" / "1759.wav").unlink()
    labels = tmp_path / "musicnet" / "train_labels" / "1727.csv"
    labels.write_text(labels.read_text().replace("66150", "soon"))
    found = read("musicnet", tmp_path)
    assert list(found) == ["1727"]
    assert "1759.wav: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"1727\.csv: a row that holds what is no number"):
        rows(found["1727"])


# --- Slakh


def slakh(root: Path) -> Path:
    for split, number in (("train", 1), ("test", 2), ("omitted", 3)):
        track = root / "slakh2100_flac_redux" / split / f"Track{number:05d}"
        sound(track / "mix.flac")
        for stem in ("S00", "S01"):
            sound(track / "stems" / f"{stem}.flac")
        score(track / "MIDI" / "S00.mid")
        drums(track / "MIDI" / "S01.mid", [(0.0, 36), (0.5, 38)])
        score(track / "MIDI" / "S02.mid", [(0.0, 1.0, 72, 80)])  # rendered to nothing: it has no sound
        described = {
            name: {"is_drum": is_drum, "program_num": program, "inst_class": "x", "audio_rendered": name != "S02"}
            for name, is_drum, program in (("S00", False, 33), ("S01", True, 128), ("S02", False, 0))
        }
        text(track / "metadata.yaml", json.dumps({"UUID": "1", "stems": described}))
    return root


def test_slakh_has_the_notes_of_the_stems_that_sound(tmp_path: Path) -> None:
    found = read("slakh", slakh(tmp_path))
    assert {name: recording.split for name, recording in found.items()} == {"Track00001": "train", "Track00002": "test"}
    assert rows(found["Track00001"]) == PLAYED
    assert programs(found["Track00001"]) == [33, 33]
    assert hits(found["Track00001"]) == {"KD": [0.0], "SD": [0.5]}
    assert list(read("slakh", tmp_path, "omitted")) == ["Track00003"]


def test_slakh_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    train = slakh(tmp_path) / "slakh2100_flac_redux" / "train" / "Track00001"
    (tmp_path / "slakh2100_flac_redux" / "test" / "Track00002" / "mix.flac").unlink()
    (train / "metadata.yaml").write_text("stems: {S00: {}}")
    found = read("slakh", tmp_path)
    assert list(found) == ["Track00001"]
    assert "mix.flac: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"metadata\.yaml: cannot be read"):
        rows(found["Track00001"])


# --- Groove and E-GMD


def groove(root: Path) -> Path:
    played = {"drummer1/eval_session/1": "test", "drummer1/session1/2": "train", "drummer2/session1/3": "validation"}
    listed = []
    for number, split in played.items():
        name = f"{number}_funk_138_beat_4-4"
        drums(root / "groove" / f"{name}.mid", [(0.0, 36), (0.25, 22), (0.5, 58)])
        is_silent = split == "validation"
        if not is_silent:
            sound(root / "groove" / f"{name}.wav")
        columns = {"drummer": "drummer1", "session": "s", "id": number, "style": "funk", "bpm": 138}
        columns |= {"beat_type": "beat", "time_signature": "4-4", "midi_filename": f"{name}.mid"}
        listed.append({**columns, "audio_filename": "" if is_silent else f"{name}.wav", "duration": 1, "split": split})
    table(root / "groove" / "info.csv", listed)
    return root


def test_groove_has_general_midis_keys_and_passes_over_what_was_not_recorded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = read("groove", groove(tmp_path))
    assert {name: recording.split for name, recording in found.items()} == {
        "drummer1-eval_session-1": "test",
        "drummer1-session1-2": "train",
    }
    assert not caplog.records
    recording = found["drummer1-session1-2"]
    assert recording.drums is not None
    assert recording.drums()["key"].tolist() == [36, 42, 43]
    assert hits(recording) == {"KD": [0.0], "HH": [0.25], "TT": [0.5]}


def test_groove_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = groove(tmp_path) / "groove"
    (folder / "drummer1/session1/2_funk_138_beat_4-4.wav").unlink()
    assert list(read("groove", tmp_path)) == ["drummer1-eval_session-1"]
    assert "2_funk_138_beat_4-4.wav: there is no such file" in caplog.text
    (folder / "info.csv").write_text("id\n1\n")
    with pytest.raises(LabelsError, match=r"info\.csv: the table of the data set cannot be read"):
        read("groove", tmp_path)


def e_gmd(root: Path) -> Path:
    listed = []
    for number, split in ((1, "train"), (2, "validation"), (3, "test")):
        name = f"drummer1/session1/{number}_funk_138_beat_4-4_{number}"
        drums(root / f"{name}.midi", [(0.0, 36), (0.5, 26)])
        sound(root / f"{name}.wav")
        files = {"midi_filename": f"{name}.midi", "audio_filename": f"{name}.wav", "kit_name": "Acoustic Kit"}
        listed.append({"id": number, "split": split, **files})
    table(root / "e-gmd-v1.0.0.csv", listed)
    return root


def test_e_gmd_is_parted_by_its_table_and_set_by_kit(tmp_path: Path) -> None:
    found = list(read("e_gmd", e_gmd(tmp_path)).values())
    assert sorted(recording.split for recording in found) == ["test", "train", "valid"]
    assert {recording.set_name for recording in found} == {"Acoustic Kit"}
    assert hits(found[0]) == {"KD": [0.0], "HH": [0.5]}


def test_e_gmd_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    e_gmd(tmp_path)
    (tmp_path / "drummer1/session1/1_funk_138_beat_4-4_1.wav").write_bytes(b"")
    (tmp_path / "drummer1/session1/2_funk_138_beat_4-4_2.midi").unlink()
    assert len(read("e_gmd", tmp_path)) == 1
    assert "_1.wav: the file is empty" in caplog.text
    assert "_2.midi: there is no such file" in caplog.text


# --- MDB Drums


def mdb_drums(root: Path) -> Path:
    folder = root / "MDB Drums"
    for name in ("MusicDelta_80sRock", "MusicDelta_Reggae"):
        text(folder / "annotations" / "class" / f"{name}_class.txt", "0.10 \t KD\n0.20\tOT\n\n0.30\tSD\n0.30\tCY\n")
        sound(folder / "audio" / "drum_only" / f"{name}_Drum.wav")
        sound(folder / "audio" / "full_mix" / f"{name}_MIX.wav")
    return root


def test_mdb_drums_are_read_alone_and_in_the_mix(tmp_path: Path) -> None:
    found = read_dataset(wanted(f"mdb_drums:{mdb_drums(tmp_path)}"))
    assert [(recording.set_name, recording.sound.name) for recording in found] == [
        ("drum_only", "MusicDelta_80sRock_Drum.wav"),
        ("drum_only", "MusicDelta_Reggae_Drum.wav"),
        ("full_mix", "MusicDelta_80sRock_MIX.wav"),
        ("full_mix", "MusicDelta_Reggae_MIX.wav"),
    ]
    assert hits(found[0]) == {"KD": [0.1], "SD": [0.3], "CY": [0.3]}


def test_mdb_drums_name_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = mdb_drums(tmp_path) / "MDB Drums"
    (folder / "audio" / "drum_only" / "MusicDelta_80sRock_Drum.wav").unlink()
    (folder / "annotations" / "class" / "MusicDelta_Reggae_class.txt").write_text("0.1\tBANG\n")
    found = read_dataset(wanted(f"mdb_drums:{tmp_path}"))
    assert len(found) == 3
    assert "MusicDelta_80sRock_Drum.wav: there is no such file" in caplog.text
    with pytest.raises(LabelsError, match=r"MusicDelta_Reggae_class\.txt, line 1: expected a time and one of "):
        hits(found[0])


# --- NSynth, good-sounds, EGFxSet: single notes


def nsynth(root: Path) -> Path:
    for split, family in (("train", "brass"), ("valid", "vocal"), ("test", "keyboard")):
        name = f"{family}_acoustic_000-060-100"
        sound(root / f"nsynth-{split}" / "audio" / f"{name}.wav", 4.0)
        example = {"pitch": 60, "velocity": 100, "instrument_family_str": family, "note": 1}
        text(root / f"nsynth-{split}" / "examples.json", json.dumps({name: example}))
    return root


def test_nsynth_has_a_note_and_a_family(tmp_path: Path) -> None:
    found = {recording.split: recording for recording in read("nsynth", nsynth(tmp_path)).values()}
    assert found["train"].classes == ("brass",)
    assert rows(found["train"]) == [[0.0, 3.0, 60.0, 100.0]]
    assert programs(found["train"]) == [61]
    assert found["valid"].classes == ("vocal",)


def test_nsynth_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    nsynth(tmp_path)
    (tmp_path / "nsynth-train" / "audio" / "brass_acoustic_000-060-100.wav").unlink()
    strange = {"vocal_acoustic_000-060-100": {"pitch": 60, "velocity": 100, "instrument_family_str": "kazoo"}}
    (tmp_path / "nsynth-valid" / "examples.json").write_text(json.dumps(strange))
    assert [recording.split for recording in read("nsynth", tmp_path).values()] == ["test"]
    assert "brass_acoustic_000-060-100.wav: there is no such file" in caplog.text
    assert "there is no family kazoo" in caplog.text
    (tmp_path / "nsynth-test" / "examples.json").write_text("{")
    with pytest.raises(LabelsError, match=r"nsynth-test/examples\.json: cannot be read as JSON"):
        read("nsynth", tmp_path)


def good_sounds(root: Path) -> Path:
    marks = {"attack": 24_000, "offset": 36_000, "semitone": 48}
    sounds = {
        "1": {"id": 1, "instrument": "flute", "klass": "good-sound", "pack_id": 1, **marks},
        "2": {"id": 2, "instrument": "violin", "klass": "scale-good", "pack_id": 1, **dict.fromkeys(marks)},
    }
    takes = {}
    for number in sounds:
        name = f"sound_files/pack/akg/{number}.wav"
        sound(root / "good-sounds" / name)
        takes[number] = {"id": int(number), "microphone": "akg", "filename": name, "sound_id": int(number)}
    for name, content in (("sounds", sounds), ("takes", takes), ("packs", {}), ("ratings", {})):
        text(root / f"{name}.json", json.dumps(content))
    return root


def test_good_sounds_has_notes_where_they_are_marked(tmp_path: Path) -> None:
    found = read("good_sounds", good_sounds(tmp_path))
    assert found["flute-1"].classes == ("flute",)
    assert rows(found["flute-1"]) == [[0.5, 0.75, 60.0, 0.0]]
    assert programs(found["flute-1"]) == [73]
    assert found["violin-2"].notes is None


def test_good_sounds_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    good_sounds(tmp_path)
    (tmp_path / "good-sounds/sound_files/pack/akg/2.wav").unlink()
    takes = json.loads((tmp_path / "takes.json").read_text())
    sound(tmp_path / "good-sounds" / "sound_files" / "3.wav")
    takes["3"] = {"filename": "sound_files/3.wav", "sound_id": 99}
    (tmp_path / "takes.json").write_text(json.dumps(takes))
    assert list(read("good_sounds", tmp_path)) == ["flute-1"]
    assert "2.wav: there is no such file" in caplog.text
    assert "3.wav" in caplog.text
    (tmp_path / "packs.json").unlink()
    with pytest.raises(LabelsError, match="the table of the data set cannot be read"):
        read("good_sounds", tmp_path)


def egfxset(root: Path) -> Path:
    for name in ("Clean/Bridge/1-0.wav", "TapeEcho/Bridge-Middle/6-22.wav", "RAT/Neck/2-3.wav"):
        sound(root / name)
    return root


def test_egfxset_has_notes_and_effects(tmp_path: Path) -> None:
    found = read("egfxset", egfxset(tmp_path))
    assert {recording.classes for recording in found.values()} == {("Clean",), ("TapeEcho",), ("RAT",)}
    assert rows(found["Clean-Bridge-1-0"]) == [[0.0, 5.0, 64.0, 0.0]]
    assert rows(found["TapeEcho-Bridge-Middle-6-22"]) == [[0.0, 5.0, 62.0, 0.0]]
    assert programs(found["RAT-Neck-2-3"]) == [27]


def test_egfxset_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    egfxset(tmp_path)
    sound(tmp_path / "Clean" / "Bridge" / "nine.wav")
    (tmp_path / "Clean" / "Bridge" / "1-0.wav").write_bytes(b"")
    assert sorted(read("egfxset", tmp_path)) == ["RAT-Neck-2-3", "TapeEcho-Bridge-Middle-6-22"]
    assert "nine.wav: its name says no string and fret" in caplog.text
    assert "1-0.wav: the file is empty" in caplog.text


# --- folders of one's own


def test_a_score_beside_a_sound_labels_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    score(sound(tmp_path / "train" / "set" / "a.wav").with_suffix(".mid"))
    drums(sound(tmp_path / "test" / "b.flac").with_suffix(".midi"), [(0.25, 42)])
    sound(tmp_path / "test" / "unlabelled.wav")
    (tmp_path / "test" / "gone.wav").touch()
    score(tmp_path / "test" / "gone.mid")
    found = read("midi", tmp_path)
    assert {name: (recording.set_name, recording.split) for name, recording in found.items()} == {
        "a": ("set", "train"),
        "b": ("test", "test"),
    }
    assert rows(found["a"]) == PLAYED
    assert hits(found["b"]) == {"HH": [0.25]}
    assert "gone.wav: the file is empty" in caplog.text
    with pytest.raises(LabelsError, match="there is no such folder"):
        read("midi", tmp_path / "nowhere")


def test_jams_beside_a_sound_hold_notes_and_tags(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    sung = note_annotation([(0.0, 0.5, 440.0)], namespace="note_hz")
    tag = {"namespace": "tag_open", "data": [{"time": 0, "duration": 1, "value": "choir", "confidence": 1}]}
    contour = {"namespace": "pitch_contour", "data": {"time": [], "value": []}}
    jams_file(sound(tmp_path / "a.wav").with_suffix(".jams"), [sung, tag, contour])
    jams_file(sound(tmp_path / "b.wav").with_suffix(".jams"), [contour])
    text(sound(tmp_path / "c.wav").with_suffix(".jams"), "no JSON")
    found = read("jams", tmp_path)
    assert list(found) == ["a"]
    assert rows(found["a"]) == [[0.0, 0.5, 69.0, 0.0]]
    assert found["a"].classes == ("choir",)
    assert "b.jams: no annotations of note_midi" in caplog.text
    assert "c.jams: cannot be read as JSON" in caplog.text


def test_folders_of_our_own_are_a_data_set_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text(sound(tmp_path / "valid" / "a.wav").with_suffix(".notes.tsv"), "0.1\t0.2\t60.4\t0\n")
    text(tmp_path / "b.drums.tsv", "0.5\tKD\n")
    (tmp_path / "b.wav").touch()
    found = read("folder", tmp_path)
    assert rows(found["a"]) == [[0.1, 0.2, 60.4, 0.0]]
    assert found["a"].split == "valid"
    assert "b.wav: the file is empty" in caplog.text
    assert np.isfinite(rows(found["a"])).all()
