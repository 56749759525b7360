"""MP3 and Ogg Vorbis: through a real encoder and back, LAME's and Xiph's in libsndfile, without their delay."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.transcribe.audio.chunks import MP3_DELAY
from mp3tomidi.transcribe.errors import AudioError

MP3, VORBIS = 0, 1
MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
MP3_MAX_CHANNELS = 2
FULL_SCALE = 0.98  # louder sound is turned down for the encoder, and up again
BLOCK_FRAMES = 1 << 14


@dataclass(frozen=True)
class LossyCodecRanges(Ranges):
    mp3_share: Annotated[float, Limits(0.0, 1.0)] = 0.7  # of the clips; the others are Vorbis
    compression: Annotated[Span, Limits(0.0, 0.95)] = (0.4, 0.95)  # 0.5: 170 kbit/s of mp3 at 44.1 kHz, 0.95: 40


@dataclass(frozen=True)
class LossyCodecParams(Params):
    codec: NDArray[np.int64]  # MP3 or VORBIS
    compression: NDArray[np.float64]  # 0 to 1, libsndfile's


class LossyCodec(KeepsTime):
    """One file at a time, in memory, on the CPU. At a rate that MP3 does not have, a clip goes through Vorbis."""

    def __init__(self, sample_rate: int, ranges: LossyCodecRanges = LossyCodecRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> LossyCodecParams:
        codec = np.where(rng.random(n) < self.ranges.mp3_share, MP3, VORBIS)
        if self.sample_rate not in MP3_RATES_HZ:
            codec[:] = VORBIS
        return LossyCodecParams(codec, rng.uniform(*self.ranges.compression, n))

    def sound(self, x: Tensor, params: LossyCodecParams) -> Tensor:
        coded = [
            self._coded(clip.cpu().numpy(), int(codec), float(compression))
            for clip, codec, compression in zip(x, params.codec, params.compression, strict=True)
        ]
        return torch.from_numpy(np.stack(coded)).to(x.device) if coded else x.clone()

    def _coded(self, samples: NDArray[np.float32], codec: int, compression: float) -> NDArray[np.float32]:
        """[channel, time] after encoder and decoder."""
        import soundfile

        if codec == MP3 and len(samples) > MP3_MAX_CHANNELS:
            codec = VORBIS
        gain = FULL_SCALE / max(FULL_SCALE, float(np.abs(samples).max()))
        content = BytesIO()
        container, subtype = ("MP3", "MPEG_LAYER_III") if codec == MP3 else ("OGG", "VORBIS")
        try:
            with soundfile.SoundFile(
                content,
                "w",
                samplerate=self.sample_rate,
                channels=len(samples),
                format=container,
                subtype=subtype,
                compression_level=compression,
            ) as file:
                for start in range(0, samples.shape[1], BLOCK_FRAMES):
                    file.write(np.ascontiguousarray((gain * samples[:, start : start + BLOCK_FRAMES]).T))
            content.seek(0)
            decoded, _ = soundfile.read(content, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioError(f"libsndfile cannot write {container} of this sound ({error})") from error
        delay = MP3_DELAY if codec == MP3 and len(decoded) > samples.shape[1] else 0  # of files that do not say theirs
        result = np.zeros_like(samples)
        kept = decoded[delay : delay + samples.shape[1]]
        result[:, : len(kept)] = kept.T / gain
        return result
