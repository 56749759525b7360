"""NAME.jams: annotations of the JAMS format (Humphrey et al. 2014), notes transposed and everything moved in time.

Curves of pitch are refused, since detuning changes them and notes not; so are chords and keys, but only if the sound
is transposed.
"""

from __future__ import annotations

import copy
import json
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
        content.setdefault("file_metadata", {})["duration"] = duration_s
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
    try:
        content = json.loads(tables.read_text(path))
        annotations = [(each["namespace"], each["data"]) for each in content["annotations"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise LabelsError(f"{path}: not a JAMS file ({error})") from error
    rows: list[tuple[float, float, float, float]] = []
    times_s: list[float] = []
    notes: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for number, (namespace, data) in enumerate(annotations):
        if namespace != NOTES and not str(namespace).startswith((*WITHOUT_PITCH, *OF_PITCH)):
            raise LabelsError(f"{path}: annotations of {namespace} cannot be moved with the sound; take them out")
        try:
            for index, observation in enumerate(data):
                start_s, end_s = float(observation["time"]), float(observation["time"]) + float(observation["duration"])
                if namespace == NOTES:
                    pitch = float(observation["value"])
                    if not 0 <= round(pitch) <= HIGHEST_PITCH:
                        raise ValueError(f"pitch {pitch:g}")
                    rows.append((start_s, end_s, pitch, 0.0))
                    notes.append((number, index))
                else:
                    times_s += [start_s, end_s]
                    others.append((number, index))
        except (KeyError, TypeError, ValueError) as error:
            raise LabelsError(f"{path}: an observation of {namespace} that cannot be read ({error})") from error
    labels = notes_of(rows)
    labels.instants = instants_of(times_s).instants
    return JamsLabels(path, with_probes(labels), content, notes, others)
