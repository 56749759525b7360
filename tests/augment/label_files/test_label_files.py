"""Each kind of label file, moved by an effect that speeds up, one that transposes and one that drops a note."""

import json
from io import BytesIO
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from mp3tomidi.augment.label_files import beside
from mp3tomidi.augment.label_files.label_file import LabelFile, check_inside
from mp3tomidi.augment.labels import Labels, sped_up, transposed
from mp3tomidi.transcribe.errors import LabelsError

SPEED = 1.25


def read(path: Path) -> LabelFile:
    (file,) = beside.read([path])
    return file


def faster(labels: Labels) -> Labels:
    return sped_up(labels, np.array([SPEED]))


def fourth_up(labels: Labels) -> Labels:
    return transposed(labels, np.array([5]))


def without(labels: Labels, pitch: int) -> Labels:
    return Labels(labels.notes[labels.notes["pitch"] != pitch], labels.drum_hits, labels.instants)


def test_notes_keep_their_fraction_of_pitch_and_their_further_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.notes.tsv"
    path.write_text("# onset\toffset\n0.5\t1.0\t60.25\t90\tviolin\n\n1.0\t1.5\t64\t0\tflute\n0.1\t0.2\t70\n")
    file = read(path)
    lines = file.moved(fourth_up(faster(without(file.labels, 70))), 2.0).decode().splitlines()
    assert lines == ["0.400000\t0.800000\t65.25\t90\tviolin", "0.800000\t1.200000\t69\t0\tflute"]


def test_drum_hits_and_beats_keep_their_names(tmp_path: Path) -> None:
    hits = tmp_path / "a.drums.tsv"
    hits.write_text("0.5\tKD\tloud\n1.0\tcowbell\n")
    file = read(hits)
    assert file.moved(fourth_up(faster(file.labels)), 2.0) == b"0.400000\tKD\tloud\n0.800000\tcowbell\n"
    beats = tmp_path / "a.beats"
    beats.write_text("0.5 1\n1.0 2\n")
    file = read(beats)
    assert file.moved(faster(file.labels), 2.0) == b"0.400000\t1\n0.800000\t2\n"


def written_midi(path: Path) -> Path:
    midi = mido.MidiFile(ticks_per_beat=480)
    tempo = mido.MidiTrack(
        [mido.MetaMessage("set_tempo", tempo=600_000), mido.MetaMessage("set_tempo", tempo=400_000, time=960)]
    )
    piano = mido.MidiTrack(
        [
            mido.MetaMessage("track_name", name="left hand"),
            mido.Message("program_change", program=4, channel=2),
            mido.Message("note_on", note=60, velocity=80, channel=2, time=240),
            mido.Message("control_change", control=64, value=127, channel=2, time=60),
            mido.Message("note_on", note=60, velocity=0, channel=2, time=420),
            mido.Message("note_on", note=67, velocity=70, channel=2, time=480),
            mido.Message("note_off", note=67, channel=2, time=480),
        ]
    )
    drums = mido.MidiTrack(
        [
            mido.Message("note_on", note=38, velocity=99, channel=9, time=960),
            mido.Message("note_off", note=38, channel=9, time=10),
        ]
    )
    midi.tracks += [tempo, piano, drums]
    midi.save(path)
    return path


def test_midi_moves_its_tempo_and_keeps_everything_else(tmp_path: Path) -> None:
    before = pretty_midi.PrettyMIDI(str(written_midi(tmp_path / "a.mid")))
    file = read(tmp_path / "a.mid")
    content = file.moved(fourth_up(faster(file.labels)), 3.0)
    after = pretty_midi.PrettyMIDI(BytesIO(content))
    assert [i.program for i in after.instruments] == [i.program for i in before.instruments]
    for old, new in zip(before.instruments, after.instruments, strict=True):
        assert [n.pitch for n in new.notes] == [n.pitch + (0 if old.is_drum else 5) for n in old.notes]
        for attribute in ("start", "end"):
            times_s = [[getattr(n, attribute) for n in i.notes] for i in (old, new)]
            np.testing.assert_allclose(times_s[1], np.array(times_s[0]) / SPEED, atol=1e-3)
    np.testing.assert_allclose(after.get_beats()[1:4], before.get_beats()[1:4] / SPEED, atol=1e-3)
    messages = [message for track in mido.MidiFile(file=BytesIO(content)).tracks for message in track]
    assert any(message.type == "track_name" and message.name == "left hand" for message in messages)
    assert any(message.is_cc(64) for message in messages)


def test_midi_loses_only_the_notes_that_are_dropped(tmp_path: Path) -> None:
    file = read(written_midi(tmp_path / "a.mid"))
    after = pretty_midi.PrettyMIDI(BytesIO(file.moved(without(file.labels, 67), 3.0)))
    assert sorted(n.pitch for i in after.instruments for n in i.notes) == [38, 60]


