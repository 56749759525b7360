"""Measures transcription on a device against the CPU: how many times real time, and whether both say the same."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from mp3tomidi.transcribe import Note, Transcriber
from mp3tomidi.transcribe.networks.model_names import FAST

TOGETHER_S = 0.02  # notes of one pitch that begin within it are the same


@dataclass(frozen=True)
class Agreement:
    """Times real time of the whole way from file to notes and hits, and of onset activations the difference.

    `same_notes` is the share of the CPU's notes that the device has, too.
    """

    file: str
    device: str
    model: str
    times_real_time: float
    times_real_time_on_cpu: float
    largest_difference: float
    mean_difference: float
    same_notes: float

    def row(self) -> str:
        return ", ".join(
            f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
            for name, value in asdict(self).items()
        )


def measure(file: Path, device: str, *, model: str = FAST) -> Agreement:
    """Transcribes a recording on both, after once to warm up.

    Raises AudioError, WeightsError, and DeviceError where there is no such device.
    """
    results = []
    for where in (device, "cpu"):
        transcriber = Transcriber(device=where, model=model)
        transcriber.transcribe(file)
        start_s = time.perf_counter()
        transcription = transcriber.transcribe(file)
        took_s = time.perf_counter() - start_s
        onset = np.asarray(transcriber.analyse(file).activations.onset, np.float32)
        results.append((transcription.duration_s / took_s, onset, transcription.notes))
    (speed, onset, notes), (cpu_speed, cpu_onset, cpu_notes) = results
    difference = np.abs(onset - cpu_onset)
    same = share_found(cpu_notes, notes)
    return Agreement(
        file.name, device, model, speed, cpu_speed, float(difference.max()), float(difference.mean()), same
    )


def share_found(wanted: Sequence[Note], found: Sequence[Note]) -> float:
    """The share of the notes `wanted` that have one of the same pitch and time in `found`; 1 where none is wanted."""
    onsets_s = {pitch: np.array([n.onset_s for n in found if n.pitch == pitch]) for pitch in {n.pitch for n in found}}
    hits = [
        note.pitch in onsets_s and np.abs(onsets_s[note.pitch] - note.onset_s).min() < TOGETHER_S for note in wanted
    ]
    return float(np.mean(hits)) if hits else 1.0
