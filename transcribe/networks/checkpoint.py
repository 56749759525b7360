"""Networks of torch to and from a folder of weights (see `networks.weight_files` for what lies there)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks import weight_files
from mp3tomidi.transcribe.networks.clip_spectrogram_net import ClipSpectrogramNet
from mp3tomidi.transcribe.networks.drum_net import DrumNet
from mp3tomidi.transcribe.networks.drum_velocity import DrumVelocity
from mp3tomidi.transcribe.networks.folded import FoldedNoteNet, can_be_folded
from mp3tomidi.transcribe.networks.judges import DrumJudge, NoteJudge
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.perceptron import Perceptron
from mp3tomidi.transcribe.networks.settings import (
    ClipSpectrogramNetSettings,
    DrumJudgeSettings,
    DrumNetSettings,
    DrumVelocitySettings,
    NoteJudgeSettings,
    NoteNetSettings,
)
from mp3tomidi.transcribe.settings import SettingsError, build

ONNX_OPSET = 18

Net = TypeVar("Net", bound=nn.Module)
Network = TypeVar("Network", NoteNet, NoteJudge, DrumNet, DrumJudge, DrumVelocity, ClipSpectrogramNet)
_NAMES: dict[type[nn.Module], str] = {
    NoteNet: weight_files.NOTE_NET,
    NoteJudge: weight_files.NOTE_JUDGE,
    DrumNet: weight_files.DRUM_NET,
    DrumJudge: weight_files.DRUM_JUDGE,
    DrumVelocity: weight_files.DRUM_VELOCITY,
    ClipSpectrogramNet: weight_files.ONE_SHOTS,
}
_SETTINGS: dict[type[nn.Module], type] = {
    NoteNet: NoteNetSettings,
    NoteJudge: NoteJudgeSettings,
    DrumNet: DrumNetSettings,
    DrumJudge: DrumJudgeSettings,
    DrumVelocity: DrumVelocitySettings,
    ClipSpectrogramNet: ClipSpectrogramNetSettings,
}


def untaught(settings: NoteNetSettings | DrumNetSettings) -> NoteNet | DrumNet:
    """A new network of the kind that the settings are of."""
    return DrumNet(settings) if isinstance(settings, DrumNetSettings) else NoteNet(settings)


def save(net: Network, folder: Path, card: dict[str, Any]) -> None:
    """Writes the weights as float16, the same as an ONNX file, and the card with what builds the network again."""
    full = {"settings": asdict(net.settings), **card}
    write(_NAMES[type(net)], net, folder, full, lambda path: save_onnx(load(type(net), folder), path))


def write(name: str, net: nn.Module, folder: Path, card: dict[str, Any], export: Callable[[Path], None]) -> None:
    """Writes NAME.safetensors with float16 weights, NAME.json and, by `export`, NAME.onnx.

    `export` is called when the other two can be loaded, so that both files hold the same weights.
    """
    from safetensors.torch import save_file

    tensors = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in net.state_dict().items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / f"{name}.safetensors")
    full = {"format": weight_files.FORMAT, "network": name, **card}
    full.pop("sha256", None)
    card_path = folder / f"{name}.json"
    card_path.write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")
    export(folder / f"{name}.onnx")
    forget_where_it_was_made(folder / f"{name}.onnx")
    full["sha256"] = {
        suffix: hashlib.sha256((folder / f"{name}.{suffix}").read_bytes()).hexdigest()
        for suffix in ("onnx", "safetensors")
    }
    card_path.write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")


def load(kind: type[Network], folder: Path) -> Network:
    """The network of this kind in a folder of weights, ready for use. Raises WeightsError."""
    return read(_NAMES[kind], folder, lambda settings: kind(build(_SETTINGS[kind], settings, "settings")))


def read(name: str, folder: Path, untaught_net: Callable[[Any], Net]) -> Net:
    """The network NAME in a folder of weights, ready for use; `untaught_net` makes it from its card's settings.

    Raises WeightsError.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load as load_tensors

    card = weight_files.read_card(folder, name)
    path = folder / f"{name}.safetensors"
    content = weight_files.read_weights(folder, name, "safetensors")
    try:
        net = untaught_net(card["settings"])
        tensors = load_tensors(content)
        net.load_state_dict({k: v.float() if v.dtype == torch.float16 else v for k, v in tensors.items()})
    except (SafetensorError, RuntimeError, KeyError, SettingsError) as error:
        raise WeightsError(f"{path}: the weights are damaged or not those of their card; install them again") from error
    return net.eval()


class _Answers(nn.Module):
    """A network that says probabilities instead of log odds; those of classes that exclude each other add up to one."""

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, *inputs: Tensor) -> Tensor:
        said: Tensor = self.net(*inputs)
        if isinstance(self.net, DrumVelocity):
            return said
        return torch.softmax(said, dim=1) if isinstance(self.net, ClipSpectrogramNet) else torch.sigmoid(said)


def save_onnx(net: NoteNet | DrumNet | Perceptron | ClipSpectrogramNet, path: Path) -> None:
    """Writes the network as `inference.session` runs it, for any number of frames, candidates or clips."""
    if isinstance(net, ClipSpectrogramNet):
        settings = net.settings
        shape = (len(settings.front_end.window_samples), settings.clip_frames, settings.front_end.bin_count)
        inputs, varying = {"seen": torch.rand(4, *shape)}, {"seen": {0: "clips"}}
    elif isinstance(net, (NoteNet, DrumNet)):
        front_end = net.settings.front_end
        views, bins = len(front_end.window_samples), front_end.bin_count
        inputs = {"amplitude": torch.rand(1, views, 64, bins), "level": torch.rand(1, views, bins) + 0.1}
        varying = {"amplitude": {2: "frames"}}
    else:
        inputs = {"features": torch.rand(8, net.feature_count)}
        varying = {"features": {0: "candidates"}}
    torch.onnx.export(
        _Answers(FoldedNoteNet(net) if isinstance(net, NoteNet) and can_be_folded(net) else net).eval(),
        tuple(inputs.values()),
        path,
        input_names=list(inputs),
        output_names=["answer"],
        dynamic_shapes={"inputs": tuple(varying.get(name) for name in inputs)},
        opset_version=ONNX_OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def forget_where_it_was_made(path: Path) -> None:
    """Takes out what the exporter notes of its own code: files and lines of the machine that it ran on."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, path)
