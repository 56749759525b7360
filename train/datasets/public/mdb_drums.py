"""MDB Drums (Southall et al. 2017): the drums of 23 songs of MedleyDB, alone and in the mix.

Licence: CC BY-NC-SA 4.0. Split: none. mirdata has no loader for it. Layout ("MDB Drums" may be the folder named):

    MDB Drums/annotations/class/NAME_class.txt    audio/drum_only/NAME_Drum.wav    audio/full_mix/NAME_MIX.wav

Kicks, snares, hi-hats, toms and cymbals are read, each as the usual key of its class; other percussion (OT) is left
away. The drums alone ("drum_only") and the mixes ("full_mix") are sets of their own. Velocities are not labelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import drums_tsv, tables
from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

_ENDINGS = {"drum_only": "_Drum.wav", "full_mix": "_MIX.wav"}
OTHER = "OT"


def read(folder: Path) -> Iterator[Recording]:
    """The drum tracks and the mixes of the set. Raises LabelsError where there are no annotations."""
    folder = found_folder(folder, "MDB Drums")
    annotations = sorted((folder / "annotations" / "class").glob("*_class.txt"))
    if not annotations:
        raise LabelsError(f"{folder}: no annotations/class/*_class.txt; name the folder that holds it")
    for kind, ending in _ENDINGS.items():
        for path in annotations:
            name = path.name.removesuffix("_class.txt")
            sound = folder / "audio" / kind / (name + ending)
            if is_there(sound) and is_there(path):
                yield Recording(name, kind, sound, drums=partial(_hits, path))


def _hits(path: Path) -> NDArray[np.void]:
    """Lines of time s and class; spaces or tabs between them."""
    hits = []
    for number, line in enumerate(tables.read_text(path).splitlines(), start=1):
        cells = line.split()
        if not cells or cells[1:] == [OTHER]:
            continue
        try:
            time_s, name = cells
            hits.append((0, tables.finite(time_s), drums_tsv.KEY_OF_CLASS[name], 0.0))
        except (ValueError, KeyError) as error:
            classes = " ".join((*drums_tsv.KEY_OF_CLASS, OTHER))
            raise LabelsError(f"{path}, line {number}: expected a time and one of {classes}") from error
    return np.array(sorted(hits, key=lambda hit: hit[1]), DRUM_HIT)
