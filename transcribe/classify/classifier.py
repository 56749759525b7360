"""Classifier: a recording to class probabilities, of the whole and of each segment."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.merging import merge, segment_facts
from mp3tomidi.transcribe.classify.segments import Segment, cut, silent_segments
from mp3tomidi.transcribe.classify.task import Task, task_from, task_names
from mp3tomidi.transcribe.errors import TaskError, WeightsError
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.nearest import did_you_mean
from mp3tomidi.transcribe.networks.registry import ATTENTION_POOLING, ONE_SHOTS, SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.weight_files import read_card, shipped_folder

PRESENT = 0.5  # a class of several is taken as there from this probability on
# A span lasts as long as a class is at least `LEAST` likely, and counts if it is `CLEAR` somewhere in it. Of the 1569
# segments of 26 rendered songs without singer none is in a span of singing (at .5 throughout: 5, in 3 songs); of the
# segments of 16 amateurs F1 is .964 (.946).
LEAST, CLEAR = 0.35, 0.65
_TOGETHER = 16  # segments that are computed at once: more take memory, and no less time
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Classification:
    """The class probabilities of a recording and of its segments.

    probabilities: [class], of the whole recording; all zero if it is silent.
    starts_s, ends_s, levels_db, silent: [segment]; segment_probabilities: [segment, class], zero where silent.
    embeddings: [segment, size], what the network tells the classes from.
    """

    task: Task
    duration_s: float
    probabilities: NDArray[np.float32]
    starts_s: NDArray[np.float64]
    ends_s: NDArray[np.float64]
    levels_db: NDArray[np.float64]
    silent: NDArray[np.bool_]
    segment_probabilities: NDArray[np.float32]
    embeddings: NDArray[np.float32]

    @property
    def is_silent(self) -> bool:
        """Whether the recording is silent."""
        return bool(self.silent.all())

    @property
    def embedding(self) -> NDArray[np.float32]:
        """Of the whole recording, [size]: the mean over its segments that are not silent, zero if all are."""
        sounding = self.embeddings[~self.silent]
        mean = sounding.mean(axis=0) if len(sounding) else np.zeros(self.embeddings.shape[1])
        return np.asarray(mean, np.float32)

    def top(self, count: int = 5) -> list[tuple[str, float]]:
        """The likeliest classes with their confidence, 0 to 1, likeliest first; none of a silent recording."""
        if self.is_silent:
            return []
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [(self.task.classes[index], float(self.probabilities[index])) for index in order]

    def spans(self, name: str) -> list[tuple[float, float]]:
        """When a class is there, (start_s, end_s) in order, without overlaps: for tasks with several classes.

        It is at least `LEAST` likely all the time, and at least `CLEAR` once. Each moment belongs to the segment whose
        middle is nearest. Raises ValueError for a class of another task.
        """
        if name not in self.task.classes:
            raise ValueError(f"the task {self.task.name} has no class {name!r}")
        column = self.task.classes.index(name)
        middles = (self.starts_s + self.ends_s) / 2
        edges = np.concatenate([[0.0], (middles[1:] + middles[:-1]) / 2, [self.duration_s]])
        probabilities = self.segment_probabilities[:, column]
        changes = np.flatnonzero(np.diff(probabilities >= LEAST, prepend=False, append=False))
        return [
            (float(edges[first]), float(edges[end]))
            for first, end in changes.reshape(-1, 2)
            if probabilities[first:end].max() >= CLEAR
        ]


class Classifier:
    """Classifies recordings by the network of a task: loads it once, for any number of them.

    Parameters
    ----------
    task
        The name of the task.
    weights
        Folder of weights with its network. Default: the shipped ones.

    Raises
    ------
    TaskError
        Where no weights of the task are shipped.
    WeightsError
        Where those that there are cannot be used.
    """

    def __init__(self, task: str, weights: Path | None = None) -> None:
        self.folder = folder = weights or shipped_folder()
        name = SEGMENT_CLASSIFIER.for_task(task).name
        if not (folder / f"{name}.json").exists():
            raise TaskError(_no_weights(task, folder, weights is None))
        card = read_card(folder, name)
        try:
            self.task: Task = task_from(card["task"])
        except (KeyError, TaskError) as error:
            raise WeightsError(f"{folder / name}.json: the card is damaged ({error})") from error
        self.network_sha256 = str(card.get("sha256", {}).get("onnx", ""))
        """What tells its embeddings from those of other weights."""
        self._network = Session(folder, name)
        self._pooling: Session | None = None
        if self.task.merging == "attention":
            self._pooling = Session(folder, ATTENTION_POOLING.for_task(task).name)

    def classify(
        self, source: str | PathLike[str] | Audio | MonoSound, *, warn_if_short: bool = True
    ) -> Classification:
        """A recording in a file or in memory. Raises AudioError if it cannot be read or holds nothing.

        source: as MonoSound it must have the task's sample rate.
        warn_if_short: whether the log names what is shorter than a segment, and so is filled up with silence.
        """
        task = self.task
        sound = source if isinstance(source, MonoSound) else MonoSound.of_source(source, task.sample_rate)
        segments = cut(sound.blocks(), task.segment_samples, task.hop_samples)
        firsts, ends, levels = [], [], []
        answers = [np.zeros((0, len(task.classes)), np.float32)]
        embeddings: list[NDArray[np.float32]] = []
        for batch in _batches(segments):
            by_segment, embedded = self._network.outputs(np.stack([segment.sound for segment in batch]))
            answers.append(by_segment)
            embeddings.append(embedded)
            firsts += [segment.first for segment in batch]
            ends += [segment.first + segment.filled_samples for segment in batch]
            levels += [segment.level_db for segment in batch]
        if warn_if_short and ends and ends[-1] < task.segment_samples:
            what = source if isinstance(source, str | PathLike) else "the sound"
            _log.warning("%s is shorter than %.2f s: filled up with silence", what, task.segment_s)
        silent = silent_segments(levels)
        by_segment = np.concatenate(answers) * ~silent[:, None]
        embedded = np.concatenate(embeddings) if embeddings else np.zeros((0, 1), np.float32)
        levels_db = np.array(levels, np.float64)
        return Classification(
            task,
            (ends[-1] if ends else 0) / task.sample_rate,
            self._merged(by_segment, embedded, levels_db, silent),
            np.array(firsts, np.float64) / task.sample_rate,
            np.array(ends, np.float64) / task.sample_rate,
            levels_db,
            silent,
            by_segment,
            embedded,
        )

    def _merged(
        self,
        by_segment: NDArray[np.float32],
        embeddings: NDArray[np.float32],
        levels_db: NDArray[np.float64],
        silent: NDArray[np.bool_],
    ) -> NDArray[np.float32]:
        if self._pooling is None:
            return merge(by_segment, silent, self.task.merging, self.task.answer)
        if silent.all():
            return np.zeros(len(self.task.classes), np.float32)
        return self._pooling(embeddings, segment_facts(levels_db, silent))


def _batches(segments: Iterator[Segment]) -> Iterator[list[Segment]]:
    while batch := list(islice(segments, _TOGETHER)):
        yield batch


def _no_weights(task: str, folder: Path, shipped: bool) -> str:
    if not shipped:
        return f"{folder}: holds no weights of the task {task!r}"
    if task not in task_names():
        known = ", ".join(task_names())
        guess = did_you_mean(task, task_names())
        return f"there is no task {task!r}{guess} there are {known}; name the folder of your own by --weights"
    if task == ONE_SHOTS.name:
        return f"a network of another kind tells the classes of {task}: mp3tomidi-drums --one-shots runs it"
    return (
        f"no weights come with the task {task!r}: teach your own by `mp3tomidi-train classify {task}`, on a folder of "
        "sounds (--data) or on banks (--banks), and name their folder by --weights"
    )
