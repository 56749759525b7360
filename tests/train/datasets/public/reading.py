"""What a reader finds in a tree of a data set's layout."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.train.datasets.public.registry import read_dataset, wanted
from mp3tomidi.train.datasets.recordings import Recording, class_times, note_rows

from ..trees import NOTES


def read(name: str, folder: Path, split: str = "all") -> dict[str, Recording]:
    return {recording.name: recording for recording in read_dataset(wanted(f"{name}/{split}:{folder}"))}


def rows(recording: Recording) -> list[list[float]]:
    assert recording.notes is not None
    return note_rows(recording.notes()).tolist()


def programs(recording: Recording) -> list[int]:
    assert recording.notes is not None
    return recording.notes()["program"].tolist()


def hits(recording: Recording) -> dict[str, list[float]]:
    assert recording.drums is not None
    return {name: times for name, times in class_times(recording.drums()).items() if times}


PLAYED = [pytest.approx(list(map(float, note)), abs=2e-3) for note in NOTES]
