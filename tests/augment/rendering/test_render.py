"""`mp3tomidi-augment render`: sets that training reads, the same for the same seed, and one line for what is wrong."""

import json
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile

from mp3tomidi.augment import cli
from mp3tomidi.augment.label_files import midi_tracks, notes_tsv
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.rendering import dataset
from mp3tomidi.augment.rendering.font_player import FontPlayer, font_players
from mp3tomidi.augment.rendering.order import Job
from mp3tomidi.augment.rendering.worker import Worker
from mp3tomidi.augment.sources.measure import envelope
from mp3tomidi.augment.sources.soundfonts import Font
from mp3tomidi.train.datasets.recordings import class_times, find_recordings

TIM = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
MELODY = [(60, 0.5, 0.9), (64, 1.0, 1.4), (67, 1.5, 1.9)]


def write_midi(path: Path) -> Path:
    """A piano, a violin (the bank has none, nor its family), a bass and drums, at 100 beats a minute."""
    midi = pretty_midi.PrettyMIDI(resolution=960, initial_tempo=100)
    for program, transposed in ((0, 0), (40, 12), (33, -24)):
        instrument = pretty_midi.Instrument(program, name=f"track {program}")
        instrument.notes = [pretty_midi.Note(80, pitch + transposed, on, off) for pitch, on, off in MELODY]
        midi.instruments.append(instrument)
    drums = pretty_midi.Instrument(0, is_drum=True, name="beat")
    drums.notes = [pretty_midi.Note(100, key, 0.5 * index, 0.5 * index + 0.1) for index, key in enumerate((36, 42, 38))]
    midi.instruments.append(drums)
    path.parent.mkdir(parents=True, exist_ok=True)
    midi.write(str(path))
    return path


def render(*arguments: object) -> int:
    return cli.main(["render", *map(str, arguments)])


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory, tiny_banks: Path) -> Path:
    """A set of one MIDI file and two written songs, on the sines' instruments."""
    folder = tmp_path_factory.mktemp("render")
    midi = write_midi(folder / "midi" / "a song.mid")
    assert render(folder / "set", "--instruments", tiny_banks / "sines", "--midi", midi, *WRITTEN) == 0
    return folder / "set"


WRITTEN = ("--write", 2, "--duration", 4, "--format", "wav", "--seed", 7)


def sound_of(path: Path) -> np.ndarray:
    sound, rate = soundfile.read(path)
    assert rate == 16_000
    return sound


def test_training_reads_the_mixes_and_the_stems(rendered: Path) -> None:
    mixes = find_recordings(rendered / "mixes")
    assert [one.name for one in mixes] == ["00001-a_song", "00002-written", "00003-written"]
    assert {one.set_name for one in mixes} == {"mixes"}
    song = mixes[0]
    assert song.notes and song.drums
    assert song.notes()["pitch"].tolist() == [60, 36, 64, 40, 67, 43]
    drums = class_times(song.drums())
    assert [drums[name] for name in ("KD", "HH", "SD")] == [
        pytest.approx([time_s], abs=1e-3) for time_s in (0.0, 0.5, 1.0)
    ]
    stems = find_recordings(rendered / "stems")
    assert [one.name for one in stems if one.set_name == "00001-a_song"] == ["00-piano", "01-bass", "02-drums"]


def test_stems_add_up_to_the_mix_and_begin_where_their_labels_say(rendered: Path) -> None:
    stems = sorted((rendered / "stems" / "00001-a_song").glob("*.wav"))
    sounds = [sound_of(path) for path in stems]
    mix = sound_of(rendered / "mixes" / "00001-a_song.wav")
    np.testing.assert_allclose(np.sum(sounds, axis=0), mix, atol=len(stems) * 2**-15)
    assert max(np.abs(mix).max(), *(np.abs(sound).max() for sound in sounds)) == pytest.approx(0.89, abs=1e-3)
    piano = envelope(sounds[0].astype(np.float32), 16_000)
    for onset_s, *_ in notes_tsv.read_rows(stems[0].with_suffix(".notes.tsv")):
        at = round(16_000 * onset_s)
        assert piano[at + 80] > 2 * piano[at - 160]  # risen 5 ms behind, not yet 10 ms before
    first = np.flatnonzero(piano > 0.25 * piano[: round(0.9 * 16_000)].max())[0] / 16_000
    assert first == pytest.approx(MELODY[0][1], abs=0.003)


