"""IRMAS (Bosch et al. 2012): which of eleven instruments stands out in 6,705 excerpts of 3 s and 2,874 longer ones.

Licence: CC BY-NC-SA 3.0. Split: official, by folder (train: one instrument each; test: one or more). Layout, as
mirdata's:

    IRMAS-TrainingData/cel/[cel][cla]0001__1.wav    IRMAS-TestingData-Part1/Part1/NAME.wav    NAME.txt

Classes are the set's codes: cel, cla, flu, gac, gel, org, pia, sax, tru, vio, voi.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.public.mirdata_index import open_mirdata, read_annotation, tracks_of
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

_TRAIN_MARK = "__"  # by which mirdata tells the two parts, in the numbers of tracks


def read(folder: Path) -> Iterator[Recording]:
    """The excerpts of the set. Raises LabelsError where there are none."""
    train = sorted((found_folder(folder) / "IRMAS-TrainingData").glob("*/*.wav"))
    test = sorted(path for part in sorted(folder.glob("IRMAS-TestingData-Part*")) for path in part.rglob("*.wav"))
    if not train and not test:
        raise LabelsError(f"{folder}: neither IRMAS-TrainingData nor IRMAS-TestingData-Part1 in it; name their folder")
    sounds = {f"train{_TRAIN_MARK}{path.parent.name}-{path.stem}": path for path in train}
    sounds |= {f"test-{number:04d}": path for number, path in enumerate(test)}
    tracks = {
        number: {"audio": path, "annotation": path if _TRAIN_MARK in number else path.with_suffix(".txt")}
        for number, path in sounds.items()
    }
    for _, track in tracks_of(open_mirdata("irmas", folder, tracks), lambda number: sounds[number]):
        sound, annotation = Path(track.audio_path), Path(track.annotation_path)
        if not is_there(sound) or not is_there(annotation):
            continue
        try:
            classes = tuple(read_annotation(annotation, lambda track=track: track.instrument))  # type: ignore[misc]
        except LabelsError as error:
            leave_out(sound, str(error))
            continue
        yield Recording(sound.stem, f"irmas-{track.split}", sound, classes=classes, split=track.split)
