"""Street noise around a recorder: passing traffic, knocks, handling noise and speech.

All of it is noise whose spectrum changes with time: a sum of events, each with a course in time and a spectrum.
Voices are noise shaped by the formants of a vowel for each syllable; a crowd has no pitch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage, from_db, log_uniform, per_clip, rms
from mp3tomidi.augment.effects.noise import SILENCE_RMS
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span, WholeSpan
from mp3tomidi.augment.effects.signal.shaped_noise import HOP_SAMPLES, bin_frequencies_hz, frame_times_s, shaped_noise

Values = NDArray[np.float64]
Indices = NDArray[np.intp]

PARTS = 3  # traffic, knocks, crowd
PART_SHARE = 0.6  # of the clips, that a part sounds in; each clip has at least one
FLAT_BELOW_HZ = 60.0
WANDER_STEP_S = 0.7
KNOCK_DECAY_S = (0.01, 0.2)
KNOCK_HZ = (50.0, 4000.0)
KNOCK_OCTAVES = (0.5, 2.0)
KNOCK_SPREAD_DB = 8.0
VOICE_SPREAD_DB = 6.0
SYLLABLE_S = (0.12, 0.35)
PAUSE_SHARE = 0.2
FORMANTS_HZ = ((300.0, 900.0), (900.0, 2300.0), (2300.0, 3200.0))
FORMANTS_DB = (0.0, -8.0, -16.0)
FORMANT_WIDTH_HZ = 120.0
HISS_SHARE = 0.15  # of the syllables: consonants
HISS_HZ = 5000.0
HISS_DB = -10.0  # beside a vowel
BLOCK_FRAMES = 4096  # half a minute at 16 kHz: the clips of training are shorter, and keep their bits
AUDIBLE_DECAYS = 12.0  # after so many a knock is over: -104 dB
FLOOR = 1e-9  # of the power of every event, or what is silent would have no spectrum


@dataclass(frozen=True)
class StreetRanges(Ranges):
    signal_to_noise_db: Annotated[Span, Limits(-20.0, 120.0)] = (8.0, 35.0)
    slope_db_per_octave: Annotated[Span, Limits(-12.0, 6.0)] = (-8.0, -2.0)  # of traffic
    wander_db: Annotated[Span, Limits(0.0, 20.0)] = (1.0, 8.0)  # standard deviation of its level
    knocks_per_s: Annotated[Span, Limits(0.01, 200.0)] = (0.3, 40.0)  # a hand on the recorder, up to applause
    voices: Annotated[WholeSpan, Limits(1, 30)] = (1, 8)


@dataclass(frozen=True)
class StreetParams(Params):
    signal_to_noise_db: NDArray[np.float64]  # RMS of the clip over RMS of all that is added
    part_share: NDArray[np.float64]  # [n, PARTS], of the noise's energy: traffic, knocks, crowd
    slope_db_per_octave: NDArray[np.float64]  # of traffic
    wander_db: NDArray[np.float64]  # standard deviation of its level
    knocks_per_s: NDArray[np.float64]
    voices: NDArray[np.int64]
    seed: NDArray[np.int64]  # of the events and of the noise


class Street(KeepsTime):
    """Noise that comes and goes; the same in all channels of a clip."""

    training = InTraining(Stage.ENVIRONMENT)

    def __init__(self, sample_rate: int, ranges: StreetRanges = StreetRanges()) -> None:
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> StreetParams:
        weight = rng.exponential(1.0, (n, PARTS))
        sounding = rng.random((n, PARTS)) < PART_SHARE
        sounding[np.arange(n), rng.integers(0, PARTS, n)] = True
        weight *= sounding
        return StreetParams(
            signal_to_noise_db=rng.uniform(*self.ranges.signal_to_noise_db, n),
            part_share=weight / weight.sum(axis=1, keepdims=True),
            slope_db_per_octave=rng.uniform(*self.ranges.slope_db_per_octave, n),
            wander_db=rng.uniform(*self.ranges.wander_db, n),
            knocks_per_s=log_uniform(rng, self.ranges.knocks_per_s, n),
            voices=rng.integers(self.ranges.voices[0], self.ranges.voices[1] + 1, n),
            seed=rng.integers(0, 2**62, n),
        )

    def sound(self, x: Tensor, params: StreetParams) -> Tensor:
        samples = x.shape[-1]
        noise = torch.stack([self._noise(params, clip, samples, x.device) for clip in range(len(x))])[:, None]
        level = rms(x).clamp_min(SILENCE_RMS) * per_clip(from_db(-params.signal_to_noise_db), x)
        return x + noise * (level / rms(noise).clamp_min(1e-9))

    def _noise(self, params: StreetParams, clip: int, samples: int, device: torch.device) -> Tensor:
        """[time], of any level."""
        duration_s = (samples + 2 * HOP_SAMPLES) / self.sample_rate
        power = self.power(params, clip, duration_s)
        amplitude = torch.as_tensor(np.sqrt(power).astype(np.float32), device=device)
        return shaped_noise(amplitude, int(params.seed[clip]))[:samples]

    def power(self, params: StreetParams, clip: int, duration_s: float) -> Values:
        """The noise of a clip, as power [frame, bin]."""
        cpu = torch.device("cpu")
        time_s = frame_times_s(duration_s, self.sample_rate, cpu).double().numpy()
        frequency_hz = bin_frequencies_hz(self.sample_rate, cpu).double().numpy()
        rng = np.random.default_rng(int(params.seed[clip]))
        traffic = _traffic(rng, time_s, frequency_hz, params.slope_db_per_octave[clip], params.wander_db[clip])
        knocks = _knocks(rng, time_s, frequency_hz, params.knocks_per_s[clip])
        crowd = _crowd(rng, time_s, frequency_hz, int(params.voices[clip]))
        shares = params.part_share[clip]
        return sum(
            (share * part / part.mean() for share, part in zip(shares, (traffic, knocks, crowd), strict=True)),
            start=np.zeros_like(traffic),
        )


def _traffic(
    rng: np.random.Generator, time_s: Values, frequency_hz: Values, slope_db_per_octave: float, wander_db: float
) -> Values:
    points = int(time_s[-1] / WANDER_STEP_S) + 2
    level_db = np.interp(time_s, WANDER_STEP_S * np.arange(points), rng.normal(0.0, wander_db, points))
    octaves = np.log2(np.maximum(frequency_hz, FLAT_BELOW_HZ) / FLAT_BELOW_HZ)
    return 10.0 ** (level_db[:, None] / 10.0) * 10.0 ** (slope_db_per_octave * octaves / 10.0)


def _knocks(rng: np.random.Generator, time_s: Values, frequency_hz: Values, knocks_per_s: float) -> Values:
    """Bumps over log frequency that rise at once and die away."""
    count = max(1, rng.poisson(knocks_per_s * time_s[-1]))
    start_s = rng.uniform(0.0, time_s[-1], count)
    decay_s, centre_hz, octaves = (
        log_uniform(rng, bounds, count) for bounds in (KNOCK_DECAY_S, KNOCK_HZ, KNOCK_OCTAVES)
    )
    level_db = rng.normal(0.0, KNOCK_SPREAD_DB, count)
    away = np.log2(np.maximum(frequency_hz, 20.0) / centre_hz[:, None]) / octaves[:, None]

    def course(time_s: Values, knocks: Indices) -> Values:
        since_s = time_s[:, None] - start_s[knocks]
        died = np.where(since_s >= 0.0, np.exp(-2.0 * since_s.clip(0.0) / decay_s[knocks]), 0.0)
        return np.asarray(died * 10.0 ** (level_db[knocks] / 10.0), np.float64)

    return _events(time_s, start_s, start_s + AUDIBLE_DECAYS * decay_s, course, np.exp(-(away**2)))


def _crowd(rng: np.random.Generator, time_s: Values, frequency_hz: Values, voices: int) -> Values:
    """Syllables one after the other in each voice, each a vowel or a hiss."""
    per_voice = int(time_s[-1] / SYLLABLE_S[0]) + 2
    length_s = rng.uniform(*SYLLABLE_S, (voices, per_voice))
    end_s = np.cumsum(length_s, axis=1) - rng.uniform(0.0, SYLLABLE_S[1], (voices, 1))
    level_db = rng.normal(0.0, VOICE_SPREAD_DB, (voices, 1)) + rng.normal(0.0, 3.0, (voices, per_voice))
    loudness = np.where(rng.random((voices, per_voice)) < PAUSE_SHARE, 0.0, 10.0 ** (level_db / 10.0)).ravel()
    start_s, ends_s = (end_s - length_s).ravel(), end_s.ravel()

    vowel = np.zeros((voices * per_voice, len(frequency_hz)))
    for bounds, formant_db in zip(FORMANTS_HZ, FORMANTS_DB, strict=True):
        away = (frequency_hz - rng.uniform(*bounds, (len(vowel), 1))) / FORMANT_WIDTH_HZ
        vowel += 10.0 ** (formant_db / 10.0) / (1.0 + away**2) ** 2
    hiss = np.exp(-(np.log2(np.maximum(frequency_hz, 100.0) / HISS_HZ) ** 2))
    spectrum = np.where(
        rng.random((len(vowel), 1)) < HISS_SHARE,
        10.0 ** (HISS_DB / 10.0) * hiss / hiss.sum(),
        vowel / vowel.sum(axis=1, keepdims=True),
    )

    def course(time_s: Values, syllables: Indices) -> Values:
        position = (time_s[:, None] - start_s[syllables]) / length_s.ravel()[syllables]
        arc = np.where((position > 0.0) & (position < 1.0), np.sin(np.pi * position.clip(0.0, 1.0)) ** 2, 0.0)
        return np.asarray(arc * loudness[syllables], np.float64)

    return _events(time_s, start_s, ends_s, course, spectrum)


def _events(
    time_s: Values, start_s: Values, end_s: Values, course: Callable[[Values, Indices], Values], spectrum: Values
) -> Values:
    """The sum of events as power [frame, bin]: the course of each [frame, event] times its spectrum [event, bin].

    Long sound is made in blocks of frames, each of the events that sound in it, or time and memory would grow with
    the square of its length. What is shorter than a block is made of all events at once.
    """
    blocks = []
    for first in range(0, len(time_s), BLOCK_FRAMES):
        block = time_s[first : first + BLOCK_FRAMES]
        sounding = (start_s <= block[-1]) & (end_s >= block[0]) | (len(time_s) <= BLOCK_FRAMES)
        events = np.flatnonzero(sounding)
        blocks.append((course(block, events) + FLOOR) @ spectrum[events])
    return np.concatenate(blocks).astype(np.float64)
