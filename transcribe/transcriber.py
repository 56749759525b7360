"""Transcriber: from sound to a `Transcription` of notes, drum hits, pedal, tempo and bars."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.decoding import DrumThresholds
from mp3tomidi.transcribe.drums.transcriber import DrumsHeard, DrumTranscriber
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import DrumHit, Note, PedalEvent, Transcription
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.engines import CPU, open_engine
from mp3tomidi.transcribe.inference.judge import Judge
from mp3tomidi.transcribe.inference.listener import Listener, Watch
from mp3tomidi.transcribe.instruments import FAMILIES, families_named
from mp3tomidi.transcribe.networks.model_names import FAST
from mp3tomidi.transcribe.networks.registry import DRUM_NET, FAMILY_NET, NOTE_JUDGE, NOTE_NET, PEDAL_NET
from mp3tomidi.transcribe.networks.weight_files import shipped_folder
from mp3tomidi.transcribe.notes.bends import with_bends
from mp3tomidi.transcribe.notes.candidates import Candidates, find_candidates
from mp3tomidi.transcribe.notes.decoding import Thresholds, decode_notes
from mp3tomidi.transcribe.notes.envelopes import with_envelopes
from mp3tomidi.transcribe.notes.families import FamilyReader
from mp3tomidi.transcribe.notes.features import NoteFeatures
from mp3tomidi.transcribe.notes.lead_line import with_melody
from mp3tomidi.transcribe.notes.melody import PitchTrack, follow
from mp3tomidi.transcribe.notes.pedal import PedalReader, pedal_events
from mp3tomidi.transcribe.notes.single_line import decode_line, is_one_line, is_voice_alone
from mp3tomidi.transcribe.notes.velocity import VelocityReader
from mp3tomidi.transcribe.notes.voice_pitch import sung_keys
from mp3tomidi.transcribe.rhythm.metres import known_metre
from mp3tomidi.transcribe.rhythm.tempo import with_tempo

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Heard:
    """One recording as the networks hear it."""

    activations: Activations
    candidates: Candidates
    probability: NDArray[np.float32]  # of each candidate to be a note
    tuning_cents: float
    duration_s: float
    drums: DrumsHeard | None = None
    sung_keys: NDArray[np.float32] | None = None  # [frames, 88], of a voice alone; see `notes.voice_pitch`
    melody: PitchTrack | None = None  # where the lead line is looked for
    sound: NDArray[np.float32] | None = None  # mono [samples], kept where notes are to be bent
    pedal: NDArray[np.float32] | None = None  # [PEDAL_OUTPUTS, steps]; see `notes.pedal`


class Transcriber:
    """Transcribes recordings: loads the networks once, for any number of them.

    Parameters
    ----------
    weights
        Folder of weights (see `networks.weight_files`). Default: the shipped ones.
    device
        "cpu" (onnxruntime), or a device of torch: "cuda", "cuda:1", "mps".
    thresholds
        What counts as a note. Default: chosen for each minute of a recording.
    beats_per_minute
        The tempo of a recording that keeps to a click, or the slowest and fastest that it may be. Default: estimated
        from notes and drum hits.
    drums
        Whether drum hits are transcribed, for which the folder must hold a DrumNet. Where only a few seem to be
        played, now and then, there are none.
    model
        Which of the shipped networks: "fast", or "best", which takes three times as long for the notes.
    instruments
        The families that may play notes, names of `instruments.FAMILIES`. Default: all.
    single_track
        Whether all notes go to the family that plays most.
    bends
        Whether pitch is followed between keys, as far as a note's instrument can bend it.
    metre
        The time signature, such as "3/4". Default: estimated.
    pedal
        Whether the sustain pedal is transcribed where a piano plays alone.
    melody
        Whether the lead line is looked for; its notes are marked.

    Raises
    ------
    ValueError
        For a name that is no family or metre.
    WeightsError
        If the weights cannot be used.
    DeviceError
        If the device is not there.
    """

    def __init__(
        self,
        weights: str | PathLike[str] | None = None,
        device: str = CPU,
        thresholds: Thresholds | None = None,
        beats_per_minute: float | tuple[float, float] | None = None,
        drums: bool = True,
        model: str = FAST,
        instruments: Iterable[str] | None = None,
        single_track: bool = False,
        bends: bool = False,
        metre: str | None = None,
        pedal: bool = True,
        melody: bool = False,
    ) -> None:
        self.instruments = FAMILIES if instruments is None else families_named(instruments)
        self.single_track = single_track
        self.bends, self.melody = bends, melody
        self.thresholds = thresholds or Thresholds()
        self.beats_per_minute, self.metre = beats_per_minute, known_metre(metre)
        folder = Path(weights) if weights is not None else shipped_folder(model)
        self.judge = Judge(folder, NOTE_JUDGE)
        self.velocities = VelocityReader(folder)
        self.families = FamilyReader(folder) if (folder / f"{FAMILY_NET.name}.json").exists() else None
        self.listener = Listener(open_engine(folder, device, NOTE_NET))
        self.sample_rate = self.listener.settings.sample_rate
        of_pedal = folder if weights is not None else shipped_folder()
        has_pedal = (of_pedal / f"{PEDAL_NET.name}.json").exists()
        self.pedal = PedalReader(of_pedal) if pedal and has_pedal and self.families is not None else None
        of_drums = folder if weights is not None else shipped_folder()
        self.drums = self._with_drums(of_drums, device) if drums else None

    def _with_drums(self, folder: Path, device: str) -> DrumTranscriber:
        if not (folder / f"{DRUM_NET.name}.json").exists():
            raise WeightsError(f"{folder}: holds no network that hears drums; drums=False does without")
        drums = DrumTranscriber(folder, device)
        if drums.sample_rate != self.sample_rate:
            raise WeightsError(f"{folder}: its networks hear sound at different rates; drums=False uses one only")
        return drums

    def transcribe(self, source: str | PathLike[str] | Audio) -> Transcription:
        """Transcribes a file, or sound in memory.

        Raises
        ------
        AudioError
            If the file cannot be read.
        """
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
        probability = self.judge.probabilities(NoteFeatures(activations, candidates))
        duration_s = survey.sample_count / self.sample_rate
        drums = self.drums.hear(sound, watch_drums) if self.drums is not None else None
        sung = None
        if is_one_line(activations) and self._is_voice(decode_notes(activations, candidates, probability), activations):
            sung = sung_keys(sound.blocks(), self.sample_rate, activations.hop_s)
        pedal = self.pedal(activations) if self.pedal is not None else None
        known = activations, candidates, probability, survey.tuning_cents, duration_s
        heard = Heard(*known, drums=drums, sung_keys=sung, pedal=pedal)
        if self.melody:
            heard = with_pitch_track(heard, sound)
        return with_sound(heard, sound) if self.bends else heard

    def _is_voice(self, notes: list[Note], activations: Activations) -> bool:
        if self.families is None:
            return False
        return is_voice_alone(notes, self.families.log_probabilities(notes, activations), activations)

    def decide(self, heard: Heard, thresholds: Thresholds) -> Transcription:
        """The notes, drum hits and beats in what was heard: quick, so that settings can be compared on one hearing."""
        clicks = heard.drums.clicks_s if heard.drums is not None else None
        return with_tempo(self.events(heard, thresholds), self.beats_per_minute, self.metre, clicks)

    def events(
        self, heard: Heard, thresholds: Thresholds, drum_thresholds: DrumThresholds | None = None
    ) -> Transcription:
        """Notes, drum hits and pedal alone, without tempo and bars: a tenth of a second for four minutes of music."""
        notes = self._by_instrument(self.bare_notes(heard, thresholds), heard.activations)
        notes = with_envelopes(notes, heard.activations)
        tuning_cents = heard.tuning_cents
        if self.melody and heard.melody is not None:
            notes = with_melody(notes, heard.melody, tuning_cents)
        if self.bends and heard.sound is not None:
            notes, tuning_cents = with_bends(notes, heard.sound, tuning_cents)
        drums = self.drums
        hits: tuple[DrumHit, ...] = ()
        if drums is not None and heard.drums is not None:
            hits = drums.hits(heard.drums, drum_thresholds or drums.thresholds)
        pedal: tuple[PedalEvent, ...] = ()
        if heard.pedal is not None:
            pedal = pedal_events(heard.pedal, notes, heard.activations, heard.duration_s)
        return Transcription(
            notes=tuple(notes),
            drum_hits=hits,
            pedal=pedal,
            tuning_cents=tuning_cents,
            duration_s=heard.duration_s,
        )

    def bare_notes(self, heard: Heard, thresholds: Thresholds) -> list[Note]:
        """The notes of `events` without instruments, envelopes, bends and melody: in a quarter of its time."""
        found = heard.activations, heard.candidates, heard.probability
        if heard.sung_keys is not None and thresholds.onset is None:
            return decode_line(*found, heard.sung_keys, thresholds, self.velocities)
        return decode_notes(*found, thresholds, self.velocities)

    def _by_instrument(self, notes: list[Note], activations: Activations) -> list[Note]:
        if self.families is not None:
            notes = self.families.with_families(notes, activations, self.instruments)
        elif self.instruments != FAMILIES:
            _LOGGER.warning("these weights do not tell instruments apart, so all notes are on one track")
        if not self.single_track or not notes:
            return notes
        program = Counter(note.program for note in notes).most_common(1)[0][0]
        return [replace(note, program=program) for note in notes]


def with_pitch_track(heard: Heard, sound: MonoSound) -> Heard:
    """What was heard, with the pitch by which `Transcriber.events` finds the lead line. Raises AudioError."""
    return replace(heard, melody=follow(sound.blocks(), heard.activations, heard.tuning_cents))


def with_sound(heard: Heard, sound: MonoSound) -> Heard:
    """What was heard, with the sound by which `Transcriber.events` bends notes. Raises AudioError."""
    return replace(heard, sound=np.concatenate([np.zeros(0, np.float32), *sound.blocks()]))


def transcribe(
    source: str | PathLike[str] | Audio,
    *,
    weights: str | PathLike[str] | None = None,
    device: str = CPU,
    thresholds: Thresholds | None = None,
    beats_per_minute: float | tuple[float, float] | None = None,
    drums: bool = True,
    model: str = FAST,
    instruments: Iterable[str] | None = None,
    single_track: bool = False,
    bends: bool = False,
    melody: bool = False,
    metre: str | None = None,
    pedal: bool = True,
) -> Transcription:
    """Notes and drum hits of one recording; for several, load a `Transcriber` once. Raises what it raises."""
    transcriber = Transcriber(
        weights,
        device,
        thresholds,
        beats_per_minute,
        drums,
        model,
        instruments=instruments,
        single_track=single_track,
        bends=bends,
        melody=melody,
        metre=metre,
        pedal=pedal,
    )
    return transcriber.transcribe(source)
