"""Modules as labelled songs: which of their instruments are drums, the sound, and the hits in it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.labels import DRUM_HIT, by_onset
from mp3tomidi.augment.tracker import libopenmpt
from mp3tomidi.augment.tracker.strokes import heard_strokes
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

LONGEST_S = 240.0
_PEAK = 0.9


@dataclass(frozen=True)
class TrackerSong:
    """A module whose drums are known; instruments are counted from 1.

    drums: General MIDI drum keys by instrument. silent: instruments that must not be heard, since what they are is not
    known.
    """

    file: str
    package: str
    licence: str
    author: str
    drums: dict[int, int]
    silent: tuple[int, ...]

    @property
    def name(self) -> str:
        return Path(self.file).stem


@dataclass(frozen=True)
class RenderedSong:
    """The sound of all drums and of all others [samples], which add up to the mix, and the hits (dtype DRUM_HIT)."""

    drums: Samples
    others: Samples
    hits: NDArray[np.void]


def known_songs() -> list[TrackerSong]:
    """The modules of Debian's packages that modules.toml describes."""
    table = tomllib.loads(resources.files(__package__).joinpath("modules.toml").read_text(encoding="utf-8"))
    return [
        TrackerSong(
            row["file"],
            row["package"],
            **table["packages"][row["package"]],
            drums={int(instrument): key for instrument, key in row["drums"].items()},
            silent=tuple(row["silent"]),
        )
        for row in table["modules"]
    ]


def find_songs(folder: Path) -> Iterator[tuple[TrackerSong, Path | None]]:
    """The known songs, each with its file below a folder, None where it is not there."""
    refuse_held_out(folder)
    files = {path.name: path for path in sorted(folder.rglob("*")) if path.is_file()}
    for song in known_songs():
        yield song, files.get(song.file)


def render(song: TrackerSong, path: Path, sample_rate: int) -> RenderedSong:
    """The module's sound, and its drum hits where they are heard. Raises LabelsError."""
    notes = libopenmpt.notes_of(path, sample_rate, LONGEST_S)
    others = {note.instrument for note in notes} - song.drums.keys() - set(song.silent)
    rows: list[tuple[int, float, int, float]] = []
    drums = np.zeros(0, np.float32)
    for instrument, key in song.drums.items():
        stem = libopenmpt.play(path, sample_rate, LONGEST_S, {instrument})
        drums = stem if not len(drums) else drums + stem
        times_s = [note.time_s for note in notes if note.instrument == instrument]
        rows += [(0, onset_s, key, velocity) for onset_s, velocity in heard_strokes(stem, sample_rate, times_s)]
    if not rows:
        raise LabelsError(f"{path}: none of its drums is heard; is it the file that modules.toml describes?")
    rest = libopenmpt.play(path, sample_rate, LONGEST_S, others)
    gain = np.float32(_PEAK / max(float(np.abs(drums + rest).max()), 1e-9))
    return RenderedSong(gain * drums, gain * rest, by_onset(np.array(rows, DRUM_HIT)))
