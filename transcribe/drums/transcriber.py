"""From sound to drum hits: a DrumNet and what is decided from what it says."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.drums.decoding import DrumActivations, DrumThresholds, decode_drums
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.models.settings import DRUM_OUTPUTS
from mp3tomidi.transcribe.networks import weight_files
from mp3tomidi.transcribe.networks.engines import CPU, open_engine
from mp3tomidi.transcribe.networks.listener import Listener
from mp3tomidi.transcribe.settings import SettingsError, build


@dataclass(frozen=True)
class DrumsHeard:
    """One recording as DrumNet hears it."""

    activations: DrumActivations
    duration_s: float


class DrumTranscriber:
    """Loads a DrumNet once and finds the drum hits of any number of recordings.

    `thresholds` are by default those of the card of the weights.
    Raises WeightsError if the weights cannot be used, DeviceError if the device is not there.
    """

    def __init__(self, weights: Path, device: str = CPU, thresholds: DrumThresholds | None = None) -> None:
        self.thresholds = thresholds or _thresholds_of(weights)
        self.listener = Listener(open_engine(weights, device, weight_files.DRUM_NET))

    def transcribe(self, source: str | PathLike[str]) -> Transcription:
        """The drum hits of a file. Raises AudioError if it cannot be read."""
        return self.decide(self.hear(source), self.thresholds)

    def hear(self, source: str | PathLike[str] | NDArray[np.float32]) -> DrumsHeard:
        """What the network says of a file, or of mono sound at its rate, before anything is decided."""
        settings = self.listener.settings
        sound = source if isinstance(source, np.ndarray) else MonoSound.of_file(source, settings.sample_rate)
        heard, survey = self.listener.hear(sound)
        activations = DrumActivations(**dict(zip(DRUM_OUTPUTS, heard, strict=True)), hop_s=settings.hop_s)
        return DrumsHeard(activations, survey.sample_count / settings.sample_rate)

    @staticmethod
    def decide(heard: DrumsHeard, thresholds: DrumThresholds) -> Transcription:
        """The hits in what was heard."""
        hits = decode_drums(heard.activations, thresholds)
        return Transcription(drum_hits=tuple(hits), duration_s=heard.duration_s)


def _thresholds_of(folder: Path) -> DrumThresholds:
    card = weight_files.read_card(folder, weight_files.DRUM_NET)
    try:
        thresholds: DrumThresholds = build(DrumThresholds, card.get("thresholds", {}), "thresholds")
    except SettingsError as error:
        raise WeightsError(f"{folder / weight_files.DRUM_NET}.json: the card is damaged ({error})") from error
    return thresholds
