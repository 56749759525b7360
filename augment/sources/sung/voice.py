"""The voice itself: pulses and breath through the envelopes of an articulation, at the pitch of a curve.

A source-filter synthesizer: band-limited pulses and pitch-synchronous noise, each 20 ms frame filtered by the
minimum-phase response of its envelope and added up 5 ms apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft
import scipy.signal
from numpy.typing import NDArray

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE
from mp3tomidi.augment.sources.sung.articulation import Articulation
from mp3tomidi.augment.sources.sung.pitch import Curve
from mp3tomidi.augment.sources.sung.syllables import FFT_FRAMES, Grid

_WINDOW_FRAMES = 4
_PULSE_REACH = 8  # samples on either side of a band-limited pulse
_LEVEL = 0.03  # brings a syllable of loudness 1 to about 0.1 RMS
_LOWEST_HZ = 60.0  # below every sung note; pulses have a constant part, which is no sound


@dataclass(frozen=True, slots=True)
class Throat:
    """What a voice is like apart from its syllables. `breath` scales the noise, jitter and shimmer are shares."""

    breath: float
    jitter: float
    shimmer: float
    ring_db: float  # the singer's formant
    ring_hz: float
    tilt_db: float  # an octave: soft voices are dull
    fundamental_db: float  # how far the vocal tract is tuned to the pitch, as high voices do


def draw_throat(rng: np.random.Generator) -> Throat:
    return Throat(
        breath=float(rng.uniform(0.6, 2.0)) if rng.random() < 0.85 else float(rng.uniform(2.0, 4.0)),
        jitter=float(rng.uniform(0.001, 0.006)),
        shimmer=float(rng.uniform(0.01, 0.06)),
        ring_db=float(rng.uniform(0, 8)) if rng.random() < 0.6 else 0.0,
        ring_hz=float(rng.uniform(2600, 3400)),
        tilt_db=float(np.clip(rng.normal(-0.5, 2), -5, 3)),
        fundamental_db=float(rng.uniform(0, 9)),
    )


def synthesize(
    rng: np.random.Generator, articulation: Articulation, curve: Curve, throat: Throat
) -> NDArray[np.float32]:
    """Samples float32 [frames * frame_samples] at the articulation's rate; frame k is centred on k * frame_samples."""
    frame_count, grid = len(curve), articulation.grid
    hz = 440.0 * 2 ** ((curve - 69) / 12)
    pulses, noise = _excitation(rng, hz, throat, grid)
    voiced = articulation.voiced[:, None]
    noisiness = _noisiness(articulation, throat)
    response = _response(articulation, throat) * articulation.gain[:, None]
    if throat.fundamental_db > 0 and curve.mean() > 67:
        bins = np.arange(grid.bin_count, dtype=np.float32) * grid.bin_hz
        fundamental = hz.astype(np.float32)[:, None]
        boost = throat.fundamental_db / 8.686 * np.exp(-(((bins - fundamental) / (0.35 * fundamental)) ** 2))
        response *= np.exp(boost)
    harmonic = _spectra(pulses, frame_count, grid) * (np.sqrt(1 - noisiness**2) * voiced)
    spectra = (harmonic + _spectra(noise, frame_count, grid) * noisiness) * response
    sound = _overlap_add(scipy.fft.irfft(spectra, grid.fft_samples), frame_count, grid)
    high_pass = scipy.signal.butter(2, _LOWEST_HZ, "highpass", fs=grid.sample_rate, output="sos")
    # The excitation has a power of 1 in all of its band: the wider that is, the less is left for the voice.
    level = _LEVEL * np.sqrt(grid.sample_rate / DEFAULT_SAMPLE_RATE)
    samples: NDArray[np.float32] = (level * scipy.signal.sosfilt(high_pass, sound)).astype(np.float32)
    return samples


