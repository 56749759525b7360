"""Notes and drum hits beside sounds: tables before MIDI files, and what is written is read again."""

from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.augment.label_files.beside import read_labels
from mp3tomidi.augment.labels import DRUM_HIT, NOTE
from mp3tomidi.transcribe.errors import LabelsError


def write_midi(path: Path) -> None:
    """A bass note under a pedal that lifts at 1.5 s, and a snare."""
    midi = pretty_midi.PrettyMIDI(resolution=960)
    bass = pretty_midi.Instrument(33)
    bass.notes = [pretty_midi.Note(90, 40, 0.5, 1.0)]
    bass.control_changes = [pretty_midi.ControlChange(64, 127, 0.6), pretty_midi.ControlChange(64, 0, 1.5)]
    drums = pretty_midi.Instrument(0, is_drum=True)
    drums.notes = [pretty_midi.Note(100, 38, 1.0, 1.1)]
    midi.instruments = [bass, drums]
    midi.write(str(path))


@pytest.mark.parametrize("ending", [".mid", ".midi"])
def test_a_midi_file_gives_notes_with_pedal_and_drum_hits(tmp_path: Path, ending: str) -> None:
    write_midi(tmp_path / f"a{ending}")
    labels = read_labels(tmp_path / "a.wav")
    (note,), (hit,) = labels.notes, labels.drum_hits
    assert (note["pitch"], note["velocity"], note["program"]) == (40, 90, 33)
    assert (note["onset_s"], note["offset_s"]) == pytest.approx((0.5, 1.5), abs=1e-3)
    assert (hit["onset_s"], hit["key"], hit["velocity"]) == (pytest.approx(1.0, abs=1e-3), 38, 100)


def test_tables_count_before_midi(tmp_path: Path) -> None:
    write_midi(tmp_path / "a.mid")
    (tmp_path / "a.notes.tsv").write_text("# onset, offset\n2\t3\t61\n1.5\t2.5\t60\t70\n")
    labels = read_labels(tmp_path / "a.ogg")
    assert labels.notes["onset_s"].tolist() == [1.5, 2.0]
    assert labels.notes["pitch"].tolist() == [60, 61]
    assert labels.notes["velocity"].tolist() == [70.0, 0.0]
    assert labels.notes["program"].tolist() == [0, 0]
    assert labels.drum_hits["key"].tolist() == [38]  # the MIDI file's, as there is no table of drums
    (tmp_path / "a.drums.tsv").write_text("0.25\tHH\n0.1\tKD\n0.3\tCY\n0.4\tSD\n0.5\tTT\n")
    assert read_labels(tmp_path / "a.ogg").drum_hits["key"].tolist() == [36, 42, 49, 38, 45]
    assert not any(len(table) for table in read_labels(tmp_path / "b.ogg").tables())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    notes = np.array([(0, 1.0, 2.0, 64, 80.4, 5), (0, 0.123456, 0.5, 60, 1.0, 0)], NOTE)
    hits = np.array([(0, 0.5, 46, 99.0), (0, 0.25, 54, 10.0), (0, 0.75, 36, 64.0)], DRUM_HIT)
    (tmp_path / "a.notes.tsv").write_bytes(notes_tsv.to_bytes(notes))
    (tmp_path / "a.drums.tsv").write_bytes(drums_tsv.to_bytes(hits))
    np.testing.assert_allclose(
        notes_tsv.read_rows(tmp_path / "a.notes.tsv"), [[0.123456, 0.5, 60, 1], [1.0, 2.0, 64, 80]], atol=1e-5
    )
    assert (tmp_path / "a.drums.tsv").read_text() == "0.50000\tHH\t46\t99\n0.75000\tKD\t36\t64\n"  # without tambourine
    times_s = drums_tsv.read_times(tmp_path / "a.drums.tsv")
    assert {name: times for name, times in times_s.items() if times} == {"HH": [0.5], "KD": [0.75]}


def test_a_midi_file_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"no midi")
    with pytest.raises(LabelsError, match=r"a\.mid: not a MIDI file") as caught:
        read_labels(tmp_path / "a.wav")
    assert "\n" not in str(caught.value)
