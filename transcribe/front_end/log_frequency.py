"""Sound to the log-frequency spectrograms that NoteNet sees, in NumPy: for transcription, which needs no torch.

The same numbers as those of torch_spectrogram, which training and GPUs use; a test holds them together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings, analysis_window, log_frequency_bank


def magnitude_spectrum(
    sound: NDArray[np.float32], window: NDArray[np.float32], hop_samples: int
) -> NDArray[np.float32]:
    """Amplitude spectrum [samples // hop, window // 2 + 1] of sound [samples].

    Frame i is centred on sample i * hop_samples; before and after the sound there is silence.
    """
    half, count = len(window) // 2, len(sound) // hop_samples
    if count == 0:
        return np.zeros((0, half + 1), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(sound, half), len(window))[::hop_samples][:count]
    spectrum = fft.rfft(frames * window, axis=1)
    return np.asarray(np.sqrt(spectrum.real**2 + spectrum.imag**2), np.float32)


class LogFrequencyFrontEnd:
    """Amplitude spectrograms at equal steps of pitch, one view for each window length."""

    def __init__(self, settings: LogFrequencySettings, *, tuning_cents: float = 0.0) -> None:
        self.settings = settings
        self._views = [
            (analysis_window(settings.window, length), log_frequency_bank(settings, length, tuning_cents))
            for length in settings.window_samples
        ]

    def __call__(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """Sound [samples] to [view, samples // hop_samples, bin]."""
        return np.stack(
            [magnitude_spectrum(sound, window, self.settings.hop_samples) @ bank for window, bank in self._views]
        )
