import tracemalloc

import numpy as np
import pytest
import soundfile

from mp3tomidi.transcribe.audio import mono_sound
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio


@pytest.fixture
def opened():
    """A sound of three blocks, and how often it was opened."""
    times = []

    def open_blocks():
        times.append(1)
        return iter([np.full(10, i, np.float32) for i in range(3)])

    return MonoSound(open_blocks), times


def test_short_sound_is_read_once(opened):
    sound, times = opened
    for _ in range(3):
        assert np.concatenate(list(sound.blocks())).tolist() == [0.0] * 10 + [1.0] * 10 + [2.0] * 10
    assert len(times) == 1


def test_long_sound_is_read_again_and_not_held(opened, monkeypatch):
    monkeypatch.setattr(mono_sound, "HELD_SAMPLES", 25)
    sound, times = opened
    first, second = (np.concatenate(list(sound.blocks())) for _ in range(2))
    assert np.array_equal(first, second)
    assert len(times) == 2


def test_long_sound_is_not_collected_a_second_time(monkeypatch):
    monkeypatch.setattr(mono_sound, "HELD_SAMPLES", 1_250_000)
    sound = MonoSound(lambda: (np.zeros(250_000, np.float32) for _ in range(8)))
    peaks = []
    tracemalloc.start()
    for _ in range(2):
        tracemalloc.reset_peak()
        for block in sound.blocks():
            del block
        peaks.append(tracemalloc.get_traced_memory()[1])
    tracemalloc.stop()
    assert peaks[0] > 4.9e6  # five blocks of a megabyte
    assert peaks[1] < 2.5e6


def test_what_was_not_gone_through_whole_is_not_taken_for_the_whole(opened):
    sound, _ = opened
    next(sound.blocks())
    assert len(np.concatenate(list(sound.blocks()))) == 30


def test_at_several_rates_a_file_is_decoded_once_and_sounds_as_at_each(tmp_path, monkeypatch):
    path, opened = tmp_path / "noise.wav", []
    noise = np.random.default_rng(0).normal(0.0, 0.1, (70_000, 2))
    soundfile.write(path, noise, 44_100)
    stream = mono_sound.stream
    monkeypatch.setattr(mono_sound, "stream", lambda *a, **k: opened.append(a) or stream(*a, **k))
    several = MonoSound.at_rates(path, (16_000, 32_000, 16_000))
    heard = [np.concatenate(list(sound.blocks())) for sound in several for _ in range(2)]
    assert len(opened) == 1
    for rate, sound in zip((16_000, 16_000, 32_000, 32_000, 16_000, 16_000), heard, strict=True):
        assert np.array_equal(sound, np.concatenate(list(MonoSound.of_file(path, rate).blocks())))


def test_sound_in_memory_comes_at_several_rates():
    sound = Audio(np.ones(8_000, np.float32), 8_000)
    low, high = MonoSound.at_rates(sound, (4_000, 16_000))
    assert [sum(map(len, one.blocks())) for one in (low, high)] == [4_000, 16_000]
