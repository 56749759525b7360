"""Copies handed out to processes by the handful, so that a sound is read once and few messages go to and fro."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from mp3tomidi.augment.variants.making import Settings
from mp3tomidi.augment.variants.sources import Variant
from mp3tomidi.augment.variants.worker import Outcome, Worker, died

MOST = 5  # copies of a sound at once: what an interruption has to make again
HANDFULS_A_PROCESS = 8  # at least, or the last one would be waited for

Handful = tuple[Variant, ...]


class HandfulWorker:
    """Makes the copies of a handful one after the other."""

    def __init__(self, settings: Settings, out: Path) -> None:
        self._worker = Worker(settings, out)

    def do(self, handful: Handful, /) -> list[Outcome]:
        return [self._worker.do(variant) for variant in handful]


def handfuls(variants: Sequence[Variant], processes: int) -> list[Handful]:
    """The copies in their order, those of a sound together; one by one for a single process, which loses none."""
    most = 1 if processes == 1 else max(1, min(MOST, len(variants) // (HANDFULS_A_PROCESS * processes)))
    found: list[Handful] = []
    for _, copies in groupby(variants, key=lambda variant: variant.source):
        of_sound = tuple(copies)
        found += [of_sound[first : first + most] for first in range(0, len(of_sound), most)]
    return found


def all_died(handful: Handful, of: str) -> list[Outcome]:
    """The outcomes of copies that their process died of."""
    return [died(variant, of) for variant in handful]
