"""From sound to drum hits: a DrumNet and what is decided from what it says."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.decoding import DrumActivations, DrumCalibration, DrumThresholds, decode_drums
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.models.settings import DRUM_OUTPUTS
from mp3tomidi.transcribe.networks import weight_files
from mp3tomidi.transcribe.networks.engines import CPU, open_engine
from mp3tomidi.transcribe.networks.listener import Listener
from mp3tomidi.transcribe.rhythm.tempo import with_tempo
from mp3tomidi.transcribe.settings import SettingsError, build


@dataclass(frozen=True)
class DrumsHeard:
    """One recording as DrumNet hears it."""

    activations: DrumActivations
    duration_s: float


class DrumTranscriber:
    """Loads a DrumNet once and finds the drum hits of any number of recordings.

    `weights` is a folder as `networks.weight_files` describes it (default: the shipped ones); its card says
    how likely a peak of DrumNet is a hit. `beats_per_minute` is as for `Transcriber`.
    Raises WeightsError if the weights cannot be used, DeviceError if the device is not there.
    """

    def __init__(
        self,
        weights: str | PathLike[str] | None = None,
        device: str = CPU,
        thresholds: DrumThresholds | None = None,
        beats_per_minute: float | None = None,
    ) -> None:
        folder = Path(weights) if weights is not None else weight_files.shipped_folder()
        self.thresholds = thresholds or DrumThresholds()
        self.calibration = _calibration_of(folder)
        self.beats_per_minute = beats_per_minute
        self.listener = Listener(open_engine(folder, device, weight_files.DRUM_NET))
        self.sample_rate = self.listener.settings.sample_rate

    def transcribe(self, source: str | PathLike[str] | Audio) -> Transcription:
        """The drum hits of a file or of sound in memory. Raises AudioError if the file cannot be read."""
        return self.decide(self.hear(source), self.thresholds)

    def hear(self, source: str | PathLike[str] | Audio | MonoSound) -> DrumsHeard:
        """What the network says of a recording before anything is decided; a MonoSound is at the network's rate."""
        sound = source if isinstance(source, MonoSound) else MonoSound.of_source(source, self.sample_rate)
        heard, survey = self.listener.hear(sound)
        hop_s = self.listener.settings.hop_s
        activations = DrumActivations(**dict(zip(DRUM_OUTPUTS, heard, strict=True)), hop_s=hop_s)
        return DrumsHeard(activations, survey.sample_count / self.sample_rate)

    def decide(self, heard: DrumsHeard, thresholds: DrumThresholds) -> Transcription:
        """The hits and beats in what was heard."""
        hits = decode_drums(heard.activations, self.calibration, thresholds)
        transcription = Transcription(drum_hits=tuple(hits), duration_s=heard.duration_s)
        return with_tempo(transcription, self.beats_per_minute)


def _calibration_of(folder: Path) -> DrumCalibration:
    card = weight_files.read_card(folder, weight_files.DRUM_NET)
    try:
        calibration: DrumCalibration = build(DrumCalibration, card.get("calibration", {}), "calibration")
    except SettingsError as error:
        raise WeightsError(f"{folder / weight_files.DRUM_NET}.json: the card is damaged ({error})") from error
    return calibration
