"""mirdata's data sets, of the files that lie in a folder.

mirdata (Bittner et al. 2019) reads a set by an index, a list of its files. Since version 1.0 the indexes are downloads
of their own, each of one version of a set. Here an index is made of what is there: nothing is downloaded, and parts
and other versions of a set can be read, too. What mirdata knows of a set (annotations, metadata, splits) stays its own.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mp3tomidi.train.datasets.public.left_out import leave_out
from mp3tomidi.transcribe.errors import LabelsError

Files = Mapping[str, Path | None]
"""What a track is made of: mirdata's name for the file, and where it lies; None for one that the track has not."""


def open_mirdata(name: str, folder: Path, tracks: Mapping[str, Files], *, version: str = "default") -> Any:
    """mirdata's data set of this name, with these tracks.

    Raises ModuleNotFoundError without the extra `datasets`.
    """
    import mirdata

    dataset = mirdata.initialize(name, data_home=os.fspath(folder), version=version)
    dataset._index = {"version": dataset.version, "tracks": index_of(tracks, folder)}
    return dataset


def index_of(tracks: Mapping[str, Files], folder: Path) -> dict[str, dict[str, list[str | None]]]:
    """Files by name of each track as mirdata's index has them: relative to the folder, with a checksum, None here."""
    return {
        track: {key: [None if path is None else os.path.relpath(path, folder), None] for key, path in files.items()}
        for track, files in tracks.items()
    }


def metadata_of(dataset: Any, folder: Path) -> dict[str, Any]:
    """What the set's table says of each of its tracks. Raises LabelsError where it is missing or damaged."""
    try:
        metadata: dict[str, Any] = dataset._metadata
    except Exception as error:  # whatever a parser stumbles on
        raise LabelsError(f"{folder}: the table of the data set cannot be read ({error})") from error
    return metadata


def tracks_of(dataset: Any, of_track: Callable[[str], Path]) -> Iterator[tuple[str, Any]]:
    """Number and track of all tracks, in order; one that mirdata cannot make sense of is named by `of_track`."""
    for number in sorted(dataset._index["tracks"]):
        try:
            track = dataset.track(number)
        except Exception as error:  # whatever a parser stumbles on
            leave_out(of_track(number), f"{type(error).__name__}: {error}")
            continue
        yield number, track


def read_annotation(path: Path, read: Callable[[], Any]) -> Any:
    """What one of mirdata's loaders gives. Raises LabelsError, which names the file, for all that it stumbles on."""
    try:
        return read()
    except Exception as error:
        raise LabelsError(f"{path}: cannot be read ({type(error).__name__}: {error})") from error
