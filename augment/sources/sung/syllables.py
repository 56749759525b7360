"""Syllables of a speaker, coded by WORLD as what a voice needs besides its pitch: envelope, breathiness, voicing.

WORLD: Morise, Yokomori, Ozawa 2016, "WORLD: a vocoder-based high-quality speech synthesis system".
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy.fft
import soxr
from numpy.typing import NDArray

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE
from mp3tomidi.augment.sources.sung.engines import Phone, SpeechEngineError, Utterance
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.installing import install_command

FRAME_S = 0.005
FRAMES_A_SECOND = 200
FFT_FRAMES = 8  # 20 ms of excitation and 20 ms of ringing: a formant 80 Hz wide has fallen 43 dB by then
_CEPSTRUM_SHARE = 0.15  # of the transform, 6 ms: resolves ripples of 167 Hz, finer than the envelope of a low voice
_BAND_HZ = 1000  # from one band of the aperiodicity to the next

_LONGEST_CONSONANT = 30  # frames
_LONGEST_VOWEL = 80
_SHORTEST_VOWEL = 10
_VOWEL_BAND_HZ = (700.0, 4000.0)  # tells a vowel from a nasal
_VOICE_BAND_HZ = (300.0, 4000.0)
_MOST_CHANGE = math.log(5)  # 14 dB
_LOUDNESS_BAND_HZ = (200.0, 4000.0)
# Above this share of an engine's rate its voice ends. The envelope is continued from its mean in a band (shares of the
# rate), falling by so much (log amplitude an octave): a voiced sound by 10 dB, hiss and breath by 4 dB.
_ENGINE_ENDS = 0.46
_CONTINUED_FROM = (0.36, 0.45)
_CONTINUED_MIDDLE = 0.4
_VOICED_FALL, _UNVOICED_FALL = 1.2, 0.5

Frames = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Grid:
    """The frames, bins, cepstra and bands that a voice is coded in at a sample rate (Hz).

    Raises LabelsError for a rate of which FRAME_S is no whole number of samples.
    """

    sample_rate: int = DEFAULT_SAMPLE_RATE

    def __post_init__(self) -> None:
        if self.sample_rate % FRAMES_A_SECOND:
            raise LabelsError(f"singers need a sample rate that is a multiple of 200 Hz, not {self.sample_rate} Hz")

    @property
    def frame_samples(self) -> int:
        return self.sample_rate // FRAMES_A_SECOND

    @property
    def fft_samples(self) -> int:
        return FFT_FRAMES * self.frame_samples

    @property
    def bin_count(self) -> int:
        return self.fft_samples // 2 + 1

    @property
    def bin_hz(self) -> float:
        return self.sample_rate / self.fft_samples

    @property
    def cepstrum_count(self) -> int:
        return round(_CEPSTRUM_SHARE * self.fft_samples)

    @property
    def band_count(self) -> int:
        """Bands of the aperiodicity, the first at 0 Hz and the last at half the rate."""
        return self.sample_rate // (2 * _BAND_HZ) + 1

    def cepstrum_of(self, log_amplitude: NDArray[np.floating]) -> Frames:
        """[frames, bin_count] -> [frames, cepstrum_count]."""
        cepstrum: Frames = scipy.fft.irfft(log_amplitude.astype(np.float32), self.fft_samples)
        return cepstrum[:, : self.cepstrum_count]

    def log_amplitude_of(self, cepstrum: Frames) -> Frames:
        """[frames, cepstrum_count] -> [frames, bin_count]."""
        both_sides = cepstrum.copy()
        both_sides[:, 1:] *= 2
        log_amplitude: Frames = scipy.fft.rfft(both_sides, self.fft_samples).real
        return log_amplitude


@dataclass(frozen=True, slots=True)
class Syllable:
    """A consonant (frames before `vowel_frame`; none if that is 0) and a vowel of loudness 1.

    cepstrum [frames, grid.cepstrum_count]: real cepstrum of the log amplitude; aperiodicity [frames, grid.band_count]:
    0 to 1; voiced [frames]: bool.
    """

    consonant: str
    vowel: str
    vowel_frame: int
    cepstrum: Frames
    aperiodicity: Frames
    voiced: NDArray[np.bool_]
    grid: Grid

    @property
    def steady(self) -> tuple[int, int]:
        """First and last frame of the part of the vowel that a singer holds."""
        length = len(self.voiced) - self.vowel_frame
        first = self.vowel_frame + min(14, length // 2)
        return first, max(first + 2, self.vowel_frame + int(length * 0.6))

    @property
    def starts_voiced(self) -> bool:
        before = self.voiced[: self.vowel_frame]
        return self.vowel_frame > 0 and bool(before[-8:].mean() > 0.7)


def syllables_of(utterances: Iterable[Utterance], grid: Grid) -> list[Syllable]:
    """Code all speech and cut it; syllables that came out wrong are left out."""
    found: list[Syllable] = []
    for utterance in utterances:
        log_amplitude, aperiodicity, voiced = _analyse(utterance, grid)
        previous: Phone | None = None
        for phone in utterance.phones:
            if phone.is_vowel:
                consonant = None if previous is None or previous.is_vowel or previous.is_pause else previous
                syllable = _cut(grid, log_amplitude, aperiodicity, voiced, consonant, phone)
                if syllable is not None:
                    found.append(syllable)
            previous = phone
    if len(found) < 12:
        raise SpeechEngineError(f"only {len(found)} usable syllables came from a voice; install its engine again")
    return found


def _analyse(utterance: Utterance, grid: Grid) -> tuple[Frames, Frames, NDArray[np.bool_]]:
    """log amplitude [frames, bin_count], aperiodicity [frames, band_count], voiced [frames]; FRAME_S apart."""
    try:
        import pyworld
    except ImportError as error:
        raise SpeechEngineError(f"pyworld cannot be used ({error}): {install_command('mp3tomidi[sung]')}") from error
    samples, rate = utterance.samples, grid.sample_rate
    if utterance.sample_rate != rate:
        samples = soxr.resample(samples, utterance.sample_rate, rate)
    # WORLD takes logarithms of spectra: digital silence would give -inf.
    samples = np.ascontiguousarray(samples + 1e-5 * np.random.default_rng(0).standard_normal(len(samples)))
    pitch, times = pyworld.dio(samples, rate, f0_floor=60, f0_ceil=600, frame_period=1000 * FRAME_S)
    pitch = pyworld.stonemask(samples, pitch, times, rate)
    power = pyworld.cheaptrick(samples, pitch, times, rate)
    aperiodicity = pyworld.d4c(samples, pitch, times, rate)
    world_hz = np.linspace(0, rate / 2, power.shape[1])
    bin_hz, band_hz = np.linspace(0, rate / 2, grid.bin_count), np.linspace(0, rate / 2, grid.band_count)
    log_amplitude = _at(bin_hz, world_hz, 0.5 * np.log(np.maximum(power, 1e-14)))
    bands = _at(band_hz, world_hz, aperiodicity)
    voiced = pitch > 0
    bands[~voiced] = 1.0
    if utterance.sample_rate < rate:
        _continue_above(utterance.sample_rate, bin_hz, log_amplitude, voiced)
        bands[:, band_hz >= _ENGINE_ENDS * utterance.sample_rate] = 1.0
    return log_amplitude, bands, voiced


def _continue_above(
    engine_rate: int, bin_hz: NDArray[np.float64], log_amplitude: Frames, voiced: NDArray[np.bool_]
) -> None:
    """Fills the log amplitude [frames, bins] where the engine's voice has none: singers have breath and hiss there."""
    lowest, highest = (share * engine_rate for share in _CONTINUED_FROM)
    near, beyond = (bin_hz > lowest) & (bin_hz < highest), bin_hz >= _ENGINE_ENDS * engine_rate
    octaves = np.log2(bin_hz[beyond] / (_CONTINUED_MIDDLE * engine_rate))
    fall = np.where(voiced, _VOICED_FALL, _UNVOICED_FALL)[:, None]
    log_amplitude[:, beyond] = log_amplitude[:, near].mean(axis=1, keepdims=True) - fall * octaves


