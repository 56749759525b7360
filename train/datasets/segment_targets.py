"""Targets of a rendered segment: the instruments that sound in it, or the effects laid over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.base import Effect
from mp3tomidi.augment.effects.chains.chain import Chain, Drawn, OneOf
from mp3tomidi.augment.effects.chorus import ChorusRanges
from mp3tomidi.augment.effects.distortion import DistortionRanges
from mp3tomidi.augment.effects.echo import EchoRanges
from mp3tomidi.augment.effects.equaliser import EqualiserRanges
from mp3tomidi.augment.effects.filter import FilterRanges
from mp3tomidi.augment.effects.ranges import Ranges
from mp3tomidi.augment.effects.reverb import ReverbRanges
from mp3tomidi.augment.labels import Labels
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS

FAMILY_OF_CLASS = {"singing": "voice"}  # where a task calls a family by another name
SHORTEST_SOUNDING_S = 0.25  # a family that sounds for less of a segment cannot be asked for
SOME_REVERB, MUCH_REVERB, CHORUS, DELAY, DISTORTION, FILTER = EFFECT_CLASSES = (
    "some reverb",
    "much reverb",
    "chorus",
    "delay",
    "distortion",
    "filter",
)
DISTORTED_PROGRAMS = (29, 30)  # overdriven and distorted guitars: distorted before any effect is laid over them


class SegmentTargets(Protocol):
    """Targets [class] of 0 and 1 of a mix, and what effects make of those of a batch [segment, class]."""

    def of_mix(self, labels: Labels, start_s: float, end_s: float) -> NDArray[np.float32]: ...

    def with_effects(self, targets: NDArray[np.float32], drawn: Drawn) -> NDArray[np.float32]: ...


class FamilyTargets:
    """Which instrument families sound. Raises RecipeError for a class that is none."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.families = tuple(FAMILY_OF_CLASS.get(name, name) for name in classes)
        unknown = [name for name, family in zip(classes, self.families, strict=True) if family not in FAMILIES]
        if unknown:
            raise RecipeError(
                f"{unknown[0]}: neither an instrument family nor an effect, and no more can be rendered; give --data"
            )

    def of_mix(self, labels: Labels, start_s: float, end_s: float) -> NDArray[np.float32]:
        return sounding_families(labels.notes, self.families, start_s, end_s)

    def with_effects(self, targets: NDArray[np.float32], drawn: Drawn) -> NDArray[np.float32]:
        del drawn
        return targets


class ProgramTargets:
    """Which General MIDI programs sound, by their names in transcribe/instruments.py. Raises RecipeError for others."""

    def __init__(self, classes: Sequence[str]) -> None:
        numbers = {program.name: number for number, program in PROGRAMS.items()}
        unknown = [name for name in classes if name not in numbers]
        if unknown:
            raise RecipeError(f"{unknown[0]}: no General MIDI program")
        self.programs = tuple(numbers[name] for name in classes)

    def of_mix(self, labels: Labels, start_s: float, end_s: float) -> NDArray[np.float32]:
        played = labels.notes["program"]
        sounding = [_sounding_s(labels.notes[played == program], start_s, end_s) for program in self.programs]
        return (np.array(sounding) >= SHORTEST_SOUNDING_S).astype(np.float32)

    def with_effects(self, targets: NDArray[np.float32], drawn: Drawn) -> NDArray[np.float32]:
        del drawn
        return targets


