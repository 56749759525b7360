"""Refuses material that is kept back for evaluation: a network must never have heard what it is tested on."""

from __future__ import annotations

from pathlib import Path

from mp3tomidi.transcribe.errors import LabelsError

# A folder of one of these names holds only recordings to test on, whatever is in it.
_HELD_OUT_FOLDERS = frozenset({"valid", "heldout_samples"})
# Fonts and libraries that the test sets were made with, under any spelling of their names.
_HELD_OUT_NAMES = ("fatboy", "generaluser", "philharmonia")


def refuse_held_out(path: Path) -> Path:
    """Return `path` unchanged, or raise LabelsError if it (links followed) is kept back for evaluation."""
    for part in (*path.absolute().parts, *path.resolve().parts):
        letters = "".join(character for character in part.casefold() if character.isalnum())
        if part.casefold() in _HELD_OUT_FOLDERS or any(name in letters for name in _HELD_OUT_NAMES):
            raise LabelsError(
                f"{path}: {part!r} is kept back for evaluation and never trained on; take it out of the data"
            )
    return path
