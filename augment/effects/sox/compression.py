"""SoX's `compand` as a compressor: a follower of the level, whose release is as straight in dB as ours."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from mp3tomidi.augment.effects.compression import Compression, CompressionParams
from mp3tomidi.augment.effects.sox.program import HEADROOM, of_length, through_sox

LOWEST_DB = -120.0
DB_A_TIME_CONSTANT = 20.0 * math.log10(math.e)


class SoxCompression(Compression):
    """A hard knee; all channels share one gain. The follower starts from silence."""

    def sound(self, x: Tensor, params: CompressionParams) -> Tensor:
        changed = [x[:0]]
        for clip in range(len(x)):
            threshold_db, ratio, attack_s, release_db_per_s = (
                float(values[clip])
                for values in (params.threshold_db, params.ratio, params.attack_s, params.release_db_per_s)
            )
            knee_db = threshold_db + 20.0 * math.log10(HEADROOM)
            loudest_db = knee_db - knee_db / ratio
            arguments: list[str | float] = [
                "compand",
                f"{attack_s:.6f},{DB_A_TIME_CONSTANT / release_db_per_s:.6f}",
                f"0.01:{LOWEST_DB:g},{LOWEST_DB:g},{knee_db:.3f},{knee_db:.3f},0,{loudest_db:.3f}",
                0.0,
                LOWEST_DB,
            ]
            changed.append(of_length(through_sox(x[clip : clip + 1], self.sample_rate, arguments), x.shape[-1]))
        return torch.cat(changed)