class EffectTargets:
    """Which effects were laid over a mix by `effects_chain`. `classes` are of EFFECT_CLASSES."""

    def __init__(self, classes: Sequence[str]) -> None:
        self.column = {name: index for index, name in enumerate(classes)}

    def of_mix(self, labels: Labels, start_s: float, end_s: float) -> NDArray[np.float32]:
        target = np.zeros(len(self.column), np.float32)
        if DISTORTION in self.column:
            distorted = labels.notes[np.isin(labels.notes["program"], DISTORTED_PROGRAMS)]
            target[self.column[DISTORTION]] = _sounding_s(distorted, start_s, end_s) >= SHORTEST_SOUNDING_S
        return target

    def with_effects(self, targets: NDArray[np.float32], drawn: Drawn) -> NDArray[np.float32]:
        changed = targets.copy()
        for step, name in enumerate(_ORDER):
            if name in self.column:
                changed[drawn.clips(step), self.column[name]] = 1.0
        rooms, reverbs = drawn.clips(len(_ORDER)), drawn.params[len(_ORDER)]
        assert isinstance(reverbs, Drawn)
        for step, name in enumerate((SOME_REVERB, MUCH_REVERB)):
            if name in self.column:
                changed[rooms[reverbs.clips(step)], self.column[name]] = 1.0
        return changed


_ORDER = (DISTORTION, FILTER, CHORUS, DELAY)  # of the steps of `effects_chain`, as on a guitarist's board
_RANGES: dict[str, tuple[str, Ranges]] = {
    DISTORTION: ("distortion", DistortionRanges(drive_db=(8.0, 32.0))),
    FILTER: (
        "filter",
        FilterRanges((0.45, 0.3, 0.15, 0.1), low_pass_hz=(600.0, 3500.0), high_pass_hz=(250.0, 1200.0), order=(2, 4)),
    ),
    CHORUS: ("chorus", ChorusRanges(wet=(0.35, 0.9))),
    DELAY: ("echo", EchoRanges(delay_s=(0.1, 0.6), level_db=(-16.0, -4.0), feedback_db=(-12.0, -3.0))),
}


def effects_chain(sample_rate: int) -> Chain:
    """Effects that can be recognised, each in its share of the clips, and after them what must not be taken for one.

    A room that is hardly there is none of the two reverbs; an equaliser of a few decibels is no filter.
    """

    def make(name: str, ranges: Ranges | None = None) -> Effect[Any]:
        return discovery.make(name, sample_rate, ranges)

    def room(rt60_s: tuple[float, float], direct_to_reverberant_db: tuple[float, float]) -> Effect[Any]:
        ranges = ReverbRanges(rt60_s=rt60_s, long_share=0.0, direct_to_reverberant_db=direct_to_reverberant_db)
        return make("reverb", ranges)

    rooms = OneOf(
        [
            (room((0.4, 1.2), (4.0, 12.0)), 0.28),
            (room((1.2, 3.0), (-5.0, 4.0)), 0.28),
            (room((0.08, 0.2), (14.0, 24.0)), 0.14),
        ]
    )
    share = {DISTORTION: 0.22, FILTER: 0.28, CHORUS: 0.28, DELAY: 0.28}
    return Chain(
        [
            *((make(*_RANGES[name]), share[name]) for name in _ORDER),
            (rooms, 1.0),
            (make("equaliser", EqualiserRanges(gain_std_db=2.0)), 0.4),
            (make("noise"), 0.3),
            (make("codec"), 0.2),
        ],
        shuffle=False,
    )


def sounding_families(
    notes: NDArray[np.void], families: Sequence[str], start_s: float, end_s: float
) -> NDArray[np.float32]:
    """[family], 1 where a family's notes sound for `SHORTEST_SOUNDING_S` or longer of start_s to end_s, added up."""
    family = np.array([PROGRAMS[p].family if p in PROGRAMS else "" for p in notes["program"].tolist()], np.str_)
    sounding = [_sounding_s(notes[family == name], start_s, end_s) >= SHORTEST_SOUNDING_S for name in families]
    return np.array(sounding, np.float32)


def _sounding_s(notes: NDArray[np.void], start_s: float, end_s: float) -> float:
    """How long notes sound within a time, added up."""
    within = np.minimum(notes["offset_s"], end_s) - np.maximum(notes["onset_s"], start_s)
    return float(np.maximum(within, 0.0).sum())
