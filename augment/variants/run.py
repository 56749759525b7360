"""A run of `mp3tomidi-augment apply`, from its plan to its summary."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from pathlib import Path

from mp3tomidi.augment import json_lines
from mp3tomidi.augment.variants import manifest as manifests
from mp3tomidi.augment.variants.handing_out import HandfulWorker, all_died, handfuls
from mp3tomidi.augment.variants.making import Settings, sha256
from mp3tomidi.augment.variants.manifest import Head, ManifestError, Row
from mp3tomidi.augment.variants.sources import Source, Unfit, Variant, find
from mp3tomidi.augment.variants.worker import Outcome
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs.files import make_folder
from mp3tomidi.transcribe.program.console import DONE, FAILED, Console
from mp3tomidi.transcribe.program.durations import in_words
from mp3tomidi.transcribe.program.pool import work
from mp3tomidi.transcribe.program.ray_actors import Cluster, work_on_ray

_REPORT_EVERY_S = 60.0  # where there is no bar
_NAMED = 20  # sounds that failed, in the summary
_NEEDED = ("file", "bytes", "labels", "source_sha256", "source_labels_sha256")  # of a row, to see whether it holds

Key = tuple[str, int]  # source and number of a copy


@dataclass
class Plan:
    """What is to be made, and what is there."""

    out: Path
    head: Head
    variants: list[Variant]
    unfit: list[Unfit]
    kept: int  # of the copies that are asked for
    rows: frozenset[Key]  # of an earlier run, that still hold

    @property
    def path(self) -> Path:
        return self.out / manifests.NAME


def plan(folder: Path, out: Path, settings: Settings, copies: int) -> Plan:
    """What a run would make.

    Raises AudioError for a folder that holds no sound, OutputError and ManifestError for a place that cannot be used.
    """
    if out.resolve().is_relative_to(folder.resolve()):
        raise OutputError(f"{out} lies in {folder}: its copies would be copied by the next run; name another folder")
    sources, unfit = find(folder)
    rows = _before(out, settings)
    checksums = _Checksums(folder)
    wanted = [Variant(source, copy) for source in sources for copy in range(1, copies + 1)]
    variants = []
    for variant in wanted:
        key = (variant.source.relative.as_posix(), variant.copy)
        if key in rows and not _is_there(rows[key], out, variant.source, checksums):
            del rows[key]
        if key not in rows:
            variants.append(variant)
    head = Head(settings, manifests.path_from(out, folder))
    return Plan(out, head, variants, unfit, len(wanted) - len(variants), frozenset(rows))


def _before(out: Path, settings: Settings) -> dict[Key, Row]:
    """The rows of an earlier run, without what was drawn for them."""
    path = out / manifests.NAME
    if not path.exists():
        if out.is_dir() and any(not entry.name.startswith(".") for entry in out.iterdir()):
            raise OutputError(f"{out} holds files, but no {manifests.NAME} of an earlier run; name a new folder")
        return {}
    before = manifests.read_head(path).settings
    if (before.recipe.to_mapping(), replace(before, recipe=settings.recipe)) != (
        settings.recipe.to_mapping(),
        settings,
    ):
        raise ManifestError(
            f"{path}: made with another recipe, seed, format, rate or tail; say the same ones, or name another folder"
        )
    made = (row for row in manifests.read_rows(path) if "error" not in row)
    return {(row["source"], row["copy"]): {key: row[key] for key in _NEEDED} for row in made}


class _Checksums:
    """Of the files below a folder, each read once; "" for one that cannot be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[Path, str] = {}

    def of(self, path: Path) -> str:
        if path not in self._known:
            try:
                self._known[path] = sha256(path.read_bytes())
            except OSError:
                self._known[path] = ""
        return self._known[path]


def _is_there(row: Row, out: Path, source: Source, checksums: _Checksums) -> bool:
    """Whether what a row says was made is there whole, and of the sound and the labels as they are now."""
    result = out / row["file"]
    return (
        result.is_file()
        and result.stat().st_size == row["bytes"]
        and all((out / label).is_file() for label in row["labels"])
        and row["source_sha256"] == checksums.of(source.path)
        and row["source_labels_sha256"] == [checksums.of(path) for path in source.labels]
    )


@dataclass
class _Tally:
    made: int = 0
    failed: int = 0
    sound_s: float = 0.0


def run(planned: Plan, processes: int, console: Console, cluster: Cluster | None = None) -> int:
    """Make all copies, whatever becomes of single ones, say so, and return the exit status.

    cluster: where to make them, instead of in processes of this machine.
    """
    tally, start_s = _Tally(), time.monotonic()
    errors: dict[str, str] = {}

    def make_all() -> None:
        make_folder(planned.out)
        manifests.start(planned.path, planned.head, lambda row: (row["source"], row.get("copy")) in planned.rows)
        for unfit in planned.unfit:
            errors[unfit.relative.as_posix()] = unfit.reason
            console.complain(unfit.reason)
            json_lines.append(planned.path, {"source": unfit.relative.as_posix(), "error": unfit.reason})
        for outcome in _outcomes(planned, processes, console, cluster):
            if outcome.error is None:
                tally.made += 1
                tally.sound_s += outcome.duration_s
                continue
            tally.failed += 1
            if errors.setdefault(outcome.row["source"], outcome.error) is outcome.error:
                console.complain(outcome.error)
        manifests.sort(planned.path)

    status = console.until_the_end(make_all)
    _conclude(planned, tally, errors, time.monotonic() - start_s, console)
    return max(status, FAILED if errors else DONE)


def _outcomes(planned: Plan, processes: int, console: Console, cluster: Cluster | None) -> Iterator[Outcome]:
    """The outcomes as they come, each written down."""
    variants = planned.variants
    start_s = reported_s = time.monotonic()
    sound_s = 0.0
    with console.progress([variant.source.path for variant in variants]) as progress:
        make_worker = partial(HandfulWorker, planned.head.settings, planned.out)
        some = handfuls(variants, processes)
        made: Iterator[list[Outcome]]
        if cluster is None:
            made = work(make_worker, some, processes, all_died)
        else:
            made = work_on_ray(make_worker, some, cluster, all_died)
        for number, outcome in enumerate(chain.from_iterable(made), start=1):
            json_lines.append(planned.path, outcome.row)
            yield outcome
            sound_s += outcome.duration_s
            progress.advance(outcome.variant.source.path, outcome.duration_s)
            now_s = time.monotonic()
            if not progress.shown and now_s - reported_s > _REPORT_EVERY_S:
                reported_s, passed_s = now_s, now_s - start_s
                left_s = passed_s * (len(variants) - number) / number
                rate = f"{sound_s / passed_s:.0f} times real time"
                console.say(f"{number:,} of {len(variants):,}, {rate}, {in_words(left_s)} left")


def _conclude(planned: Plan, tally: _Tally, errors: dict[str, str], took_s: float, console: Console) -> None:
    kept = f", {planned.kept:,} already there" if planned.kept else ""
    failed = f", {tally.failed:,} failed" if tally.failed else ""
    rate = f", {tally.sound_s / took_s:.0f} times real time" if tally.made else ""
    console.say(
        f"{planned.out}: {tally.made:,} copies made ({in_words(tally.sound_s)} of sound){kept}{failed}, "
        f"in {in_words(took_s)}{rate}"
    )
    if errors:
        console.complain(f"{len(errors):,} failed:")
        for source in sorted(errors)[:_NAMED]:
            console.complain(f"    {source}")
        if len(errors) > _NAMED:
            console.complain(f"    and {len(errors) - _NAMED} more; {planned.path} names them all")
