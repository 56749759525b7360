"""Loudness of each pitch, or of bands, per frame, relative to the recording's level: what velocities are read from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PITCH_COUNT

PARTIALS = (1, 2, 3, 4)
_SILENT = 1e-3  # what lies further below a band's level is silence
_NOTHING = 1e-12  # power that counts as none: 120 dB under full scale


def pitch_loudness(
    amplitude: NDArray[np.float32], level: NDArray[np.float32], settings: LogFrequencySettings
) -> NDArray[np.float32]:
    """[frames, 88] of one view's amplitudes [frames, bin] and their level [bin], between 0 and 1.

    Its log odds are the logarithm (of base ten) of the partials' amplitudes over their bands' levels, averaged over
    the partials, in whichever of the pitch's bins that is highest. It is kept between 0 and 1 although its log odds are
    what is read: it is stored with NoteNet's activations, of long recordings in half precision, whose steps lie
    elsewhere for a logarithm, and velocities and pedal were taught on these.
    """
    relative = np.log10(amplitude / level + np.float32(_SILENT))
    by_pitch = _sum_of_partials(relative, settings, math.log10(_SILENT)) / len(PARTIALS)
    return np.asarray(1.0 / (1.0 + np.exp(-by_pitch)), np.float32)


def pitch_level(amplitude: NDArray[np.float32], settings: LogFrequencySettings) -> NDArray[np.float32]:
    """[frames, 88] of one view's amplitudes [frames, bin]: the amplitude of the partials together, in powers of ten."""
    power = _sum_of_partials(np.square(amplitude), settings, 0.0)
    return np.asarray(0.5 * np.log10(power + np.float32(_NOTHING)), np.float32)


def _sum_of_partials(values: NDArray[np.float32], settings: LogFrequencySettings, beyond: float) -> NDArray[np.float32]:
    """[frames, 88] of values [frames, bin], in whichever of a pitch's bins it is highest; `beyond` above the last."""
    per_pitch = settings.bins_per_semitone
    first = round((PIANO_LOWEST_PITCH - settings.lowest_pitch) * per_pitch) - per_pitch // 2
    offsets = [round(12 * per_pitch * math.log2(partial)) for partial in PARTIALS]
    missing = max(0, first + max(offsets) + PITCH_COUNT * per_pitch - values.shape[1])
    padded = np.pad(values, ((0, 0), (0, missing)), constant_values=beyond)
    by_bin = sum(padded[:, first + offset :][:, : PITCH_COUNT * per_pitch] for offset in offsets)
    return np.asarray(np.reshape(by_bin, (-1, PITCH_COUNT, per_pitch)).max(axis=-1), np.float32)


def band_loudness(amplitude: NDArray[np.float32], level: NDArray[np.float32], band_count: int) -> NDArray[np.float32]:
    """[frames, band_count] of one view's amplitudes [frames, bin] and their level [bin], in powers of ten.

    The root mean square over a band's bins of the amplitude over its level. Raises ValueError if the bins cannot be
    shared out evenly.
    """
    relative = np.square(amplitude / level).reshape(len(amplitude), band_count, -1).mean(axis=-1)
    return np.asarray(0.5 * np.log10(relative + np.float32(_SILENT**2)), np.float32)
