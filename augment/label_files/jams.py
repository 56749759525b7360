"""NAME.jams: annotations of the JAMS format (Humphrey et al. 2014), notes transposed and everything moved in time.

Curves of pitch are refused, since detuning changes them and notes not; so are chords and keys, but only if the sound
is transposed.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mp3tomidi.augment.label_files import tables
from mp3tomidi.augment.label_files.label_file import instants_of, notes_of
from mp3tomidi.augment.label_files.probes import Done, read_probes, with_probes
from mp3tomidi.augment.labels import HIGHEST_PITCH, Labels
from mp3tomidi.transcribe.errors import LabelsError

ENDING = ".jams"
NOTES = "note_midi"
TEMPO = "tempo"
WITHOUT_PITCH = ("beat", "onset", "segment", "multi_segment", "tag_", "lyrics", "mood", "thayer", TEMPO)
OF_PITCH = ("chord", "key_mode", "pitch_class")


@dataclass(frozen=True)
class JamsLabels:
    path: Path
    labels: Labels
    content: dict[str, Any]
    notes: list[tuple[int, int]]  # annotation and observation of each row of notes
    others: list[tuple[int, int]]  # the same of what are no notes: two instants each, its start and its end

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        done = read_probes(labels)
        content = copy.deepcopy(self.content)
        self._check(done)
        for annotation in content["annotations"]:
            if annotation.get("time") is not None:
                annotation["time"] /= done.speed
            if annotation.get("duration") is not None:
                annotation["duration"] /= done.speed
            if annotation["namespace"] == NOTES:
                annotation["data"] = []
        for note in done.labels.notes:
            number, index = self.notes[int(note["program"])]
            observation = dict(self.content["annotations"][number]["data"][index])
            fraction = observation["value"] - round(observation["value"])
            observation |= {
                "time": float(note["onset_s"]),
                "duration": float(note["offset_s"] - note["onset_s"]),
                "value": float(note["pitch"]) + fraction,
            }
            content["annotations"][number]["data"].append(observation)
        time_s = {int(instant["number"]): float(instant["time_s"]) for instant in done.labels.instants}
        for row, (number, index) in enumerate(self.others):
            observation = content["annotations"][number]["data"][index]
            observation["time"] = time_s[2 * row]
            observation["duration"] = time_s[2 * row + 1] - time_s[2 * row]
            if content["annotations"][number]["namespace"] == TEMPO:
                observation["value"] *= done.speed
        content["file_metadata"]["duration"] = duration_s
        return (json.dumps(content, indent=1) + "\n").encode()

    def _check(self, done: Done) -> None:
        for annotation in self.content["annotations"]:
            if done.semitones and annotation["namespace"].startswith(OF_PITCH):
                raise LabelsError(
                    f"{self.path}: annotations of {annotation['namespace']} cannot be transposed; "
                    "leave out the effects that change the pitch"
                )


def read(path: Path) -> JamsLabels:
    """Raises LabelsError."""
    content = _content(path)
    rows: list[tuple[float, float, float, float]] = []
    times_s: list[float] = []
    notes: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for number, (namespace, data) in enumerate(_annotations(path, content)):
        if namespace != NOTES and not namespace.startswith((*WITHOUT_PITCH, *OF_PITCH)):
            raise LabelsError(f"{path}: annotations of {namespace} cannot be moved with the sound; take them out")
        for index, observation in enumerate(data):
            where = f"{path}: observation {index + 1} of {namespace}"
            start_s = _number(where, observation, "time")
            end_s = start_s + _number(where, observation, "duration")
            if end_s < start_s:
                raise LabelsError(f"{where}: it ends before it begins")
            if namespace == NOTES:
                pitch = _number(where, observation, "value")
                if not 0 <= round(pitch) <= HIGHEST_PITCH:
                    raise LabelsError(f"{where}: pitch {pitch:g} is none of MIDI (0 to {HIGHEST_PITCH})")
                rows.append((start_s, end_s, pitch, 0.0))
                notes.append((number, index))
            else:
                if namespace == TEMPO:
                    _number(where, observation, "value")  # is scaled later
                times_s += [start_s, end_s]
                others.append((number, index))
    labels = notes_of(rows)
    labels.instants = instants_of(times_s).instants
    return JamsLabels(path, with_probes(labels), content, notes, others)


def _content(path: Path) -> dict[str, Any]:
    """The JSON object of a file. Raises LabelsError."""
    try:
        content = json.loads(tables.read_text(path))
    except json.JSONDecodeError as error:
        raise LabelsError(f"{path}: not JSON, and so not a JAMS file (line {error.lineno}: {error.msg})") from error
    except RecursionError as error:
        raise LabelsError(f"{path}: not a JAMS file (lists within lists without end)") from error
    if not isinstance(content, dict) or not isinstance(content.get("annotations"), list):
        raise LabelsError(f'{path}: not a JAMS file (it has no list of "annotations")')
    if not isinstance(content.setdefault("file_metadata", {}), dict):
        raise LabelsError(f'{path}: not a JAMS file (its "file_metadata" is no table)')
    return content


def _annotations(path: Path, content: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """Namespace and observations of each annotation. Raises LabelsError."""
    for number, annotation in enumerate(content["annotations"], start=1):
        where = f"{path}: annotation {number}"
        if not isinstance(annotation, dict) or not isinstance(annotation.get("namespace"), str):
            raise LabelsError(f'{where} has no "namespace"')
        if not isinstance(annotation.get("data"), list):
            raise LabelsError(f'{where}, {annotation["namespace"]}, has no list of observations ("data")')
        for key in ("time", "duration"):
            if annotation.get(key) is not None:
                _number(where, annotation, key)
        yield annotation["namespace"], annotation["data"]


def _number(where: str, holder: Any, key: str) -> float:
    """A finite number of an observation or annotation. Raises LabelsError."""
    value = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LabelsError(f'{where}: its "{key}" is no number ({value!r})')
    return float(value)
