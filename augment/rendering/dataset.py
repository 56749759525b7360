"""Renders a set: what is in it, one song after the other, and what is there already.

    dataset.json    how the set was asked for; another one cannot be mixed into its folder
    manifest.jsonl  a row for each finished song, in order; a song counts once its row is written

Song i is drawn from the seed and i alone, so an interrupted run ends as one that went through.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment.label_files import midi
from mp3tomidi.augment.rendering.instruments import Ensemble
from mp3tomidi.augment.rendering.layouts import LAYOUTS
from mp3tomidi.augment.rendering.renderer import cast, render, write_song
from mp3tomidi.augment.rendering.songs import read_song
from mp3tomidi.transcribe.errors import LabelsError, OutputError
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes

VERSION = 1
DATASET_NAME, MANIFEST_NAME, CACHE_NAME = "dataset.json", "manifest.jsonl", ".banks"


@dataclass(frozen=True)
class Order:
    """What is asked for. Paths are as they were given."""

    midi: tuple[str, ...]  # files and folders
    written: int  # songs that the engine writes
    instruments: tuple[str, ...]
    copies: int  # of each MIDI file, with other instruments
    duration_s: float  # of what is written
    seed: int
    sample_rate: int | None  # Hz; None: what all instruments fill
    format: str
    layout: str
    stems: bool


@dataclass(frozen=True)
class Job:
    """One song: its number in the set, its name, and the MIDI file, None for one that is written."""

    number: int
    name: str
    midi: Path | None


@dataclass
class Summary:
    made: int = 0
    there: int = 0
    failures: int = 0
    sound_s: float = 0.0


def plan(order: Order) -> list[Job]:
    """All songs of a set, in order. Raises LabelsError for MIDI files that are not there."""
    files = [file for given in order.midi for file in _midi_files(Path(given))]
    titles: list[tuple[Path | None, str]] = [
        (file, re.sub(r"[^\w.-]+", "_", file.stem)[:60]) for file in files for _ in range(order.copies)
    ]
    titles += [(None, "written")] * order.written
    name_of = LAYOUTS[order.layout].name_of
    return [Job(number, name_of(number, title), file) for number, (file, title) in enumerate(titles, start=1)]


def _midi_files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.rglob("*") if file.suffix.lower() in midi.ENDINGS and file.is_file())
        if not found:
            raise LabelsError(f"{path}: no MIDI file (.mid, .midi) in this folder or those below it")
        return found
    if not path.is_file():
        raise LabelsError(f"{path}: there is no such MIDI file, check its name")
    return [path]


def claim(order: Order, out: Path) -> None:
    """Write down what the folder is to hold. Raises OutputError if it holds something else."""
    claimed = out / DATASET_NAME
    asked = {"format": "mp3tomidi rendered set", "version": VERSION, **json.loads(json.dumps(asdict(order)))}
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


def finished(out: Path) -> set[str]:
    """The names of the songs that have their rows; a last row that was cut off in writing is removed."""
    manifest = out / MANIFEST_NAME
    if not manifest.exists():
        return set()
    text = manifest.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        write_bytes(whole.encode(), manifest)
    return {json.loads(line)["name"] for line in whole.splitlines()}


def make(
    order: Order,
    jobs: list[Job],
    ensemble: Ensemble,
    out: Path,
    tell: Callable[[str], None],
    complain: Callable[[str], None],
) -> Summary:
    """Render all songs that are not there yet, and tell of each; of those that cannot be played complain, and go on.

    Raises OutputError where nothing more can be written.
    """
    done = finished(out)
    summary = Summary(there=sum(job.name in done for job in jobs))
    left = [job for job in jobs if job.name not in done]
    started = time.monotonic()
    for count, job in enumerate(left, start=1):
        try:
            row = _make_song(order, job, ensemble, out)
        except LabelsError as error:
            summary.failures += 1
            complain(str(error))
            continue
        _append(out / MANIFEST_NAME, row)
        summary.made += 1
        summary.sound_s += row["duration_s"]
        for part in row["left_out"]:
            tell(f"{job.name}: left out {part}")
        passed_s = time.monotonic() - started
        left_s = passed_s / count * (len(left) - count)
        tell(
            f"[{job.number}/{len(jobs)}] {job.name}: {len(row['stems'])} stems, {row['notes']} notes, "
            f"{row['drum_hits']} drum hits in {row['duration_s']:.1f} s; "
            f"{summary.sound_s / passed_s:.0f} times real time, {_minutes(left_s)} left"
        )
    return summary


def _make_song(order: Order, job: Job, ensemble: Ensemble, out: Path) -> dict[str, Any]:
    rng = np.random.default_rng([order.seed, job.number])
    if job.midi is None:
        song, instruments = write_song(ensemble, rng, order.duration_s)
        rendered = render(song, instruments, order.sample_rate or ensemble.sample_rate, rng)
    else:
        song = read_song(job.midi)
        rendered = render(song, cast(song, ensemble, rng), order.sample_rate or ensemble.sample_rate, rng)
    row = LAYOUTS[order.layout].write(rendered, out, job.name, order.format, order.stems)
    return {"number": job.number, "seed": [order.seed, job.number], "sample_rate": rendered.sample_rate, **row}


def _append(manifest: Path, row: dict[str, Any]) -> None:
    try:
        with manifest.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    except OSError as error:
        raise OutputError(f"cannot write {manifest}: {error.strerror or error}") from error


def rows(out: Path) -> Iterator[dict[str, Any]]:
    """The rows of a set's manifest, in order."""
    yield from map(json.loads, (out / MANIFEST_NAME).read_text(encoding="utf-8").splitlines())


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
