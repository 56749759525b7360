"""Speakers of several speech engines, each with vocal tracts of several lengths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE
from mp3tomidi.augment.sources.sung.engines import (
    Utterance,
    espeak_syllables,
    flite_syllables,
    mei_syllables,
)
from mp3tomidi.augment.sources.sung.syllables import (
    Grid,
    Syllable,
    begins_on_time,
    hums_of,
    syllables_of,
    warp,
)
from mp3tomidi.augment.sources.sung.words import Repertoire


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose syllables are sung. `formant_scale`: 1 a man, 1.15 a woman, 1.3 a child."""

    name: str
    say: Callable[[], Iterator[Utterance]]
    formant_scale: float
    warps: tuple[float, ...]
    weight: float  # of each of its timbres in a bank
    licence: str
    attribution: str


_FLITE = ("CMU Flite licence (permissive)", "CMU Flite voice {}, Carnegie Mellon University")
_ESPEAK = ("GPL-3.0-or-later (the program; its output is free)", "eSpeak NG, variant {}")


def _flite(voice: str, formant_scale: float, warps: tuple[float, ...]) -> Speaker:
    licence, attribution = _FLITE
    say = partial(flite_syllables, voice)
    return Speaker(f"flite-{voice}", say, formant_scale, warps, 2.0, licence, attribution.format(voice))


def _espeak(variant: str, formant_scale: float, warps: tuple[float, ...]) -> Speaker:
    licence, attribution = _ESPEAK
    say = partial(espeak_syllables, f"en+{variant}")
    return Speaker(f"espeak-{variant}", say, formant_scale, warps, 1.0, licence, attribution.format(variant))


SPEAKERS = (
    _flite("slt", 1.15, (0.87, 0.96, 1.05, 1.16)),
    _flite("rms", 1.0, (0.92, 1.02, 1.12, 1.25)),
    _flite("kal16", 1.0, (0.95, 1.06, 1.18)),
    Speaker(
        "hts-mei",
        mei_syllables,
        1.15,
        (0.86, 0.95, 1.03, 1.12, 1.22),
        2.0,
        "CC BY 3.0",
        "HTS voice Mei, MMDAgent Project Team, Nagoya Institute of Technology",
    ),
    _espeak("f2", 1.15, (0.93, 1.08)),
    _espeak("f4", 1.15, (0.97, 1.12)),
    _espeak("Annie", 1.15, (0.9, 1.15)),
    _espeak("belinda", 1.15, (0.95, 1.2)),
    _espeak("linda", 1.15, (1.0, 1.1)),
    _espeak("m3", 1.0, (0.93, 1.05)),
    _espeak("m7", 1.0, (0.97, 1.2)),
    _espeak("iven2", 1.0, (0.9, 1.02)),
    _espeak("klatt4", 1.0, (0.95, 1.08)),
    _espeak("victor", 1.0, (1.0, 1.14)),
)
# Never in a training bank: generalisation to an unknown voice is tested with this one.
HELD_OUT_SPEAKERS = (_flite("awb", 1.0, (1.0, 1.15)),)


@dataclass(frozen=True, slots=True)
class Timbre:
    speaker: Speaker
    warp: float
    tilt_db: float  # an octave

    @property
    def name(self) -> str:
        return f"{self.speaker.name}/{self.warp:.2f}"

    @property
    def voice_range(self) -> tuple[int, int]:
        """MIDI pitches of the singer whose formants these are."""
        scale = self.speaker.formant_scale * self.warp
        if scale < 1.08:
            return 43, 67
        return (55, 81) if scale < 1.24 else (57, 84)

    def repertoire(self, sample_rate: int = DEFAULT_SAMPLE_RATE) -> Repertoire:
        return repertoires([self], sample_rate)[0]


def repertoires(members: Sequence[Timbre], sample_rate: int = DEFAULT_SAMPLE_RATE) -> list[Repertoire]:
    """The syllables of timbres of one speaker, the same for all: those that every one can sing all over its range.

    They are sung at `sample_rate` (Hz). Raises LabelsError for a rate that singers cannot have.
    """
    grid = Grid(sample_rate)
    warped = [warp(_syllables(member.speaker, grid), member.warp, member.tilt_db) for member in members]
    clear = np.ones(len(warped[0]), np.bool_)
    for member, syllables in zip(members, warped, strict=True):
        lowest, highest = member.voice_range
        for pitch in (lowest + 4, (lowest + highest) / 2, highest - 4):
            clear &= [begins_on_time(syllable, pitch) for syllable in syllables]
    kept = np.flatnonzero(clear)
    return [Repertoire([syllables[index] for index in kept], hums_of(syllables)) for syllables in warped]


@cache
def _syllables(speaker: Speaker, grid: Grid) -> list[Syllable]:
    return syllables_of(speaker.say(), grid)


def timbres(speakers: Sequence[Speaker] = SPEAKERS) -> list[Timbre]:
    """Every speaker with each of its warps; brightness goes round so that no warp has one of its own."""
    tilts = (0.0, 1.5, -1.0, 2.5, -2.0)
    pairs = [(speaker, factor) for speaker in speakers for factor in speaker.warps]
    return [Timbre(speaker, factor, tilts[k % len(tilts)]) for k, (speaker, factor) in enumerate(pairs)]
