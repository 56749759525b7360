"""Folders of weights: what lies where, the cards, and networks ready to run.

Each network has three files: NAME.onnx, which transcription runs on CPUs; NAME.safetensors, from which torch builds
the same network again, for GPUs and for training; and NAME.json, the card of both.
"""

from __future__ import annotations

import hashlib
import json
import os
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks.model_names import FAST, MODELS

FORMAT = 1
NOTE_NET = "note_net"
NOTE_JUDGE = "note_judge"
NOTE_VELOCITY = "note_velocity"  # a card only: a few numbers
DRUM_NET = "drum_net"
DRUM_JUDGE = "drum_judge"
DRUM_VELOCITY = "drum_velocity"
ONE_SHOTS = "one_shots"
CLASSIFIER_PREFIX = "classify_"  # of a task's network;
POOLING_SUFFIX = "_pooling"  # of that which merges its segments, where the task asks for attention


def shipped_folder(model: str = FAST) -> Path:
    """The folder of the weights that come with the package; of the networks for notes, one of MODELS.

    Raises WeightsError for another model.
    """
    if model not in MODELS:
        raise WeightsError(f"there is no model {model!r}, only {' and '.join(MODELS)}")
    folder = Path(str(resources.files("mp3tomidi.transcribe") / "weights"))
    return folder if model == FAST else folder / model


def read_card(folder: Path, name: str) -> dict[str, Any]:
    """The card of a network. Raises WeightsError."""
    path = folder / f"{name}.json"
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"{path}: the weights' card cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise WeightsError(f"{path}: the weights' card is damaged; install the weights again") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise WeightsError(f"{path}: not a card of this version of mp3tomidi")
    if card.get("network") != name:
        raise WeightsError(f"{path}: the card of another network ({card.get('network')}), not of {name}")
    return card


def read_weights(folder: Path, name: str, suffix: str) -> bytes:
    """The content of NAME.SUFFIX, which must be what its card says, where that says so. Raises WeightsError.

    A network runs with a few bits wrong, too, and only hears worse.
    """
    expected = read_card(folder, name).get("sha256")
    path = folder / f"{name}.{suffix}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"{path}: the weights cannot be read ({error.strerror})") from error
    if isinstance(expected, dict) and expected.get(suffix) != hashlib.sha256(content).hexdigest():
        raise WeightsError(f"{path}: the weights are damaged or not those of their card; install them again")
    return content


class Session:
    """A network that onnxruntime runs: arrays in, arrays out."""

    def __init__(self, folder: Path, name: str) -> None:
        """Raises WeightsError."""
        # From 1.29 on it tells its maker of each use, and keeps an identifier of the machine for that, unless it finds
        # this when it is loaded.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        import onnxruntime

        path = folder / f"{name}.onnx"
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # several windows at a time share less than all threads at one
        options.log_severity_level = 4  # what fails is raised, and need not be printed too
        content = read_weights(folder, name, "onnx")
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its errors have no common class of their own
            raise WeightsError(f"{path}: the weights are damaged; install them again") from error
        self._inputs = [value.name for value in self._session.get_inputs()]

    def __call__(self, *inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output of a network that has one."""
        (output,) = self.outputs(*inputs)
        return output

    def outputs(self, *inputs: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """All outputs, in the order of the network."""
        outputs = self._session.run(None, dict(zip(self._inputs, inputs, strict=True)))
        return [np.asarray(output, np.float32) for output in outputs]
