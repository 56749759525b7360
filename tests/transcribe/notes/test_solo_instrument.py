"""The second opinion on a solo: which seconds are listened to, and what the shipped network says of them."""

from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.classifier import Classifier
from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.notes.solo_instrument import SAMPLE_RATE, SoloInstrument, loudest_excerpts


def held(samples: np.ndarray) -> MonoSound:
    sound = MonoSound.of(samples.astype(np.float32))
    assert sum(map(len, sound.blocks())) == len(samples)
    return sound


def test_the_loudest_seconds_are_taken_once_each() -> None:
    level = np.full(30, 0.1)  # of each second
    level[[4, 5, 6]], level[[12, 13, 14]], level[[20, 21, 22]] = 0.5, 0.8, 0.6
    sound = held(np.repeat(level, SAMPLE_RATE))
    excerpts = loudest_excerpts(sound)
    assert excerpts is not None
    assert len(excerpts) == 9 * SAMPLE_RATE
    assert excerpts[:: 3 * SAMPLE_RATE].tolist() == pytest.approx([0.8, 0.6, 0.5])


def test_a_short_sound_is_taken_whole_and_one_that_is_not_held_not_at_all() -> None:
    short = np.full(5 * SAMPLE_RATE, 0.1)
    assert len(loudest_excerpts(held(short))) == len(short)
    assert loudest_excerpts(MonoSound.of(short.astype(np.float32))) is None
    assert loudest_excerpts(held(np.zeros(0))).shape == (0,)


def test_it_says_of_a_struck_string_what_the_classifier_says() -> None:
    time_s = np.arange(9 * SAMPLE_RATE) / SAMPLE_RATE
    partials = sum(np.sin(2 * np.pi * 220.0 * k * time_s) / k**2 for k in range(1, 8))
    struck = (0.3 * partials * np.exp(-3.0 * (time_s % 0.5))).astype(np.float32)
    given = SoloInstrument().log_probabilities(struck)
    assert np.exp(given).sum() == pytest.approx(1.0)
    classified = Classifier("instrument").classify(Audio(struck, SAMPLE_RATE)).probabilities
    assert np.exp(given) == pytest.approx(classified / classified.sum(), abs=0.03)
    assert SoloInstrument().log_probabilities(struck[: SAMPLE_RATE // 2]).shape == (len(FAMILIES),)
