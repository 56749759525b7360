"""Folders of weights: which files a network has there, and its card.

Each network has three files: NAME.onnx, which transcription runs on CPUs; NAME.safetensors, from which torch builds
the same network again, for GPUs and for training; and NAME.json, the card of both.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks.model_names import FAST, MODELS

FORMAT = 1
NOTE_VELOCITY = "note_velocity"  # a card only: a few numbers


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

    A network runs with a few bits wrong, too, and is only less accurate.
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