def _at(wanted_hz: NDArray[np.float64], given_hz: NDArray[np.float64], rows: NDArray[np.float64]) -> Frames:
    position = np.interp(wanted_hz, given_hz, np.arange(len(given_hz)))
    below = np.minimum(position.astype(int), len(given_hz) - 2)
    part = position - below
    blended: Frames = (rows[:, below] * (1 - part) + rows[:, below + 1] * part).astype(np.float32)
    return blended


def _cut(
    grid: Grid,
    log_amplitude: Frames,
    aperiodicity: Frames,
    voiced: NDArray[np.bool_],
    consonant: Phone | None,
    vowel: Phone,
) -> Syllable | None:
    start, vowel_start, end = (round(t / FRAME_S) for t in ((consonant or vowel).start_s, vowel.start_s, vowel.end_s))
    if end > len(voiced) or end - vowel_start < _SHORTEST_VOWEL:
        return None
    if consonant is not None:
        vowel_start = start + _onset_frame(grid, log_amplitude[start:end], vowel_start - start)
    start = max(start, vowel_start - _LONGEST_CONSONANT)
    end = min(end, vowel_start + _LONGEST_VOWEL)
    if end - vowel_start < _SHORTEST_VOWEL or voiced[vowel_start + 3 : end - 2].mean() < 0.9:
        return None
    envelope: Frames | None = log_amplitude[start:end]
    if vowel_start > start:
        envelope = _with_clear_onset(grid, log_amplitude[start:end], vowel_start - start)
    if envelope is None:
        return None
    of_vowel = _band_amplitude(grid, envelope[vowel_start - start + 2 :], _LOUDNESS_BAND_HZ)
    loudness = np.log(np.sqrt((of_vowel**2).mean()))
    return Syllable(
        consonant="" if consonant is None else consonant.name,
        vowel=vowel.name,
        vowel_frame=vowel_start - start,
        cepstrum=grid.cepstrum_of(envelope - np.float32(loudness)),
        aperiodicity=aperiodicity[start:end],
        voiced=voiced[start:end],
        grid=grid,
    )


