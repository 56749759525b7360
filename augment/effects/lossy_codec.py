"""MP3, Ogg Vorbis and AAC: through a real encoder and back, in memory, without their delay.

MP3 and Vorbis are LAME's and Xiph's in libsndfile; AAC is FFmpeg's, by PyAV (the extra `video`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import KeepsTime, Params, log_uniform
from mp3tomidi.augment.effects.ranges import Limits, Numbers, Ranges, Span
from mp3tomidi.augment.effects.requirements import require_package
from mp3tomidi.transcribe.audio.chunks import MP3_DELAY
from mp3tomidi.transcribe.errors import AudioError

MP3, VORBIS, AAC = range(3)
CODECS = 3
MP3_RATES_HZ = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
AAC_RATES_HZ = (*MP3_RATES_HZ, 64000, 88200, 96000)
MOST_CHANNELS = 2  # of MP3, and of AAC here
AAC_DELAY = 1024  # samples that FFmpeg's encoder puts first
FULL_SCALE = 0.98  # louder sound is turned down for the encoder, and up again
BLOCK_FRAMES = 1 << 14
# least and most kbit/s of layer III from a sampling rate (Hz) on: MPEG-1, MPEG-2 and its extension to low rates
MP3_KBPS = ((32_000, 32.0, 320.0), (16_000, 8.0, 160.0), (0, 8.0, 64.0))
HIGHEST_LEVEL = 0.99  # of compression, that libsndfile takes
# nominal bit rates of libvorbis' qualities 0 to 1 for stereo at 44.1 kHz
VORBIS_KBPS = (64.0, 80.0, 96.0, 112.0, 128.0, 160.0, 192.0, 224.0, 256.0, 320.0, 500.0)


@dataclass(frozen=True)
class LossyCodecRanges(Ranges):
    codec_shares: Annotated[Numbers, Limits(0.0, 1.0)] = (0.7, 0.3, 0.0)  # MP3, Vorbis, AAC
    bitrate_kbps: Annotated[Span, Limits(32.0, 320.0)] = (32.0, 192.0)  # of all channels together

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.codec_shares) != CODECS or not math.isclose(sum(self.codec_shares), 1.0):
            raise ValueError(f"codec_shares = {list(self.codec_shares)}: it must be {CODECS} numbers that add up to 1")


@dataclass(frozen=True)
class LossyCodecParams(Params):
    codec: NDArray[np.int64]  # MP3, VORBIS or AAC
    bitrate_kbps: NDArray[np.float64]


class LossyCodec(KeepsTime):
    """One clip at a time, on the CPU. What MP3 or AAC cannot hold, by its rate or channels, goes through Vorbis.

    Raises MissingError if AAC is among the codecs and PyAV is not there.
    """

    def __init__(self, sample_rate: int, ranges: LossyCodecRanges = LossyCodecRanges()) -> None:
        if ranges.codec_shares[AAC]:
            require_package("av", "lossy_codec with AAC", "mp3tomidi[video]")
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> LossyCodecParams:
        codec = rng.choice(CODECS, n, p=self.ranges.codec_shares)
        for kind, rates_hz in ((MP3, MP3_RATES_HZ), (AAC, AAC_RATES_HZ)):
            if self.sample_rate not in rates_hz:
                codec[codec == kind] = VORBIS
        return LossyCodecParams(codec.astype(np.int64), log_uniform(rng, self.ranges.bitrate_kbps, n))

    def sound(self, x: Tensor, params: LossyCodecParams) -> Tensor:
        coded = [
            self._coded(clip.cpu().numpy(), int(codec), float(bitrate_kbps))
            for clip, codec, bitrate_kbps in zip(x, params.codec, params.bitrate_kbps, strict=True)
        ]
        return torch.from_numpy(np.stack(coded)).to(x.device) if coded else x.clone()

    def _coded(self, samples: NDArray[np.float32], codec: int, bitrate_kbps: float) -> NDArray[np.float32]:
        """[channel, time] after encoder and decoder."""
        if len(samples) > MOST_CHANNELS:
            codec = VORBIS
        gain = np.float32(FULL_SCALE / max(FULL_SCALE, float(np.abs(samples).max())))
        decoded, delay = self._decoded(gain * samples, codec, bitrate_kbps)
        result = np.zeros_like(samples)
        kept = decoded[:, delay : delay + samples.shape[1]]
        result[:, : kept.shape[1]] = kept / gain
        return result

    def _decoded(
        self, samples: NDArray[np.float32], codec: int, bitrate_kbps: float
    ) -> tuple[NDArray[np.float32], int]:
        """[channel, time] of what was encoded, and how many samples it comes late."""
        if codec == AAC:
            return _through_ffmpeg(samples, self.sample_rate, bitrate_kbps), AAC_DELAY
        decoded = self._through_libsndfile(samples, codec, bitrate_kbps)
        says_no_delay = codec == MP3 and decoded.shape[1] > samples.shape[1]
        return decoded, MP3_DELAY if says_no_delay else 0

    def _through_libsndfile(self, samples: NDArray[np.float32], codec: int, bitrate_kbps: float) -> NDArray[np.float32]:
        import soundfile

        content = BytesIO()
        container, subtype, compression = (
            ("MP3", "MPEG_LAYER_III", _mp3_compression(bitrate_kbps, self.sample_rate))
            if codec == MP3
            else ("OGG", "VORBIS", _vorbis_compression(bitrate_kbps))
        )
        mode = {"bitrate_mode": "CONSTANT"} if codec == MP3 else {}
        try:
            with soundfile.SoundFile(
                content,
                "w",
                samplerate=self.sample_rate,
                channels=len(samples),
                format=container,
                subtype=subtype,
                compression_level=compression,
                **mode,
            ) as file:
                for start in range(0, samples.shape[1], BLOCK_FRAMES):
                    file.write(np.ascontiguousarray(samples[:, start : start + BLOCK_FRAMES].T))
            content.seek(0)
            decoded, _ = soundfile.read(content, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            raise AudioError(f"libsndfile cannot write {container} of this sound ({error})") from error
        return np.asarray(decoded.T, np.float32)


def _mp3_compression(bitrate_kbps: float, sample_rate: int) -> float:
    """libsndfile's level, which it turns into a constant bit rate; LAME takes the nearest that there is."""
    least, most = next((least, most) for from_hz, least, most in MP3_KBPS if sample_rate >= from_hz)
    return float(np.clip((most - bitrate_kbps) / (most - least), 0.0, HIGHEST_LEVEL))


def _vorbis_compression(bitrate_kbps: float) -> float:
    quality = float(np.interp(bitrate_kbps, VORBIS_KBPS, np.linspace(0.0, 1.0, len(VORBIS_KBPS))))
    return min(1.0 - quality, HIGHEST_LEVEL)


def _through_ffmpeg(samples: NDArray[np.float32], sample_rate: int, bitrate_kbps: float) -> NDArray[np.float32]:
    """[channel, time] through FFmpeg's AAC encoder and decoder: AAC_DELAY later."""
    import av

    content, layout = BytesIO(), ("mono", "stereo")[len(samples) - 1]
    try:
        with av.open(content, "w", format="mp4") as written:
            stream = written.add_stream("aac", rate=sample_rate, layout=layout, format="fltp")
            stream.bit_rate = round(1000.0 * bitrate_kbps)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
            frame.sample_rate = sample_rate
            written.mux([*stream.encode(frame), *stream.encode(None)])
        content.seek(0)
        with av.open(content, "r") as read:
            return np.concatenate([decoded.to_ndarray() for decoded in read.decode(audio=0)], axis=1)
    except av.FFmpegError as error:
        raise AudioError(f"FFmpeg cannot write AAC of this sound ({error})") from error
