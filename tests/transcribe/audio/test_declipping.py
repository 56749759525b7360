"""Peaks that were cut off at full scale come back; everything else stays as it is."""

import numpy as np
import pytest

from mp3tomidi.transcribe.audio.declipping import Declipper, declipped

RATE = 44_100


def tones(level: float, seconds: float = 0.5) -> np.ndarray:
    """Two channels [2, frames] of partials whose peaks reach about `level`."""
    time_s = np.arange(round(seconds * RATE)) / RATE
    left = sum(np.sin(2 * np.pi * f * time_s + f) / k for k, f in enumerate((110.0, 277.2, 415.3), 1))
    right = sum(np.sin(2 * np.pi * f * time_s) / k for k, f in enumerate((146.8, 220.0, 587.3), 1))
    both = np.stack([left, right])
    return (level * both / np.abs(both).max()).astype(np.float32)


def error_db(sound: np.ndarray, wanted: np.ndarray) -> float:
    return float(10 * np.log10(np.square(sound - wanted).sum() / np.square(wanted).sum()))


@pytest.mark.parametrize(("level", "gain_db"), [(1.2, 6.0), (1.5, 4.0), (4.0, 4.0)])
def test_peaks_that_were_cut_off_come_back(level: float, gain_db: float) -> None:
    clean = tones(level)
    clipped = np.clip(clean, -1.0, 1.0)
    assert error_db(declipped(clipped), clean) < error_db(clipped, clean) - gain_db


def test_what_is_not_cut_off_stays_as_it_is() -> None:
    assert (declipped(tones(0.99)) == tones(0.99)).all()
    overshoots = tones(1.4)  # those of a codec, not cut off; a flat peak at full scale by chance is hardly moved
    assert np.abs(declipped(overshoots) - overshoots).max() < 0.01
    square = np.sign(tones(1.0, 0.1))
    square[:, ::100] = 1.0
    long = np.ones((1, 2000), np.float32)
    assert (declipped(long) == long).all()
    assert np.isfinite(declipped(square)).all()


@pytest.mark.parametrize("block", [1, 7, 397, 5000])
def test_blocks_of_any_length_give_the_same(block: int) -> None:
    sound = np.clip(tones(3.0, 0.1), -1.0, 1.0)
    sound[:, 1000:1600] = 1.0  # too long a run to be restored, and longer than what is held back
    declipper = Declipper(2)
    pieces = [declipper.push(sound[:, at : at + block]) for at in range(0, sound.shape[1], block)]
    joined = np.concatenate([*pieces, declipper.flush()], axis=1)
    assert joined.shape == sound.shape
    assert (joined == declipped(sound)).all()


def test_nothing_is_nothing() -> None:
    assert Declipper(1).flush().shape == (1, 0)
    assert declipped(np.zeros((2, 0), np.float32)).shape == (2, 0)
