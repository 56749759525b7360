"""Measures level, spectral colour and tuning of a whole recording before its activations are computed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.level import FLOOR_DB, SILENT, smoothing_kernel
from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd, View, magnitude_spectra
from mp3tomidi.transcribe.front_end.tuning import tuning_cents, tuning_votes
from mp3tomidi.transcribe.threads import in_order, thread_count

EMPTY = 1e-6  # largest amplitude in a frame of digital silence, dithered or not, which says nothing of the level
SPARSE_S = 0.12  # a frame in that time gives the same long-term means, to .3 dB on average, and tuning


@dataclass(frozen=True)
class Survey:
    """The long-term amplitude of each band [view, bin], the deviation from A440, and the length of a recording."""

    level: NDArray[np.float32]
    tuning_cents: float
    sample_count: int


@dataclass(frozen=True)
class _Sums:
    """Over the frames of a block that are not empty."""

    power: NDArray[np.float64]
    frames: NDArray[np.int64]  # [view]
    votes: complex
    weight: float


def survey(blocks: Iterable[NDArray[np.float32]], settings: LogFrequencySettings) -> Survey:
    """Goes through mono sound, in blocks of any length, once."""
    views = _front_end(settings).views
    samples = 0

    def counted() -> Iterator[NDArray[np.float32]]:
        nonlocal samples
        for block in blocks:
            samples += len(block)
            yield block

    sums = list(in_order(lambda block: _sums(block, views, settings), counted(), thread_count()))
    power = sum((part.power for part in sums), np.zeros((len(views), settings.bin_count)))
    frames = sum((part.frames for part in sums), np.zeros(len(views), np.int64))
    level = band_level(power / np.maximum(1, frames)[:, None], settings.bins_per_semitone)
    cents = tuning_cents(sum(part.votes for part in sums), sum(part.weight for part in sums))
    return Survey(level, cents, samples)


@functools.cache
def _front_end(settings: LogFrequencySettings) -> LogFrequencyFrontEnd:
    """The same for every recording."""
    return LogFrequencyFrontEnd(settings)


def _sums(block: NDArray[np.float32], views: Sequence[View], settings: LogFrequencySettings) -> _Sums:
    hop = round(SPARSE_S / settings.hop_s) * settings.hop_samples
    padded = np.pad(block, (0, -len(block) % hop))
    power = np.zeros((len(views), settings.bin_count))
    frames = np.zeros(len(views), np.int64)
    votes, weight = 0j, 0.0
    for number, (window, bank) in enumerate(views):
        for spectra in magnitude_spectra(padded, window, hop):
            power[number] += np.square(bank(spectra)).sum(axis=0)
            frames[number] += int((spectra.max(axis=-1) > EMPTY).sum())
            if number == 0:
                vote, weight_here = tuning_votes(spectra, settings.sample_rate)
                votes, weight = votes + vote, weight + weight_here
    return _Sums(power, frames, votes, weight)


def band_level(power: NDArray[np.float64], bins_per_semitone: int) -> NDArray[np.float32]:
    """The long-term amplitude of each band's surroundings from mean squares [view, bin]; see `normalisation`."""
    kernel = smoothing_kernel(bins_per_semitone)
    half = len(kernel) // 2
    smooth = [np.convolve(np.pad(row, half, mode="edge"), kernel, mode="valid") for row in power]
    level = np.sqrt(smooth)
    floor = level.max(axis=-1, keepdims=True) * 10.0 ** (FLOOR_DB / 20.0)
    return np.asarray(np.maximum(level, floor) + SILENT, np.float32)
