"""Front ends: sound to log-frequency or mel spectrograms, as torch modules on nnAudio's filter banks.

A module keeps its window and its bank as buffers, so it moves to a device with the network that it feeds. The
transforms are `torch.stft` followed by a matrix product, which on a CPU is ten times faster than nnAudio's own
convolutions and gives the same numbers (tests/transcribe/test_spectrogram.py holds it against them).

Shapes: sound [batch, samples]; spectrograms [batch, frames, bins]. Frame i is centred on sample i * hop_samples.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

WINDOWS = {"hann": "hann", "hamming": "hamming", "dolph-chebyshev": ("chebwin", 100.0)}

SEMITONES_PER_OCTAVE = 12
A4_HZ = 440.0
A4_PITCH = 69


def analysis_window(name: str, length: int) -> Tensor:
    """A periodic window of `length` samples whose sum is 2, so that a sine's peak bin shows its amplitude.

    Raises ValueError for a name that is not in WINDOWS.
    """
    from scipy.signal import get_window

    if name not in WINDOWS:
        raise ValueError(f"no window called {name!r}; there are {', '.join(WINDOWS)}")
    window = get_window(WINDOWS[name], length, fftbins=True)
    return torch.tensor(2.0 * window / window.sum(), dtype=torch.float32)


def magnitude_spectrum(sound: Tensor, window: Tensor, hop_samples: int) -> Tensor:
    """Amplitude spectrum [batch, frames, window // 2 + 1] of sound [batch, samples], zero-padded at both ends."""
    length = window.numel()
    spectrum = torch.stft(
        sound, length, hop_samples, window=window, center=True, pad_mode="constant", return_complex=True
    )
    return spectrum.abs().transpose(1, 2)


def log_frequency_bank(
    sample_rate: int,
    window_samples: int,
    lowest_pitch: float,
    bin_count: int,
    bins_per_semitone: int,
    tuning_cents: float = 0.0,
) -> NDArray[np.float32]:
    """Triangular filters [window_samples // 2 + 1, bin_count] at equal steps of pitch.

    A filter reaches to its neighbours' centres, but never less than one bin of the Fourier transform, so no
    partial falls between two filters. Filters above 98.75 % of the Nyquist frequency are empty.
    """
    frequency_hz = np.fft.rfftfreq(window_samples, 1.0 / sample_rate)
    steps = lowest_pitch + np.arange(bin_count) / bins_per_semitone + tuning_cents / 100.0
    centre_hz = A4_HZ * 2.0 ** ((steps - A4_PITCH) / SEMITONES_PER_OCTAVE)
    one_step = 2.0 ** (1.0 / (SEMITONES_PER_OCTAVE * bins_per_semitone)) - 1.0
    half_width_hz = np.maximum(sample_rate / window_samples, centre_hz * one_step)
    bank = np.clip(1.0 - np.abs(frequency_hz[:, None] - centre_hz) / half_width_hz, 0.0, 1.0)
    bank[:, centre_hz > 0.4938 * sample_rate] = 0.0
    return np.asarray(bank, np.float32)


class MelSpectrogram(nn.Module):
    """Mel spectrogram (amplitude) with nnAudio's filter bank (Slaney's scale and area normalisation)."""

    def __init__(
        self,
        sample_rate: int,
        *,
        window_samples: int = 1024,
        hop_samples: int = 160,
        bin_count: int = 96,
        lowest_hz: float = 30.0,
        highest_hz: float | None = None,
        window: str = "hann",
    ) -> None:
        super().__init__()
        from nnAudio.librosa_functions import get_mel

        self.hop_samples = hop_samples
        bank = get_mel(sample_rate, window_samples, bin_count, lowest_hz, highest_hz)
        self.window: Tensor
        self.bank: Tensor
        self.register_buffer("window", analysis_window(window, window_samples), persistent=False)
        self.register_buffer("bank", torch.tensor(bank.T, dtype=torch.float32), persistent=False)

    def forward(self, sound: Tensor) -> Tensor:
        """Sound [batch, samples] to [batch, frames, bin_count]."""
        return magnitude_spectrum(sound, self.window, self.hop_samples) @ self.bank


@dataclass(frozen=True, slots=True)
class LogFrequencySettings:
    """What defines the views of a recording that NoteNet sees."""

    sample_rate: int = 16_000
    hop_samples: int = 320
    window_samples: tuple[int, ...] = (4096, 1024)  # a long view for pitch, a short one for time
    window: str = "hann"
    lowest_pitch: float = 9.0 - 1 / 3  # an octave and a bin below the piano's lowest key
    bins_per_semitone: int = 3
    bin_count: int = 336  # up to 8 kHz

    @property
    def hop_s(self) -> float:
        return self.hop_samples / self.sample_rate


class LogFrequencySpectrogram(nn.Module):
    """Amplitude spectrograms at equal steps of pitch, one view for each window length.

    `tuning_cents` moves every filter by the recording's deviation from A4 = 440 Hz, so that its notes fall on
    the filters' centres.
    """

    def __init__(self, settings: LogFrequencySettings | None = None, *, tuning_cents: float = 0.0) -> None:
        super().__init__()
        self.settings = settings = settings or LogFrequencySettings()
        for view, length in enumerate(settings.window_samples):
            bank = log_frequency_bank(
                settings.sample_rate,
                length,
                settings.lowest_pitch,
                settings.bin_count,
                settings.bins_per_semitone,
                tuning_cents,
            )
            self.register_buffer(f"window{view}", analysis_window(settings.window, length), persistent=False)
            self.register_buffer(f"bank{view}", torch.from_numpy(bank), persistent=False)

    def forward(self, sound: Tensor) -> Tensor:
        """Sound [batch, samples] to [batch, view, frames, bin_count], samples // hop_samples frames."""
        settings = self.settings
        frames = sound.shape[-1] // settings.hop_samples
        views = [
            magnitude_spectrum(sound, self.get_buffer(f"window{view}"), settings.hop_samples)[:, :frames]
            @ self.get_buffer(f"bank{view}")
            for view in range(len(settings.window_samples))
        ]
        return torch.stack(views, dim=1)
