"""Renders songs one after another and writes them: the work of one process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment.rendering.instruments import Ensemble, Instrument
from mp3tomidi.augment.rendering.layouts import LAYOUTS
from mp3tomidi.augment.rendering.opening import open_ensemble
from mp3tomidi.augment.rendering.order import Job, Order, cache_of
from mp3tomidi.augment.rendering.song_renderer import cast, render, write_song
from mp3tomidi.augment.rendering.songs import read_song
from mp3tomidi.transcribe.errors import Mp3toMidiError, OutputError


@dataclass(frozen=True)
class Outcome:
    """What became of a song: its row of the manifest, or why there is none."""

    job: Job
    row: dict[str, Any] | None = None
    error: Mp3toMidiError | None = None

    @property
    def is_last(self) -> bool:
        """Nothing more can be written, so none of the others need be tried."""
        return isinstance(self.error, OutputError)


def died(job: Job, of: str) -> Outcome:
    """The outcome of a song that its process died of."""
    return Outcome(job, error=Mp3toMidiError(f"{job.name}: the process that rendered it died ({of})"))


class Worker:
    """Song number n is drawn from the seed and n alone, whichever process renders it. Raises LabelsError."""

    def __init__(self, order: Order, out: Path) -> None:
        self._order, self._out = order, out
        self._ensemble = open_instruments(order, out)

    def do(self, job: Job, /) -> Outcome:
        try:
            return Outcome(job, self._make(job))
        except Mp3toMidiError as error:
            return Outcome(job, error=error)

    def _make(self, job: Job) -> dict[str, Any]:
        order, ensemble = self._order, self._ensemble
        rng = np.random.default_rng([order.seed, job.number])
        instruments: Sequence[Instrument | None]
        if job.midi is None:
            song, instruments = write_song(ensemble, rng, order.duration_s)
        else:
            song = read_song(job.midi)
            instruments = cast(song, ensemble, rng)
        rendered = render(song, instruments, order.sample_rate or ensemble.sample_rate, rng)
        row = LAYOUTS[order.layout](rendered, self._out, job.name, order.format, order.stems)
        return {"number": job.number, "seed": [order.seed, job.number], "sample_rate": rendered.sample_rate, **row}


def open_instruments(order: Order, out: Path) -> Ensemble:
    """Those that are asked for, without remarks: those were made when they were measured."""
    return open_ensemble([Path(path) for path in order.instruments], cache_of(out), lambda _: None)
