from pathlib import Path

import numpy as np
import pytest
import soundfile


@pytest.fixture
def responses(tmp_path: Path) -> Path:
    """Impulse responses: a room whose direct sound comes 11 ms late, and a plate."""
    folder = tmp_path / "responses"
    (folder / "plates").mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name, late, decay_s in (("room.wav", 500, 0.15), ("plates/plate.wav", 0, 0.3)):
        tail = 0.1 * rng.normal(size=22050) * np.exp(-np.arange(22050) / (decay_s * 44100))
        response = np.concatenate([0.002 * rng.normal(size=late), [0.8], np.zeros(300), tail])
        soundfile.write(folder / name, response, 44100, subtype="FLOAT")
    return folder


@pytest.fixture
def noises(tmp_path: Path) -> Path:
    folder = tmp_path / "noises"
    folder.mkdir()
    for seed in (1, 2):
        noise = 0.1 * np.random.default_rng(seed).normal(size=30000)
        soundfile.write(folder / f"{seed}.wav", noise, 44100, subtype="FLOAT")
    return folder
