"""How much reverb, chorus and low-pass filtering: by a network that answers what it is told to, on known spectra."""

from types import SimpleNamespace

import numpy as np
import pytest

from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify import effect_amounts
from mp3tomidi.transcribe.classify.effect_amounts import EffectReader, reverb_amount, roll_off_hz
from mp3tomidi.transcribe.classify.task import load_task
from mp3tomidi.transcribe.events import EffectAmounts

RATE = 16_000
TASK = load_task("effects")


def sine(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(2 * RATE) / RATE).astype(np.float32)


@pytest.fixture
def reader(monkeypatch):
    def reading(**said):
        heard = SimpleNamespace(probabilities=np.array([said.get(name, 0.0) for name in TASK.classes], np.float32))
        stand_in = SimpleNamespace(task=TASK, classify=lambda source: heard)
        monkeypatch.setattr(effect_amounts, "Classifier", lambda task, weights: stand_in)
        return EffectReader()

    return reading


@pytest.mark.parametrize("hz", [500.0, 3000.0, 7000.0])
def test_the_roll_off_of_a_sine_is_its_frequency(hz):
    assert roll_off_hz(MonoSound.of(sine(hz)), RATE) == pytest.approx(hz, abs=2 * RATE / 2048)


def test_silence_has_no_roll_off_below_half_the_rate():
    assert roll_off_hz(MonoSound.of(np.zeros(RATE, np.float32)), RATE) == RATE / 2


def test_a_filter_is_a_low_pass_where_the_sound_is_dark(reader):
    read = reader(filter=0.75, chorus=0.25)
    assert read(Audio(sine(500.0), RATE)) == EffectAmounts(reverb=0.0, chorus=0.25, low_pass=0.75)
    assert read(Audio(sine(7000.0), RATE)) == EffectAmounts(reverb=0.0, chorus=0.25, low_pass=0.0)


def test_some_reverb_for_sure_is_half_of_much():
    amounts = [
        reverb_amount(np.eye(len(TASK.classes), dtype=np.float32)[TASK.classes.index(name)], TASK)
        for name in ("chorus", "some reverb", "much reverb")
    ]
    assert amounts == [0.0, 0.5, 1.0]


def test_the_amount_of_reverb_grows_with_both_probabilities():
    probabilities = np.zeros(len(TASK.classes), np.float32)
    some, much = (TASK.classes.index(name) for name in ("some reverb", "much reverb"))
    probabilities[[some, much]] = 0.6, 0.4
    assert reverb_amount(probabilities, TASK) == pytest.approx(0.4 + 0.6 * 0.3)
    probabilities[some] = 0.8
    assert reverb_amount(probabilities, TASK) == pytest.approx(0.4 + 0.6 * 0.4)
