"""GuitarSet (Xi et al. 2018): 360 excerpts of half a minute, six guitarists, notes by string from a hexaphonic pickup.

Licence: CC BY 4.0 (Zenodo; mirdata calls it MIT). Split: none; papers hold out players (the first two digits of a
name). Layout, as mirdata's:

    annotation/NAME.jams    audio_mono-mic/NAME_mic.wav    audio_mono-pickup_mix/NAME_mix.wav

The microphone is read where it is there, else the pickup. Pitches are of any fraction; velocities are not labelled.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import open_mirdata, read_annotation, tracks_of
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

STEEL_GUITAR = 25
_SOUNDS = {"audio_mic": ("audio_mono-mic", "_mic.wav"), "audio_mix": ("audio_mono-pickup_mix", "_mix.wav")}
_NOT_READ = ("audio_hex", "audio_hex_cln")  # of six channels


def read(folder: Path) -> Iterator[Recording]:
    """The excerpts of the set. Raises LabelsError where there are no annotations."""
    annotations = sorted(found_folder(folder / "annotation").glob("*.jams"))
    if not annotations:
        raise LabelsError(f"{folder}: no annotation/*.jams; unpack annotation.zip into it")
    tracks = {path.stem: _files(folder, path) for path in annotations}
    dataset = open_mirdata("guitarset", folder, tracks)
    for name, track in tracks_of(dataset, lambda number: folder / "annotation" / f"{number}.jams"):
        sound = next((path for key in _SOUNDS if (path := tracks[name][key]) is not None), None)
        if is_there(sound or _sound(folder, name, "audio_mic")) and sound:
            yield Recording(name, "guitarset", sound, partial(_notes, track))


def _files(folder: Path, annotation: Path) -> dict[str, Path | None]:
    sounds = {key: _sound(folder, annotation.stem, key) for key in _SOUNDS}
    there = {key: path if path.is_file() else None for key, path in sounds.items()}
    return {"jams": annotation, **there, **dict.fromkeys(_NOT_READ)}


def _sound(folder: Path, name: str, key: str) -> Path:
    sub_folder, ending = _SOUNDS[key]
    return folder / sub_folder / (name + ending)


def _notes(track: Any) -> NDArray[np.void]:
    path = Path(track.jams_path)
    by_string = read_annotation(path, lambda: track.notes)
    rows = [
        np.column_stack([notes.intervals, notes.pitches, np.zeros(len(notes.pitches))])
        for notes in by_string.values()
        if notes is not None  # a string that is not played
    ]
    return checked_notes(path, np.concatenate([np.zeros((0, 4)), *rows]), STEEL_GUITAR)
