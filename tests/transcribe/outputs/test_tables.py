"""The table of events and the list of onsets."""

from __future__ import annotations

import csv as stdlib_csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.events import DrumHit, Note, PedalEvent, Transcription
from mp3tomidi.transcribe.outputs import csv, onsets
from mp3tomidi.transcribe.outputs.files import written_beside

BAND = Transcription(
    notes=(
        Note(0.5, 1.25, 60, 64, 40, 0.875, attack_s=0.02, sustain_db=-6.5, release_s=0.125, melody=True),
        Note(0.1234567, 0.3, 21, 1),
    ),
    drum_hits=(DrumHit(0.25, 38, 127, 0.5),),
    duration_s=2.0,
)


def test_the_table_holds_every_event_by_time() -> None:
    assert csv.to_csv(BAND).splitlines() == [
        "onset_s,offset_s,pitch,velocity,program,confidence,kind,drum,attack_s,sustain_db,release_s,melody",
        "0.123457,0.300000,21,1,0,1.0000,note,,,,,",
        "0.250000,,38,127,,0.5000,drum,snare,,,,",
        "0.500000,1.250000,60,64,40,0.8750,note,,0.0200,-6.50,0.1250,1",
    ]


def test_a_press_of_the_pedal_is_a_row_between_the_others() -> None:
    pedal = (PedalEvent(0.4, True), PedalEvent(1.3, False))
    lines = csv.to_csv(replace(BAND, pedal=pedal)).splitlines()
    assert lines[3] == "0.400000,1.300000,,,,,pedal,,,,,"
    assert lines[:3] + lines[4:] == csv.to_csv(BAND).splitlines()


def test_a_table_comes_back_to_the_microsecond(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    notes = tuple(
        Note(t, t + rng.uniform(0.01, 5.0), int(rng.integers(21, 109)), int(rng.integers(1, 128)), 0, rng.random())
        for t in np.sort(rng.uniform(0.0, 3600.0, 1000))
    )
    csv.write(Transcription(notes=notes, duration_s=3600.0), tmp_path / "song.csv")
    with (tmp_path / "song.csv").open(newline="") as file:
        rows = list(stdlib_csv.DictReader(file))
    assert len(rows) == len(notes)
    for note, row in zip(notes, rows, strict=True):
        assert (int(row["pitch"]), int(row["velocity"]), int(row["program"])) == (note.pitch, note.velocity, 0)
        assert float(row["onset_s"]) == pytest.approx(note.onset_s, abs=0.6e-6)
        assert float(row["offset_s"]) == pytest.approx(note.offset_s, abs=0.6e-6)
        assert float(row["confidence"]) == pytest.approx(note.confidence, abs=0.6e-4)


def test_silence_is_a_header_and_no_onset(tmp_path: Path) -> None:
    silence = Transcription(duration_s=1.0)
    assert csv.to_csv(silence).count("\n") == 1
    onsets.write(silence, tmp_path / "x.onsets.txt")
    assert (tmp_path / "x.onsets.txt").read_bytes() == b""


def test_a_chord_is_one_onset_and_a_drum_with_it_too() -> None:
    chord = [Note(1.0 + late_s, 2.0, pitch, 64) for pitch, late_s in ((60, 0.0), (64, 0.02), (67, 0.049))]
    repeat = Note(1.051, 2.0, 72, 64)
    drums = [DrumHit(0.99, 36, 64), DrumHit(3.0, 36, 64)]
    transcription = Transcription(notes=(*chord, repeat), drum_hits=tuple(drums), duration_s=4.0)
    assert onsets.distinct_onsets_s(transcription) == [0.99, 1.049, 3.0]
    content = io.BytesIO()
    onsets.write(transcription, content)
    assert content.getvalue() == b"0.990000\n1.049000\n3.000000\n"


def test_what_is_written_bit_by_bit_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "song.npz"
    target.write_text("old")
    with pytest.raises(KeyboardInterrupt), written_beside(target) as path:
        path.write_text("half")
        raise KeyboardInterrupt
    with pytest.raises(OutputError, match=r"song\.npz: .*space"), written_beside(target) as path:
        path.write_text("half")
        raise OSError(28, "No space left on device")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
    with written_beside(target) as path:
        path.write_text("new")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]