def _excitation(
    rng: np.random.Generator, hz: Curve, throat: Throat, grid: Grid
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Pulses and noise, both of unit power, [frames * frame_samples]."""
    frame_count = len(hz)
    count = frame_count * grid.frame_samples
    samples = np.arange(count)
    places = np.arange(frame_count) * grid.frame_samples
    shaken = hz * (1 + throat.jitter * rng.standard_normal(frame_count))
    frequency = np.interp(samples, places, shaken) / grid.sample_rate
    phase = np.cumsum(frequency)
    cycle = np.floor(phase)
    starts = np.flatnonzero(cycle[1:] > cycle[:-1]) + 1
    exact = starts - (phase[starts] - cycle[starts]) / frequency[starts]
    amplitude = np.sqrt(1 / frequency[starts]) * (1 + throat.shimmer * rng.standard_normal(len(starts)))
    whole = np.floor(exact).astype(int)
    taps = np.arange(-_PULSE_REACH, _PULSE_REACH + 1)
    away = taps - (exact - whole)[:, None]
    shape = np.sinc(away) * (0.5 + 0.5 * np.cos(np.pi * np.clip(away / (_PULSE_REACH + 1), -1, 1)))
    pulses = np.bincount(
        (whole[:, None] + taps + _PULSE_REACH).ravel(),
        weights=(shape * amplitude[:, None]).ravel(),
        minlength=count + 3 * _PULSE_REACH,
    )[_PULSE_REACH : _PULSE_REACH + count]
    # Breath comes in puffs, when the glottis is open.
    noise = rng.standard_normal(count) * (1 + 0.5 * np.cos(2 * np.pi * phase))
    return pulses.astype(np.float32), noise.astype(np.float32)


def _noisiness(articulation: Articulation, throat: Throat) -> NDArray[np.float32]:
    """Amplitude share of the noise, [frames, bin_count], 1 where nothing is voiced."""
    grid = articulation.grid
    band_of_bin = np.arange(grid.bin_count) * (grid.band_count - 1) / (grid.bin_count - 1)
    below = np.minimum(band_of_bin.astype(int), grid.band_count - 2)
    part = (band_of_bin - below).astype(np.float32)
    bands = articulation.aperiodicity
    coded = bands[:, below] * (1 - part) + bands[:, below + 1] * part
    # No voice is all noise at low frequencies: what the analysis takes for it there is its own error.
    cap = np.clip(0.02 + np.arange(grid.bin_count) * grid.bin_hz / 7000, 0.0, 0.95).astype(np.float32)
    spoken = np.minimum(coded * throat.breath, cap)
    return np.where(articulation.voiced[:, None] > 0, spoken, np.float32(1)).astype(np.float32)


def _response(articulation: Articulation, throat: Throat) -> NDArray[np.complex64]:
    """Minimum-phase responses of the envelopes, [frames, bin_count]: the folded cepstrum's exponential."""
    grid = articulation.grid
    hz = np.arange(grid.bin_count) * grid.bin_hz
    ring = throat.ring_db / 8.686 * np.exp(-(((hz - throat.ring_hz) / 450) ** 2))
    tilt = throat.tilt_db / 8.686 * np.log2(np.maximum(hz, 250) / 500)
    folded = articulation.cepstrum + grid.cepstrum_of((ring + tilt)[None].astype(np.float32))
    folded[:, 1:] *= 2
    log_response: NDArray[np.complex64] = scipy.fft.rfft(folded, grid.fft_samples)
    return np.exp(log_response)


def _spectra(signal: NDArray[np.float32], frame_count: int, grid: Grid) -> NDArray[np.complex64]:
    width = _WINDOW_FRAMES * grid.frame_samples
    window = scipy.signal.get_window("hann", width).astype(np.float32)
    padded = np.pad(signal, (width // 2, width // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, width)[:: grid.frame_samples][:frame_count]
    spectra: NDArray[np.complex64] = scipy.fft.rfft(frames * window, grid.fft_samples)
    return spectra


def _overlap_add(frames: NDArray[np.float32], frame_count: int, grid: Grid) -> NDArray[np.float32]:
    width = grid.frame_samples
    blocks = frames.reshape(frame_count, FFT_FRAMES, width)
    total = np.zeros((frame_count + FFT_FRAMES, width), np.float32)
    for part in range(FFT_FRAMES):
        total[part : part + frame_count] += blocks[:, part]
    before = _WINDOW_FRAMES * width // 2
    return total.ravel()[before : before + frame_count * width] / (_WINDOW_FRAMES / 2)
