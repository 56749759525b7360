"""Instruments of soundfonts, played by the program fluidsynth, dry, a part at a time.

The onset in the sound is not the note-on: strings and winds rise late. So each key that a part uses is rendered once
alone and measured, and struck as much earlier in the part as it rises late; a note that dies away ends there in the
labels.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import mido
import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from mp3tomidi.augment.banks.gate import LATEST_ONSET_S
from mp3tomidi.augment.banks.player import SHORTEST_NOTE_S
from mp3tomidi.augment.sources.fluidsynth import RENDER_RATE, render_notes, run_fluidsynth
from mp3tomidi.augment.sources.measure import NoteMeasure, measure_note
from mp3tomidi.augment.sources.soundfonts import DRUM_BANK, PITCHED_PROGRAMS, Font, font_presets
from mp3tomidi.augment.sources.source import DRUMS, KIT_PROGRAMS
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.outputs.channels import DRUM_CHANNEL
from mp3tomidi.transcribe.outputs.midi import to_midi

FONT_RATE = 44_100  # of what fonts are made of
MEASURED_RATE = 16_000  # at which the notes of a key are measured
VELOCITIES = (48, 80, 112)  # that are measured; a note is taken to rise as the nearest does
_LEAD_S = 0.5  # the synthesizer's first blocks, and room for what is struck early
_HOLD_S, _TAIL_S = 2.5, 0.5


@dataclass(frozen=True)
class FontPlayer:
    """A preset of a soundfont file. `program` is its number; of a kit, in bank 128."""

    font: Font
    path: Path
    program: int
    is_kit: bool = False
    sample_rate: int = FONT_RATE
    _measured: dict[tuple[int, int], NoteMeasure | None] = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self) -> str:
        return f"{self.font.name}/{f'{DRUM_BANK}-' if self.is_kit else ''}{self.program:03d}"

    @property
    def family(self) -> str:
        return DRUMS if self.is_kit else PROGRAMS[self.program].family

    @property
    def licence(self) -> str:
        return self.font.licence

    @property
    def attribution(self) -> str:
        return self.font.attribution

    @property
    def range(self) -> tuple[int, int]:
        return PROGRAMS[self.program].lowest, PROGRAMS[self.program].highest

    def play(
        self, rows: NDArray[np.void], duration_s: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        """See `instruments.Instrument`. Raises LabelsError if fluidsynth is missing or fails."""
        del rng  # a synthesizer plays the same each time
        sounding = rows[(rows["onset_s"] >= 0.0) & (rows["onset_s"] < duration_s)]
        key_of = "key" if self.is_kit else "pitch"
        struck = [(int(row[key_of]), _nearest_velocity(float(row["velocity"]))) for row in sounding]
        self._measure(set(struck))
        audible = np.array([self._measured[key] is not None for key in struck], np.bool_)
        sounding = sounding[audible]
        measures = [measure for key in struck if (measure := self._measured[key]) is not None]
        early_s = np.array([min(measure.onset_samples / MEASURED_RATE, LATEST_ONSET_S) for measure in measures])
        if not self.is_kit:
            ringing_s = np.array([(one.sounding_samples - one.onset_samples) / MEASURED_RATE for one in measures])
            # Beyond the measured hold nothing is known, and a sound that lasted so long is held on.
            ringing_s[ringing_s + early_s > _HOLD_S - 0.05] = np.inf
            longest_s = np.maximum(ringing_s, SHORTEST_NOTE_S)
            length_s = np.minimum(sounding["offset_s"] - sounding["onset_s"], longest_s)
            sounding["offset_s"] = sounding["onset_s"] + np.maximum(length_s, SHORTEST_NOTE_S)
        return self._render(sounding, early_s, duration_s), sounding

    def _measure(self, keys: Iterable[tuple[int, int]]) -> None:
        wanted = sorted(key for key in keys if key not in self._measured)
        if not wanted:
            return
        rendered = render_notes(
            self.path,
            self.program,
            wanted,
            hold_s=_HOLD_S,
            tail_s=_TAIL_S,
            drums=self.is_kit,
            sample_rate=MEASURED_RATE,
        )
        for key, note in zip(wanted, rendered, strict=True):
            pitch = None  # whether it is in tune does not matter here
            self._measured[key] = measure_note(note.samples, note.release_samples, MEASURED_RATE, pitch=pitch)

    def _render(self, sounding: NDArray[np.void], early_s: NDArray[np.float64], duration_s: float) -> Samples:
        length = round(duration_s * self.sample_rate)
        if not len(sounding):
            return np.zeros(length, np.float32)
        on_s = sounding["onset_s"] - early_s + _LEAD_S
        velocities = np.clip(np.round(sounding["velocity"]), 1, 127).astype(int).tolist()
        end_s = duration_s + _LEAD_S
        if self.is_kit:
            keys = sounding["key"].tolist()
            hits = tuple(DrumHit(*row) for row in zip(on_s.tolist(), keys, velocities, strict=True))
            played = Transcription(drum_hits=hits, duration_s=end_s)
        else:
            off_s = (sounding["offset_s"] + _LEAD_S).tolist()
            columns = zip(on_s.tolist(), off_s, sounding["pitch"].tolist(), velocities, strict=True)
            played = Transcription(notes=tuple(Note(*row, self.program) for row in columns), duration_s=end_s)
        midi = to_midi(played)
        if self.is_kit:
            midi.tracks[-1].insert(1, mido.Message("program_change", channel=DRUM_CHANNEL, program=self.program))
        with tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder:
            midi_path, sound_path = Path(folder) / "part.mid", Path(folder) / "part.wav"
            midi.save(midi_path)
            run_fluidsynth(self.path, midi_path, sound_path)
            sound, _ = soundfile.read(sound_path, dtype="float32", always_2d=True)
        mono: Samples = soxr.resample(sound.mean(axis=1), RENDER_RATE, self.sample_rate)
        part = mono[round(_LEAD_S * self.sample_rate) :][:length]
        return np.pad(part, (0, length - len(part)))


def font_players(font: Font) -> tuple[list[FontPlayer], list[FontPlayer]]:
    """The pitched presets and the kits of a soundfont: a file, or a folder of them. Raises LabelsError."""
    pitched, kits = [], []
    for (bank, program), path in sorted(font_presets(font.path).items()):
        if bank == 0 and program in PITCHED_PROGRAMS:
            pitched.append(FontPlayer(font, path, program))
        elif bank == DRUM_BANK and program in KIT_PROGRAMS:
            kits.append(FontPlayer(font, path, program, is_kit=True))
    return pitched, kits


def _nearest_velocity(velocity: float) -> int:
    return min(VELOCITIES, key=lambda measured: abs(measured - velocity))
