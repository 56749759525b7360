"""Weights on disk: a safetensors file with a card (JSON) beside it that says what they are and what taught them."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

import torch

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.models.note_net import NoteNet, NoteNetSettings
from mp3tomidi.transcribe.spectrogram import LogFrequencySettings

FORMAT = 1
NOTE_NET = "note_net"


def shipped(name: str) -> Path:
    """Path of weights that come with the package."""
    return Path(str(resources.files("mp3tomidi.transcribe") / "weights" / f"{name}.safetensors"))


def save_note_net(net: NoteNet, path: Path, card: dict[str, Any]) -> None:
    """Writes the weights as float16 and the card, completed with what is needed to build the network again."""
    from safetensors.torch import save_file

    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in net.state_dict().items()
    }
    save_file(tensors, path)
    full = {"format": FORMAT, "network": NOTE_NET, "settings": asdict(net.settings), **card}
    path.with_suffix(".json").write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")


def read_card(path: Path) -> dict[str, Any]:
    """The card of the weights at `path`. Raises WeightsError."""
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"{card_path}: the weights' card cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise WeightsError(f"{card_path}: the weights' card is damaged; install mp3tomidi again") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise WeightsError(f"{card_path}: not a card of this version of mp3tomidi")
    return card


def _settings(mapping: dict[str, Any]) -> NoteNetSettings:
    """Settings as JSON has them: lists for tuples, tables for dataclasses."""
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in mapping.items()}
    front_end: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in values.pop("front_end").items()
    }
    return NoteNetSettings(**values, front_end=LogFrequencySettings(**front_end))


def load_note_net(path: Path | None = None) -> NoteNet:
    """The network of the weights at `path` (default: the shipped ones), ready to listen. Raises WeightsError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = path or shipped(NOTE_NET)
    card = read_card(path)
    if card.get("network") != NOTE_NET:
        raise WeightsError(f"{path}: weights of another network ({card.get('network')}), not of {NOTE_NET}")
    try:
        net = NoteNet(_settings(card["settings"]))
        tensors = load_file(path)
        net.load_state_dict({k: v.float() if v.dtype == torch.float16 else v for k, v in tensors.items()})
    except OSError as error:
        raise WeightsError(f"{path}: the weights cannot be read ({error})") from error
    except (SafetensorError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path}: the weights are damaged or not those of their card; install them again") from error
    return net.eval()
