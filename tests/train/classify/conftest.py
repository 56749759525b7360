"""Folders of short tones."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

RATE = 8000


def tone(rng: np.random.Generator, lowest_hz: float, highest_hz: float, seconds: float) -> np.ndarray:
    """A sine with some noise, of a frequency, level and phase of its own."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    sine = np.sin(2 * np.pi * (rng.uniform(lowest_hz, highest_hz) * time_s + rng.random()))
    return rng.uniform(0.05, 0.5) * (sine + 0.05 * rng.standard_normal(len(time_s)))


def write(path: Path, sound: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, RATE)


def write_pitches(root: Path, count: int = 12) -> Path:
    """low/ and high/, `count` recordings each."""
    rng = np.random.default_rng(0)
    for number in range(count):
        write(root / "low" / f"{number}.wav", tone(rng, 100, 200, 0.4))
        write(root / "high" / f"{number}.wav", tone(rng, 1500, 3000, 0.4))
    return root


@pytest.fixture(scope="session")
def pitches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes of tones. Not to be written to."""
    return write_pitches(tmp_path_factory.mktemp("pitches"))


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
