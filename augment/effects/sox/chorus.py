"""SoX's `chorus`: voices whose delay wanders along a triangle, all from its lowest point on, without interpolation."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor

from mp3tomidi.augment.effects.chorus import Chorus, ChorusParams
from mp3tomidi.augment.effects.ranges import Limits
from mp3tomidi.augment.effects.sox.program import of_length, through_sox

# SoX takes no delay under 20 ms: its voices are made this much later than they should be, and moved back.
LATER_S = 0.02


class SoxChorus(Chorus):
    """One to eight voices below the dry sound, which does not go through SoX. Phases that were drawn are not used."""

    limits: ClassVar = {"delay_s": Limits(0.005, 0.08), "rate_hz": Limits(0.1, 5.0)}

    def sound(self, x: Tensor, params: ChorusParams) -> Tensor:
        later = round(LATER_S * self.sample_rate)
        changed = [x[:0]]
        for clip in range(len(x)):
            dry, settings = x[clip : clip + 1], params.of_clip(clip)
            arguments: list[str | float] = ["chorus", 0.0, 1.0]  # gains of the dry sound and of all
            voices = int(settings.voices[0])
            for voice in range(voices):
                delay_ms, depth_ms = (
                    1000.0 * float(seconds[0, voice]) for seconds in (settings.delay_s, settings.depth_s)
                )
                gain = float(settings.wet[0]) / voices
                rate_hz = float(settings.rate_hz[0, voice])
                arguments += [delay_ms + 1000.0 * later / self.sample_rate, gain, rate_hz, depth_ms, "-t"]
            wet = through_sox(dry, self.sample_rate, arguments)[..., later:]
            changed.append(dry + of_length(wet, x.shape[-1]))
        return torch.cat(changed)
