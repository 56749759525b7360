"""Estimates the number, time and size of a run's copies from a few that are made and thrown away.

The time is counted in processor time, so that it does not depend on what else the machine does at the moment.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from scipy.optimize import nnls

from mp3tomidi.augment.variants.run import Plan
from mp3tomidi.augment.variants.sources import Variant
from mp3tomidi.augment.variants.worker import Outcome, Worker, died
from mp3tomidi.transcribe.audio.reading import stream
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.program.durations import in_words
from mp3tomidi.transcribe.program.pool import work

_TRIED_SOUNDS = 12
_COPIES_OF_EACH = 3
_TRIED_FOR_S = 10.0


def estimate(planned: Plan, processes: int) -> list[str]:
    """Lines that say it."""
    variants = planned.variants
    lines = [f"{planned.out}: {len(variants):,} copies to make, {planned.kept:,} already there"]
    lines += [unfit.reason for unfit in planned.unfit]
    if not variants:
        return lines
    starting_s, made = _tried(planned, processes)
    known: dict[Path, float] = {}
    for variant in variants:
        path = variant.source.path
        if path not in known:
            known[path] = _duration_s(path)
    durations_s = np.array([known[variant.source.path] for variant in variants])
    lines += [f"{path}: cannot be read" for path, length_s in known.items() if not length_s]
    if made:
        tried_s = np.array([outcome.duration_s for outcome in made])
        size_bytes = sum(outcome.row["bytes"] for outcome in made) / tried_s.sum() * durations_s.sum()
        # each copy costs something, and each second of it
        costs, _ = nnls(np.stack([np.ones_like(tried_s), tried_s], axis=1), [outcome.cpu_s for outcome in made])
        work_s = float(costs[0] * np.count_nonzero(durations_s) + costs[1] * durations_s.sum())
        lines.append(
            f"about {in_words(float(durations_s.sum()))} of sound, {size_bytes / 1e6:,.1f} MB, made in about "
            f"{in_words(starting_s + work_s / processes)} by {processes} {'core' if processes == 1 else 'cores'} that "
            f"{'does' if processes == 1 else 'do'} nothing else ({durations_s.sum() / work_s:.0f} times real time each)"
        )
    return lines


def _tried(planned: Plan, processes: int) -> tuple[float, list[Outcome]]:
    """What a process takes to start, and the copies that they made after their first, which load libraries."""
    with tempfile.TemporaryDirectory() as folder:
        make_worker = partial(Worker, planned.head.settings, Path(folder))
        begun_s = time.monotonic()
        starting_s, outcomes = 0.0, []
        with closing(work(make_worker, _chosen(planned.variants), processes, died)) as tried:
            for number, outcome in enumerate(tried):
                if number < processes:
                    starting_s, begun_s = max(starting_s, outcome.process_cpu_s), time.monotonic()
                elif outcome.error is None:
                    outcomes.append(outcome)
                if time.monotonic() - begun_s > _TRIED_FOR_S and outcomes:
                    break
    return starting_s, outcomes


def _chosen(variants: list[Variant]) -> list[Variant]:
    """A few copies each of sounds from all over; the first ones twice, since a process' first is not counted."""
    every = -(-len(variants) // _TRIED_SOUNDS)
    chosen = [variant for start in range(0, len(variants), every) for variant in variants[start:][:_COPIES_OF_EACH]]
    return [*chosen, *chosen]


def _duration_s(path: Path) -> float:
    """0 for what cannot be read."""
    import soundfile

    try:
        return float(soundfile.info(path).duration)
    except (soundfile.LibsndfileError, OSError):
        pass
    try:
        return sum(block.duration_s for block in stream(path))
    except Mp3toMidiError:
        return 0.0
