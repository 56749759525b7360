"""Recorded notes in folders, one file a note, listed in a manifest: samples/INSTRUMENT/LIBRARY/PITCH_LAYER_TAKE.ogg."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.measure import envelope
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, BankKind, RenderedInstrument, RenderedNote
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS

_COLUMNS = {"file", "instrument", "gm_program(0-based)", "midi_pitch", "layer", "licence"}
DYNAMICS = {"pp": 33, "p": 49, "mp": 64, "m": 72, "mf": 80, "f": 96, "ff": 112}  # as notation programs play them
_LONE_LAYER_VELOCITY = 80.0
# Where a library's layers were all brought to one level, they are set apart again by what the Salamander piano's
# 16 layers show: 20 dB over 114 steps of velocity.
_DB_A_VELOCITY_STEP = 20 / 114
_NORMALISED_WITHIN_DB = 3.0
DAMPER_TAU_S = 0.06
UNDAMPED_TAU_S = 0.3
PIANO_HIGHEST_DAMPER = 89


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded note: `layer` is a dynamic sign (pp to ff) or the number of its layer, from 1, the softest."""

    path: Path
    pitch: int
    layer: str


@dataclass(frozen=True, slots=True)
class SampleFolders:
    """The instruments of the folder that holds manifest.tsv; a library of an instrument is an instrument here."""

    folder: Path
    name: str = "samples"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        manifest = refuse_held_out(self.folder) / "manifest.tsv"
        if not manifest.is_file():
            raise LabelsError(f"{manifest}: missing; --data must be the folder that holds samples/manifest.tsv")
        with manifest.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file, delimiter="\t"))
        if rows and not rows[0].keys() >= _COLUMNS:
            raise LabelsError(f"{manifest}: needs the columns {', '.join(sorted(_COLUMNS))}")
        libraries: dict[str, list[dict[str, str]]] = {}
        for row in rows:
            libraries.setdefault(str(Path(row["file"]).parent), []).append(row)
        for library, members in sorted(libraries.items()):
            program = int(members[0]["gm_program(0-based)"])
            licence, _, author = members[0]["licence"].partition(" (")
            piano = PROGRAMS[program].family == "piano"
            recordings = sorted((self._recording(row) for row in members), key=lambda recording: recording.path)
            yield RenderedInstrument(
                name=library,
                family=PROGRAMS[program].family,
                program=program,
                licence=licence,
                attribution=Path(library).name + (f", {author.rstrip(')')}" if author else ""),
                notes=recorded_notes(recordings, piano=piano, sample_rate=self.sample_rate),
                sample_rate=self.sample_rate,
            )

    def _recording(self, row: dict[str, str]) -> Recording:
        path = refuse_held_out(self.folder / row["file"])
        return Recording(path, int(row["midi_pitch"]), row["layer"].casefold())


BANK = BankKind(
    "samples",
    "recorded notes (DIR/samples/manifest.tsv)",
    lambda data, _, rate: SampleFolders(data / "samples", sample_rate=rate),
)


def recorded_notes(recordings: list[Recording], *, piano: bool, sample_rate: int) -> Iterator[RenderedNote]:
    """The notes of one instrument, softer layers softer. `piano`: its highest notes are not damped."""
    velocities = layer_velocities({recording.layer for recording in recordings})
    sounds = [read_mono(recording.path, sample_rate) for recording in recordings]
    levels_db = np.array([20 * np.log10(envelope(sound, sample_rate).max(initial=1e-9)) for sound in sounds])
    gains_db = _layer_gains_db([velocities[recording.layer] for recording in recordings], levels_db)
    for recording, sound, gain_db in zip(recordings, sounds, gains_db, strict=True):
        undamped = piano and recording.pitch > PIANO_HIGHEST_DAMPER
        yield RenderedNote(
            pitch=recording.pitch,
            velocity=velocities[recording.layer],
            samples=sound * np.float32(10 ** (gain_db / 20)),
            release_samples=len(sound),
            release_tau_s=UNDAMPED_TAU_S if undamped else DAMPER_TAU_S,
        )


def layer_velocities(layers: Iterable[str]) -> dict[str, float]:
    """Velocity of each layer: by its dynamic sign (pp ... ff), or, numbered 1 to n, the middle of its share."""
    names = set(layers)
    numbers = [int(name) for name in names if name.isdecimal()]
    velocities: dict[str, float] = {}
    for name in names:
        if name in DYNAMICS:
            velocities[name] = float(DYNAMICS[name])
        elif name.isdecimal() and len(names) > 1 and min(numbers) > 0:
            velocities[name] = 127 * (int(name) - 0.5) / max(numbers)
        elif len(names) == 1:
            velocities[name] = _LONE_LAYER_VELOCITY
        else:
            raise LabelsError(f"sample layer {name!r}: neither a dynamic sign (pp to ff) nor a number from 1")
    return velocities


def _layer_gains_db(velocities: list[float], levels_db: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each note must be amplified by so that softer layers are softer; zeros where the recordings already are."""
    softest, loudest = min(velocities), max(velocities)
    of = np.array(velocities)
    span_db = np.median(levels_db[of == loudest]) - np.median(levels_db[of == softest])
    if softest == loudest or span_db > _NORMALISED_WITHIN_DB:
        return np.zeros(len(of))
    return _DB_A_VELOCITY_STEP * (of - loudest)


def read_mono(source: Path | BinaryIO, sample_rate: int) -> Samples:
    """The whole file at `sample_rate` Hz, channels averaged."""
    sound, rate = soundfile.read(source, dtype="float32", always_2d=True)
    mono: Samples = soxr.resample(sound.mean(axis=1), rate, sample_rate)
    return mono
