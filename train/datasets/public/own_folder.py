"""This project's own folders: NAME.notes.tsv and NAME.drums.tsv beside NAME.wav, as `--data` takes them.

Licence and split: whatever yours are; folders called train, valid (or validation) and test part it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.midi_folder import split_of
from mp3tomidi.train.datasets.recordings import Recording, find_recordings


def read(folder: Path) -> Iterator[Recording]:
    """The labelled recordings. Raises LabelsError where there are none."""
    for recording in find_recordings(found_folder(folder)):
        if is_there(recording.sound):
            yield replace(recording, split=split_of(recording.sound.relative_to(folder)))
