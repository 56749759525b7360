"""Front ends: sound to log-frequency or mel spectrograms, as torch modules on nnAudio's filter banks.

A module keeps its window and its bank as buffers, so it moves to a device with the network that it feeds. The
transforms are `torch.stft` followed by a matrix product, which on a CPU is ten times faster than nnAudio's own
convolutions and gives the same numbers (tests/transcribe/front_end/test_torch_spectrogram.py holds it against them).

Shapes: sound [batch, samples]; spectrograms [batch, frames, bins]. Frame i is centred on sample i * hop_samples.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings, analysis_window, log_frequency_bank


def magnitude_spectrum(sound: Tensor, window: Tensor, hop_samples: int) -> Tensor:
    """Amplitude spectrum [batch, frames, window // 2 + 1] of sound [batch, samples], zero-padded at both ends."""
    length = window.numel()
    spectrum = torch.stft(
        sound, length, hop_samples, window=window, center=True, pad_mode="constant", return_complex=True
    )
    return spectrum.abs().transpose(1, 2)


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
        self.register_buffer("window", torch.from_numpy(analysis_window(window, window_samples)), persistent=False)
        self.register_buffer("bank", torch.tensor(bank.T, dtype=torch.float32), persistent=False)

    def forward(self, sound: Tensor) -> Tensor:
        """Sound [batch, samples] to [batch, frames, bin_count]."""
        return magnitude_spectrum(sound, self.window, self.hop_samples) @ self.bank


class LogFrequencySpectrogram(nn.Module):
    """Amplitude spectrograms at equal steps of pitch, one view for each window length.

    `tuning_cents` moves every filter by the recording's deviation from A4 = 440 Hz, so that its notes fall on
    the filters' centres.
    """

    def __init__(self, settings: LogFrequencySettings | None = None, *, tuning_cents: float = 0.0) -> None:
        super().__init__()
        self.settings = settings = settings or LogFrequencySettings()
        for view, length in enumerate(settings.window_samples):
            window = analysis_window(settings.window, length)
            bank = log_frequency_bank(settings, length, tuning_cents)
            self.register_buffer(f"window{view}", torch.from_numpy(window), persistent=False)
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
