"""Effects by the program SoX, for those who must sound as it does: `engine = "sox"` on a step.

Only those are here that SoX does with the settings that our own draw, and without moving onsets: its `pitch` comes 3 to
8 ms late, its `tempo` 9 ms, and its reverberation knows no decay time.
"""

from __future__ import annotations

import importlib.util
import math
import shutil
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.filter import Filter, FilterParams
from mp3tomidi.augment.effects.phone import Phone
from mp3tomidi.augment.effects.speed import Speed, SpeedParams
from mp3tomidi.transcribe.errors import Mp3toMidiError

if TYPE_CHECKING:
    from sox import Transformer

ANY_RATE_HZ = 44_100  # where only the ratio of two rates counts
HEADROOM = 0.25  # peak of what goes in: SoX works in fixed point, and cuts what exceeds it


class EngineError(Mp3toMidiError):
    """An engine that is asked for and not there."""


def require() -> None:
    """Raises EngineError if the program or its package is missing."""
    if shutil.which("sox") is None:
        raise EngineError('engine = "sox" needs the program SoX; on Debian: apt install sox')
    if importlib.util.find_spec("sox") is None:
        raise EngineError('engine = "sox" needs the package sox: pip install sox')


class SoxFilter(Filter):
    """Butterworth filters as cascades of SoX's biquads."""

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        return _filtered(x, params, self.sample_rate)


class SoxPhone(Phone):
    """The same for the band of a telephone."""

    def sound(self, x: Tensor, params: FilterParams) -> Tensor:
        return _filtered(x, params, self.sample_rate)


class SoxSpeed(Speed):
    """SoX's `speed`, which resamples."""

    def sound(self, x: Tensor, params: SpeedParams) -> Tensor:
        speed = float(params.speed[0])
        y = _through_sox(x, ANY_RATE_HZ, lambda transformer: transformer.speed(speed))
        samples = round(x.shape[-1] / speed)
        return torch.nn.functional.pad(y, (0, max(0, samples - y.shape[-1])))[..., :samples]


EFFECTS: dict[str, type[Any]] = {"filter": SoxFilter, "phone": SoxPhone, "speed": SoxSpeed}


def butterworth_qualities(order: int) -> list[float]:
    """Q of each pair of poles of a Butterworth filter; one of odd order has a single pole besides."""
    return [1.0 / (2.0 * math.sin(math.pi * (2 * pair + 1) / (2 * order))) for pair in range(order // 2)]


def _filtered(x: Tensor, params: FilterParams, sample_rate: int) -> Tensor:
    def add(clip: int, transformer: Transformer) -> None:
        for kind, hz, orders in (
            (transformer.highpass, params.high_pass_hz, params.high_pass_order),
            (transformer.lowpass, params.low_pass_hz, params.low_pass_order),
        ):
            order, frequency_hz = int(orders[clip]), float(hz[clip])
            if frequency_hz >= sample_rate / 2:
                continue
            for quality in butterworth_qualities(order):
                kind(frequency_hz, width_q=quality, n_poles=2)
            if order % 2:
                kind(frequency_hz, n_poles=1)

    changed = []
    for clip in range(len(x)):
        y = _through_sox(x[clip : clip + 1], sample_rate, partial(add, clip))
        changed.append(y[..., : x.shape[-1]])
    return torch.cat(changed) if changed else x.clone()


def _through_sox(x: Tensor, sample_rate: int, add: Callable[[Transformer], Any]) -> Tensor:
    """x [1, channel, time] after the effects that `add` gives a transformer; as long as they make it."""
    import sox

    peak = float(x.abs().max())
    if peak == 0.0:
        return x.clone()
    transformer = sox.Transformer()
    add(transformer)
    if not transformer.effects:
        return x.clone()
    given = np.ascontiguousarray((x[0] * (HEADROOM / peak)).cpu().numpy().T)
    made = np.asarray(transformer.build_array(input_array=given, sample_rate_in=sample_rate), np.float32)
    made = made.reshape(-1, x.shape[1]) * np.float32(peak / HEADROOM)
    return torch.from_numpy(np.ascontiguousarray(made.T)).to(x.device)[None]
