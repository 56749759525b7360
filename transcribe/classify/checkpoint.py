"""SegmentClassifiers, and what pools their segments, to and from a folder of weights, and to ONNX."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.classify.task import Task
from mp3tomidi.transcribe.networks import checkpoint
from mp3tomidi.transcribe.networks.attention_pooling import AttentionPooling, AttentionPoolingSettings
from mp3tomidi.transcribe.networks.checkpoint import ONNX_OPSET
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier, SegmentNetSettings
from mp3tomidi.transcribe.networks.weight_files import CLASSIFIER_PREFIX, POOLING_SUFFIX
from mp3tomidi.transcribe.settings import build


def save_classifier(net: SegmentClassifier, task: Task, folder: Path, card: dict[str, Any]) -> str:
    """Writes a task's network as safetensors and ONNX with its card; returns the name that they have."""
    name = CLASSIFIER_PREFIX + task.name
    full = {"settings": asdict(net.settings), "task": asdict(task), **card}

    def export(path: Path) -> None:
        answers = _Segments(load_classifier(folder, task.name), task.answer)
        _export(answers, {"sound": torch.rand(2, net.settings.segment_samples) - 0.5}, ("answer", "embedding"), path)

    checkpoint.write(name, net, folder, full, export)
    return name


def save_pooling(net: AttentionPooling, task: Task, folder: Path, card: dict[str, Any]) -> str:
    """Writes what pools the segments of a task's network, beside that; returns the name of its files."""
    name = CLASSIFIER_PREFIX + task.name + POOLING_SUFFIX

    def export(path: Path) -> None:
        sizes = {"embedding": net.settings.embedding_size, "facts": net.settings.fact_count}
        answers = _Recording(load_pooling(folder, task.name), task.answer)
        _export(answers, {name: torch.rand(4, size) for name, size in sizes.items()}, ("answer",), path)

    checkpoint.write(name, net, folder, {"settings": asdict(net.settings), **card}, export)
    return name


def load_classifier(folder: Path, task_name: str) -> SegmentClassifier:
    """The network of a task in a folder of weights, ready for use. Raises WeightsError."""
    return checkpoint.read(
        CLASSIFIER_PREFIX + task_name,
        folder,
        lambda settings: SegmentClassifier(build(SegmentNetSettings, settings, "settings")),
    )


def load_pooling(folder: Path, task_name: str) -> AttentionPooling:
    """What pools the segments of a task's network, ready for use. Raises WeightsError."""
    return checkpoint.read(
        CLASSIFIER_PREFIX + task_name + POOLING_SUFFIX,
        folder,
        lambda settings: AttentionPooling(build(AttentionPoolingSettings, settings, "settings")),
    )


def probabilities(logits: Tensor, answer: str) -> Tensor:
    """Of classes that exclude each other ("one"), or of each by itself ("many")."""
    return torch.softmax(logits, dim=-1) if answer == "one" else torch.sigmoid(logits)


class _Segments(nn.Module):
    """Sound [segment, samples] to probabilities [segment, class] and embeddings [segment, size]."""

    def __init__(self, net: SegmentClassifier, answer: str) -> None:
        super().__init__()
        self.net, self.answer = net, answer

    def forward(self, sound: Tensor) -> tuple[Tensor, Tensor]:
        embedding = self.net.embed(sound)
        return probabilities(self.net.answer(embedding), self.answer), embedding


class _Recording(nn.Module):
    """Embeddings [segment, size] and facts [segment, count] of one recording to probabilities [class]."""

    def __init__(self, net: AttentionPooling, answer: str) -> None:
        super().__init__()
        self.net, self.answer = net, answer

    def forward(self, embedding: Tensor, facts: Tensor) -> Tensor:
        logits = self.net(embedding[None], facts[None], torch.ones_like(facts[None, :, 0]))
        return probabilities(logits, self.answer)[0]


def _export(net: nn.Module, inputs: dict[str, Tensor], outputs: tuple[str, ...], path: Path) -> None:
    """Writes a network for any number of segments."""
    torch.onnx.export(
        net.eval(),
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=list(outputs),
        dynamic_shapes={name: {0: "segments"} for name in inputs},
        opset_version=ONNX_OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
