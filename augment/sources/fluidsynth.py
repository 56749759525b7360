"""Renders single notes with the fluidsynth program, one call a preset, because loading a font costs most."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import mido
import numpy as np
import soundfile
import soxr

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, RenderedNote
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

RENDER_RATE = 48000  # rendered higher and brought down: fluidsynth's own resampling aliases
_TICKS_PER_S = 1920  # 960 ticks a beat at 120 beats a minute
_LEAD_S = 0.1  # the synthesizer's first blocks
_DRUM_CHANNEL = 9


def render_notes(
    font: Path,
    program: int,
    notes: Sequence[tuple[int, int]],
    *,
    hold_s: float,
    tail_s: float,
    drums: bool = False,
    sample_rate: int = DEFAULT_SAMPLE_RATE,
) -> Iterator[RenderedNote]:
    """Render `notes` (pitch, velocity) one after the other, each held for `hold_s` and cut `tail_s` later.

    With `drums` the program is a kit of bank 128, and a hit rings on untouched for both times. The synthesizer's
    own reverb and chorus are off; samples begin at the note-on. Raises LabelsError if fluidsynth is missing or fails.
    """
    if not refuse_held_out(font).is_file():  # fluidsynth itself would quietly play its default font
        raise LabelsError(f"{font}: no such soundfont")
    with tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder:
        midi_path, sound_path = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        spacing_s = hold_s + tail_s + 0.5
        _midi(program, notes, hold_s if not drums else hold_s + tail_s, spacing_s, drums).save(midi_path)
        run_fluidsynth(font, midi_path, sound_path)
        sound, rate = soundfile.read(sound_path, dtype="float32", always_2d=True)
    mono: Samples = soxr.resample(sound.mean(axis=1), rate, sample_rate)
    length = round((hold_s + tail_s) * sample_rate)
    for index, (pitch, velocity) in enumerate(notes):
        start = round((_LEAD_S + index * spacing_s) * sample_rate)
        samples = mono[start : start + length]
        samples = np.pad(samples, (0, length - len(samples)))
        yield RenderedNote(pitch, velocity, samples, length if drums else round(hold_s * sample_rate))


def run_fluidsynth(font: Path, midi_path: Path, sound_path: Path) -> None:
    """Play a MIDI file to a 48 kHz float WAV file, dry."""
    # 0.3: no font clips, and float has room below. Dynamic loading decodes only the presets that are played.
    options = ["-ni", "-q", "-R", "0", "-C", "0", "-g", "0.3", "-o", "synth.dynamic-sample-loading=1"]
    output = ["-T", "wav", "-O", "float", "-r", str(RENDER_RATE), "-F", str(sound_path)]
    command = ["fluidsynth", *options, *output, str(font), str(midi_path)]
    try:
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise LabelsError("fluidsynth: the program is not installed; `apt install fluidsynth`") from None
    if run.returncode or not sound_path.exists():
        raise LabelsError(f"{font}: fluidsynth could not play it: {run.stderr.strip()[-300:] or 'no message'}")


def _midi(
    program: int, notes: Sequence[tuple[int, int]], hold_s: float, spacing_s: float, drums: bool
) -> mido.MidiFile:
    channel = _DRUM_CHANNEL if drums else 0
    timed = [(0, mido.Message("program_change", channel=channel, program=program))]
    for index, (pitch, velocity) in enumerate(notes):
        on_s = _LEAD_S + index * spacing_s
        on = mido.Message("note_on", channel=channel, note=pitch, velocity=velocity)
        off = mido.Message("note_off", channel=channel, note=pitch)
        timed += [(round(on_s * _TICKS_PER_S), on), (round((on_s + hold_s) * _TICKS_PER_S), off)]
    end = round((_LEAD_S + len(notes) * spacing_s) * _TICKS_PER_S)
    timed.append((end, mido.MetaMessage("end_of_track")))
    track = mido.MidiTrack()
    now = 0
    for tick, message in timed:
        track.append(message.copy(time=tick - now))
        now = tick
    return mido.MidiFile(ticks_per_beat=960, tracks=[track])
