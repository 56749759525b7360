"""The label files that lie beside a sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mp3tomidi.augment.label_files import beats_tsv, drums_tsv, jams, midi, notes_tsv
from mp3tomidi.augment.label_files.label_file import LabelFile

READERS: dict[str, Callable[[Path], LabelFile]] = {
    notes_tsv.ENDING: notes_tsv.read,
    drums_tsv.ENDING: drums_tsv.read,
    **dict.fromkeys(beats_tsv.ENDINGS, beats_tsv.read),
    **dict.fromkeys(midi.ENDINGS, midi.read),
    jams.ENDING: jams.read,
}


def ending_of(name: str) -> str | None:
    """The ending that makes a name that of a label file, as it is written there; None if it is no such name."""
    known = next((ending for ending in READERS if name.lower().endswith(ending)), None)
    return None if known is None else name[len(name) - len(known) :]


def read(paths: Iterable[Path]) -> list[LabelFile]:
    """Raises LabelsError for a file that cannot be read."""
    files = []
    for path in paths:
        ending = ending_of(path.name)
        if ending is not None:
            files.append(READERS[ending.lower()](path))
    return files
