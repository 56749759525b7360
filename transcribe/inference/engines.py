"""Runs a network of frames on windows of sound: on CPUs by onnxruntime, on any device by torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import DeviceError
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd
from mp3tomidi.transcribe.front_end.survey import Survey
from mp3tomidi.transcribe.inference.batches import Batches
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.networks.registry import NetworkSpec, spec_of
from mp3tomidi.transcribe.networks.settings import FrameNetSettings
from mp3tomidi.transcribe.threads import thread_count

if TYPE_CHECKING:
    import torch
    from torch import nn

CPU = "cpu"
GPU_WINDOWS = 16  # computed together
GPU_WINDOW_S = 20.0  # of sound

Outputs = tuple[NDArray[np.float32], ...]
"""Activations [output, frames, cell], amplitudes [view, frames, bin], and a network's last layer if it gives that."""


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
    equal_windows: bool  # whether windows are better equally long than as few as can be

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
        command = install_command("mp3tomidi[gpu]")
        raise DeviceError(f"device {device!r} needs torch, or take --device cpu: {command}") from error
    from mp3tomidi.transcribe.inference.devices import usable_device
    from mp3tomidi.transcribe.networks import checkpoint

    usable = usable_device(device)
    return TorchEngine(checkpoint.load(spec.network_class(), folder), usable)


class OnnxEngine:
    """NumPy's spectrograms, onnxruntime's network."""

    equal_windows = False
    window_s = 25.0  # shorter windows repeat more context (10 s: a sixth more work), longer ones leave the cache

    def __init__(self, folder: Path, spec: NetworkSpec) -> None:
        """Raises WeightsError."""
        self._spec = spec
        self.settings: FrameNetSettings = spec.read_settings(folder)
        self.threads = thread_count()
        self._network = Session(folder, spec.name)

    def tuned(self, survey: Survey) -> Tuned:
        front_end = LogFrequencyFrontEnd(self.settings.front_end, tuning_cents=_cents_followed(self.settings, survey))

        def compute(sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            amplitude = front_end(sound)
            (computed, *layer) = (output[0] for output in self._network.outputs(amplitude[None], survey.level[None]))
            return _with_measured(computed, amplitude, survey, self._spec, self.settings), _layer(layer, computed)

        return compute


@dataclass(frozen=True, slots=True)
class _Excerpt:
    """The input of a network of torch: mono sound [samples], and the recording's filters and level."""

    sound: NDArray[np.float32]
    front_end: nn.Module
    level: torch.Tensor  # [view, bin], on the device


class TorchEngine:
    """A network of torch, its spectrograms on the same device.

    On a GPU in half precision, with copies from and to pinned memory, and in batches of windows of all recordings that
    threads transcribe at the time. These are equally long, so that nothing needs to be filled up: what a window's batch
    holds changes nothing but the last bits.
    """

    def __init__(self, net: nn.Module, device: torch.device) -> None:
        import torch

        self._torch, self._device = torch, device
        self._spec = spec_of(net)
        self.settings: FrameNetSettings = net.settings  # type: ignore[assignment]
        self._net = self._spec.module_to_export(net.eval())
        self._net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._is_gpu = device.type == "cuda"
        self.in_batches = self.equal_windows = self._is_gpu
        self.threads = GPU_WINDOWS if self._is_gpu else 1  # on a CPU torch has threads of its own
        self.window_s = GPU_WINDOW_S if self._is_gpu else OnnxEngine.window_s
        self.batches: Batches[_Excerpt, Outputs] = Batches(self._compute, lambda one: len(one.sound), GPU_WINDOWS)

    def tuned(self, survey: Survey) -> Tuned:
        from mp3tomidi.transcribe.front_end.torch_spectrogram import LogFrequencySpectrogram

        cents = _cents_followed(self.settings, survey)
        front_end = LogFrequencySpectrogram(self.settings.front_end, tuning_cents=cents).to(self._device)
        level = self._torch.from_numpy(survey.level).to(self._device)

        def compute(sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            excerpt = _Excerpt(sound, front_end, level)
            computed, amplitude, *layer = self.batches(excerpt) if self.in_batches else self._compute([excerpt])[0]
            return _with_measured(computed, amplitude, survey, self._spec, self.settings), _layer(layer, computed)

        return compute

    def _compute(self, excerpts: Sequence[_Excerpt]) -> list[Outputs]:
        """The outputs of equally long excerpts."""
        torch, device = self._torch, self._device
        with torch.inference_mode():
            sound = torch.from_numpy(np.stack([one.sound for one in excerpts]))
            if self._is_gpu:
                sound = sound.pin_memory().to(device, non_blocking=True)
            # Filters are tuned to each recording. Spectrograms need the range of float32.
            amplitude = torch.cat([one.front_end(row[None]) for one, row in zip(excerpts, sound, strict=True)])
            level = torch.stack([one.level for one in excerpts])
            with torch.autocast(device.type, torch.float16, enabled=self._is_gpu):
                computed = self._net(amplitude, level)
            logits, *layer = computed if isinstance(computed, tuple) else (computed,)
            on_device = [torch.sigmoid(logits.float()), amplitude, *(one.float() for one in layer)]
            on_host = [self._to_host(values) for values in on_device]
            if self._is_gpu:
                torch.cuda.current_stream(device).synchronize()
        return [tuple(values[index].numpy() for values in on_host) for index in range(len(excerpts))]

    def _to_host(self, values: torch.Tensor) -> torch.Tensor:
        """On its way to this machine's memory; on a GPU it is there once the stream has been waited for."""
        if not self._is_gpu:
            return values.cpu()
        host = self._torch.empty(values.shape, dtype=values.dtype, pin_memory=True)
        return host.copy_(values, non_blocking=True)


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


def _layer(given: Sequence[NDArray[np.float32]], outputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """The layer that is given, or one of no channels beside the outputs [output, frames, cell]."""
    return given[0] if given else np.zeros((0, *outputs.shape[1:]), np.float32)


def _cents_followed(settings: FrameNetSettings, survey: Survey) -> float:
    return survey.tuning_cents if settings.follows_tuning else 0.0
