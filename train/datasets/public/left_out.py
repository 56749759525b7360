"""Collects the recordings and labels of a data set that cannot be read, and names them in one warning."""

from __future__ import annotations

import logging
from pathlib import Path

from mp3tomidi.transcribe.errors import LabelsError

_log = logging.getLogger(__name__)


def leave_out(path: Path, why: str) -> None:
    """Names a file that cannot be used, and why."""
    _log.warning("left out: %s: %s", path, why)


def is_there(path: Path) -> bool:
    """Whether a file is there and not empty; one that is not is named."""
    try:
        size = path.stat().st_size if path.is_file() else None
    except OSError as error:
        leave_out(path, error.strerror or "cannot be opened")
        return False
    if size:
        return True
    leave_out(path, "there is no such file" if size is None else "the file is empty; copy it again")
    return False


def found_folder(folder: Path, sub_folder: str = "") -> Path:
    """`folder`, or the sub-folder of it that archives of the set unpack to. Raises LabelsError where there is none."""
    if not folder.is_dir():
        raise LabelsError(f"{folder}: there is no such folder; name the one that the data set was unpacked to")
    below = folder / sub_folder
    return below if sub_folder and below.is_dir() else folder
