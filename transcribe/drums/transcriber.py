"""DrumTranscriber: from sound to drum hits."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.candidate_classifier import DrumCandidateClassifier
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates, find_candidates
from mp3tomidi.transcribe.drums.decoding import DrumThresholds, decode_drums
from mp3tomidi.transcribe.drums.velocity import VelocityReader
from mp3tomidi.transcribe.events import DrumHit, Transcription
from mp3tomidi.transcribe.inference.engines import CPU, open_engine
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork, Watch
from mp3tomidi.transcribe.networks.registry import DRUM_NET
from mp3tomidi.transcribe.networks.settings import DRUM_ACTIVATIONS
from mp3tomidi.transcribe.networks.weight_files import shipped_folder
from mp3tomidi.transcribe.rhythm.clicks import clicks_s
from mp3tomidi.transcribe.rhythm.metres import known_metre
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo


@dataclass(frozen=True)
class DrumAnalysis:
    """DrumNet's activations of one recording, its candidates and their posterior probabilities."""

    activations: DrumActivations
    candidates: DrumCandidates
    probability: NDArray[np.float32]
    duration_s: float

    @property
    def clicks_s(self) -> NDArray[np.float64]:
        """When sounds rise out of near silence at once."""
        return clicks_s(self.activations.quick_loudness, self.activations.hop_s)


class DrumTranscriber:
    """Transcribes the drums of recordings: loads the networks once, for any number of them.

    Parameters
    ----------
    weights
        Folder of weights (see `networks.weight_files`). Default: the shipped ones.
    device
        "cpu" (onnxruntime), or a device of torch.
    thresholds
        What counts as a hit. Default: chosen for each minute of a recording.
    beats_per_minute, metre
        As for `Transcriber`.

    Raises
    ------
    ValueError
        For a metre that cannot be found.
    WeightsError
        If the weights cannot be used.
    DeviceError
        If the device is not there.
    """

    def __init__(
        self,
        weights: str | PathLike[str] | None = None,
        *,
        device: str = CPU,
        thresholds: DrumThresholds | None = None,
        beats_per_minute: float | tuple[float, float] | None = None,
        metre: str | None = None,
    ) -> None:
        folder = Path(weights) if weights is not None else shipped_folder()
        self.thresholds = thresholds or DrumThresholds()
        self.judge = DrumCandidateClassifier(folder)
        self.velocities = VelocityReader(folder)
        self.beats_per_minute, self.metre = beats_per_minute, known_metre(metre)
        self.network = FrameNetwork(open_engine(folder, device, DRUM_NET))
        self.sample_rate = self.network.settings.sample_rate

    def transcribe(self, source: str | PathLike[str] | Audio) -> Transcription:
        """The drum hits of a file or of sound in memory. Raises AudioError if the file cannot be read."""
        return self.decode(self.analyse(source), self.thresholds)

    def analyse(self, source: str | PathLike[str] | Audio | MonoSound, watch: Watch | None = None) -> DrumAnalysis:
        """What the networks compute of a recording, before hits are decoded; a MonoSound is at their rate."""
        activations, duration_s = drum_activations(self.network, source, watch)
        candidates = find_candidates(activations)
        probability = self.judge.probabilities(activations, candidates)
        return DrumAnalysis(activations, candidates, probability, duration_s)

    def decode(self, analysis: DrumAnalysis, thresholds: DrumThresholds) -> Transcription:
        """The hits and beats of an analysis."""
        transcription = Transcription(drum_hits=self.hits(analysis, thresholds), duration_s=analysis.duration_s)
        return with_tempo(transcription, self.beats_per_minute, self.metre, analysis.clicks_s)

    def hits(self, analysis: DrumAnalysis, thresholds: DrumThresholds) -> tuple[DrumHit, ...]:
        """The hits of an analysis, sorted by time."""
        activations, candidates, probability = analysis.activations, analysis.candidates, analysis.probability
        return tuple(decode_drums(activations, candidates, probability, thresholds, self.velocities))


def drum_activations(
    network: FrameNetwork, source: str | PathLike[str] | Audio | MonoSound, watch: Watch | None = None
) -> tuple[DrumActivations, float]:
    """A DrumNet's activations of a recording, and how many seconds this lasts."""
    settings = network.settings
    sound = source if isinstance(source, MonoSound) else MonoSound.of_source(source, settings.sample_rate)
    analysis, survey = network.outputs(sound, watch)
    activations = DrumActivations(**dict(zip(DRUM_ACTIVATIONS, analysis, strict=True)), hop_s=settings.hop_s)
    return activations, survey.sample_count / settings.sample_rate
