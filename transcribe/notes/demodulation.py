"""Follows the frequency of one tone more closely than a spectrogram can: by taking a guess of it out of the sound.

The sound is multiplied by the conjugates of the harmonics that a tone of the guessed frequency would have, so that the
tone's own stand still, however quickly it moves; a low-pass filter keeps these and drops all else, and what they still
turn is what the guess is off by. A window that would blur a vibrato blurs only the guess's error. (The principle of
time-warped analysis, for instance Kawahara et al. 1999 and Wang 2013; here with a Hann window as the filter.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Float64Array

HARMONIC_COUNT = 6
PERIODS, SHORTEST_WINDOW_S = 5.0, 0.03  # of the filter: two periods tell harmonics apart, more keep other tones out
ROUNDS = 3
FURTHEST_CENTS = 60.0  # that a round may move the frequency by
_BLOCK_SAMPLES = 40  # samples that are added up at once, before the filter


@dataclass(frozen=True, eq=False)
class Tone:
    """Arrays [frames]."""

    hz: Float64Array
    amplitude: Float64Array
    spread_cents: Float64Array
    """How far apart the harmonics say that it is (standard deviation): those of a single tone move together."""


def follow_tone(
    sound: NDArray[np.float32], start_s: float, rough_hz: Float64Array, hop_s: float, sample_rate: int
) -> Tone:
    """The tone that is roughly at `rough_hz` [frames].

    Frame i lies at `start_s` + i * `hop_s` in the sound [samples], which is silent before its start and after its end.
    """
    window_s = max(SHORTEST_WINDOW_S, PERIODS / float(np.median(rough_hz)))
    margin_s = 0.5 * window_s + 2 * _BLOCK_SAMPLES / sample_rate
    frame_s = np.asarray(start_s + np.arange(len(rough_hz)) * hop_s, np.float64)
    first = round((frame_s[0] - margin_s) * sample_rate)
    count = -(-round((frame_s[-1] + margin_s) * sample_rate - first) // _BLOCK_SAMPLES) * _BLOCK_SAMPLES
    excerpt = excerpt_of(sound, first, count).astype(np.float64)
    sample_s = (first + np.arange(count)) / sample_rate
    block_s = sample_s[0] + (np.arange(count // _BLOCK_SAMPLES) + 0.5) * _BLOCK_SAMPLES / sample_rate
    shape = np.hanning(2 * round(0.5 * window_s * sample_rate / _BLOCK_SAMPLES) + 1)
    filter_shape: Float64Array = shape / (shape.sum() * _BLOCK_SAMPLES)
    tone = Tone(rough_hz.astype(np.float64), np.zeros(len(rough_hz)), np.zeros(len(rough_hz)))
    for _ in range(ROUNDS):
        phase = 2.0 * np.pi * np.cumsum(np.interp(sample_s, frame_s, tone.hz)) / sample_rate
        harmonics = int(np.clip(0.45 * sample_rate // tone.hz.max(), 1, HARMONIC_COUNT))
        tone = _corrected(tone.hz, _standing(excerpt, phase, harmonics, filter_shape), block_s, frame_s)
    return tone


def excerpt_of(sound: NDArray[np.float32], first: int, count: int) -> NDArray[np.float32]:
    """`count` samples from `first` on, which may lie before the sound [samples]; around it there is silence."""
    inside = sound[max(0, first) : max(0, first + count)]
    before = min(count, max(0, -first))
    return np.pad(inside, (before, count - before - len(inside)))


def _standing(
    excerpt: Float64Array, phase: Float64Array, harmonics: int, shape: Float64Array
) -> NDArray[np.complex128]:
    """What stands still of each harmonic [harmonics, blocks]."""
    turned = np.exp(-1j * phase)
    wave = excerpt.astype(np.complex128)
    rows = []
    for _ in range(harmonics):
        wave = wave * turned
        rows.append(np.convolve(wave.reshape(-1, _BLOCK_SAMPLES).sum(axis=1), shape, mode="same"))
    return np.stack(rows)


def _corrected(
    hz: Float64Array, standing: NDArray[np.complex128], block_s: Float64Array, frame_s: Float64Array
) -> Tone:
    """The tone whose harmonics turn as those that stand still at `hz` [frames] do, but for what turns alone."""
    number = np.arange(1, len(standing) + 1)[:, None]
    step = standing[:, 1:] * np.conj(standing[:, :-1])
    off_hz = np.angle(step) / (2.0 * np.pi * (block_s[1] - block_s[0]) * number)
    weight = np.sqrt(np.abs(step)) * number
    total = np.maximum(weight.sum(axis=0), 1e-12)
    mean = (weight * off_hz).sum(axis=0) / total
    spread = np.sqrt((weight * np.square(off_hz - mean)).sum(axis=0) / total)
    between_s = 0.5 * (block_s[1:] + block_s[:-1])
    ratio = 2.0 ** (FURTHEST_CENTS / 1200.0)
    amplitude = np.sqrt(np.square(np.abs(standing)).sum(axis=0))
    return Tone(
        np.clip(hz + np.interp(frame_s, between_s, mean), hz / ratio, hz * ratio),
        np.interp(frame_s, block_s, amplitude),
        1200.0 / np.log(2.0) * np.interp(frame_s, between_s, spread) / hz,
    )
