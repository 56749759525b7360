"""Folders of samples as people keep them: one instrument a folder, the pitch or the drum in each file's name.

A folder is known by its name, which must hold that of a General MIDI program or family ("Cello", "slap bass 1",
"my piano"); one whose files are mostly named after drums is a kit. A file's pitch is a note name (C4 = 60, F#3, Bb2),
the second number of NSynth's names, or a lone MIDI number; pp to ff in it name its layer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.drum_names import drum_key
from mp3tomidi.augment.sources.one_shots import OneShots
from mp3tomidi.augment.sources.sample_folders import DYNAMICS, Recording, recorded_notes
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, RenderedInstrument
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH, PROGRAMS

ENDINGS = frozenset({".wav", ".flac", ".ogg", ".aiff", ".aif", ".mp3"})  # what soundfile reads
UNSTATED = "not stated"  # the licence of somebody's own samples
_FAMILY_PROGRAMS = {
    "piano": 0,
    "keys": 4,
    "organ": 16,
    "guitar": 25,
    "bass": 33,
    "strings": 48,
    "voice": 53,
    "choir": 52,
    "brass": 61,
    "sax": 66,
    "winds": 73,
    "synth": 81,
}
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTALS = {"": 0, "#": 1, "s": 1, "♯": 1, "b": -1, "♭": -1}
_NSYNTH = re.compile(r"-(\d{3})-\d{3}$")
_NOTE_NAME = re.compile(r"(?<![A-Za-z0-9])([A-Ga-g])([#s♯b♭]?)(\d)(?![0-9])")
_NUMBER = re.compile(r"(?<![0-9A-Za-z])(\d{2,3})(?![0-9A-Za-z])")
_WORD = re.compile(r"[a-z]+")
_FEWEST_NOTES = 3  # a bank keeps no instrument with fewer


@dataclass(frozen=True, slots=True)
class InstrumentFolders:
    """The instruments below a folder; it may be one itself. What is left out is reported to `progress`, a line each."""

    folder: Path
    progress: Callable[[str], None] = field(default=lambda _: None)
    name: str = "folders"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        for folder in instrument_folders(self.folder):
            yield from self._instruments_of(folder)

    def _instruments_of(self, folder: Path) -> Iterator[RenderedInstrument]:
        files = sound_files(folder)
        name = folder.relative_to(self.folder).as_posix() if folder != self.folder else folder.name
        if sum(drum_key(file.stem) is not None for file in files) > len(files) / 2:
            yield from OneShots(name, folder, UNSTATED, name, self.sample_rate).instruments()
            return
        program = program_of(folder.name)
        if program is None:
            self.progress(f"{folder}: left out, its name tells no instrument; call it like a General MIDI program")
            return
        recordings = [recording for file in files if (recording := _recording(file)) is not None]
        if len(recordings) < _FEWEST_NOTES:
            self.progress(f"{folder}: left out, only {len(recordings)} of its files name a pitch (as C4, or 060)")
            return
        family = PROGRAMS[program].family
        layers = Counter(recording.layer for recording in recordings)
        usual = "mf" if len(layers) > 1 else ""  # a layer that is not named, among others that are
        recordings = [Recording(one.path, one.pitch, one.layer or usual) for one in recordings]
        notes = recorded_notes(recordings, piano=family == "piano", sample_rate=self.sample_rate)
        yield RenderedInstrument(name, family, program, UNSTATED, name, notes, sample_rate=self.sample_rate)


def instrument_folders(folder: Path) -> list[Path]:
    """The folders at and below `folder` that hold sound files themselves. Raises LabelsError if there is none."""
    found = [path for path in (folder, *sorted(folder.rglob("*/"))) if path.is_dir() and sound_files(path)]
    if not found:
        raise LabelsError(f"{folder}: no samples in it; name a soundfont, a bank, or a folder of samples")
    return found


def sound_files(folder: Path) -> list[Path]:
    return sorted(path for path in refuse_held_out(folder).iterdir() if path.suffix.lower() in ENDINGS)


def program_of(name: str) -> int | None:
    """The General MIDI program that a folder's name tells: of the longest program name in it, or of a family's."""
    words = " ".join(_WORD.findall(name.casefold()))
    for number, program in sorted(PROGRAMS.items(), key=lambda item: -len(item[1].name)):
        if " ".join(_WORD.findall(program.name)) in words:
            return number
    # "trumpets", "grand piano", "electric guitar": a family's or a program's single word
    return next((number for word, number in _FAMILY_PROGRAMS.items() if word in words), None)


def pitch_of(name: str) -> int | None:
    """The MIDI pitch that a file's name tells, from a piano's lowest to its highest; None if it tells none."""
    if found := _NSYNTH.search(name):
        pitch = int(found[1])
    elif found := _NOTE_NAME.search(name):
        letter, accidental, octave = found.groups()
        pitch = 12 * (int(octave) + 1) + _SEMITONES[letter.lower()] + _ACCIDENTALS[accidental]
    elif found := _NUMBER.search(name):
        pitch = int(found[1])
    else:
        return None
    return pitch if PIANO_LOWEST_PITCH <= pitch <= PIANO_HIGHEST_PITCH else None


def _recording(file: Path) -> Recording | None:
    pitch = pitch_of(file.stem)
    if pitch is None:
        return None
    words = re.split(r"[^0-9a-z]+", file.stem.casefold())
    return Recording(file, pitch, next((word for word in words if word in DYNAMICS), ""))
