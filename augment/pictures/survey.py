"""Surveys a folder of sounds: class, length, level and labels of every file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files.beside import read_labels
from mp3tomidi.augment.labels import Labels
from mp3tomidi.transcribe.audio.reading import stream
from mp3tomidi.transcribe.errors import Mp3toMidiError


@dataclass(frozen=True)
class Surveyed:
    """One sound. `peak` and `rms` are factors of full scale, over all channels."""

    path: Path
    class_name: str
    duration_s: float
    sample_rate: int
    channels: int
    peak: float
    rms: float
    labels: Labels


@dataclass
class Survey:
    """All sounds of a folder that could be read, and a line for each of the others."""

    folder: Path
    sounds: list[Surveyed] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def classes(self) -> dict[str, int]:
        """How many sounds each class has, the largest first."""
        counts: dict[str, int] = {}
        for sound in self.sounds:
            counts[sound.class_name] = counts.get(sound.class_name, 0) + 1
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    @property
    def pitches(self) -> NDArray[np.int32]:
        """MIDI numbers of all labelled notes."""
        found = [sound.labels.notes["pitch"] for sound in self.sounds]
        return np.concatenate(found) if found else np.zeros(0, np.int32)

    @property
    def drum_keys(self) -> NDArray[np.int32]:
        """General MIDI keys of all labelled drum hits."""
        found = [sound.labels.drum_hits["key"] for sound in self.sounds]
        return np.concatenate(found) if found else np.zeros(0, np.int32)


def survey(
    folder: Path, paths: Iterable[Path], progress: Callable[[Path, float], object] = lambda path, duration_s: None
) -> Survey:
    """Go through the sounds of a folder, each in blocks, so that memory stays flat.

    The class of a sound is the folder that it lies in, by its way from `folder`. `progress` is called after each sound
    with its path and how many seconds of it were read.
    """
    result = Survey(folder)
    for path in paths:
        duration_s = 0.0
        try:
            result.sounds.append(_surveyed(folder, path))
            duration_s = result.sounds[-1].duration_s
        except Mp3toMidiError as error:
            result.failures.append(str(error))
        progress(path, duration_s)
    return result


def _surveyed(folder: Path, path: Path) -> Surveyed:
    peak = squares = 0.0
    frames, channels, rate = 0, 1, 1
    for block in stream(path):
        peak = max(peak, float(np.abs(block.samples).max(initial=0.0)))
        squares += float(np.square(block.samples, dtype=np.float64).sum())
        frames += block.samples.shape[-1]
        channels, rate = block.channels, block.sample_rate
    return Surveyed(
        path=path,
        class_name=class_of(folder, path),
        duration_s=frames / rate,
        sample_rate=rate,
        channels=channels,
        peak=peak,
        rms=math.sqrt(squares / max(1, frames * channels)),
        labels=read_labels(path),
    )


def class_of(folder: Path, path: Path) -> str:
    """The name of the class of a sound in a folder: where it lies in it, the folder's own name at its top."""
    inside = path.parent.relative_to(folder).as_posix()
    return inside if inside != "." else folder.resolve().name


def spread(sounds: list[Surveyed], count: int) -> list[Surveyed]:
    """Up to `count` of the sounds in their order: as many of each class as there is room for, evenly spread in it."""
    by_class: dict[str, list[Surveyed]] = {}
    for sound in sounds:
        by_class.setdefault(sound.class_name, []).append(sound)
    shares = dict.fromkeys(by_class, 0)
    left = min(count, len(sounds))
    while left:
        for name, members in by_class.items():
            if left and shares[name] < len(members):
                shares[name] += 1
                left -= 1
    return [
        members[index]
        for name, members in by_class.items()
        for index in np.linspace(0, len(members) - 1, shares[name]).round().astype(int)
    ]
