"""Listens: sound in, a network's activations of the whole recording out."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.transcribe import windows
from mp3tomidi.transcribe.activations import Activations
from mp3tomidi.transcribe.models.note_net import OUTPUTS, NoteNet
from mp3tomidi.transcribe.normalisation import band_level, band_power
from mp3tomidi.transcribe.spectrogram import LogFrequencySpectrogram, analysis_window, magnitude_spectrum
from mp3tomidi.transcribe.tuning import tuning_cents, tuning_votes

WINDOW_S = 10.0  # longer windows leave a CPU's cache, shorter ones repeat more context
SURVEY_S = 240.0  # level and tuning of a long recording are measured on this much of it, evenly spread
SURVEY_BLOCK_S = 10.0


class Listener:
    """A NoteNet on a device, applied to recordings of any length."""

    def __init__(self, net: NoteNet, device: torch.device) -> None:
        self.device = device
        self.net: NoteNet = net.eval().to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings = net.settings.front_end

    @torch.inference_mode()
    def listen(self, sound: NDArray[np.float32]) -> tuple[Activations, float]:
        """Activations of mono sound [samples] at the network's rate, and its deviation from A440 in cents."""
        hop = self.settings.hop_samples
        frame_count = -(-len(sound) // hop)
        padded = torch.from_numpy(np.pad(sound, (0, frame_count * hop - len(sound)))).to(self.device)
        kept = round(WINDOW_S / self.settings.hop_s)
        context = self.net.settings.context_frames + max(self.settings.window_samples) // (2 * hop) + 1
        cuts = windows.cut(frame_count, kept, context)
        level, cents = self._survey(padded)
        front_end = LogFrequencySpectrogram(self.settings, tuning_cents=cents).to(self.device)
        outputs = [
            torch.sigmoid(self.net(front_end(padded[None, cut.start * hop : cut.stop * hop]), level))[0].cpu().numpy()
            for cut in cuts
        ]
        joined = windows.join(cuts, outputs) if cuts else np.zeros((len(OUTPUTS), 0, 88), np.float32)
        return Activations(**dict(zip(OUTPUTS, joined, strict=True)), hop_s=self.settings.hop_s), cents

    def _survey(self, sound: Tensor) -> tuple[Tensor, float]:
        """The recording's long-term level [1, view, bin] and its deviation from A440 in cents."""
        settings = self.settings
        front_end = LogFrequencySpectrogram(settings).to(self.device)
        window = analysis_window(settings.window, settings.window_samples[0]).to(self.device)
        power = torch.zeros(1, len(settings.window_samples), settings.bin_count, device=self.device)
        frames, votes, weight = 0, 0j, 0.0
        blocks = torch.split(sound, round(SURVEY_BLOCK_S * settings.sample_rate))
        every = max(1, round(len(blocks) * SURVEY_BLOCK_S / SURVEY_S))
        for block in blocks[::every]:
            amplitude = front_end(block[None])
            power += band_power(amplitude) * amplitude.shape[2]
            frames += amplitude.shape[2]
            spectrum = magnitude_spectrum(block[None], window, settings.hop_samples)[0]
            vote, weight_here = tuning_votes(spectrum, settings.sample_rate)
            votes, weight = votes + vote, weight + weight_here
        level = band_level(power / max(1, frames), settings.bins_per_semitone)
        return level, tuning_cents(votes, weight)