def test_midi_files_say_what_the_tables_say(rendered: Path) -> None:
    for path in sorted((rendered / "mixes").glob("*.mid")):
        table = notes_tsv.read_rows(path.with_suffix(".notes.tsv"))
        notes = midi_tracks.read_labels(path).notes
        assert len(notes) == len(table) > 0
        order = np.lexsort((table[:, 0], table[:, 2]))
        found = np.lexsort((notes["onset_s"], notes["pitch"]))
        assert notes["pitch"][found].tolist() == table[order, 2].tolist()
        np.testing.assert_allclose(notes["onset_s"][found], table[order, 0], atol=1e-3)
    tempo = pretty_midi.PrettyMIDI(str(rendered / "mixes" / "00001-a_song.mid")).get_tempo_changes()[1]
    assert tempo == pytest.approx([100.0])


def test_the_manifest_says_who_played_and_what_was_left_out(rendered: Path) -> None:
    song, *written = dataset.rows(rendered)
    assert [stem["instrument"] for stem in song["stems"]] == ["sines/piano", "sines/bass", "sines/kit"]
    assert song["left_out"] == ["track 40: no instrument for program 40"]
    assert (song["source"], song["seed"], song["sample_rate"]) == ("a song.mid", [7, 1], 16_000)
    assert all((rendered / stem["file"]).is_file() for row in (song, *written) for stem in row["stems"])
    assert {row["source"] for row in written} == {"written"}
    assert all(row["duration_s"] == 5.5 for row in written)


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != dataset.DATASET_NAME
    }


