"""From sound to a `Transcription`: the whole way of the data, one step a method."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.decoding import DrumThresholds
from mp3tomidi.transcribe.drums.transcriber import DrumsHeard, DrumTranscriber
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import DrumHit, Transcription
from mp3tomidi.transcribe.networks import weight_files
from mp3tomidi.transcribe.networks.activations import Activations
from mp3tomidi.transcribe.networks.engines import CPU, open_engine
from mp3tomidi.transcribe.networks.listener import Listener, Watch
from mp3tomidi.transcribe.notes.candidates import Candidates, find_candidates
from mp3tomidi.transcribe.notes.decoding import Thresholds, decode_notes
from mp3tomidi.transcribe.notes.judge import Judge
from mp3tomidi.transcribe.notes.velocity import VelocityReader
from mp3tomidi.transcribe.rhythm.tempo import with_tempo


@dataclass(frozen=True)
class Heard:
    """One recording as the networks hear it."""

    activations: Activations
    candidates: Candidates
    probability: NDArray[np.float32]  # of each candidate to be a note
    tuning_cents: float
    duration_s: float
    drums: DrumsHeard | None = None


class Transcriber:
    """Loads the networks once and transcribes any number of recordings with them.

    `weights` is a folder as `networks.weight_files` describes it (default: the shipped ones).
    `beats_per_minute` is the tempo of a recording that keeps to a click; by default notes and drums tell it.
    `drums` is whether drum hits are listened for too, for which the folder must hold a DrumNet; where only a few
    seem to be played, now and then, there are none.
    Raises WeightsError if the weights cannot be used, DeviceError if the device is not there.
    """

    def __init__(
        self,
        weights: str | PathLike[str] | None = None,
        device: str = CPU,
        thresholds: Thresholds | None = None,
        beats_per_minute: float | None = None,
        drums: bool = True,
    ) -> None:
        self.thresholds = thresholds or Thresholds()
        self.beats_per_minute = beats_per_minute
        folder = Path(weights) if weights is not None else weight_files.shipped_folder()
        self.judge = Judge(folder)
        self.velocities = VelocityReader(folder)
        self.listener = Listener(open_engine(folder, device))
        self.sample_rate = self.listener.settings.sample_rate
        self.drums = self._with_drums(folder, device) if drums else None

    def _with_drums(self, folder: Path, device: str) -> DrumTranscriber:
        if not (folder / f"{weight_files.DRUM_NET}.json").exists():
            raise WeightsError(f"{folder}: holds no network that hears drums; drums=False does without")
        drums = DrumTranscriber(folder, device)
        if drums.sample_rate != self.sample_rate:
            raise WeightsError(f"{folder}: its networks hear sound at different rates; drums=False uses one only")
        return drums

    def transcribe(self, source: str | PathLike[str] | Audio) -> Transcription:
        """Notes and drum hits of a file or of sound in memory. Raises AudioError if the file cannot be read."""
        return self.decide(self.hear(source), self.thresholds)

    def hear(
        self,
        source: str | PathLike[str] | Audio,
        watch_notes: Watch | None = None,
        watch_drums: Watch | None = None,
    ) -> Heard:
        """What the networks say of each frame, before anything is decided. Raises AudioError.

        The two that watch are told after each window what NoteNet and DrumNet have said so far.
        """
        sound = MonoSound.of_source(source, self.sample_rate)
        activations, survey = self.listener.listen(sound, watch_notes)
        candidates = find_candidates(activations)
        probability = self.judge.probabilities(activations, candidates)
        duration_s = survey.sample_count / self.sample_rate
        drums = self.drums.hear(sound, watch_drums) if self.drums is not None else None
        return Heard(activations, candidates, probability, survey.tuning_cents, duration_s, drums)

    def decide(self, heard: Heard, thresholds: Thresholds) -> Transcription:
        """The notes, drum hits and beats in what was heard: quick, so that settings can be compared on one hearing."""
        return with_tempo(self.events(heard, thresholds), self.beats_per_minute)

    def events(
        self, heard: Heard, thresholds: Thresholds, drum_thresholds: DrumThresholds | None = None
    ) -> Transcription:
        """The notes and drum hits alone, without tempo and bars: a tenth of a second for four minutes of music."""
        notes = decode_notes(heard.activations, heard.candidates, heard.probability, thresholds, self.velocities)
        drums = self.drums
        hits: tuple[DrumHit, ...] = ()
        if drums is not None and heard.drums is not None:
            hits = drums.hits(heard.drums, drum_thresholds or drums.thresholds)
        return Transcription(
            notes=tuple(notes), drum_hits=hits, tuning_cents=heard.tuning_cents, duration_s=heard.duration_s
        )


def transcribe(
    source: str | PathLike[str] | Audio,
    *,
    weights: str | PathLike[str] | None = None,
    device: str = CPU,
    thresholds: Thresholds | None = None,
    beats_per_minute: float | None = None,
    drums: bool = True,
) -> Transcription:
    """Notes and drum hits of one recording; for several, load a `Transcriber` once. Raises what it raises."""
    return Transcriber(weights, device, thresholds, beats_per_minute, drums).transcribe(source)
