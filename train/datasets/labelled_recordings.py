"""Recordings with their classes, parted into those that teach, those that choose and those that measure.

The parts come from list files where the data set has them (train*.txt, valid*.txt, test*.txt, a path in each line), and
from a seed where it has none: then all copies of one source, as `mp3tomidi-augment apply` makes them, are of one part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

PARTS = ("train", "valid", "test")
KEPT_BACK_SHARE = 0.1  # of a class's recordings, for valid and for test each
_FEWEST = 3  # recordings of a class: one for each part


@dataclass(frozen=True, slots=True)
class LabelledRecording:
    """`source`: what it is a copy of, as its folder's manifest says; itself where none does."""

    path: Path
    classes: tuple[str, ...]
    source: Path | None = None

    @property
    def origin(self) -> Path:
        return self.source or self.path


@dataclass(frozen=True, slots=True)
class LabelledParts:
    """The recordings of each part, and the classes that there are, in order."""

    classes: tuple[str, ...]
    train: tuple[LabelledRecording, ...]
    valid: tuple[LabelledRecording, ...]
    test: tuple[LabelledRecording, ...]

    def targets(self, recordings: Sequence[LabelledRecording]) -> NDArray[np.float32]:
        """[recording, class] of 0 and 1."""
        column = {name: index for index, name in enumerate(self.classes)}
        targets = np.zeros((len(recordings), len(self.classes)), np.float32)
        for row, recording in enumerate(recordings):
            targets[row, [column[name] for name in recording.classes]] = 1.0
        return targets


def find_lists(folder: Path) -> dict[str, Path] | None:
    """The list file of each part in a folder, or None where it has none.

    Raises LabelsError where some but not all are there, or several could be meant.
    """
    found = {part: sorted(folder.glob(f"{part}*.txt")) for part in PARTS}
    if not any(found.values()):
        return None
    for part, files in found.items():
        if len(files) != 1:
            what = "no" if not files else f"{len(files)} files"
            raise LabelsError(f"{folder}: {what} {part}*.txt; keep one list file each for {', '.join(PARTS)}, or none")
    return {part: files[0] for part, files in found.items()}


def parts_of_lists(
    lists: dict[str, Path], classes: Sequence[str], find: Callable[[str], LabelledRecording | None]
) -> LabelledParts:
    """The parts that list files name. `find` gives the recording of a line's path, None where it is of no class.

    Raises LabelsError, with file and line, where `find` raises FileNotFoundError, and of a recording listed twice.
    """
    parts: dict[str, list[LabelledRecording]] = {part: [] for part in PARTS}
    listed: dict[Path, str] = {}
    for part, file in lists.items():
        for number, line in enumerate(read_list(file).splitlines(), start=1):
            if not line.strip() or line.startswith("#"):
                continue
            where = f"{file}, line {number}"
            try:
                recording = find(line.strip())
            except FileNotFoundError as error:
                raise LabelsError(f"{where}: there is no recording {line.strip()}; take the line out") from error
            if recording is None:
                continue
            if recording.path in listed:
                raise LabelsError(f"{where}: {line.strip()} is listed already ({listed[recording.path]})")
            listed[recording.path] = where
            parts[part].append(recording)
        if not parts[part]:
            raise LabelsError(f"{file}: lists no recording of the classes {', '.join(classes)}")
    return LabelledParts(tuple(classes), *(tuple(parts[part]) for part in PARTS))