def test_an_interrupted_set_ends_as_one_that_went_through(
    rendered: Path,
    tmp_path: Path,
    tiny_banks: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments = (tmp_path / "set", "--instruments", tiny_banks / "sines")
    arguments += ("--midi", rendered.parent / "midi" / "a song.mid", *WRITTEN)
    made = Worker._make

    def interrupted(worker: Worker, job: Job) -> object:
        if job.number == 2:
            raise KeyboardInterrupt
        return made(worker, job)

    monkeypatch.setattr(Worker, "_make", interrupted)
    assert render(*arguments) == 130
    assert "goes on" in capsys.readouterr().err
    monkeypatch.undo()
    with (tmp_path / "set" / dataset.MANIFEST_NAME).open("a") as manifest:
        manifest.write('{"name": "00002-wri')  # cut off in writing
    assert render(*arguments, "--jobs", 2) == 0
    assert "2 songs made, 1 were there" in capsys.readouterr().out
    assert files_of(tmp_path / "set") == files_of(rendered)
    assert render(*arguments[:-1], 8) == 1
    assert "seed 7 instead of 8" in capsys.readouterr().err


def test_slakhs_layout(rendered: Path, tmp_path: Path, tiny_banks: Path) -> None:
    midi = rendered.parent / "midi"
    assert render(tmp_path / "set", "--instruments", tiny_banks / "sines", "--midi", midi, "--layout", "slakh") == 0
    track = tmp_path / "set" / "Track00001"
    assert sorted(path.relative_to(track).as_posix() for path in track.rglob("*.*")) == [
        *(f"MIDI/S{number:02d}.mid" for number in range(3)),
        "all_src.mid",
        "metadata.yaml",
        *(f"mix.{ending}" for ending in ("drums.tsv", "flac", "mid", "notes.tsv")),
        *(f"stems/S{number:02d}.flac" for number in range(3)),
    ]
    lines = (track / "metadata.yaml").read_text().splitlines()
    assert [line for line in lines if line.startswith("  S")] == ["  S00:", "  S01:", "  S02:"]
    assert [line.split(": ")[1] for line in lines if "program_num" in line] == ["0", "33", "128"]
    assert [line.split(": ")[1] for line in lines if "is_drum" in line] == ["false", "false", "true"]
    assert find_recordings(tmp_path / "set")[0].set_name == "Track00001"
    assert midi_tracks.read_labels(track / "MIDI" / "S01.mid").notes["program"].tolist() == [33, 33, 33]


def test_bad_files_are_named_and_the_others_done(
    tmp_path: Path, tiny_banks: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_midi(tmp_path / "midi" / "b.mid")
    (tmp_path / "midi" / "a.mid").write_bytes(b"MThd")
    options = ("--midi", tmp_path / "midi", "--no-stems", "--copies", 2, "-q")
    assert render(tmp_path / "set", "--instruments", tiny_banks / "sines", *options) == 1
    error = capsys.readouterr().err
    assert error.count("a.mid: not a MIDI file") == 2
    assert "2 of 4 songs could not be made" in error
    assert error.count("\n") == 3
    assert [row["name"] for row in dataset.rows(tmp_path / "set")] == ["00003-b", "00004-b"]
    assert not (tmp_path / "set" / "stems").exists()


def test_names_that_hold_the_end_of_a_line_are_written_down(tmp_path: Path, tiny_banks: Path) -> None:
    midi = write_midi(tmp_path / "a\u2028b.mid")
    arguments = (tmp_path / "set", "--instruments", tiny_banks / "sines", "--midi", midi, "--no-stems", "-q")
    assert render(*arguments) == 0
    assert [(row["name"], row["source"]) for row in dataset.rows(tmp_path / "set")] == [("00001-a_b", midi.name)]


def test_a_folder_of_samples_is_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for pitch in range(48, 76, 3):
        time_s = np.arange(8000) / 16_000
        tone = 0.3 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time_s) * np.exp(-2 * time_s)
        path = tmp_path / "samples" / "piano" / f"{pitch:03d}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, tone, 16_000)
    midi = write_midi(tmp_path / "a.mid")
    assert render(tmp_path / "set", "--instruments", tmp_path / "samples", "--midi", midi) == 0
    (row,) = dataset.rows(tmp_path / "set")
    assert [stem["instrument"] for stem in row["stems"]] == ["piano"]
    assert row["notes"] == 3
    assert len(row["left_out"]) == 3
    capsys.readouterr()
    assert render(tmp_path / "other", "--instruments", tmp_path / "a.mid", "--midi", midi) == 1
    assert "neither a soundfont" in capsys.readouterr().err


@pytest.fixture(scope="module")
def strings() -> FontPlayer:
    pitched, kits = font_players(Font("Tim", TIM, "GPL-2", "Tim Brechbill"))
    assert {kit.program for kit in kits} >= {0}
    return next(player for player in pitched if player.program == 48)


def test_what_rises_late_in_a_font_is_struck_early(strings: FontPlayer) -> None:
    rows = np.array([(0, 0.5, 1.5, 60, 100, 0), (0, 5.0, 6.0, 64, 60, 0)], NOTE)
    sound, heard = strings.play(rows, 7.0, np.random.default_rng(0))
    assert len(sound) == 7 * strings.sample_rate
    assert heard["onset_s"].tolist() == [0.5, 5.0]
    assert heard["offset_s"].tolist() == [1.5, 6.0]
    loudness = envelope(sound, strings.sample_rate)
    for onset_s in heard["onset_s"]:
        early = loudness[round((onset_s - 0.3) * strings.sample_rate) : round((onset_s + 0.6) * strings.sample_rate)]
        risen_s = np.flatnonzero(early > 0.25 * early.max())[0] / strings.sample_rate - 0.3
        assert risen_s == pytest.approx(0.0, abs=0.02)
    measured = strings._measured[60, 112]
    assert measured is not None
    assert measured.onset_samples > 0.02 * 16_000  # without that it would begin so much later


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "nothing to play"),
        (("--write", "0"), "'0' is not a number"),
        (("--write", "1", "--duration", "0"), "--duration"),
        (("--write", "1", "--rate", "1"), "--rate"),
        (("--write", "1", "--format", "mp3"), "invalid choice"),
        (("--write", "1", "--seed", "-1"), "whole number"),
    ],
)
def test_wrong_usage_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], says: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        render(tmp_path / "set", "--instruments", "nothing", *options)
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "set").exists()


def test_what_cannot_be_is_one_line(tmp_path: Path, tiny_banks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    instruments = ("--instruments", tiny_banks / "sines")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "diary.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / dataset.DATASET_NAME).write_text("{")
    for out, options, says in (
        ("full", ("--write", 1), "holds other things"),
        ("file", ("--write", 1), "is a file"),
        ("damaged", ("--write", 1), "damaged"),
        ("new", ("--midi", tmp_path / "gone.mid"), "no such MIDI file"),
        ("new", ("--midi", tmp_path / "full"), "no MIDI file"),
    ):
        assert render(tmp_path / out, *instruments, *options) == 1
        error = capsys.readouterr().err
        assert says in error
        assert error.count("\n") == 1
    assert render(tmp_path / "new", "--instruments", tmp_path / "gone", "--write", 1) == 1
    assert "check its name" in capsys.readouterr().err
    assert json.loads((tmp_path / "new" / dataset.DATASET_NAME).read_text())["written"] == 1
