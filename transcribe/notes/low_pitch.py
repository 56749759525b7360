"""Pitch and level of the lowest band of a recording, 30 to 140 Hz, every 10 ms: the fundamentals of basses.

YIN (yin.py) on the band alone: whatever plays above it does not matter, as long as one bass plays at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from mp3tomidi.transcribe.array_types import Float64Array
from mp3tomidi.transcribe.audio.resampling import resampled
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH
from mp3tomidi.transcribe.notes.yin import normalised_difference
from mp3tomidi.transcribe.peaks import peak_shift

HOP_S = 0.01
LOWEST_HZ, HIGHEST_HZ = 30.0, 140.0
SAMPLE_RATE = 2000
HOP_SAMPLES = round(HOP_S * SAMPLE_RATE)
WINDOW_SAMPLES = 100  # one and a half periods of the lowest tone
LAGS = int(SAMPLE_RATE / LOWEST_HZ) + 2
PERIODIC = 0.15  # the first dip of YIN below this is the period
LEVEL_SAMPLES = 40  # what a level is the mean over
SILENCE_DB = -120.0
# Edges of the band, and of what lies above it, in Hz.
BAND, ABOVE = (25.0, 150.0), (160.0, 600.0)
STEEPNESS = 8  # of a Butterworth filter of the fourth order that is applied forward and backward
SEGMENT_FRAMES, MARGIN_FRAMES = 3000, 100  # worked on at once: bounds the memory


def low_sound(blocks: Iterable[NDArray[np.float32]], sample_rate: int) -> NDArray[np.float32]:
    """Mono sound in blocks [samples] of any length, at SAMPLE_RATE."""
    slow = resampled((block[None] for block in blocks), sample_rate, SAMPLE_RATE)
    return np.concatenate([np.zeros(0, np.float32), *(block[0] for block in slow)])


def low_levels_db(sound: NDArray[np.float32]) -> tuple[Float64Array, Float64Array]:
    """Level of the band, and of what lies above it up to 600 Hz: [frames] each, full scale 0."""
    found = [
        [_level_db(_filtered(excerpt, edges))[kept] for edges in (BAND, ABOVE)] for excerpt, kept in _excerpts(sound)
    ]
    band_db, above_db = np.concatenate([np.zeros((2, 0)), *found], axis=1)
    return band_db, above_db


def low_pitch(sound: NDArray[np.float32]) -> tuple[Float64Array, Float64Array]:
    """MIDI pitch of A440, between keys too, and YIN's dip there, 0 for a steady tone: [frames] each."""
    found = [[part[kept] for part in _pitch(_filtered(excerpt, BAND).real)] for excerpt, kept in _excerpts(sound)]
    pitch, aperiodicity = np.concatenate([np.zeros((2, 0)), *found], axis=1)
    return pitch, aperiodicity


def _excerpts(sound: NDArray[np.float32]) -> Iterator[tuple[Float64Array, slice]]:
    """Excerpts of the sound with margins, and which of their frames to keep."""
    frame_count = len(sound) // HOP_SAMPLES
    for start in range(0, frame_count, SEGMENT_FRAMES):
        stop = min(start + SEGMENT_FRAMES, frame_count)
        first = max(0, start - MARGIN_FRAMES)
        excerpt = sound[first * HOP_SAMPLES : (stop + MARGIN_FRAMES) * HOP_SAMPLES]
        yield excerpt.astype(np.float64), slice(start - first, stop - first)


def _filtered(sound: Float64Array, edges_hz: tuple[float, float]) -> NDArray[np.complex128]:
    """The analytic signal [samples] of what lies between the edges: its real part is that sound, its magnitude the
    envelope. Without delay; by a transform instead of scipy.signal, which takes half a second to load.
    """
    size = fft.next_fast_len(len(sound) + SAMPLE_RATE)
    hz = fft.fftfreq(size, 1.0 / SAMPLE_RATE)[: size // 2]
    low, high = edges_hz
    hz[0] = hz[1] / 2.0  # what is constant is far outside of the band
    gain = 1.0 / (1.0 + ((hz**2 - low * high) / (hz * (high - low))) ** STEEPNESS)
    spectrum = np.zeros(size, np.complex128)
    spectrum[: size // 2] = 2.0 * gain * fft.rfft(sound, size)[: size // 2]
    return np.asarray(fft.ifft(spectrum)[: len(sound)])


def _level_db(analytic: NDArray[np.complex128]) -> Float64Array:
    power = ndimage.uniform_filter1d(np.abs(analytic) ** 2 / 2.0, LEVEL_SAMPLES, mode="constant")
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (SILENCE_DB / 10.0)))[::HOP_SAMPLES])


def _pitch(band: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Pitch and aperiodicity [frames] of windows centred on each hop."""
    reach = WINDOW_SAMPLES + LAGS
    padded = np.pad(band, (reach // 2, reach))
    excerpts = np.lib.stride_tricks.sliding_window_view(padded, reach)[: len(band) : HOP_SAMPLES]
    difference = normalised_difference(excerpts, WINDOW_SAMPLES, LAGS)
    first = int(SAMPLE_RATE / HIGHEST_HZ)
    here = difference[:, first:-1]
    is_dip = (here < difference[:, first - 1 : -2]) & (here <= difference[:, first + 1 :])
    deep = is_dip & (here < PERIODIC)
    lag = first + np.where(deep.any(axis=1), deep.argmax(axis=1), np.where(is_dip, here, np.inf).argmin(axis=1))
    frame = np.arange(len(lag))
    exact = lag + peak_shift(*(-difference[frame, lag + shift] for shift in (-1, 0, 1)))
    return A4_PITCH + 12.0 * np.log2(SAMPLE_RATE / (exact * A4_HZ)), difference[frame, lag]
