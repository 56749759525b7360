"""Spoken by espeak-ng and flite; without the programs these tests fail."""

import numpy as np
import pytest

from mp3tomidi.augment.sources import speech
from mp3tomidi.augment.sources.source import SPEECH
from mp3tomidi.augment.sources.speech import Speech
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


def test_missing_engine_says_which_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LabelsError, match="apt install flite"):
        speech.say("flite", "slt", "the", rate=1.0)
