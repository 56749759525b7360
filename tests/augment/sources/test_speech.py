"""Spoken by espeak-ng and flite; without the programs these tests fail."""

import itertools

import numpy as np
import pytest

from mp3tomidi.augment.sources import speech
from mp3tomidi.augment.sources.source import SPEECH
from mp3tomidi.augment.sources.speech import Speech, with_mirrored_octave
from mp3tomidi.transcribe.errors import LabelsError


@pytest.mark.parametrize(("engine", "voice"), [("espeak-ng", "en+m3"), ("flite", "slt")])
def test_faster_is_shorter_and_neither_is_silent(engine: str, voice: str) -> None:
    slow, fast = (speech.say(engine, voice, "the river was yellow this morning.", rate=rate) for rate in (0.8, 1.2))
    assert 16000 < len(fast) < 0.8 * len(slow)
    assert np.abs(fast).max() > 0.05


def test_voices_say_the_same_for_the_same_seed_and_have_no_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speech, "PHRASES", 1)
    first, again, other = (next(Speech(seed).instruments()) for seed in (1, 1, 2))
    assert first.family == SPEECH
    (phrase,), (same,), (different,) = first.phrases, again.phrases, other.phrases
    assert len(phrase.notes) == 0
    np.testing.assert_array_equal(phrase.samples, same.samples)
    assert len(phrase.samples) != len(different.samples)


def test_above_8_khz_speech_goes_on_falling() -> None:
    low, high = (
        speech.say("flite", "slt", "she sells sea shells.", rate=1.0, sample_rate=rate) for rate in (16000, 32000)
    )
    assert len(high) == pytest.approx(2 * len(low), abs=2)
    power = np.abs(np.fft.rfft(high)) ** 2
    edges = np.round(np.array([4000, 6000, 8000, 10_000, 12_000, 16_000]) * len(high) / 32_000).astype(int)
    bands_db = 10 * np.log10([power[first:last].sum() for first, last in itertools.pairwise(edges)])
    assert -14 < bands_db[2] - bands_db[1] < -5  # 8 to 10 kHz mirrors 6 to 8 kHz
    assert -25 < bands_db[3] - bands_db[0] < -10
    below = np.fft.irfft(np.fft.rfft(high)[: len(low) // 2 + 1], len(low)) / 2
    assert np.corrcoef(below, low)[0, 1] > 0.999


def test_the_octave_above_is_the_mirror_of_the_one_below() -> None:
    tone = np.sin(2 * np.pi * 7000 * np.arange(32_000) / 32_000).astype(np.float32)
    amplitude = np.abs(np.fft.rfft(with_mirrored_octave(tone, 32_000))) / 16_000
    assert amplitude[7000] == pytest.approx(1.0, abs=1e-3)
    assert 20 * np.log10(amplitude[9000]) == pytest.approx(-8.0, abs=0.01)  # 5 dB, and 3 dB for 1 kHz
    assert np.delete(amplitude, [7000, 9000]).max() < 1e-4
    assert np.array_equal(with_mirrored_octave(tone, 16_000), tone)


def test_missing_engine_says_which_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabelsError, match="apt install flite"):
        speech.say("flite", "slt", "the", rate=1.0)
