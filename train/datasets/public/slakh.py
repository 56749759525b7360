"""Slakh2100 (Manilow et al. 2019): 145 h of MIDI files from Lakh, rendered with sampled instruments; also babyslakh.

Licence: CC BY 4.0. Split: official, by folder, of the version "redux" (train, validation, test; "omitted" are doubles
of others, and are read only if that split is asked for). Layout, as mirdata's:

    slakh2100_flac_redux/train/Track00001/mix.flac    metadata.yaml    MIDI/S00.mid    stems/S00.flac

Of each track the mix is read. Its notes are those of the stems that have sound, with the program of each stem, as
long as the sustain pedal lets them sound. A set that `mp3tomidi-augment render --layout slakh` has made is read, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.train.datasets.public.checked import hits_of_midi, notes_of_midi
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there
from mp3tomidi.train.datasets.public.mirdata_index import index_of, open_mirdata, read_annotation
from mp3tomidi.train.datasets.recordings import PLAYED_NOTE, Recording
from mp3tomidi.transcribe.errors import LabelsError

_SPLITS = {"train": "train", "validation": "valid", "test": "test", "omitted": "omitted"}
_SUFFIXES = (".flac", ".wav")


def read(folder: Path) -> Iterator[Recording]:
    """The tracks of the set. Raises LabelsError where there are none."""
    folder = found_folder(folder, "slakh2100_flac_redux")
    found = sorted(path.parent for path in folder.rglob("Track*/metadata.yaml"))
    if not found:
        raise LabelsError(f"{folder}: no Track*/metadata.yaml in it; name the folder of the tracks")
    dataset = open_mirdata("slakh", folder, {}, version="baby")  # its classes take no notice of where folders lie
    for path in found:
        mix = _sound(path, "mix")
        if not is_there(mix):
            continue
        split = _SPLITS.get(path.parent.name, "")
        parts = partial(_stems, dataset, path)
        yield Recording(path.name, "slakh", mix, partial(_notes, parts), partial(_drums, parts), split=split)


def _stems(dataset: Any, path: Path) -> list[Any]:
    """mirdata's tracks of the stems that have sound and MIDI."""
    stems = {midi.stem: midi for midi in sorted((path / "MIDI").glob("S*.mid"))}
    files = {
        f"{path.name}-{name}": {"audio": _sound(path / "stems", name), "midi": midi, "metadata": path / "metadata.yaml"}
        for name, midi in stems.items()
    }
    dataset._index["tracks"] |= index_of(files, Path(dataset.data_home))
    return [dataset.track(number) for number in files]


def _is_rendered(stem: Any) -> bool:
    """Whether a stem is in the mix: metadata.yaml names those that are not, and all are in where no stems are kept."""
    return Path(stem.audio_path).is_file() or not Path(stem.audio_path).parent.is_dir()


def _described(stems: list[Any]) -> list[tuple[Path, bool, int]]:
    """MIDI file, whether it is of drums, and program of each stem that sounds. Raises LabelsError."""
    return [
        (Path(stem.midi_path), bool(stem.is_drum), int(stem.program_number or 0))
        for stem in stems
        if read_annotation(Path(stem.metadata_path), lambda stem=stem: stem._track_metadata is not None)  # type: ignore[misc]
        and _is_rendered(stem)
    ]


def _notes(stems: partial[list[Any]]) -> NDArray[np.void]:
    pitched = [notes_of_midi(midi, program) for midi, is_drum, program in _described(stems()) if not is_drum]
    notes = np.concatenate([np.zeros(0, PLAYED_NOTE), *pitched])
    return notes[np.argsort(notes["onset_s"], kind="stable")]


def _drums(stems: partial[list[Any]]) -> NDArray[np.void]:
    hits = np.concatenate(
        [np.zeros(0, DRUM_HIT), *(hits_of_midi(midi) for midi, is_drum, _ in _described(stems()) if is_drum)]
    )
    return hits[np.argsort(hits["onset_s"], kind="stable")]


def _sound(folder: Path, name: str) -> Path:
    """The sound of this name, in whichever format; where there is none, what it would be called in Slakh."""
    paths = [folder / (name + suffix) for suffix in _SUFFIXES]
    return next((path for path in paths if path.is_file()), paths[0])
