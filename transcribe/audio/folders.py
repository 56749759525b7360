"""Sound files in folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.transcribe.audio.files import AUDIO_SUFFIXES
from mp3tomidi.transcribe.errors import AudioError


def find_sounds(folder: Path, without: Path | None = None) -> Iterator[Path]:
    """The sound files below a folder, by name, each folder's own before those of its sub-folders.

    Hidden files and folders are left out, and so is the folder `without`. Raises AudioError for one that cannot be
    searched.
    """
    left_out = None if without is None else without.resolve()

    def unreadable(error: OSError) -> None:
        raise AudioError(f"cannot open {error.filename}: {error.strerror}") from error

    for parent, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = sorted(n for n in folders if not n.startswith(".") and Path(parent, n).resolve() != left_out)
        yield from (Path(parent, name) for name in sorted(names) if is_visible_sound(name))


def is_visible_sound(name: str) -> bool:
    """Whether a file of this name holds sound, by its suffix, and is not hidden."""
    return not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES
