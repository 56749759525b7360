"""Plans a run: the sounds to change, their labels and the names of their copies."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files.beside import ending_of
from mp3tomidi.transcribe.audio.folders import is_visible_sound
from mp3tomidi.transcribe.errors import AudioError


@dataclass(frozen=True, slots=True)
class Source:
    """A sound, its label files, and the path of its copies below the folder of results, less `-001.wav` and so on."""

    path: Path
    relative: Path
    stem: Path
    labels: tuple[Path, ...]

    @property
    def class_name(self) -> str:
        """The folder that it lies in, which names its class in a data set of samples; "" at the top."""
        return self.relative.parent.as_posix().removeprefix(".")

    def result(self, copy: int, suffix: str) -> Path:
        """Where a copy lies below the folder of results."""
        return self.stem.with_name(f"{self.stem.name}-{copy:03d}{suffix}")


@dataclass(frozen=True, slots=True)
class Variant:
    """The copy of this number, from 1 on, of a sound."""

    source: Source
    copy: int


@dataclass(frozen=True, slots=True)
class Unfit:
    """A file that nothing can be made of, and why, in a line that names it."""

    relative: Path
    reason: str


def find(folder: Path) -> tuple[list[Source], list[Unfit]]:
    """All sounds below a folder, in order; hidden files are left alone.

    Sounds that would give their copies the same name keep their suffix in it.

    Raises AudioError if the folder cannot be searched or holds no sound.
    """
    found: list[Source] = []
    unfit: list[Unfit] = []

    def unreadable(error: OSError) -> None:
        raise AudioError(f"{error.filename}: cannot be searched ({error.strerror})") from error

    if folder.is_file():
        raise AudioError(f"{folder} is a file: name the folder that it lies in")
    if not folder.is_dir():
        raise AudioError(f"{folder}: there is no such folder")
    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        visible = sorted(name for name in names if not name.startswith("."))
        _search(folder, Path(parent), visible, found, unfit)
    if not found and not unfit:
        raise AudioError(f"{folder}: it holds no sound (nothing that ends like .wav)")
    return found, unfit


def _search(folder: Path, parent: Path, names: list[str], found: list[Source], unfit: list[Unfit]) -> None:
    labels: dict[str, list[Path]] = defaultdict(list)
    for name in names:
        ending = ending_of(name)
        if ending is not None:
            labels[name.removesuffix(ending)].append(parent / name)
    sounds = [name for name in names if is_visible_sound(name)]
    sharing = Counter(Path(name).stem for name in sounds)
    alike = Counter(Path(name).stem.casefold() for name in sounds)  # one file where capitals are not distinguished
    for name in sounds:
        relative, stem = (parent / name).relative_to(folder), Path(name).stem
        if sharing[stem] > 1 and stem in labels:
            reason = f"{parent / name}: several sounds share the labels {labels[stem][0].name}; keep one of them"
            unfit.append(Unfit(relative, reason))
            continue
        copies = relative.with_suffix("") if alike[stem.casefold()] == 1 else relative
        found.append(Source(parent / name, relative, copies, tuple(labels.get(stem, ()))))
    for stem, files in labels.items():
        if not sharing[stem]:
            for file in files:
                reason = f"{file}: there is no sound of that name beside these labels"
                unfit.append(Unfit(file.relative_to(folder), reason))
