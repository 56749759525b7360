"""What a run would make, how long it would take and how large it would get, from a few copies made and forgotten."""

from __future__ import annotations

import time
from pathlib import Path

from mp3tomidi.augment.variants.run import Plan
from mp3tomidi.augment.variants.worker import Worker
from mp3tomidi.transcribe.audio.reading import stream
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.program.durations import in_words

_TRIED = 8
_TRIED_FOR_S = 10.0


def estimate(planned: Plan, processes: int) -> list[str]:
    """Lines that say it."""
    variants = planned.variants
    lines = [f"{planned.out}: {len(variants):,} copies to make, {planned.kept:,} already there"]
    lines += [unfit.reason for unfit in planned.unfit]
    if not variants:
        return lines
    worker = Worker(planned.head.settings, None)
    worker.do(variants[0])  # imports, which later ones do not wait for
    start_s, took_s, made_s, made_bytes = time.monotonic(), 0.0, 0.0, 0
    for variant in variants[:: -(-len(variants) // _TRIED)]:
        outcome = worker.do(variant)
        if outcome.error is None:
            made_s += outcome.duration_s
            made_bytes += outcome.row["bytes"]
        took_s = time.monotonic() - start_s
        if took_s > _TRIED_FOR_S:
            break
    known: dict[Path, float] = {}
    for variant in variants:
        path = variant.source.path
        if path not in known:
            known[path] = _duration_s(path)
    sound_s = sum(known[variant.source.path] for variant in variants)
    lines += [f"{path}: cannot be read" for path, length_s in known.items() if not length_s]
    if made_s:
        lines.append(
            f"about {in_words(sound_s)} of sound, {made_bytes / made_s * sound_s / 1e6:,.1f} MB, made in about "
            f"{in_words(took_s / made_s * sound_s / processes)} ({made_s / took_s:.0f} times real time a process)"
        )
    return lines


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
