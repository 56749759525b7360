"""The input of a ClipSpectrogramNet from a short sound: from its onset, at one level, in log-frequency.

Training and transcription both come through here, so a network meets in use what it was taught.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencyFrontEnd

if TYPE_CHECKING:
    from mp3tomidi.transcribe.networks.settings import ClipSpectrogramNetSettings

SILENCE = 1e-4  # a sound that stays below this share of full scale (-80 dB) is none
LEAD_S = 0.02  # of what lies before the onset is kept
ONSET_SHARE = 0.03  # of the peak (-30 dB): noise before a sample lies below, and all that is audible of it above
RANGE_DB = 80.0  # what lies further below the peak is silence


class ClipFrontEnd:
    """Sound to the spectrograms of the one clip that is a network's input."""

    def __init__(self, settings: ClipSpectrogramNetSettings) -> None:
        self.clip_samples = settings.clip_samples
        self._lead_samples = round(LEAD_S * settings.front_end.sample_rate)
        self._spectrograms = LogFrequencyFrontEnd(settings.front_end)

    def __call__(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mono sound [samples] of any length to [view, frames, bin], from -1 (silence) to 1 (a sine at full scale).

        Raises ValueError for silence.
        """
        amplitude = self._spectrograms(self.clip(sound))
        level_db = 20.0 * np.log10(amplitude + 10.0 ** (-RANGE_DB / 20.0))
        return np.asarray(level_db * (2.0 / RANGE_DB) + 1.0, np.float32)

    def clip(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """[clip_samples] from LEAD_S before the onset on, peaking at 1, silent where the sound is over."""
        size = np.abs(sound)
        peak = size.max(initial=0.0)
        if peak < SILENCE:
            raise ValueError("silence is no sound of any class")
        start = int(np.argmax(size >= ONSET_SHARE * peak)) - self._lead_samples
        clip = np.zeros(self.clip_samples, np.float32)
        part = sound[max(0, start) : start + self.clip_samples]
        clip[max(0, -start) :][: len(part)] = part
        clip /= np.abs(clip).max()
        return clip
