"""Plans a run: the files to transcribe and the places of their results, before anything slow begins."""

from __future__ import annotations

import itertools
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path

from mp3tomidi.transcribe.audio.folders import is_visible_sound
from mp3tomidi.transcribe.outputs.formats import MIDI, SOUND_SUFFIXES, Format, beside

MIDI_SUFFIXES = (".mid", ".midi")


class Existing(Enum):
    """What to do about a recording whose results all exist. Of one that has some, REFUSE and SKIP write the others."""

    REFUSE = auto()
    OVERWRITE = auto()
    SKIP = auto()


@dataclass(frozen=True, slots=True)
class Job:
    """A recording, and the file that its notes go to; None is standard output."""

    source: Path
    target: Path | None
    others: tuple[Path, ...] = ()
    """Further results of the same recording, in other formats."""
    kept: frozenset[Path] = frozenset()
    """Those of the results that exist and are not to be written again."""

    @property
    def targets(self) -> tuple[Path, ...]:
        """All files that the job makes."""
        return () if self.target is None else (self.target, *self.others)


@dataclass(frozen=True, slots=True)
class Failure:
    """What was asked for and cannot be done; `reason` is a sentence that names the file and the way out."""

    source: Path
    reason: str


@dataclass(slots=True)
class Plan:
    folder: Path | None = None
    """What all results lie in; None if there is no such folder."""
    jobs: list[Job] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Job] = field(default_factory=list)
    """Those whose results all exist, if that is what to skip."""
    existing: list[Job] = field(default_factory=list)
    """Those whose results all exist, if neither --overwrite nor --skip-existing was given."""
    completed: list[Job] = field(default_factory=list)
    """Of the jobs those of which some results exist and are kept, though --skip-existing was not given."""
    remarks: list[str] = field(default_factory=list)
    """What a user should know about the names of the results."""


@dataclass(frozen=True, slots=True)
class Found:
    """A recording, and where it was found."""

    source: Path
    relative: Path
    """Where it lies below the input that it was found in; its own name for a file that was named itself."""


def plan(
    inputs: Sequence[Path],
    folder: Path | None,
    *,
    existing: Existing = Existing.REFUSE,
    formats: Sequence[Format] = (MIDI,),
) -> Plan:
    """The jobs for files and folders.

    A folder is searched with its sub-folders for files that end in one of AUDIO_SUFFIXES; hidden ones are
    left alone, among them the "._" files that some systems leave beside each recording, and so are sounds that
    an earlier run has written beside their recordings or into `folder`. A file that is named itself is taken
    whatever it is called, and one that is named twice only once.

    Results go below `folder`, sub-folders mirrored, or beside each recording if it is None. They take the
    recording's name with the format's suffix; where two recordings would share that, each keeps its own suffix too
    (song.mp3.mid, song.wav.mid), and if that does not tell them apart they are numbered. All formats of a
    recording have the same name but for the suffix.
    """
    result = Plan(folder)
    found: dict[str, Found] = {}
    for path in inputs:
        for item in search(path, result.failures, folder):
            found.setdefault(os.path.abspath(item.source), item)  # noqa: PTH100  (a link is a recording of its own)
    recordings = {_file_key(item.source) for item in found.values()}
    for job in named_jobs(list(found.values()), folder, formats, result.remarks):
        _add(result, job, existing, recordings)
    return result


def plan_file(
    source: Path, target: Path | None, *, existing: Existing = Existing.REFUSE, others: tuple[Path, ...] = ()
) -> Plan:
    """The job for one recording whose results' places are named: files, or None for standard output."""
    result = Plan()
    for item in search(source, result.failures):
        _add(result, Job(item.source, target, others), existing, {_file_key(item.source)})
    return result


def _add(result: Plan, job: Job, existing: Existing, recordings: Set[str]) -> None:
    """Sorts a job into the plan. `recordings`: the keys of all recordings of the run, which no result may replace."""
    there = [target for target in job.targets if _exists(target)]
    folders = [target for target in there if target.is_dir()]
    recorded = [target for target in there if _file_key(target) in recordings]
    if recorded:
        reason = f"cannot write {recorded[0]}: it is a recording of this run; -o names another place"
        result.failures.append(Failure(job.source, reason))
    elif folders:
        result.failures.append(Failure(job.source, f"cannot write {folders[0]}: there is a folder of that name"))
    elif there and len(there) == len(job.targets) and existing is not Existing.OVERWRITE:
        (result.skipped if existing is Existing.SKIP else result.existing).append(job)
    elif job.target is not None and not _can_be_written_to(job.target.parent):
        reason = f"cannot write {job.target}: its folder takes no files; -o FOLDER names another"
        result.failures.append(Failure(job.source, reason))
    elif there and existing is not Existing.OVERWRITE:
        job = replace(job, kept=frozenset(there))
        result.jobs.append(job)
        if existing is Existing.REFUSE:
            result.completed.append(job)
    else:
        result.jobs.append(job)