def parts_by_seed(recordings: Iterable[LabelledRecording], classes: Sequence[str], seed: int) -> LabelledParts:
    """Parts drawn by a seed, each class (each set of classes) by itself, the copies of one source together.

    Raises LabelsError where a class has too few recordings, or they are copies of too few sources.
    """
    by_classes: dict[tuple[str, ...], dict[Path, list[LabelledRecording]]] = defaultdict(lambda: defaultdict(list))
    for recording in recordings:
        by_classes[recording.classes][recording.origin].append(recording)
    parts: dict[str, list[LabelledRecording]] = {part: [] for part in PARTS}
    rng = np.random.default_rng(seed)
    for names, copies in sorted(by_classes.items()):
        sources = list(copies)
        if len(sources) < _FEWEST:
            count = sum(map(len, copies.values()))
            what = f"copies of {len(sources)}, which" if count > len(sources) else "recordings"
            raise LabelsError(
                f"{' and '.join(names) or 'no class'}: {count} {what} are too few to part; have {_FEWEST} or "
                "more, or say in list files which are for what"
            )
        kept_back = max(1, round(KEPT_BACK_SHARE * len(sources)))
        order = [sources[index] for index in rng.permutation(len(sources))]
        drawn = {"test": order[:kept_back], "valid": order[kept_back : 2 * kept_back], "train": order[2 * kept_back :]}
        for part, of_part in drawn.items():
            parts[part] += [recording for source in of_part for recording in copies[source]]
    return LabelledParts(tuple(classes), *(tuple(sorted(parts[part], key=lambda r: r.path)) for part in PARTS))


def parts_of_recordings(
    recordings: Iterable[Recording], classes: Sequence[str], seed: int, *, many: bool
) -> LabelledParts:
    """The parts of a data set as its own split has them; what it has no split for is drawn by a seed.

    classes: those that count; none: all that there are, by name. many: whether a recording may be of several classes or
    of none of them; if not, only those of exactly one are kept. A set that parts its recordings into train and test
    only gives a tenth of each class of train to valid.
    Raises LabelsError where a class has no recording, or too few to be parted.
    """
    recordings = [recording for recording in recordings if recording.classes]
    names = tuple(classes) or tuple(sorted({name for recording in recordings for name in recording.classes}))
    labelled: dict[str, list[LabelledRecording]] = defaultdict(list)
    for recording in recordings:
        of = tuple(name for name in recording.classes if name in names)
        if many or len(of) == len(recording.classes) == 1:
            labelled[recording.split].append(LabelledRecording(recording.sound, of))
    found = {name for of_split in labelled.values() for recording in of_split for name in recording.classes}
    if missing := [name for name in names if name not in found]:
        there = ", ".join(sorted({name for recording in recordings for name in recording.classes})) or "none"
        raise LabelsError(f"no recording of the class {missing[0]!r}; the classes of this data set are: {there}")
    if len(names) < 2:
        raise LabelsError("one class or none; two or more are needed, to be distinguished")
    parts = {part: tuple(labelled[part]) for part in PARTS}
    if not any(parts.values()):
        return parts_by_seed([recording for of_split in labelled.values() for recording in of_split], names, seed)
    lacking = [part for part in PARTS[1:] if not parts[part]]
    for part in lacking:
        train, parts[part] = _kept_back(parts["train"], seed)
        parts["train"] = train
    return LabelledParts(names, *(parts[part] for part in PARTS))


def _kept_back(
    recordings: Sequence[LabelledRecording], seed: int
) -> tuple[tuple[LabelledRecording, ...], tuple[LabelledRecording, ...]]:
    """Recordings without a share of each class (each set of classes), and that share, drawn by a seed.

    Raises LabelsError where there are too few.
    """
    rng = np.random.default_rng(seed)
    by_classes: dict[tuple[str, ...], list[LabelledRecording]] = defaultdict(list)
    for recording in sorted(recordings, key=lambda recording: recording.path):
        by_classes[recording.classes].append(recording)
    kept_back = {
        found[index].path
        for _, found in sorted(by_classes.items())
        for index in rng.permutation(len(found))[: round(KEPT_BACK_SHARE * len(found)) or int(len(found) > 1)]
    }
    if not kept_back:
        raise LabelsError(f"{len(recordings)} recordings to teach with are too few to keep some back")
    return (
        tuple(recording for recording in recordings if recording.path not in kept_back),
        tuple(recording for recording in recordings if recording.path in kept_back),
    )


def read_list(file: Path) -> str:
    """The text of a list file. Raises LabelsError."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{file}: cannot be read as a list of recordings ({error})") from error
