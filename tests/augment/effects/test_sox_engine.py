"""SoX against our own: the same settings, and what comes out held against each other by level, onset and spectrum."""

import shutil
from typing import Any

import numpy as np
import pytest
import torch
from scipy.signal import welch

from mp3tomidi.augment import Compose, Step
from mp3tomidi.augment.effects import sox_engine
from mp3tomidi.augment.effects.sox_engine import EngineError

RATE = 44100
STEPS: dict[str, dict[str, Any]] = {"filter": {}, "phone": {"order": (1, 6)}, "speed": {}}


def through(name: str, engine: str, x: np.ndarray, seed: int) -> np.ndarray:
    return Compose([Step(name, engine=engine, **STEPS[name])])(x, RATE, seed=seed)


def noise(channels: int = 1) -> np.ndarray:
    return (0.2 * np.random.default_rng(0).normal(size=(channels, 2 * RATE))).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", STEPS)
def test_both_engines_give_the_same_level_and_spectrum(name: str, seed: int) -> None:
    ours, theirs = (through(name, engine, noise(), seed)[0] for engine in ("torch", "sox"))
    assert ours.shape == theirs.shape
    frequency_hz, our_power = welch(ours, RATE, nperseg=4096)
    _, their_power = welch(theirs, RATE, nperseg=4096)
    # SoX warps the highest frequencies (bilinear transform), and far below the loudest both are at their floors
    heard = (frequency_hz > 60.0) & (frequency_hz < 4000.0) & (our_power > 1e-3 * our_power.max())
    assert heard.sum() > 20
    assert np.abs(10.0 * np.log10(our_power[heard] / their_power[heard])).max() < 1.0
    loudness_db = [10.0 * np.log10(np.square(sound).mean()) for sound in (ours, theirs)]
    assert abs(loudness_db[0] - loudness_db[1]) < 0.5


@pytest.mark.parametrize("name", STEPS)
def test_both_engines_leave_an_onset_where_it_is(name: str) -> None:
    x = np.zeros((1, RATE), np.float32)
    x[0, RATE // 2 :] = 0.3 * np.sin(2 * np.pi * 800.0 * np.arange(RATE // 2) / RATE)
    for seed in range(5):
        ours, theirs = (through(name, engine, x, seed)[0] for engine in ("torch", "sox"))
        lag = np.correlate(np.pad(theirs, 200), ours, "valid").argmax() - 200
        assert abs(lag) / RATE < 0.0005


@pytest.mark.parametrize("name", STEPS)
def test_stereo_stays_stereo_and_one_seed_is_one_result(name: str) -> None:
    x = noise(2)
    y = through(name, "sox", x, 1)
    assert y.shape[0] == 2
    assert abs(np.corrcoef(y)[0, 1]) < 0.1
    np.testing.assert_array_equal(y, through(name, "sox", x, 1))
    loud = through(name, "sox", 8.0 * x, 1)
    np.testing.assert_allclose(loud, 8.0 * y, atol=1e-4)  # nothing is cut, however loud


def test_silence_stays_silence() -> None:
    assert not through("filter", "sox", np.zeros((1, 1000), np.float32), 0).any()


@pytest.mark.parametrize("order", range(1, 13))
def test_a_cascade_has_the_magnitude_of_butterworth(order: int) -> None:
    s = 1j * np.logspace(-1, 1, 50)
    response = 1.0 / (s + 1.0) if order % 2 else np.ones_like(s)
    for quality in sox_engine.butterworth_qualities(order):
        response = response / (s**2 + s / quality + 1.0)
    np.testing.assert_allclose(np.abs(response), 1.0 / np.sqrt(1.0 + np.abs(s) ** (2 * order)), rtol=1e-9)


def test_a_program_that_is_missing_is_one_line_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    Step("filter").made_for(RATE)
    with pytest.raises(EngineError, match="needs the program SoX; on Debian: apt install sox"):
        Step("filter", engine="sox").made_for(RATE)


def test_a_batch_goes_through_clip_by_clip() -> None:
    x = torch.from_numpy(np.stack([noise(), 0.1 * noise()]))
    y = Compose([Step("filter", engine="sox")])(x, RATE, seed=3)
    assert y.shape == x.shape
    assert torch.isfinite(y).all()
