"""Answers of a classifier for the page: of the recording, of each segment, and layer by layer."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.classify.classifier import Classification, Classifier

if TYPE_CHECKING:
    from torch import Tensor, nn

TOP = 5
_MOST_SEGMENTS = 2000
_MOST_ROWS, _MOST_COLUMNS = 64, 160  # of a layer's picture


def answer_of(classifier: Classifier, sound: Path) -> dict[str, Any]:
    """Raises AudioError."""
    answer = classifier.classify(sound)
    loudest = int(np.argmax(answer.levels_db)) if len(answer.levels_db) else 0
    return {
        "task": {"name": answer.task.name, "answer": answer.task.answer, "about": answer.task.about},
        "classes": list(answer.task.classes),
        "duration_s": answer.duration_s,
        "silent": answer.is_silent,
        "top": [{"class": name, "confidence": round(confidence, 4)} for name, confidence in answer.top(TOP)],
        "probabilities": [round(float(value), 4) for value in answer.probabilities],
        "segments": _segments(answer),
        "loudest_s": float(answer.starts_s[loudest]) if len(answer.starts_s) else 0.0,
    }


def _segments(answer: Classification) -> list[dict[str, Any]]:
    return [
        {
            "start_s": round(float(answer.starts_s[index]), 3),
            "end_s": round(float(answer.ends_s[index]), 3),
            "silent": bool(answer.silent[index]),
            "probabilities": [round(float(value), 4) for value in answer.segment_probabilities[index]],
        }
        for index in range(min(len(answer.silent), _MOST_SEGMENTS))
    ]


def layers(task: str, weights: Path, sound: Path, start_s: float) -> list[dict[str, Any]]:
    """What each layer of the network gives for the segment at `start_s`: its shape, and a picture [channel, time].

    The same computation by torch, layer by layer. Raises AudioError and WeightsError.
    """
    import torch

    from mp3tomidi.transcribe.audio.mono_sound import MonoSound
    from mp3tomidi.transcribe.classify.checkpoint import load_classifier
    from mp3tomidi.transcribe.classify.segments import cut

    net = load_classifier(weights, task)
    task_of = Classifier(task, weights).task
    blocks = MonoSound.of_source(sound, task_of.sample_rate).blocks()
    segments = cut(blocks, task_of.segment_samples, task_of.hop_samples)
    segment = next(one for one in segments if one.first >= round(start_s * task_of.sample_rate) - 1)
    found: list[dict[str, Any]] = []
    hooks = [module.register_forward_hook(_recorder(name, found)) for name, module in _shown_modules(net)]
    with torch.no_grad():
        net(torch.from_numpy(segment.sound)[None])
    for hook in hooks:
        hook.remove()
    return found


def _shown_modules(net: nn.Module) -> list[tuple[str, nn.Module]]:
    """Those that compute something themselves: convolutions, normalisations, poolings, lines, activations."""
    from torch import nn

    own = [(name, module) for name, module in net.named_modules() if name and not list(module.children())]
    return [(name, module) for name, module in own if not isinstance(module, nn.Identity | nn.Dropout)]


def _recorder(name: str, found: list[dict[str, Any]]) -> Any:
    def record(module: nn.Module, _: Any, output: Tensor) -> None:
        values = output.detach()[0].float().numpy()
        found.append(
            {
                "name": name,
                "kind": type(module).__name__,
                "shape": list(values.shape),
                "mean": float(values.mean()),
                "deviation": float(values.std()),
                **_picture(values),
            }
        )

    return record


def _picture(values: NDArray[np.float32]) -> dict[str, Any]:
    """rows and columns of a picture, and its pixels: 128 is zero, the extremes lie as far from it on either side."""
    flat = values.reshape(len(values), -1) if values.ndim > 1 else values[:, None].T
    rows = flat[np.linspace(0, len(flat) - 1, min(len(flat), _MOST_ROWS)).round().astype(int)]
    columns = min(rows.shape[1], _MOST_COLUMNS)
    edges = np.linspace(0, rows.shape[1], columns + 1).astype(int)[:-1]
    means = np.add.reduceat(rows, edges, axis=1) / np.diff(np.append(edges, rows.shape[1]))
    largest = float(np.abs(means).max()) or 1.0
    pixels = np.round(128.0 + 127.0 * means / largest).astype(np.uint8)
    return {"rows": len(pixels), "columns": columns, "pixels": base64.b64encode(pixels.tobytes()).decode("ascii")}
