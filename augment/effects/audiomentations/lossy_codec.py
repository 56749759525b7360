"""MP3 by audiomentations: LAME and minimp3, by the package fast-mp3-augment."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray

from mp3tomidi.augment.effects.audiomentations.transform import transformed
from mp3tomidi.augment.effects.lossy_codec import MP3, LossyCodec

SHORTEST_S = 0.1  # that fast-mp3-augment takes; what is shorter is followed by silence


class AudiomentationsLossyCodec(LossyCodec):
    """MP3 at the nearest bit rate that there is; clips that drew another codec get that one, as without this engine."""

    def _decoded(
        self, samples: NDArray[np.float32], codec: int, bitrate_kbps: float
    ) -> tuple[NDArray[np.float32], int]:
        if codec != MP3:
            return super()._decoded(samples, codec, bitrate_kbps)
        from audiomentations import Mp3Compression

        nearest = min(Mp3Compression.SUPPORTED_BITRATES, key=lambda kbps: abs(kbps - bitrate_kbps))
        missing = max(0, math.ceil(SHORTEST_S * self.sample_rate) - samples.shape[1])
        x = torch.from_numpy(np.pad(samples, ((0, 0), (0, missing))))[None]
        return transformed(x, self.sample_rate, Mp3Compression(p=1.0), bitrate=nearest)[0].numpy(), 0