def _onset_frame(grid: Grid, log_amplitude: Frames, vowel_start: int) -> int:
    """The last frame near `vowel_start` where the vowel band rises through half of the held vowel's amplitude.

    The phone times of the engines are off by 20 to 50 ms, which would smear every onset label.
    """
    amplitude = _band_amplitude(grid, log_amplitude, _VOWEL_BAND_HZ)
    half = 0.5 * np.median(amplitude[vowel_start + 8 :])
    low, high = max(1, vowel_start - 24), min(len(amplitude) - _SHORTEST_VOWEL, vowel_start + 16)
    rises = [frame for frame in range(low, high) if amplitude[frame - 1] < half <= amplitude[frame]]
    return rises[-1] if rises else vowel_start


def _with_clear_onset(grid: Grid, log_amplitude: Frames, vowel_frame: int) -> Frames | None:
    """The consonant held under 30 % of the vowel's amplitude and the vowel over 90 %, None if that takes too much.

    Singers set the vowel apart like this; spoken w, y, r and l fade into it, and nobody could say when it begins.
    """
    amplitude = _band_amplitude(grid, log_amplitude, _VOICE_BAND_HZ)
    relative = np.log(amplitude / np.median(amplitude[vowel_frame + 8 :]))
    change = np.zeros(len(relative))
    change[:vowel_frame] = np.minimum(np.log(0.3) - relative[:vowel_frame], 0)
    change[vowel_frame:] = np.maximum(np.log(0.9) - relative[vowel_frame:], 0)
    if change[:vowel_frame].min() < -_MOST_CHANGE or change[vowel_frame : vowel_frame + 8].max() > _MOST_CHANGE:
        return None
    return log_amplitude + change.astype(np.float32)[:, None]


