"""Peaks against a search cell by cell, and what half precision changes."""

from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe import Audio, Transcriber
from mp3tomidi.transcribe.inference import activations, frame_network
from mp3tomidi.transcribe.inference.activations import PEAK_REACH_FRAMES, find_peaks


@pytest.mark.parametrize("frames_at_once", [1, 7, 100, 1000])
@pytest.mark.parametrize("precision", [np.float32, np.float16])
def test_peaks_are_the_highest_nearby(
    monkeypatch: pytest.MonkeyPatch, frames_at_once: int, precision: type[np.floating]
) -> None:
    monkeypatch.setattr(activations, "_FRAMES_AT_ONCE", frames_at_once)
    values = (np.random.default_rng(0).integers(0, 20, (100, 5)) / 20).astype(precision)  # with ties
    expected = [
        (frame, pitch)
        for pitch in range(5)
        for frame in range(100)
        if values[frame, pitch] >= 0.5
        and (values[max(0, frame - PEAK_REACH_FRAMES) : frame, pitch] < values[frame, pitch]).all()
        and (values[frame + 1 : frame + 1 + PEAK_REACH_FRAMES, pitch] <= values[frame, pitch]).all()
    ]
    assert list(zip(*find_peaks(values, 0.5), strict=True)) == expected


def test_nothing_has_no_peaks() -> None:
    frame, pitch = find_peaks(np.zeros((0, 88), np.float32), 0.5)
    assert len(frame) == len(pitch) == 0


def test_half_precision_moves_notes_by_hardly_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    rate_hz = 16_000
    time_s = np.arange(12 * rate_hz) / rate_hz
    sound = np.zeros(len(time_s))
    for index, start_s in enumerate(np.arange(0.3, 11.0, 0.27)):
        since_s = np.maximum(time_s - start_s, 0.0)
        hz = 440.0 * 2.0 ** ((index * 7 % 30 - 15) / 12)
        for harmonic in (1, 2, 3):
            sound += 0.1 / harmonic * (since_s > 0) * np.exp(-4 * since_s) * np.sin(2 * np.pi * harmonic * hz * since_s)
    audio, transcriber = Audio(sound.astype(np.float32), rate_hz), Transcriber()
    exact = transcriber.analyse(audio)
    monkeypatch.setattr(frame_network, "MOST_IN_SINGLE_PRECISION", 0)
    halved = transcriber.analyse(audio)
    assert exact.activations.onset.dtype == np.float32
    assert halved.activations.onset.dtype == np.float16
    before, after = (transcriber.decode(heard, transcriber.thresholds).notes for heard in (exact, halved))
    assert len(before) > 30
    assert [note.pitch for note in after] == [note.pitch for note in before]
    for name, most in (("onset_s", 0.001), ("offset_s", 0.001), ("velocity", 3), ("confidence", 0.02)):
        change = [abs(getattr(a, name) - getattr(b, name)) for a, b in zip(before, after, strict=True)]
        assert max(change) <= most, name
