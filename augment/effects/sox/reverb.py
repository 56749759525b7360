"""SoX's `reverb` (Freeverb), its percentages computed from decay times.

Freeverb is eight comb filters side by side, each with a low-pass of one pole in its loop, then four all-passes. A comb
of delay d and feedback g decays by 60 dB within 3 d / -log10(g). SoX turns its "reverberance" into g and its "HF
damping" into the pole, and scales d by its "room scale" (reverb.c of SoX 14.4.2).
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.ranges import Limits
from mp3tomidi.augment.effects.reverb import HIGH_HZ, Reverb, ReverbParams
from mp3tomidi.augment.effects.signal.convolution import convolve
from mp3tomidi.augment.effects.sox.program import of_length, through_sox

COMB_S = 1378.0 / 44_100.0  # mean delay of the combs
SMALLEST_SCALE = 0.1
LARGEST_ROOM_S = 3.0  # the decay time from which on the combs have their full length
LEAST_FEEDBACK, MOST_FEEDBACK = 0.3, 0.98  # at 0 and at 100 per cent
LEAST_POLE, POLE_SPAN = 0.2, 0.3


class SoxReverb(Reverb):
    """Decay time, decay of the highs, delay and level are those drawn; early reflections are as Freeverb makes them.

    The highs' decay is as near to the drawn one as its damping reaches.
    """

    limits: ClassVar = {"rt60_s": Limits(0.03, 10.0), "long_rt60_s": Limits(0.03, 10.0)}

    def impulse_responses(self, params: ReverbParams, device: torch.device) -> Tensor:
        """[batch, taps]: 1 at tap 0, then what SoX makes of it, of the drawn energy."""
        longest_s = float(np.max(params.pre_delay_s + params.rt60_s, initial=0.0))
        taps = int(longest_s * self.sample_rate) + 1
        click = torch.zeros(1, 1, taps)
        click[..., 0] = 1.0
        response = torch.zeros(len(params.rt60_s), taps)
        for clip in range(len(response)):
            arguments = self._arguments(params.of_clip(clip))
            response[clip] = of_length(through_sox(click, self.sample_rate, arguments), taps)[0, 0]
            energy = 10.0 ** (-float(params.direct_to_reverberant_db[clip]) / 10.0)
            response[clip] *= (energy / response[clip].square().sum().clamp_min(1e-12)).sqrt()
        response[:, 0] += 1.0
        return response.to(device)

    def sound(self, x: Tensor, params: ReverbParams) -> Tensor:
        return convolve(x, self.impulse_responses(params, x.device))

    def _arguments(self, params: ReverbParams) -> list[str | float]:
        rt60_s = float(params.rt60_s[0])
        scale = float(np.clip(np.sqrt(rt60_s / LARGEST_ROOM_S), SMALLEST_SCALE, 1.0))
        feedback = float(np.clip(10.0 ** (-3.0 * COMB_S * scale / rt60_s), LEAST_FEEDBACK, MOST_FEEDBACK))
        share = (np.log1p(-LEAST_FEEDBACK) - np.log1p(-feedback)) / (
            np.log1p(-LEAST_FEEDBACK) - np.log1p(-MOST_FEEDBACK)
        )
        damping = (self._pole(feedback, float(params.high_decay_ratio[0])) - LEAST_POLE) / POLE_SPAN
        room = (scale - SMALLEST_SCALE) / (1.0 - SMALLEST_SCALE)
        percentages = [float(100.0 * value) for value in (share, damping, room)]
        return ["reverb", "-w", *percentages, 0.0, 1000.0 * float(params.pre_delay_s[0]), 0.0]

    def _pole(self, feedback: float, high_decay_ratio: float) -> float:
        """The pole with which the loop's gain at HIGH_HZ gives the highs this share of the lows' decay time."""
        poles = np.linspace(LEAST_POLE, LEAST_POLE + POLE_SPAN, 101)
        turn = 2.0 * np.pi * min(HIGH_HZ / self.sample_rate, 0.5)
        loop = feedback * (1.0 - poles) / np.sqrt(1.0 - 2.0 * poles * np.cos(turn) + poles**2)
        return float(poles[np.argmin(np.abs(np.log(feedback) / np.log(loop) - high_decay_ratio))])