def _band_amplitude(grid: Grid, log_amplitude: Frames, band_hz: tuple[float, float]) -> NDArray[np.float64]:
    first, last = (round(hz / grid.bin_hz) for hz in band_hz)
    power: NDArray[np.float64] = np.exp(2 * log_amplitude[:, first:last].astype(np.float64)).mean(axis=1)
    return np.sqrt(power)


def warp(syllables: list[Syllable], factor: float, tilt_db: float) -> list[Syllable]:
    """The same syllables from a vocal tract shorter by `factor` (above 1: smaller), `tilt_db` an octave brighter."""
    grid = syllables[0].grid
    bins = np.arange(grid.bin_count)
    position = np.minimum(bins / factor, grid.bin_count - 1.001)
    below = position.astype(int)
    part = (position - below).astype(np.float32)
    tilt = tilt_db / 8.686 * np.log2(np.maximum(bins * grid.bin_hz, 250) / 500).astype(np.float32)
    warped = []
    for syllable in syllables:
        log_amplitude = grid.log_amplitude_of(syllable.cepstrum)
        log_amplitude = log_amplitude[:, below] * (1 - part) + log_amplitude[:, below + 1] * part + tilt
        warped.append(
            Syllable(
                syllable.consonant,
                syllable.vowel,
                syllable.vowel_frame,
                grid.cepstrum_of(log_amplitude),
                syllable.aperiodicity,
                syllable.voiced,
                grid,
            )
        )
    return warped


def begins_on_time(syllable: Syllable, pitch: float) -> bool:
    """Whether the vowel, sung at MIDI `pitch`, passes half of its level within 20 ms of `vowel_frame` and stays there.

    Between the harmonics of a high voice a formant may be lost that made the spoken vowel loud from its beginning.
    """
    vowel, grid = syllable.vowel_frame, syllable.grid
    if vowel == 0:
        return True
    hz = 440 * 2 ** ((pitch - 69) / 12)
    harmonics = np.arange(max(1, math.ceil(_VOICE_BAND_HZ[0] / hz)), int(_VOICE_BAND_HZ[1] / hz) + 1) * hz
    bins = np.round(harmonics / grid.bin_hz).astype(int)
    amplitude = np.sqrt(np.exp(2 * grid.log_amplitude_of(syllable.cepstrum)[:, bins]).sum(axis=1))
    loud = amplitude >= 0.5 * np.median(amplitude[vowel + 8 :])
    rises = np.flatnonzero(~loud[:-1] & loud[1:]) + 1
    return bool(len(rises) and np.abs(rises - vowel).min() <= 4 and loud[vowel + 4 : vowel + 16].all())


def hums_of(syllables: list[Syllable]) -> list[Syllable]:
    """Held m and n, made of the consonants of `syllables`."""
    hums = []
    for syllable in syllables:
        # The first frames still belong to the vowel before, the last to the one after.
        frames = slice(3, syllable.vowel_frame - 3)
        if syllable.consonant not in {"m", "n"} or not syllable.voiced[frames].sum() >= 5:
            continue
        steady = syllable.cepstrum[frames][syllable.voiced[frames]]
        grid = syllable.grid
        power = (_band_amplitude(grid, grid.log_amplitude_of(steady), _LOUDNESS_BAND_HZ) ** 2).mean()
        cepstrum = np.concatenate([steady, steady[::-1]] * 4)
        cepstrum[:, 0] -= 0.5 * np.log(power)
        aperiodicity = syllable.aperiodicity[frames][syllable.voiced[frames]]
        hums.append(
            Syllable(
                consonant="",
                vowel=syllable.consonant,
                vowel_frame=0,
                cepstrum=cepstrum,
                aperiodicity=np.concatenate([aperiodicity, aperiodicity[::-1]] * 4),
                voiced=np.ones(len(cepstrum), np.bool_),
                grid=grid,
            )
        )
    return hums
