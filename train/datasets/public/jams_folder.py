"""Any folder in which NAME.jams (Humphrey et al. 2014) lies beside NAME.wav, .flac, .mp3, ..., at any depth.

Licence and split: whatever yours are; folders called train, valid (or validation) and test part it. Annotations of
note_midi and note_hz are notes, those of tag_... classes; others are passed over. Velocities are those of the key
"velocity" in an annotation's sandbox, else unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files import jams
from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.public.midi_folder import label_beside, split_of
from mp3tomidi.train.datasets.public.tables import read_json
from mp3tomidi.train.datasets.recordings import UNKNOWN_PROGRAM, Recording
from mp3tomidi.transcribe.audio.folders import find_sounds
from mp3tomidi.transcribe.errors import LabelsError

NOTES_IN_HZ = "note_hz"
TAGS = "tag_"


def read(folder: Path) -> Iterator[Recording]:
    """The recordings that have a JAMS file. Raises LabelsError where there are none."""
    found = False
    for sound in find_sounds(found_folder(folder)):
        path = label_beside(sound, (jams.ENDING,))
        if path is None:
            continue
        found = True
        if not is_there(sound) or not is_there(path):
            continue
        try:
            annotations = _annotations(path)
        except LabelsError as error:
            leave_out(sound, str(error))
            continue
        classes = tuple(dict.fromkeys(_tags(annotations)))
        has_notes = any(annotation["namespace"] in (jams.NOTES, NOTES_IN_HZ) for annotation in annotations)
        if not has_notes and not classes:
            leave_out(path, f"no annotations of {jams.NOTES}, {NOTES_IN_HZ} or {TAGS}...")
            continue
        notes = partial(_notes, path) if has_notes else None
        split = split_of(sound.relative_to(folder))
        yield Recording(sound.stem, sound.parent.name, sound, notes, classes=classes, split=split)
    if not found:
        raise LabelsError(f"{folder}: no NAME{jams.ENDING} beside a sound of that name, in it or below")


def _annotations(path: Path) -> list[dict[str, Any]]:
    """Those of a file, each with a namespace and a list of observations. Raises LabelsError."""
    annotations = read_json(path).get("annotations")
    try:
        return [{**each, "namespace": str(each["namespace"]), "data": list(each["data"])} for each in annotations or ()]
    except (KeyError, TypeError) as error:
        raise LabelsError(f"{path}: not a JAMS file ({error!r})") from error


def _tags(annotations: list[dict[str, Any]]) -> Iterator[str]:
    for annotation in annotations:
        if annotation["namespace"].startswith(TAGS):
            yield from (str(observation.get("value")) for observation in annotation["data"])


def _notes(path: Path) -> NDArray[np.void]:
    rows = []
    for annotation in _annotations(path):
        if annotation["namespace"] not in (jams.NOTES, NOTES_IN_HZ):
            continue
        try:
            velocity = float(annotation.get("sandbox", {}).get("velocity", 0.0))
            for observation in annotation["data"]:
                start_s, pitch = float(observation["time"]), float(observation["value"])
                if annotation["namespace"] == NOTES_IN_HZ:
                    pitch = 69.0 + 12.0 * float(np.log2(pitch / 440.0)) if pitch > 0 else -1.0
                rows.append((start_s, start_s + float(observation["duration"]), pitch, velocity))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LabelsError(f"{path}: an observation of a note that cannot be read ({error!r})") from error
    return checked_notes(path, np.array(rows, np.float64).reshape(-1, 4), UNKNOWN_PROGRAM)
