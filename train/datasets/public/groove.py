"""Groove MIDI Dataset (Gillick et al. 2019): 13.6 h of drummers on a Roland TD-11, with its sound where it was kept.

Licence: CC BY 4.0. Split: official, in info.csv (train, validation, test). Layout, as mirdata's:

    info.csv    drummer1/session1/NAME.mid    drummer1/session1/NAME.wav

A tenth of the performances have no sound: they are passed over. Edges and rims of the TD-11 get General MIDI's keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files.midi_tracks import read_score
from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.augment.music.corpora import read_track
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import index_of, metadata_of, open_mirdata, tracks_of
from mp3tomidi.train.datasets.recordings import Recording

CORPUS = "groove"  # as corpora.read_track knows the TD-11
SPLITS = {"train": "train", "validation": "valid", "test": "test"}


def read(folder: Path) -> Iterator[Recording]:
    """The performances that have sound. Raises LabelsError where the table is missing or damaged."""
    folder = found_folder(folder, "groove")
    dataset = open_mirdata("groove_midi", folder, {})
    table = metadata_of(dataset, folder / "info.csv")
    with_sound = {number: row for number, row in table.items() if row["audio_filename"]}
    tracks = {
        number: {"midi": folder / row["midi_filename"], "audio": folder / row["audio_filename"]}
        for number, row in with_sound.items()
    }
    dataset._index["tracks"] = index_of(tracks, folder)
    for number, track in tracks_of(dataset, lambda number: folder / number):
        sound, midi = Path(track.audio_path), Path(track.midi_path)
        if is_there(sound) and is_there(midi):
            name, split = number.replace("/", "-"), SPLITS.get(track.split, "")
            yield Recording(name, "groove", sound, drums=partial(hits_of_td11, midi), split=split)


def hits_of_td11(path: Path) -> NDArray[np.void]:
    """The hits (dtype DRUM_HIT) that Roland's drum modules have written. Raises LabelsError."""
    tracks = []
    for track in read_score(path).tracks:
        track.is_drum = True  # whatever its channel
        tracks.append(read_track(track, CORPUS))
    rows = np.concatenate(tracks) if tracks else np.zeros(0, [(n, "f8") for n in ("onset_s", "pitch", "velocity")])
    hits = np.zeros(len(rows), DRUM_HIT)
    hits["onset_s"], hits["key"], hits["velocity"] = rows["onset_s"], rows["pitch"], rows["velocity"]
    return hits[np.argsort(hits["onset_s"], kind="stable")]
