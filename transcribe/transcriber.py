"""From sound to a `Transcription`: the whole way of the data, one step a method."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.transcribe import audio as audio_io
from mp3tomidi.transcribe import windows
from mp3tomidi.transcribe.audio import Audio
from mp3tomidi.transcribe.decoding import Activations, Thresholds, decode_notes
from mp3tomidi.transcribe.errors import DeviceError
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.models.checkpoint import load_note_net
from mp3tomidi.transcribe.models.note_net import OUTPUTS, NoteNet
from mp3tomidi.transcribe.normalisation import band_level, band_power
from mp3tomidi.transcribe.spectrogram import LogFrequencySpectrogram, analysis_window, magnitude_spectrum
from mp3tomidi.transcribe.tuning import tuning_cents, tuning_votes

WINDOW_S = 10.0  # longer windows leave a CPU's cache, shorter ones repeat more context
SURVEY_S = 240.0  # level and tuning of a long recording are measured on this much of it, evenly spread
SURVEY_BLOCK_S = 10.0


@dataclass(frozen=True)
class Heard:
    """One recording as the network hears it."""

    activations: Activations
    tuning_cents: float
    duration_s: float


class Transcriber:
    """Loads a network once and transcribes any number of recordings with it.

    Raises WeightsError if the weights cannot be used, DeviceError if the device is not there.
    """

    def __init__(
        self,
        weights: str | PathLike[str] | None = None,
        device: str = "cpu",
        thresholds: Thresholds | None = None,
    ) -> None:
        self.thresholds = thresholds or Thresholds()
        self.device = _device(device)
        net = load_note_net(Path(weights) if weights is not None else None)
        self.net: NoteNet = net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.settings = net.settings.front_end

    def transcribe(self, source: str | PathLike[str] | Audio) -> Transcription:
        """Notes of a file or of sound in memory. Raises AudioError if the file cannot be read."""
        return self.decide(self.hear(source), self.thresholds)

    def hear(self, source: str | PathLike[str] | Audio) -> Heard:
        """What the network says of each pitch in each frame, before anything is decided. Raises AudioError."""
        return self._listen(self._sound(source))

    def decide(self, heard: Heard, thresholds: Thresholds) -> Transcription:
        """The notes in what was heard: quick, so that settings can be compared on one hearing."""
        return Transcription(
            notes=tuple(decode_notes(heard.activations, thresholds)),
            tuning_cents=heard.tuning_cents,
            duration_s=heard.duration_s,
        )

    def _sound(self, source: str | PathLike[str] | Audio) -> NDArray[np.float32]:
        """Mono at the network's sample rate."""
        rate = self.settings.sample_rate
        if isinstance(source, Audio):
            samples = audio_io.downmix(source.samples) if source.samples.ndim == 2 else source.samples
            return audio_io.resample(Audio(samples, source.sample_rate), rate).samples
        blocks = [block.samples for block in audio_io.stream(source, sample_rate=rate, mono=True)]
        return np.concatenate(blocks) if blocks else np.zeros(0, np.float32)

    @torch.inference_mode()
    def _listen(self, sound: NDArray[np.float32]) -> Heard:
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
        activations = Activations(**dict(zip(OUTPUTS, joined, strict=True)), hop_s=self.settings.hop_s)
        return Heard(activations, cents, len(sound) / self.settings.sample_rate)

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


def transcribe(
    source: str | PathLike[str] | Audio,
    *,
    weights: str | PathLike[str] | None = None,
    device: str = "cpu",
    thresholds: Thresholds | None = None,
) -> Transcription:
    """Notes of one recording; for several, load a `Transcriber` once. Raises what it raises."""
    return Transcriber(weights, device, thresholds).transcribe(source)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise DeviceError(f"device {name!r} is not there or does not work; use --device cpu") from error
    return device
