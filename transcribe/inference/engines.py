"""Runs a network of frames on windows of sound: on CPUs by onnxruntime, on any device by torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import DeviceError
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd
from mp3tomidi.transcribe.front_end.survey import Survey
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.networks.registry import NetworkSpec, spec_of
from mp3tomidi.transcribe.networks.settings import FrameNetSettings
from mp3tomidi.transcribe.threads import thread_count

if TYPE_CHECKING:
    import torch
    from torch import nn

CPU = "cpu"


class Tuned(Protocol):
    """A network that knows a recording's level and tuning."""

    def __call__(self, sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Of mono sound [samples]: activations [output, samples // hop_samples, cell], and the layer that they are
        made from [channel, samples // hop_samples, cell], of no channels where the network does not give it.
        """
        ...


class Engine(Protocol):
    settings: FrameNetSettings
    window_s: float  # of sound that is best computed at once
    threads: int  # that it can be used in at once

    def tuned(self, survey: Survey) -> Tuned: ...


def open_engine(folder: Path, device: str, spec: NetworkSpec) -> Engine:
    """The network of this entry in a folder of weights, on a device: "cpu", "cuda", "cuda:1", "mps".

    Raises WeightsError if the weights cannot be used, DeviceError if the device is not there.
    """
    if device == CPU:
        return OnnxEngine(folder, spec)
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise DeviceError(f"device {device!r} needs torch: pip install torch safetensors, or --device cpu") from error
    from mp3tomidi.transcribe.inference.devices import usable_device
    from mp3tomidi.transcribe.networks import checkpoint

    usable = usable_device(device)
    return TorchEngine(checkpoint.load(spec.network_class(), folder), usable)


class OnnxEngine:
    """NumPy's spectrograms, onnxruntime's network."""

    window_s = 25.0  # shorter windows repeat more context (10 s: a sixth more work), longer ones leave the cache

    def __init__(self, folder: Path, spec: NetworkSpec) -> None:
        """Raises WeightsError."""
        self._spec = spec
        self.settings: FrameNetSettings = spec.read_settings(folder)
        self.threads = thread_count()
        self._network = Session(folder, spec.name)

    def tuned(self, survey: Survey) -> Tuned:
        front_end = LogFrequencyFrontEnd(self.settings.front_end, tuning_cents=_cents_followed(self.settings, survey))

        def listen(sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            amplitude = front_end(sound)
            (heard, *layer) = (output[0] for output in self._network.outputs(amplitude[None], survey.level[None]))
            return _with_measured(heard, amplitude, survey, self._spec, self.settings), _layer(layer, heard)

        return listen


class TorchEngine:
    """A network of torch, its spectrograms on the same device, in half precision on GPUs."""

    def __init__(self, net: nn.Module, device: torch.device) -> None:
        import torch

        self._torch, self._device = torch, device
        self._spec = spec_of(net)
        self.settings: FrameNetSettings = net.settings  # type: ignore[assignment]
        self._net = self._spec.module_to_export(net.eval())
        self._net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._is_gpu = device.type == "cuda"
        self.threads = 1  # torch has threads of its own
        self.window_s = 60.0 if self._is_gpu else OnnxEngine.window_s  # 2 GB at its widest

    def tuned(self, survey: Survey) -> Tuned:
        from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram

        torch, device = self._torch, self._device
        cents = _cents_followed(self.settings, survey)
        front_end = LogFrequencySpectrogram(self.settings.front_end, tuning_cents=cents).to(device)
        level = torch.from_numpy(survey.level)[None].to(device)

        def listen(sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            with torch.inference_mode(), torch.autocast(device.type, torch.float16, enabled=self._is_gpu):
                with torch.autocast(device.type, enabled=False):  # spectrograms need the range of float32
                    amplitude = front_end(torch.from_numpy(sound)[None].to(device))
                said = self._net(amplitude, level)
                logits, *layer = said if isinstance(said, tuple) else (said,)
                heard = np.asarray(torch.sigmoid(logits.float())[0].cpu().numpy(), np.float32)
            measured = _with_measured(heard, amplitude[0].cpu().numpy(), survey, self._spec, self.settings)
            return measured, _layer([one[0].float().cpu().numpy() for one in layer], heard)

        return listen


def _with_measured(
    outputs: NDArray[np.float32],
    amplitude: NDArray[np.float32],
    survey: Survey,
    spec: NetworkSpec,
    settings: FrameNetSettings,
) -> NDArray[np.float32]:
    """A network's outputs [output, frames, cell], then what is measured from the amplitudes [view, frames, bin]."""
    if spec.measured is None:
        return outputs
    return np.concatenate([outputs, spec.measured(amplitude, survey.level, settings)])


def _layer(given: Sequence[NDArray[np.float32]], heard: NDArray[np.float32]) -> NDArray[np.float32]:
    """The one that is given, or none beside what is heard [output, frames, cell]."""
    return given[0] if given else np.zeros((0, *heard.shape[1:]), np.float32)


def _cents_followed(settings: FrameNetSettings, survey: Survey) -> float:
    return survey.tuning_cents if settings.follows_tuning else 0.0
