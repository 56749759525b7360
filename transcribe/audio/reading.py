"""Sound in: any file to float32 samples, whole or in blocks, in one channel or as many as there are, at any rate.

    song = read("song.mp3", sample_rate=16_000, mono=True)
    for block in stream("concert.flac", sample_rate=16_000, mono=True): ...

Both go the same way (decode, downmix, resample, cut into blocks), a few seconds at a time, so the blocks of `stream`
joined are exactly what `read` gives, and an hour never sits in memory whole unless it is asked for.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.chunks import in_blocks, without_absurdities
from mp3tomidi.transcribe.audio.declipping import Declipper, declipped
from mp3tomidi.transcribe.audio.downmix import Downmixer, downmix
from mp3tomidi.transcribe.audio.files import AUDIO_SUFFIXES, decode
from mp3tomidi.transcribe.audio.resampling import resampled
from mp3tomidi.transcribe.errors import AudioError

__all__ = ["AUDIO_SUFFIXES", "Audio", "downmix", "in_mono", "read", "resample", "stream"]

_RESAMPLING_FRAMES = 1 << 16  # taken at a time from a sound that is in memory already


@dataclass(frozen=True, eq=False)
class Audio:
    """Sound in memory.

    samples: float32, [frames] for one channel, [channels, frames] for more; full scale is -1 to 1. Other floating
        point types are converted.
    sample_rate: frames a second, Hz.

    Raises AudioError for samples of another shape or of integers, and for a rate that is not positive.
    """

    samples: NDArray[np.float32]
    sample_rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples)
        if samples.ndim not in (1, 2) or 0 in samples.shape[:-1] or not np.issubdtype(samples.dtype, np.floating):
            raise AudioError(
                f"samples of shape {samples.shape} and type {samples.dtype}: give floating point numbers from -1 to 1 "
                "as [frames] or [channels, frames]"
            )
        if self.sample_rate <= 0:
            raise AudioError(f"a sample rate of {self.sample_rate} Hz: give a positive one")
        object.__setattr__(self, "samples", samples.astype(np.float32, copy=False))

    @property
    def channels(self) -> int:
        return 1 if self.samples.ndim == 1 else self.samples.shape[0]

    @property
    def duration_s(self) -> float:
        frames: int = self.samples.shape[-1]
        return frames / self.sample_rate


def read(path: str | os.PathLike[str], *, sample_rate: int | None = None, mono: bool = False) -> Audio:
    """Reads a whole file.

    sample_rate: what to resample to, Hz; None keeps the file's.
    mono: mix the channels down (see `downmix`); False keeps them all.

    Raises AudioError, with what to do about it, if the file cannot be opened or holds no sound. From a damaged file
    comes what can be decoded.
    """
    blocks = list(stream(path, sample_rate=sample_rate, mono=mono))
    return Audio(np.concatenate([block.samples for block in blocks], axis=-1), blocks[0].sample_rate)


def stream(
    path: str | os.PathLike[str],
    *,
    sample_rate: int | None = None,
    mono: bool = False,
    block_s: float = 10.0,
    declip: bool = False,
) -> Iterator[Audio]:
    """Reads a file in blocks of `block_s` seconds (the last is shorter), which joined are what `read` gives.

    declip: restore peaks that are cut off at full scale (see `declipping`); they then lie above it. The other
    parameters and errors are those of `read`; errors come with the first block. Raises ValueError at once if
    `sample_rate` or `block_s` is not positive.
    """
    if block_s <= 0 or (sample_rate is not None and sample_rate <= 0):
        raise ValueError(f"block_s ({block_s}) and sample_rate ({sample_rate}) must be positive")
    return _stream(Path(path), sample_rate, mono, block_s, declip)


def resample(audio: Audio, sample_rate: int) -> Audio:
    """Resamples with soxr's high quality: no delay, and as many frames as the duration asks for, rounded."""
    if sample_rate <= 0:
        raise ValueError(f"sample_rate ({sample_rate}) must be positive")
    samples = np.atleast_2d(audio.samples)
    starts = range(0, samples.shape[1], _RESAMPLING_FRAMES)
    chunks = (samples[:, start : start + _RESAMPLING_FRAMES] for start in starts)
    pieces = [samples[:, :0], *resampled(chunks, audio.sample_rate, sample_rate)]
    return _as_audio(np.concatenate(pieces, axis=1), sample_rate)


def in_mono(audio: Audio, sample_rate: int, *, declip: bool = False) -> NDArray[np.float32]:
    """One channel [frames] at a rate in Hz; what cannot be sound becomes silence, as in files that are decoded.

    declip: restore peaks that are cut off at full scale.
    """
    samples = without_absurdities(audio.samples)
    if declip:
        samples = declipped(np.atleast_2d(samples)).reshape(samples.shape)
    samples = downmix(samples)
    return resample(Audio(samples, audio.sample_rate), sample_rate).samples


def _stream(path: Path, sample_rate: int | None, mono: bool, block_s: float, declip: bool) -> Iterator[Audio]:
    decoded = decode(path)
    file_rate, first = next(decoded)
    rate = sample_rate or file_rate
    chunks: Iterator[NDArray[np.float32]] = chain([first], (samples for _, samples in decoded))
    if declip:
        chunks = _declipped(chunks, first.shape[0])
    if mono and first.shape[0] > 1:
        chunks = _mixed_down(chunks, first.shape[0])
    nothing_yet = True
    for block in in_blocks(resampled(chunks, file_rate, rate), max(1, round(block_s * rate))):
        nothing_yet = False
        yield _as_audio(block, rate)
    if nothing_yet:
        yield _as_audio(np.zeros((1 if mono else first.shape[0], 0), np.float32), rate)


def _declipped(chunks: Iterator[NDArray[np.float32]], channels: int) -> Iterator[NDArray[np.float32]]:
    declipper = Declipper(channels)
    for chunk in chunks:
        yield declipper.push(chunk)
    yield declipper.flush()


def _mixed_down(chunks: Iterator[NDArray[np.float32]], channels: int) -> Iterator[NDArray[np.float32]]:
    mixer = Downmixer(channels)
    for chunk in chunks:
        yield mixer.push(chunk)[None]
    yield mixer.flush()[None]


def _as_audio(samples: NDArray[np.float32], sample_rate: int) -> Audio:
    return Audio(np.ascontiguousarray(samples[0] if samples.shape[0] == 1 else samples), sample_rate)
