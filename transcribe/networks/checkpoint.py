"""Networks of torch to and from a folder of weights (see `weight_files` for what lies there)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks import weight_files
from mp3tomidi.transcribe.networks.registry import Activation, NetworkSpec, spec_of

ONNX_OPSET = 18

Net = TypeVar("Net", bound=nn.Module)


def save(net: nn.Module, folder: Path, card: dict[str, Any], spec: NetworkSpec | None = None) -> None:
    """Writes NAME.safetensors with float16 weights, NAME.json with the settings and the card, and NAME.onnx.

    `spec` is the network's entry in the registry (default: that of its class). The ONNX file is made from what was
    written, so that both files hold the same weights.
    """
    from safetensors.torch import save_file

    spec = spec or spec_of(net)
    tensors = {
        key: (value.half() if value.is_floating_point() else value).contiguous()
        for key, value in net.state_dict().items()
    }
    paths = {suffix: folder / f"{spec.name}.{suffix}" for suffix in ("onnx", "safetensors", "json")}
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, paths["safetensors"])
    settings: Any = net.settings
    full = {"format": weight_files.FORMAT, "network": spec.name, "settings": asdict(settings), **card}
    full.pop("sha256", None)
    paths["json"].write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")
    save_onnx(load(type(net), folder, spec), paths["onnx"], spec)
    full["sha256"] = {
        suffix: hashlib.sha256(paths[suffix].read_bytes()).hexdigest() for suffix in ("onnx", "safetensors")
    }
    paths["json"].write_text(json.dumps(full, indent=2) + "\n", encoding="utf-8")


def load(kind: type[Net], folder: Path, spec: NetworkSpec | None = None) -> Net:
    """The network of this class in a folder of weights, ready for use. Raises WeightsError."""
    from safetensors import SafetensorError
    from safetensors.torch import load as load_tensors

    spec = spec or spec_of(kind)
    card = weight_files.read_card(folder, spec.name)
    content = weight_files.read_weights(folder, spec.name, "safetensors")
    try:
        net: Any = kind(spec.settings_from(card["settings"]))
        tensors = load_tensors(content)
        net.load_state_dict({k: v.float() if v.dtype == torch.float16 else v for k, v in tensors.items()})
    except (SafetensorError, RuntimeError, KeyError, SettingsError) as error:
        path = folder / f"{spec.name}.safetensors"
        raise WeightsError(f"{path}: the weights are damaged or not those of their card; install them again") from error
    ready: Net = net.eval()
    return ready


def save_onnx(net: nn.Module, path: Path, spec: NetworkSpec | None = None) -> None:
    """Writes the network as `inference.session` runs it; its first output says probabilities instead of logits."""
    spec = spec or spec_of(net)
    inputs = spec.inputs(net)
    torch.onnx.export(
        _WithProbabilities(spec.module_to_export(net), spec.activation).eval(),
        tuple(torch.rand(one.shape) for one in inputs.values()),
        path,
        input_names=list(inputs),
        output_names=list(spec.outputs),
        dynamic_shapes={"inputs": tuple(dict(one.varying) if one.varying else None for one in inputs.values())},
        opset_version=ONNX_OPSET,
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    _forget_where_it_was_made(path)


class _WithProbabilities(nn.Module):
    def __init__(self, net: nn.Module, activation: Activation) -> None:
        super().__init__()
        self.net, self.activation = net, activation

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        outputs = self.net(*inputs)
        if isinstance(outputs, tuple):
            return self._probabilities(outputs[0]), *outputs[1:]
        return self._probabilities(outputs)

    def _probabilities(self, logits: Tensor) -> Tensor:
        if self.activation == "none":
            return logits
        return torch.softmax(logits, dim=-1) if self.activation == "softmax" else torch.sigmoid(logits)


def _forget_where_it_was_made(path: Path) -> None:
    """Takes out what the exporter notes of its own code: files and lines of the machine that it ran on."""
    import onnx

    model = onnx.load(path)
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.value_info, *graph.initializer, *graph.input, *graph.output):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, path)
