"""Measures a rendered note: onset, peak level, decay and deviation from its pitch.

Lengths are in samples from the start of the sound, all figures from the 5 ms RMS envelope by default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.array_types import Samples

ENVELOPE_S = 0.005
ONSET_SHARE = 0.25  # a note's onset is where the envelope passes this share of its early peak
EARLY_S = 0.6  # the onset is sought here, so that a later swell does not move it
DECAYED_SHARE = 0.01  # -40 dB: what is left of a note that has died away
INAUDIBLE_SHARE = 1e-3  # -60 dB
SILENCE_LEVEL = 1e-5
DEFAULT_RELEASE_TAU_S = 0.05  # where no release can be measured
RELEASE_TAU_RANGE_S = (0.005, 2.0)

_PITCH_SEARCH_CENTS = np.arange(-150.0, 151.0, 5.0)
_PITCH_HARMONICS = 8  # higher ones of stiff strings are too sharp to tell the pitch
_PITCH_HIGHEST_SHARE = 0.47  # of the sample rate
_SURE_HARMONICS = 16
_OCTAVE_UP_SHARE = 0.01  # of the harmonics' power is left in those that a sound an octave higher does not have
_OCTAVE_DOWN_RATIO = 2.0  # a full tone an octave down has 2 to 3; organs with a weaker suboctave keep their pitch
_SURE_ENERGY_SHARE = 0.5  # bells and noise have less than this in the harmonics of their best pitch


@dataclass(frozen=True, slots=True)
class NoteMeasure:
    """`cents` is the deviation from the nominal pitch, None where no clear pitch is found; `octave` how many octaves
    the sound as a whole lies above it."""

    onset_samples: int
    sounding_samples: int  # fallen 40 dB below its peak, or released, whichever comes first
    release_tau_s: float
    level: float  # peak of the envelope
    cents: float | None
    octave: int


def envelope(samples: Samples, sample_rate: int) -> NDArray[np.float64]:
    """RMS over 5 ms, one figure a sample [n].

    The window reaches three quarters back and a quarter ahead: a sudden start then passes 25 % of the peak 1 ms
    early and a slow rise 1 ms late, where a centred or trailing window would be off by 2.2 to 2.5 ms in one of them.
    """
    width = round(ENVELOPE_S * sample_rate)
    ahead = width // 4
    energy = np.concatenate([np.zeros(width - ahead), samples.astype(np.float64) ** 2, np.zeros(ahead)])
    total = np.concatenate([np.zeros(1), np.cumsum(energy)])
    power = (total[width : width + len(samples)] - total[: len(samples)]) / width
    return np.asarray(np.sqrt(np.maximum(power, 0.0)))


def measure_note(
    samples: Samples, release_samples: int, sample_rate: int, *, pitch: int | None = None
) -> NoteMeasure | None:
    """Measure one note alone, `samples` [n]; None if it is silent. Without `pitch` (drums) `cents` stays None."""
    loudness = envelope(samples, sample_rate)
    release = min(release_samples, len(samples))
    level = float(loudness[:release].max(initial=0.0))
    if level < SILENCE_LEVEL:
        return None
    early = loudness[: round(EARLY_S * sample_rate)]
    onset = int(np.argmax(early > ONSET_SHARE * early.max()))
    audible = np.flatnonzero(loudness[:release] > DECAYED_SHARE * level)
    measured = PitchMeasure(None, 0)
    if pitch is not None:
        measured = measure_pitch(samples[:release], pitch, sample_rate, start=onset)
    return NoteMeasure(
        onset_samples=onset,
        sounding_samples=int(audible[-1]) + 1,
        release_tau_s=_release_tau_s(loudness, release, level, sample_rate),
        level=level,
        cents=measured.cents,
        octave=measured.octave,
    )


def audible_samples(samples: Samples, sample_rate: int) -> int:
    """Length up to where the sound has fallen for good by 60 dB."""
    loudness = envelope(samples, sample_rate)
    audible = np.flatnonzero(loudness > INAUDIBLE_SHARE * loudness.max(initial=0.0))
    return int(audible[-1]) + 1 if len(audible) else 0


def _release_tau_s(loudness: NDArray[np.float64], release: int, level: float, sample_rate: int) -> float:
    """Time in which the released note falls to 1/e, from a line through the first 20 dB of its fall."""
    tail = loudness[release:]
    before = loudness[max(0, release - round(0.025 * sample_rate)) : release].max(initial=0.0)
    if len(tail) < 0.05 * sample_rate or before < DECAYED_SHARE * level:
        return DEFAULT_RELEASE_TAU_S
    left = np.flatnonzero(tail > 0.1 * before)  # the last such sample: low notes dip within each period
    if len(left) < 1 or left[-1] + 1 < len(tail):
        tau_s = (left[-1] + 1 if len(left) else 0) / sample_rate / math.log(10)
    else:
        time_s = np.arange(len(tail)) / sample_rate
        slope = float(np.polyfit(time_s, np.log(np.maximum(tail, 1e-12)), 1)[0])
        tau_s = -1 / slope if slope < 0 else RELEASE_TAU_RANGE_S[1]
    return float(np.clip(tau_s, *RELEASE_TAU_RANGE_S))


@dataclass(frozen=True, slots=True)
class PitchMeasure:
    """`cents` above the nominal pitch, None where unsure; `octave` by which the sound as a whole lies off it."""

    cents: float | None
    octave: int


def measure_pitch(samples: Samples, pitch: int, sample_rate: int, *, start: int = 0) -> PitchMeasure:
    """The pitch of a note [n] against its nominal MIDI pitch, from up to a second after its attack.

    Of the pitches within 150 cents the one whose first harmonics are strongest is taken (harmonic sum on square
    roots of magnitudes, so that one strong partial does not decide alone). The note is an octave (or two) up if it
    has next to nothing in the harmonics between, an octave down if most of it lies halfway between its harmonics.
    """
    nominal_hz = 440.0 * 2 ** ((pitch - 69) / 12)
    after_attack = start + round(0.05 * sample_rate)
    part = samples[after_attack : after_attack + sample_rate]
    harmonics = np.arange(1, _PITCH_HARMONICS + 1)
    harmonics = harmonics[harmonics * nominal_hz * 1.09 < _PITCH_HIGHEST_SHARE * sample_rate]
    if len(part) < 0.1 * sample_rate or not len(harmonics) or not part.any():
        return PitchMeasure(None, 0)
    size = 1 << max(16, (len(part) - 1).bit_length())
    magnitude = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    spectrum = _Spectrum(magnitude, bin_hz=sample_rate / size, main_lobe_hz=2 * sample_rate / len(part))
    ratios = 2 ** (_PITCH_SEARCH_CENTS / 1200)
    positions = np.outer(ratios, harmonics) * (nominal_hz / spectrum.bin_hz)
    scores = np.sqrt(np.interp(positions, np.arange(len(magnitude)), magnitude)).sum(axis=1)
    best = int(np.argmax(scores))
    if best in (0, len(scores) - 1):
        return PitchMeasure(None, spectrum.octave(nominal_hz))
    before, top, after = scores[best - 1 : best + 2]
    bend = before - 2 * top + after
    cents = float(_PITCH_SEARCH_CENTS[best] + (2.5 * (before - after) / bend if bend < 0 else 0.0))
    found_hz = nominal_hz * 2 ** (cents / 1200)
    return PitchMeasure(cents if spectrum.is_harmonic(found_hz) else None, spectrum.octave(found_hz))


@dataclass(frozen=True, slots=True)
class _Spectrum:
    magnitude: NDArray[np.float64]
    bin_hz: float
    main_lobe_hz: float  # from the centre of a partial to its edge

    def _bins(self, centre_hz: float) -> slice:
        reach_hz = self.main_lobe_hz + centre_hz * 0.015
        return slice(max(0, int((centre_hz - reach_hz) / self.bin_hz)), int((centre_hz + reach_hz) / self.bin_hz) + 1)

    def is_harmonic(self, pitch_hz: float) -> bool:
        """Whether most of the energy is in the harmonics of this pitch; of bells and noise it is not."""
        energy = self.magnitude[: int(_SURE_HARMONICS * pitch_hz / self.bin_hz)] ** 2
        near = np.zeros(len(energy), dtype=bool)
        for harmonic in range(1, _SURE_HARMONICS + 1):
            near[self._bins(harmonic * pitch_hz)] = True
        # Where a short low note's harmonics reach into each other, any noise would look harmonic.
        return bool(near.mean() < _SURE_ENERGY_SHARE and energy[near].sum() > _SURE_ENERGY_SHARE * energy.sum())

    def octave(self, pitch_hz: float) -> int:
        """2, 1 or -1 where the sound lies this many octaves from the pitch, else 0."""
        if pitch_hz < 6 * self.main_lobe_hz:
            return 0  # partials half a harmonic apart cannot be distinguished
        powers = {
            half: float(self.magnitude[self._bins(half * pitch_hz / 2)].max(initial=0.0)) ** 2 for half in range(1, 25)
        }
        whole = sum(power for half, power in powers.items() if half % 2 == 0)
        between = sum(power for half, power in powers.items() if half % 2)
        if between > _OCTAVE_DOWN_RATIO * whole:
            return -1
        for octaves in (2, 1):
            if sum(power for half, power in powers.items() if half % 2 == 0 and half % (2 << octaves)) < (
                _OCTAVE_UP_SHARE * whole
            ):
                return octaves
        return 0
