"""Weights on disk: a safetensors file with a card (JSON) beside it that says what they are and what taught them."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import nn

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.models.note_judge import NoteJudge, NoteJudgeSettings
from mp3tomidi.transcribe.models.note_net import NoteNet, NoteNetSettings
from mp3tomidi.transcribe.settings import SettingsError, build

FORMAT = 1
NOTE_NET = "note_net"
NOTE_JUDGE = "note_judge"

Network = TypeVar("Network", NoteNet, NoteJudge)
_NAMES: dict[type[nn.Module], str] = {NoteNet: NOTE_NET, NoteJudge: NOTE_JUDGE}
_SETTINGS: dict[type[nn.Module], type] = {NoteNet: NoteNetSettings, NoteJudge: NoteJudgeSettings}


def shipped_folder() -> Path:
    """The folder of the weights that come with the package."""
    return Path(str(resources.files("mp3tomidi.transcribe") / "weights"))


def path_in(folder: Path, kind: type[nn.Module]) -> Path:
    """Where a folder of weights keeps those of this kind of network."""
    return folder / f"{_NAMES[kind]}.safetensors"


def save(net: NoteNet | NoteJudge, path: Path, card: dict[str, Any]) -> None:
    """Writes the weights as float16 and the card, completed with what is needed to build the network again."""
    from safetensors.torch import save_file

    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in net.state_dict().items()
    }
    save_file(tensors, path)
    full = {"format": FORMAT, "network": _NAMES[type(net)], "settings": asdict(net.settings), **card}
    path.with_suffix(".json").write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")


def read_card(path: Path) -> dict[str, Any]:
    """The card of the weights at `path`. Raises WeightsError."""
    card_path = path.with_suffix(".json")
    try:
        card = json.loads(card_path.read_text(encoding="utf-8"))
    except OSError as error:
        raise WeightsError(f"{card_path}: the weights' card cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise WeightsError(f"{card_path}: the weights' card is damaged; install the weights again") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT:
        raise WeightsError(f"{card_path}: not a card of this version of mp3tomidi")
    return card


def load(kind: type[Network], path: Path) -> Network:
    """The network of the weights at `path`, ready for use. Raises WeightsError."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    card = read_card(path)
    if card.get("network") != _NAMES[kind]:
        raise WeightsError(f"{path}: weights of another network ({card.get('network')}), not of {_NAMES[kind]}")
    try:
        net = kind(build(_SETTINGS[kind], card["settings"], "settings"))
        tensors = load_file(path)
        net.load_state_dict({k: v.float() if v.dtype == torch.float16 else v for k, v in tensors.items()})
    except OSError as error:
        raise WeightsError(f"{path}: the weights cannot be read ({error})") from error
    except (SafetensorError, RuntimeError, KeyError, SettingsError) as error:
        raise WeightsError(f"{path}: the weights are damaged or not those of their card; install them again") from error
    return net.eval()
