"""Renders a set: songs side by side, what is there already, and a row for each that is finished.

    dataset.json    how the set was asked for; another one cannot be mixed into its folder
    manifest.jsonl  a row for each finished song, in order; a song counts once its row is written

Song n is drawn from the seed and n alone, so neither interruptions nor the number of processes change a set.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mp3tomidi.augment import json_lines
from mp3tomidi.augment.rendering.order import CACHE_NAME, Job, Order
from mp3tomidi.augment.rendering.worker import Outcome, Worker, died
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes
from mp3tomidi.transcribe.program.console import Console
from mp3tomidi.transcribe.program.durations import in_words
from mp3tomidi.transcribe.program.pool import work
from mp3tomidi.transcribe.program.ray_actors import Cluster, work_on_ray

VERSION = 1
DATASET_NAME, MANIFEST_NAME = "dataset.json", "manifest.jsonl"


@dataclass
class Summary:
    made: int = 0
    there: int = 0
    failures: int = 0
    sound_s: float = 0.0


def claim(order: Order, out: Path) -> None:
    """Write down what the folder is to hold. Raises OutputError if it holds something else."""
    claimed = out / DATASET_NAME
    asked = {"format_of": "mp3tomidi rendered set", "version": VERSION, **json.loads(json.dumps(asdict(order)))}
    if claimed.is_file():
        try:
            found = json.loads(claimed.read_text(encoding="utf-8"))
        except ValueError as error:
            raise OutputError(f"{claimed}: damaged ({error}); choose another folder") from error
        other = next((key for key in asked if found.get(key) != asked[key]), None)
        if other is not None:
            raise OutputError(
                f"{out} holds a set with {other} {_shown(found.get(other))} instead of {_shown(asked[other])}; "
                "ask for the same again to go on, or choose another folder"
            )
        return
    if out.exists() and not out.is_dir():
        raise OutputError(f"{out} is a file; name a folder")
    if out.is_dir() and any(path.name != CACHE_NAME for path in out.iterdir()):
        raise OutputError(f"{out} holds other things; choose a folder that is empty or new")
    make_folder(out)
    write_bytes((json.dumps(asked, indent=1) + "\n").encode(), claimed)


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def make(
    order: Order, jobs: list[Job], out: Path, processes: int, console: Console, cluster: Cluster | None = None
) -> Summary:
    """Render all songs that are not there yet; of those that cannot be played complain, and go on.

    cluster: where to render them, instead of in processes of this machine.

    Raises OutputError where nothing more can be written.
    """
    done = {row["name"] for row in rows(out)}
    summary = Summary(there=sum(job.name in done for job in jobs))
    left = [job for job in jobs if job.name not in done]
    started = time.monotonic()
    make_worker = partial(Worker, order, out)
    outcomes = (
        work(make_worker, left, processes, died) if cluster is None else work_on_ray(make_worker, left, cluster, died)
    )
    for count, outcome in enumerate(outcomes, start=1):
        if outcome.error is not None:
            if outcome.is_last:
                raise outcome.error
            summary.failures += 1
            console.complain(str(outcome.error))
            continue
        _keep(outcome, out / MANIFEST_NAME, summary)
        _say(outcome, console, len(jobs))
        if count < len(left):
            passed_s = max(time.monotonic() - started, 1e-3)
            rate, left_s = summary.sound_s / passed_s, passed_s / count * (len(left) - count)
            console.say(f"{rate:.0f} times real time, {in_words(left_s)} left")
    _write_rows(out, sorted(rows(out), key=lambda row: int(row["number"])))
    return summary


def _keep(outcome: Outcome, manifest: Path, summary: Summary) -> None:
    assert outcome.row is not None  # there is no error
    summary.made += 1
    summary.sound_s += outcome.row["duration_s"]
    json_lines.append(manifest, outcome.row)


def _say(outcome: Outcome, console: Console, total: int) -> None:
    row = outcome.row or {}
    for part in row["left_out"]:
        console.say(f"{outcome.job.name}: left out {part}")
    console.say(
        f"[{outcome.job.number}/{total}] {outcome.job.name}: {len(row['stems'])} stems, {row['notes']} notes, "
        f"{row['drum_hits']} drum hits in {row['duration_s']:.1f} s"
    )


def rows(out: Path) -> Iterator[dict[str, Any]]:
    """The rows of a set's manifest; a last one that was cut off in writing is no row, and is removed."""
    manifest = out / MANIFEST_NAME
    if not manifest.exists():
        return
    whole = list(json_lines.whole_lines(manifest))
    if sum(map(len, whole)) != manifest.stat().st_size:
        write_bytes(b"".join(whole), manifest)
    yield from map(json.loads, whole)


def _write_rows(out: Path, ordered: Iterable[dict[str, Any]]) -> None:
    write_bytes(b"".join(map(json_lines.to_line, ordered)), out / MANIFEST_NAME)
