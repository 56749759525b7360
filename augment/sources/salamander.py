"""The Salamander Grand piano: 30 keys in 16 velocity layers, from its npm packages (packed or unpacked)."""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.measure import measure_note
from mp3tomidi.augment.sources.sample_folders import (
    DAMPER_TAU_S,
    PIANO_HIGHEST_DAMPER,
    UNDAMPED_TAU_S,
    read_mono,
)
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, BankKind, RenderedInstrument, RenderedNote
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

LAYERS = range(1, 17)
VELOCITY_A_LAYER = 7.6
HOW_TO_GET = "get it there with: for i in $(seq 16); do npm pack @audio-samples/piano-velocity$i@1.0.5; done"
_NOTE_FILE = re.compile(r"([A-G]#?)(\d)v(\d+)\.ogg$")
_NOTE_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_BEFORE_ONSET_S = 0.01
_BASS_PITCH = 48
_BASS_S, _OTHER_S = 6.0, 4.0
_FADE_S = 0.5


@dataclass(frozen=True, slots=True)
class Salamander:
    """`folder` holds the 16 packages audio-samples-piano-velocityN-VERSION.tgz, or folders of their .ogg files."""

    folder: Path
    name: str = "salamander"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        yield RenderedInstrument(
            name="salamander",
            family="piano",
            program=0,
            licence="CC BY 3.0",
            attribution="Salamander Grand Piano, Alexander Holm",
            notes=_notes(refuse_held_out(self.folder), self.sample_rate),
            sample_rate=self.sample_rate,
        )


BANK = BankKind(
    "salamander",
    "the 16-layer Salamander piano (DIR holds its npm packages)",
    lambda data, _, rate: Salamander(data, sample_rate=rate),
)


def _notes(folder: Path, sample_rate: int) -> Iterator[RenderedNote]:
    for layer in LAYERS:
        files = _layer_files(folder, layer)
        if not files:
            raise LabelsError(f"{folder}: layer {layer} of the Salamander piano is missing; {HOW_TO_GET}")
        for pitch, content in sorted(files.items()):
            samples = read_mono(io.BytesIO(content), sample_rate)
            samples = cut(samples, _BASS_S if pitch < _BASS_PITCH else _OTHER_S, sample_rate)
            tau_s = UNDAMPED_TAU_S if pitch > PIANO_HIGHEST_DAMPER else DAMPER_TAU_S
            yield RenderedNote(pitch, VELOCITY_A_LAYER * layer, samples, len(samples), tau_s)


def _layer_files(folder: Path, layer: int) -> dict[int, bytes]:
    """The files of a layer by their MIDI pitch."""
    contents: dict[str, bytes] = {}
    for package in sorted(folder.glob(f"*piano-velocity{layer}-*.tgz")):
        with tarfile.open(package) as archive:
            for member in archive:
                if file := archive.extractfile(member):
                    contents[member.name] = file.read()
    if not contents:
        contents = {path.name: path.read_bytes() for path in sorted(folder.rglob(f"*v{layer}.ogg"))}
    files: dict[int, bytes] = {}
    for name, content in contents.items():
        if (match := _NOTE_FILE.search(name)) and int(match[3]) == layer:
            files[_NOTE_NAMES.index(match[1]) + 12 * (int(match[2]) + 1)] = content
    return files


def cut(samples: Samples, longest_s: float, sample_rate: int = DEFAULT_SAMPLE_RATE) -> Samples:
    """From 10 ms before the note's onset, at most `longest_s` long, its end faded where it was cut."""
    measure = measure_note(samples, len(samples), sample_rate)
    start = max(0, measure.onset_samples - round(_BEFORE_ONSET_S * sample_rate)) if measure else 0
    length = round(longest_s * sample_rate)
    part = samples[start : start + length].copy()
    if len(part) == length:
        fade = round(_FADE_S * sample_rate)
        part[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return part
