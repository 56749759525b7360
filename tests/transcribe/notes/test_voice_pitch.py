"""What a voice is likely to sing, from tones whose pitch is known."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.notes.voice_pitch import sung_keys

RATE, HOP_S = 16_000, 0.02


def voice(pitch: NDArray[np.float64], harmonics: int = 12) -> NDArray[np.float32]:
    """A tone with the MIDI pitch of each sample, its harmonics falling by 6 dB an octave."""
    phase = 2 * np.pi * np.cumsum(440.0 * 2 ** ((pitch - 69) / 12)) / RATE
    tone = sum(np.sin(number * phase) / number for number in range(1, harmonics + 1))
    return np.asarray(0.1 * tone, np.float32)


@pytest.mark.parametrize("pitch", [38, 45, 57, 64, 76, 83])
def test_a_steady_tone_is_the_likeliest_key_and_no_octave_of_it(pitch: int) -> None:
    keys = sung_keys([voice(np.full(RATE, float(pitch)))], RATE, HOP_S)
    assert keys.shape == (50, 88)
    steady = keys[5:-5]
    assert (steady.argmax(axis=1) == pitch - 21).all()
    assert steady.max(axis=1).min() > 0.9
    assert steady[:, [pitch - 21 - 12, pitch - 21 + 12]].max() < 0.1


def test_a_missing_fundamental_is_heard_all_the_same() -> None:
    time = np.arange(RATE) / RATE
    sound = sum(np.sin(2 * np.pi * 220.0 * number * time) for number in range(2, 8)).astype(np.float32)
    assert (sung_keys([0.1 * sound], RATE, HOP_S)[5:-5].argmax(axis=1) == 57 - 21).all()


def test_between_two_keys_both_are_likely() -> None:
    keys = sung_keys([voice(np.full(RATE, 60.5))], RATE, HOP_S)[5:-5]
    assert np.allclose(keys[:, 60 - 21], keys[:, 61 - 21], atol=0.05)


def test_silence_and_noise_are_no_voice() -> None:
    rng = np.random.default_rng(0)
    assert sung_keys([np.zeros(RATE, np.float32)], RATE, HOP_S).max() < 1e-6
    noise = sung_keys([rng.standard_normal(RATE).astype(np.float32)], RATE, HOP_S)
    assert noise.max() < 0.2


def test_frames_are_centred_on_their_times() -> None:
    late_s = []
    for before, after in ((57, 64), (64, 57)):
        keys = sung_keys([voice(np.repeat([float(before), float(after)], RATE // 2))], RATE, HOP_S)
        late_s.append(np.argmax(keys[:, after - 21] > keys[:, before - 21]) * HOP_S - 0.5)
    assert abs(np.mean(late_s)) < 1.5 * HOP_S


@pytest.mark.parametrize("block", [100, 4_001, 170_000])
def test_blocks_of_any_length_give_the_same(block: int) -> None:
    sound = voice(60 + 3 * np.sin(np.arange(22 * RATE) / RATE))
    whole = sung_keys([sound], RATE, HOP_S)
    cut = sung_keys([sound[start : start + block] for start in range(0, len(sound), block)], RATE, HOP_S)
    assert cut.shape == whole.shape == (1100, 88)
    assert np.allclose(cut, whole, atol=1e-5)


@pytest.mark.parametrize("samples", [0, 1, 319, 321])
def test_very_short_sound_has_a_frame_for_each_hop_begun(samples: int) -> None:
    assert sung_keys([np.full(samples, 0.1, np.float32)], RATE, HOP_S).shape == (-(-samples // 320), 88)
