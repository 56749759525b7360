"""The networks of classification tasks, to and from a folder of weights."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.classify.task import Task
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.attention_pooling import AttentionPooling
from mp3tomidi.transcribe.networks.registry import ATTENTION_POOLING, SEGMENT_CLASSIFIER, Activation
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier


def save_classifier(net: SegmentClassifier, task: Task, folder: Path, card: dict[str, Any]) -> None:
    """Writes a task's network as safetensors and ONNX with its card, in which the task is."""
    spec = SEGMENT_CLASSIFIER.for_task(task.name, _activation(task))
    checkpoint.save(net, folder, {"task": asdict(task), **card}, spec)


def save_pooling(net: AttentionPooling, task: Task, folder: Path, card: dict[str, Any]) -> None:
    """Writes what pools the segments of a task's network, beside that."""
    checkpoint.save(net, folder, card, ATTENTION_POOLING.for_task(task.name, _activation(task)))


def load_classifier(folder: Path, task_name: str) -> SegmentClassifier:
    """The network of a task in a folder of weights, ready for use. Raises WeightsError."""
    return checkpoint.load(SegmentClassifier, folder, SEGMENT_CLASSIFIER.for_task(task_name))


def load_pooling(folder: Path, task_name: str) -> AttentionPooling:
    """What pools the segments of a task's network, ready for use. Raises WeightsError."""
    return checkpoint.load(AttentionPooling, folder, ATTENTION_POOLING.for_task(task_name))


def _activation(task: Task) -> Activation:
    """Classes exclude each other ("one"), or each is answered by itself ("many")."""
    return "softmax" if task.answer == "one" else "sigmoid"
