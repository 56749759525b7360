"""The pitch track with the shipped weights, on tones whose frequency is known at every moment."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe import Audio, Transcriber
from mp3tomidi.transcribe.notes.melody import HOP_SAMPLES, follow
from mp3tomidi.transcribe.notes.salience import SAMPLE_RATE

TIME_S = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE
AMPLITUDES = (1.0, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.08)


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber(drums=False)


@pytest.mark.parametrize(
    "hz",
    [
        pytest.param(220.0 * 2.0 ** (TIME_S / 2.0), id="glide"),
        pytest.param(440.0 * 2.0 ** (50.0 / 1200.0 * np.sin(2 * np.pi * 5.5 * TIME_S)), id="vibrato"),
        pytest.param(np.full_like(TIME_S, 110.0 * 2.0 ** (30.0 / 1200.0)), id="sharp and low"),
    ],
)
def test_a_tone_is_followed_within_20_cents(transcriber: Transcriber, hz: NDArray[np.float64]) -> None:
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    wave = sum(a * np.sin(k * phase) for k, a in enumerate(AMPLITUDES, start=1))
    edge = np.minimum(1.0, np.minimum(np.arange(len(hz)), np.arange(len(hz))[::-1]) / 800)
    sound = np.pad(0.2 * wave * edge, SAMPLE_RATE // 2).astype(np.float32)
    heard = transcriber.analyse(Audio(sound, SAMPLE_RATE))
    track = follow([sound], heard.activations, heard.tuning_cents)
    places = np.arange(len(track.hz)) * HOP_SAMPLES - SAMPLE_RATE // 2
    sounds = (places >= 0) & (places < len(hz))
    true_hz = hz[np.clip(places, 0, len(hz) - 1)]
    voiced = sounds & (track.hz > 0.0)
    assert voiced.sum() > 0.95 * sounds.sum()
    assert np.mean(np.abs(1200.0 * np.log2(track.hz[voiced] / true_hz[voiced])) < 20.0) > 0.95
    assert ((track.hz > 0.0) & ~sounds).sum() <= 5
