"""Folders of samples as people keep them: what their names tell."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment.sources.instrument_folders import InstrumentFolders, pitch_of, program_of
from mp3tomidi.augment.sources.source import DRUMS
from mp3tomidi.transcribe.errors import LabelsError

RATE = 16_000


@pytest.mark.parametrize(
    ("name", "pitch"),
    [
        ("C4", 60),
        ("piano_F#3_loud", 54),
        ("Bb2-pp", 46),
        ("Violin.arco.As4", 70),
        ("060_f_0", 60),
        ("bass_acoustic_000-033-075", 33),
        ("take 12", None),
        ("trumpet", None),
        ("C9", None),
    ],
)
def test_pitches_in_names(name: str, pitch: int | None) -> None:
    assert pitch_of(name) == pitch


@pytest.mark.parametrize(
    ("name", "program"),
    [
        ("Cello", 42),
        ("my piano", 0),
        ("Slap-Bass-1", 36),
        ("bass", 33),
        ("bassoon", 70),
        ("Alto_Sax", 65),
        ("saxophones", 66),
        ("field recordings", None),
    ],
)
def test_instruments_in_names(name: str, program: int | None) -> None:
    assert program_of(name) == program


def write_tone(path: Path, pitch: int, amplitude: float = 0.3) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    time_s = np.arange(RATE) / RATE
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    sound = amplitude * sum(np.sin(2 * np.pi * k * hz * time_s) / k for k in (1, 2, 3)) * np.exp(-3 * time_s)
    soundfile.write(path, sound, RATE)


def test_instruments_kits_and_what_is_left_out(tmp_path: Path) -> None:
    for name, pitch in (("A2", 45), ("A3", 57), ("A4", 69)):
        write_tone(tmp_path / "strings" / "cello" / f"{name}_p.wav", pitch, 0.1)
        write_tone(tmp_path / "strings" / "cello" / f"{name}_f.wav", pitch)
    for name in ("kick", "snare", "hat closed"):
        write_tone(tmp_path / "my kit" / f"{name}.wav", 40)
    write_tone(tmp_path / "things" / "C4.wav", 60)
    write_tone(tmp_path / "flute" / "take one.wav", 60)
    told: list[str] = []
    found = list(InstrumentFolders(tmp_path, told.append).instruments())
    cello, kit = sorted(found, key=lambda one: one.family == DRUMS)
    assert (cello.name, cello.family, cello.program) == ("strings/cello", "strings", 42)
    notes = list(cello.notes)
    assert sorted(note.pitch for note in notes) == [45, 45, 57, 57, 69, 69]
    assert sorted({note.velocity for note in notes}) == [49.0, 96.0]
    assert (kit.name, kit.family) == ("my kit/1", DRUMS)
    assert sorted(note.pitch for note in kit.notes) == [36, 38, 42]
    assert [line.partition(": ")[0].rpartition("/")[2] for line in told] == ["flute", "things"]


def test_an_empty_folder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="no samples in it"):
        list(InstrumentFolders(tmp_path).instruments())
