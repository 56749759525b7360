"""MagnaTagATune (Law et al. 2009): 25,863 clips of 29 s with 188 tags, given by players of a game.

Licence: CC BY-NC-SA 3.0 (the recordings, of Magnatune). Split: the custom's, by folder (0 to b train, c valid, d to f
test). mirdata has no loader for it. Layout:

    annotations_final.csv    mp3/0/NAME.mp3 ("mp3" may be missing)
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.train.datasets import magnatagatune
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.recordings import Recording


def read(folder: Path) -> Iterator[Recording]:
    """The clips that have a tag, with all of their tags. Raises LabelsError where the table is missing or damaged."""
    root = found_folder(folder, "mp3")
    for name, tags in magnatagatune.tagged_clips(folder / magnatagatune.ANNOTATIONS):
        sound = root / name
        if tags and is_there(sound):
            yield Recording(sound.stem, "magnatagatune", sound, classes=tags, split=magnatagatune.part_of(name))
