"""The downmix against what it must be: the mean, unless the mean is silence."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.downmix import FADE_SAMPLES, FRAME_SAMPLES, Downmixer, downmix


def noise(seed: int, frames: int = 5 * FRAME_SAMPLES) -> NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0, 0.1, frames).astype(np.float32)


def level_db(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(samples.astype(np.float64) ** 2) + 1e-20))


@pytest.mark.parametrize("channels", [2, 3, 6])
def test_ordinary_channels_are_averaged(channels: int) -> None:
    centre = noise(0)
    samples = np.stack([centre + noise(1 + channel) for channel in range(channels)])
    np.testing.assert_allclose(downmix(samples), samples.mean(axis=0), atol=1e-7)


def test_channels_that_share_nothing_are_averaged() -> None:
    samples = np.stack([noise(1), noise(2)])
    np.testing.assert_allclose(downmix(samples), samples.mean(axis=0), atol=1e-7)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (2, 0, 1), (0, 2, 1), (0, 1, 1, 0, 0)])
def test_channel_and_its_opposite_do_not_cancel(order: tuple[int, ...]) -> None:
    sound = noise(0)
    sources = np.stack([sound, -0.9 * sound, np.zeros_like(sound)])
    samples = sources[list(order)]
    expected = np.abs(samples).mean(axis=0)
    np.testing.assert_allclose(np.abs(downmix(samples)), expected, atol=1e-6)


def test_much_quieter_opposite_is_left_alone() -> None:
    sound = noise(0)
    samples = np.stack([sound, -0.2 * sound])
    np.testing.assert_allclose(downmix(samples), samples.mean(axis=0), atol=1e-7)


def test_opposite_offsets_do_not_turn_a_channel() -> None:
    sound = 0.01 * noise(0)
    samples = np.stack([sound + 0.1, sound - 0.1]).astype(np.float32)
    assert level_db(downmix(samples)) == pytest.approx(level_db(sound), abs=0.1)


def test_part_that_is_upside_down_is_heard_without_a_click() -> None:
    tone = 0.5 * np.sin(2 * np.pi * 200 * np.arange(12 * FRAME_SAMPLES) / 44_100).astype(np.float32)
    sign = np.ones_like(tone)
    sign[4 * FRAME_SAMPLES + 100 : 8 * FRAME_SAMPLES + 100] = -1
    mixed = downmix(np.stack([tone, tone * sign]))
    for frame in (1, 6, 10):
        part = slice(frame * FRAME_SAMPLES, (frame + 1) * FRAME_SAMPLES)
        np.testing.assert_allclose(mixed[part], tone[part], atol=1e-6)
    # In what the channels share no sample jumps by more than the tone and the fade move it.
    steepest = np.abs(np.diff(tone)).max() + 0.5 * 2 / FADE_SAMPLES
    changes = np.abs(np.diff(mixed))
    changes[[4 * FRAME_SAMPLES + 99, 8 * FRAME_SAMPLES + 99]] = 0  # there the input itself jumps
    assert changes.max() <= steepest


def test_note_that_begins_with_its_frame_is_whole() -> None:
    sound = noise(0)
    sound[: 3 * FRAME_SAMPLES] = 0
    np.testing.assert_allclose(downmix(np.stack([sound, -sound])), sound, atol=1e-7)


@pytest.mark.parametrize("block", [1_000, FRAME_SAMPLES, 3 * FRAME_SAMPLES + 1])
def test_blocks_give_what_the_whole_gives(block: int) -> None:
    sound = noise(0, 6 * FRAME_SAMPLES + 77)
    samples = np.stack([sound, np.where(np.arange(len(sound)) // 20_000 % 2, sound, -sound)])
    mixer = Downmixer(2)
    pieces = [mixer.push(samples[:, at : at + block]) for at in range(0, len(sound), block)]
    mixed = np.concatenate([*pieces, mixer.flush()])
    assert len(mixed) == len(sound)
    np.testing.assert_array_equal(mixed, downmix(samples))


def test_shapes() -> None:
    sound = noise(0)
    np.testing.assert_array_equal(downmix(sound), sound)
    np.testing.assert_array_equal(downmix(sound[None]), sound)
    assert downmix(np.zeros((2, 0), np.float32)).shape == (0,)
    with pytest.raises(ValueError, match="channels, frames"):
        downmix(np.zeros((2, 2, 2), np.float32))