def _can_be_written_to(folder: Path) -> bool:
    """Whether a folder, or the nearest above it that exists, lets us make files; asked before anything slow begins."""
    while not _exists(folder) and folder != folder.parent:
        folder = folder.parent
    return not folder.is_dir() or os.access(folder, os.W_OK | os.X_OK)


def _exists(path: Path) -> bool:
    return os.path.exists(path)  # noqa: PTH110  (Path.exists raises where a name is too long)


def search(path: Path, failures: list[Failure], results: Path | None = None) -> Iterator[Found]:
    """The recordings that `path` is or holds. results: where an earlier run has written, maybe below it."""
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        failures.append(Failure(path, f"cannot open {path}: {error.strerror}"))
        return
    if not is_folder:
        if path.suffix.lower() in MIDI_SUFFIXES:
            failures.append(Failure(path, f"{path} is a MIDI file already; name a recording"))
        else:
            yield Found(path, Path(path.name))
        return

    def unreadable(error: OSError) -> None:
        failures.append(Failure(Path(error.filename), f"cannot open {error.filename}: {error.strerror}"))

    failures_before = len(failures)
    empty = True
    for parent, folders, names in os.walk(path, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        recordings = [name for name in names if is_visible_sound(name)]
        known = {text for name in recordings for text in (name, Path(name).stem)}
        for name in sorted(recordings):
            if not _is_ours(name, known, among_results=_is_below(Path(parent), results, path)):
                source = Path(parent, name)
                empty = False
                yield Found(source, source.relative_to(path))
    if empty and len(failures) == failures_before:
        failures.append(Failure(path, f"the folder {path} holds no recordings (nothing that ends like .mp3)"))


def _is_ours(name: str, known: set[str], *, among_results: bool) -> bool:
    """Whether a sound's name is one that we give, and it lies where we put it: among results or by its recording."""
    return any(
        name.endswith(suffix) and (among_results or name.removesuffix(suffix) in known) for suffix in SOUND_SUFFIXES
    )


def _is_below(folder: Path, results: Path | None, searched: Path) -> bool:
    """Whether a folder is in that of the results, which is itself in the one that is searched."""
    if results is None:
        return False
    inner, middle, outer = (Path(os.path.abspath(path)) for path in (folder, results, searched))  # noqa: PTH100
    return inner.is_relative_to(middle) and outer in middle.parents


def named_jobs(
    found: Sequence[Found], folder: Path | None, formats: Sequence[Format], remarks: list[str]
) -> Iterator[Job]:
    """A job for each recording, in their order, with results named as `plan` says; no file is looked at."""
    suffix = formats[0].suffix
    places = [item.source if folder is None else folder / item.relative for item in found]
    sharing = Counter(_same_file_key(place.with_suffix(suffix)) for place in places)
    taken: set[str] = set()
    for item, place in zip(found, places, strict=True):
        plain = place.with_suffix(suffix)
        candidates = itertools.chain(
            [plain] if sharing[_same_file_key(plain)] == 1 else [],
            [place.with_name(place.name + suffix)],
            (place.with_name(f"{place.name}-{number}{suffix}") for number in itertools.count(2)),
        )
        jobs = (Job(item.source, candidate, beside(candidate, formats)) for candidate in candidates)
        job = next(job for job in jobs if taken.isdisjoint(map(_same_file_key, job.targets)))
        taken.update(map(_same_file_key, job.targets))
        if job.target != plain:
            remarks.append(f"{item.source} shares its name with another recording: its notes go to {job.target}")
        yield job


def _file_key(path: Path) -> str:
    """The same for all names and links of one file."""
    return os.path.realpath(path)


def _same_file_key(path: Path) -> str:
    """Equal for names that are one file where capitals and small letters are not distinguished."""
    return os.path.abspath(path).casefold()  # noqa: PTH100
