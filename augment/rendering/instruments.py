"""Instruments of soundfonts and banks behind one interface, and the choice among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS


class Instrument(Protocol):
    """Something that plays parts. `family` is one of instruments.FAMILIES, or source.DRUMS: a kit."""

    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def program(self) -> int: ...
    @property
    def licence(self) -> str: ...
    @property
    def attribution(self) -> str: ...
    @property
    def sample_rate(self) -> int:
        """Of its sound; more than it has in it need not be asked for."""
        ...

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest pitch that is written for it."""
        ...

    def play(
        self, rows: NDArray[np.void], duration_s: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        """Sound [duration_s * sample_rate] of notes (dtype NOTE), or of hits (DRUM_HIT) for a kit, and its labels.

        Each row's onset in the sound lies on the row's own; rows that the instrument cannot play are in neither.
        """
        ...


@dataclass(frozen=True)
class Ensemble:
    """All instruments that there are. Raises LabelsError where there is none."""

    pitched: Sequence[Instrument]
    kits: Sequence[Instrument]

    def __post_init__(self) -> None:
        if not self.pitched and not self.kits:
            raise LabelsError("there is no instrument that could play; name other --instruments")

    @property
    def sample_rate(self) -> int:
        """The lowest of its instruments: what all of them fill."""
        return min(instrument.sample_rate for instrument in (*self.pitched, *self.kits))

    def for_program(self, program: int, rng: np.random.Generator) -> Instrument | None:
        """An instrument of this program, else of its family; None where the program has no pitch or nobody plays it."""
        if program not in PROGRAMS:
            return None
        same = [instrument for instrument in self.pitched if instrument.program == program]
        family = PROGRAMS[program].family
        return _any_of(same or [one for one in self.pitched if one.family == family], rng)

    def kit_for(self, program: int, rng: np.random.Generator) -> Instrument | None:
        """A kit of this program, else any."""
        return _any_of([kit for kit in self.kits if kit.program == program] or self.kits, rng)

    def draw(self, count: int, rng: np.random.Generator) -> list[Instrument]:
        """So many pitched instruments, each of a family that is drawn first, so that rich families do not crowd in."""
        families = [name for name in FAMILIES if any(one.family == name for one in self.pitched)]
        drawn = [families[int(rng.integers(len(families)))] for _ in range(count if families else 0)]
        chosen = [_any_of([one for one in self.pitched if one.family == family], rng) for family in drawn]
        return [instrument for instrument in chosen if instrument is not None]


def _any_of(instruments: Sequence[Instrument], rng: np.random.Generator) -> Instrument | None:
    return instruments[int(rng.integers(len(instruments)))] if instruments else None