def test_midi_that_stays_is_the_same_music(tmp_path: Path) -> None:
    path = written_midi(tmp_path / "a.mid")
    file = read(path)
    given, kept = mido.MidiFile(path), mido.MidiFile(file=BytesIO(file.moved(file.labels, 3.0)))
    assert [[str(m) for m in t if m.type != "end_of_track"] for t in given.tracks] == [
        [str(m) for m in t if m.type != "end_of_track"] for t in kept.tracks
    ]


def written_jams(path: Path, namespace: str = "chord") -> Path:
    def observations(value: object) -> list[dict[str, object]]:
        return [{"time": t, "duration": 0.5, "value": value, "confidence": 0.7} for t in (0.5, 1.0)]

    annotations = [
        {"namespace": "note_midi", "data": observations(60.5), "time": 0.0, "duration": 2.0, "sandbox": {}},
        {"namespace": "beat", "data": observations(1), "time": 0, "duration": 2.0},
        {"namespace": "tempo", "data": observations(100.0)},
        {"namespace": namespace, "data": observations("C:maj")},
    ]
    path.write_text(json.dumps({"annotations": annotations, "file_metadata": {"title": "x", "duration": 2.0}}))
    return path


def test_jams_moves_in_time_pitch_and_tempo(tmp_path: Path) -> None:
    file = read(written_jams(tmp_path / "a.jams", "tag_open"))
    content = json.loads(file.moved(fourth_up(faster(file.labels)), 1.6))
    notes, beats, tempo, tags = (annotation["data"] for annotation in content["annotations"])
    assert [n["time"] for n in notes] == pytest.approx([0.4, 0.8])
    assert [n["value"] for n in notes] == pytest.approx([65.5, 65.5])
    assert [(b["time"], b["duration"], b["value"]) for b in beats] == [
        pytest.approx((0.4, 0.4, 1)),
        pytest.approx((0.8, 0.4, 1)),
    ]
    assert [t["value"] for t in tempo] == pytest.approx([125.0, 125.0])
    assert tags[0]["value"] == "C:maj"
    assert tags[0]["confidence"] == 0.7
    assert content["file_metadata"] == {"title": "x", "duration": 1.6}
    assert content["annotations"][0]["duration"] == pytest.approx(1.6)


def test_jams_refuses_what_it_cannot_move(tmp_path: Path) -> None:
    file = read(written_jams(tmp_path / "a.jams"))
    file.moved(faster(file.labels), 1.6)
    with pytest.raises(LabelsError, match="chord cannot be transposed"):
        file.moved(fourth_up(file.labels), 2.0)
    with pytest.raises(LabelsError, match="pitch_contour cannot be moved"):
        read(written_jams(tmp_path / "b.jams", "pitch_contour"))


def jams_of(observation: dict[str, object], namespace: str = "beat") -> str:
    return json.dumps({"annotations": [{"namespace": namespace, "data": [observation]}]})


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.notes.tsv", "0.5\t1.0\n", "line 1: expected onset, offset"),
        ("a.notes.tsv", "0.5\t1.0\t200\n", "line 1: pitch 200"),
        ("a.notes.tsv", "0.5\tnan\t60\n", "line 1"),
        ("a.drums.tsv", "\n\nnow\tKD\n", "line 3: expected a time"),
        ("a.beats", "one\n", "line 1: expected the time of a beat"),
        ("a.mid", "MThd", "not a MIDI file"),
        ("a.mid", "", "not a MIDI file that can be read (it ends too early)"),
        ("a.jams", "{}", 'it has no list of "annotations"'),
        ("a.jams", '{"annotations": [],\n "file_metadata": }', "not JSON, and so not a JAMS file (line 2"),
        ("a.jams", '{"annotations": [], "file_metadata": 3}', 'its "file_metadata" is no table'),
        ("a.jams", '{"annotations": [3]}', 'annotation 1 has no "namespace"'),
        ("a.jams", '{"annotations": [{"namespace": "beat"}]}', "annotation 1, beat, has no list of observations"),
        (
            "a.jams",
            jams_of({"time": 0.5, "duration": None}),
            '1 of beat: its "duration" is no number (None)',
        ),
        ("a.jams", jams_of({"time": float("nan"), "duration": 1.0}), 'its "time" is no number (nan)'),
        ("a.jams", jams_of({"time": 0.5, "duration": -1.0}), "it ends before it begins"),
        ("a.jams", jams_of({"time": 0.5, "duration": 1.0}, "note_midi"), 'its "value" is no number (None)'),
        ("a.jams", jams_of({"time": 0.5, "duration": 1.0, "value": 128}, "note_midi"), "pitch 128 is none of MIDI"),
    ],
)
def test_what_is_wrong_is_a_line_with_the_file(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(LabelsError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_outside_of_the_sound_are_those_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.notes.tsv"
    path.write_text("0.5\t9.0\t60\n3.2\t3.4\t60\n")
    with pytest.raises(LabelsError, match=r"a note at 3\.2 s, but the sound lasts from 0 to 3 s"):
        check_inside(read(path), 3.0)
    check_inside(read(path), 3.3)
    check_inside(read(written_midi(tmp_path / "b.mid")), 2.5)
    with pytest.raises(LabelsError, match="a note at"):
        check_inside(read(tmp_path / "b.mid"), 0.5)
