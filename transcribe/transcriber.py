"""Transcriber: from sound to a `Transcription` of notes, drum hits, pedal, tempo and bars."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.decoding import DrumThresholds
from mp3tomidi.transcribe.drums.transcriber import DrumAnalysis, DrumTranscriber
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.events import DrumHit, Note, PedalEvent, Transcription
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.candidate_classifier import CandidateClassifier
from mp3tomidi.transcribe.inference.engines import CPU, open_engine
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork, Watch
from mp3tomidi.transcribe.instruments import FAMILIES, families_named
from mp3tomidi.transcribe.networks.model_names import FAST
from mp3tomidi.transcribe.networks.registry import DRUM_NET, FAMILY_NET, NOTE_JUDGE, NOTE_NET, PEDAL_NET
from mp3tomidi.transcribe.networks.weight_files import shipped_folder
from mp3tomidi.transcribe.notes import calibration
from mp3tomidi.transcribe.notes.bends import with_bends
from mp3tomidi.transcribe.notes.candidates import Candidates, find_candidates
from mp3tomidi.transcribe.notes.decoding import decode_notes
from mp3tomidi.transcribe.notes.envelopes import with_envelopes
from mp3tomidi.transcribe.notes.families import FamilyReader
from mp3tomidi.transcribe.notes.features import NoteFeatures
from mp3tomidi.transcribe.notes.lead_line import with_melody
from mp3tomidi.transcribe.notes.melody import PitchTrack, follow
from mp3tomidi.transcribe.notes.pedal import PedalReader, pedal_events
from mp3tomidi.transcribe.notes.single_line import decode_line, is_one_line, is_voice
from mp3tomidi.transcribe.notes.solo_instrument import SoloInstrument, loudest_excerpts
from mp3tomidi.transcribe.notes.sub_bass import (
    SubBassLine,
    named_as_bass,
    sub_bass_line,
    unless_transcribed,
    with_sub_bass,
    without_sub_bass,
)
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.notes.velocity import VelocityReader
from mp3tomidi.transcribe.notes.voice_pitch import sung_keys
from mp3tomidi.transcribe.rhythm.metres import known_metre
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo

_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Analysis:
    """What the networks compute of one recording, from which `Transcriber.decode` makes notes, hits and beats."""

    activations: Activations
    candidates: Candidates
    probability: NDArray[np.float32]  # of each candidate to be a note, as the judge gives it
    tuning_cents: float
    duration_s: float
    drums: DrumAnalysis | None = None
    sung_keys: NDArray[np.float32] | None = None  # [frames, 88], of a voice alone; see `notes.voice_pitch`
    melody: PitchTrack | None = None  # where the lead line is looked for
    sound: NDArray[np.float32] | None = None  # mono [samples], kept where notes are to be bent
    pedal: NDArray[np.float32] | None = None  # [PEDAL_OUTPUTS, steps]; see `notes.pedal`
    sub_bass: SubBassLine | None = None  # of a bass without overtones; see `notes.sub_bass`
    loudest: NDArray[np.float32] | None = None  # mono [samples]; see `notes.solo_instrument`


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
        *,
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
        self.judge = CandidateClassifier(folder, NOTE_JUDGE)
        self.velocities = VelocityReader(folder)
        self.families = FamilyReader(folder) if (folder / f"{FAMILY_NET.name}.json").exists() else None
        self._solo = SoloInstrument() if weights is None else None
        self.network = FrameNetwork(open_engine(folder, device, NOTE_NET))
        self.sample_rate = self.network.settings.sample_rate
        of_pedal = folder if weights is not None else shipped_folder()
        has_pedal = (of_pedal / f"{PEDAL_NET.name}.json").exists()
        self.pedal = PedalReader(of_pedal) if pedal and has_pedal and self.families is not None else None
        of_drums = folder if weights is not None else shipped_folder()
        self.drums = self._with_drums(of_drums, device) if drums else None

    def _with_drums(self, folder: Path, device: str) -> DrumTranscriber:
        if not (folder / f"{DRUM_NET.name}.json").exists():
            raise WeightsError(f"{folder}: holds no network for drums; drums=False does without")
        return DrumTranscriber(folder, device=device)

    def transcribe(self, source: str | PathLike[str] | Audio) -> Transcription:
        """Transcribes a file, or sound in memory.

        Raises
        ------
        AudioError
            If the file cannot be read.
        """
        return self.decode(self.analyse(source), self.thresholds)

    def analyse(
        self,
        source: str | PathLike[str] | Audio,
        watch_notes: Watch | None = None,
        watch_drums: Watch | None = None,
    ) -> Analysis:
        """Runs the networks on a recording, without decoding what they give. Raises AudioError.

        `watch_notes` and `watch_drums` are called after each window with the outputs of NoteNet and DrumNet so far.
        """
        rates = self.sample_rate, self.drums.sample_rate if self.drums is not None else self.sample_rate
        sound, of_drums = MonoSound.at_rates(source, rates)
        activations, survey = self.network.activations(sound, watch_notes)
        candidates = find_candidates(activations)
        probability = self.judge.probabilities(NoteFeatures(activations, candidates))
        duration_s = survey.sample_count / self.sample_rate
        drums = self.drums.analyse(of_drums, watch_drums) if self.drums is not None else None
        sub_bass = sub_bass_line(sound.blocks(), self.sample_rate, survey.tuning_cents)
        sung = None
        if sub_bass is not None or is_one_line(activations):
            notes = decode_notes(activations, candidates, calibration.of_candidates(probability))
            sub_bass = unless_transcribed(sub_bass, notes)
            if sub_bass is None and self._is_voice(notes, activations):
                sung = sung_keys(sound.blocks(), self.sample_rate, activations.hop_s)
                self._warn_of_thresholds("" if isinstance(source, Audio) else f"{source}: ")
        pedal = self.pedal(activations) if self.pedal is not None else None
        known = activations, candidates, probability, survey.tuning_cents, duration_s
        loudest = loudest_excerpts(sound) if self._solo is not None else None
        analysis = Analysis(*known, drums=drums, sung_keys=sung, pedal=pedal, sub_bass=sub_bass, loudest=loudest)
        if self.melody:
            analysis = with_pitch_track(analysis, sound)
        return with_sound(analysis, sound) if self.bends else analysis

    def _is_voice(self, notes: list[Note], activations: Activations) -> bool:
        if self.families is None or not is_one_line(activations):
            return False
        return is_voice(notes, self.families.log_probabilities(notes, activations))

    def _warn_of_thresholds(self, name: str) -> None:
        """Says what the thresholds do, or do not do, to a voice alone, which is decoded as one line without them."""
        usual = Thresholds()
        if self.thresholds.onset is not None:
            _LOGGER.warning(
                "%sa voice alone, but with an onset threshold: notes are found one by one, not as one line", name
            )
        elif (self.thresholds.frame, self.thresholds.offset) != (usual.frame, usual.offset):
            _LOGGER.warning("%sa voice alone, found as one line: thresholds of frames and offsets do not apply", name)

    def decode(self, analysis: Analysis, thresholds: Thresholds) -> Transcription:
        """The notes, drum hits and beats of an analysis: quick, so that thresholds can be compared on one analysis.

        Notes that are left out as too short, low or high are evidence for the beat all the same.
        """
        clicks = analysis.drums.clicks_s if analysis.drums is not None else None
        events = self.events(analysis, thresholds)
        played, every = events, thresholds.without_limits()
        if every != thresholds:
            played = replace(events, notes=tuple(self.bare_notes(analysis, every)))
        found = with_tempo(played, self.beats_per_minute, self.metre, clicks)
        return replace(events, tempo=found.tempo, metre=found.metre, beat_explanations=found.beat_explanations)

    def events(
        self, analysis: Analysis, thresholds: Thresholds, drum_thresholds: DrumThresholds | None = None
    ) -> Transcription:
        """Notes, drum hits and pedal alone, without tempo and bars: a tenth of a second for four minutes of music."""
        notes = self._by_instrument(self.bare_notes(analysis, thresholds), analysis)
        notes = with_envelopes(notes, analysis.activations)
        tuning_cents = analysis.tuning_cents
        if self.melody and analysis.melody is not None:
            notes = with_melody(notes, analysis.melody, tuning_cents)
        if self.bends and analysis.sound is not None:
            notes, tuning_cents = with_bends(notes, analysis.sound, tuning_cents)
        pedal: tuple[PedalEvent, ...] = ()
        if analysis.pedal is not None:
            pedal = pedal_events(analysis.pedal, notes, analysis.activations, analysis.duration_s)
        return Transcription(
            notes=tuple(notes),
            drum_hits=self.hits(analysis, drum_thresholds),
            pedal=pedal,
            tuning_cents=tuning_cents,
            duration_s=analysis.duration_s,
        )

    def hits(self, analysis: Analysis, drum_thresholds: DrumThresholds | None = None) -> tuple[DrumHit, ...]:
        """The drum hits of `events`; none where drums are not transcribed."""
        if self.drums is None or analysis.drums is None:
            return ()
        hits = self.drums.hits(analysis.drums, drum_thresholds or self.drums.thresholds)
        return without_sub_bass(hits, analysis.sub_bass)

    def bare_notes(self, analysis: Analysis, thresholds: Thresholds) -> list[Note]:
        """The notes of `events` without instruments, envelopes, bends and melody: in a quarter of its time."""
        peaks = analysis.activations, analysis.candidates
        if analysis.sung_keys is not None and thresholds.onset is None:
            return decode_line(*peaks, analysis.probability, analysis.sung_keys, thresholds, self.velocities)
        probability = calibration.of_candidates(analysis.probability)
        notes = decode_notes(*peaks, probability, thresholds, self.velocities)
        return [note for note in with_sub_bass(notes, analysis.sub_bass) if thresholds.admit(note)]

    def _by_instrument(self, notes: list[Note], analysis: Analysis) -> list[Note]:
        if self.families is not None:
            opinion = None
            if self._solo is not None and analysis.loudest is not None:
                opinion = partial(self._solo.log_probabilities, analysis.loudest)
            notes = self.families.with_families(notes, analysis.activations, self.instruments, opinion)
            if "bass" in self.instruments:
                notes = named_as_bass(notes, analysis.sub_bass)
        elif self.instruments != FAMILIES:
            _LOGGER.warning("these weights do not tell instruments apart, so all notes are on one track")
        if not self.single_track or not notes:
            return notes
        program = Counter(note.program for note in notes).most_common(1)[0][0]
        return [replace(note, program=program) for note in notes]


def with_pitch_track(analysis: Analysis, sound: MonoSound) -> Analysis:
    """The analysis, with the pitch by which `Transcriber.events` finds the lead line. Raises AudioError."""
    return replace(analysis, melody=follow(sound.blocks(), analysis.activations, analysis.tuning_cents))


def with_sound(analysis: Analysis, sound: MonoSound) -> Analysis:
    """The analysis, with the sound by which `Transcriber.events` bends notes. Raises AudioError."""
    return replace(analysis, sound=np.concatenate([np.zeros(0, np.float32), *sound.blocks()]))


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
        device=device,
        thresholds=thresholds,
        beats_per_minute=beats_per_minute,
        drums=drums,
        model=model,
        instruments=instruments,
        single_track=single_track,
        bends=bends,
        melody=melody,
        metre=metre,
        pedal=pedal,
    )
    return transcriber.transcribe(source)
