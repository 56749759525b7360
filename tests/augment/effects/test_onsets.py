"""Labels move with the sound: after every effect a note is heard within 3 ms of where its label says."""

import copy
from typing import Any

import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.automatic_gain import AutomaticGain
from mp3tomidi.augment.effects.base import Effect
from mp3tomidi.augment.effects.chorus import Chorus
from mp3tomidi.augment.effects.codec import Codec
from mp3tomidi.augment.effects.compression import Compression
from mp3tomidi.augment.effects.detune import Detune
from mp3tomidi.augment.effects.distortion import Distortion
from mp3tomidi.augment.effects.echo import Echo
from mp3tomidi.augment.effects.equaliser import Equaliser
from mp3tomidi.augment.effects.filter import Filter
from mp3tomidi.augment.effects.gain import Gain
from mp3tomidi.augment.effects.limiter import Limiter
from mp3tomidi.augment.effects.noise import Noise
from mp3tomidi.augment.effects.phone import Phone
from mp3tomidi.augment.effects.reverb import Reverb
from mp3tomidi.augment.effects.room import Room
from mp3tomidi.augment.effects.street import Street
from mp3tomidi.augment.labels import NOTE, Labels

RATE = 16000
CLIPS = 64
TOLERANCE_S = 0.003
Tones = tuple[np.ndarray, torch.Tensor, np.random.Generator]
EFFECTS: list[Effect[Any]] = [
    AutomaticGain(RATE),
    Chorus(RATE),
    Codec(RATE),
    Compression(RATE),
    Detune(),
    Distortion(),
    Echo(RATE),
    Equaliser(RATE),
    Filter(RATE),
    Gain(),
    Limiter(RATE),
    Noise(RATE),
    Phone(RATE),
    Reverb(RATE),
    Room(RATE),
    Street(RATE),
]


def labels_of(onset_s: np.ndarray) -> Labels:
    notes = np.zeros(len(onset_s), NOTE)
    notes["clip"] = np.arange(len(onset_s))
    notes["onset_s"], notes["offset_s"] = onset_s, onset_s + 0.5
    return Labels(notes)


def named(effect: Effect[Any]) -> str:
    return type(effect).__name__


# Far from the source two reflections together can be stronger than the direct sound: see test_room.py.
DIRECT_IS_STRONGEST = [effect for effect in EFFECTS if not isinstance(effect, Room)]


@pytest.mark.parametrize("effect", DIRECT_IS_STRONGEST, ids=named)
def test_a_burst_of_noise_is_found_where_its_label_says(effect: Effect[Any]) -> None:
    """The lag of the largest cross-correlation with the dry sound: where the direct sound is."""
    rng = np.random.default_rng(0)
    onset = rng.integers(RATE, 3 * RATE, CLIPS)
    burst = torch.as_tensor(rng.normal(size=(CLIPS, 800)) * np.exp(-np.arange(800) / 150.0)).float()
    x = torch.zeros(CLIPS, 1, 4 * RATE)
    for clip in range(CLIPS):
        x[clip, 0, onset[clip] : onset[clip] + 800] = burst[clip]
    params = effect.draw(rng, CLIPS)
    y = effect.sound(x, params)
    said = np.round(effect.labels(labels_of(onset / RATE), params).notes["onset_s"] * RATE).astype(int)
    reach = 400
    for clip in range(CLIPS):
        around = y[clip, 0, said[clip] - reach : said[clip] + reach + 800]
        match = torch.nn.functional.conv1d(around[None, None], burst[clip][None, None])[0, 0].abs()
        assert abs(int(match.argmax()) - reach) <= TOLERANCE_S * RATE


@pytest.fixture(scope="module")
def tones() -> Tones:
    """Onsets in seconds [clip], harmonic tones of 2 s [clip, 1, samples], the generator. Not to be written to."""
    rng = np.random.default_rng(1)
    onset_s = rng.uniform(0.5, 1.0, CLIPS)
    time_s = np.arange(2 * RATE) / RATE - onset_s[:, None]
    fundamental_hz = 440.0 * 2.0 ** ((rng.integers(40, 85, CLIPS)[:, None] - 69) / 12.0)
    phase = rng.uniform(0.0, 2 * np.pi, (12, CLIPS, 1))  # or low tones would be pulses, 12 ms apart
    tone = np.zeros_like(time_s)
    for k in range(1, 12):
        partial = np.sin(2 * np.pi * k * fundamental_hz * time_s + phase[k]) / k
        tone += np.where(k * fundamental_hz < 7500.0, partial, 0.0)
    tone = tone * np.where(time_s > 0, np.clip(time_s / 0.004, 0, 1) * np.exp(-time_s.clip(0) / 0.4), 0.0)
    return onset_s, torch.as_tensor(0.2 * tone).float()[:, None], rng


# A knock beside the note is heard before it: see test_street.py.
ONLY_THE_NOTE = [effect for effect in EFFECTS if not isinstance(effect, Street)]


@pytest.mark.parametrize("effect", ONLY_THE_NOTE, ids=named)
def test_a_tone_rises_where_its_label_says(effect: Effect[Any], tones: Tones) -> None:
    """Where the energy of a harmonic tone comes over a twentieth of what it is 15 ms on."""
    onset_s, x, rng = tones
    params = effect.draw(copy.deepcopy(rng), CLIPS)
    y = effect.sound(x, params)
    said_s = effect.labels(labels_of(onset_s), params).notes["onset_s"]
    shift_s = rise_s(y[:, 0].numpy(), said_s) - rise_s(x[:, 0].numpy(), onset_s)
    assert np.abs(shift_s).max() < TOLERANCE_S


def rise_s(sound: np.ndarray, label_s: np.ndarray) -> np.ndarray:
    """Time from each label to the rise, by energy in windows of 4 ms."""
    found = []
    for clip, at_s in zip(sound, label_s, strict=True):
        start = round((at_s - 0.05) * RATE)
        energy = np.convolve(clip[start : start + round(0.065 * RATE)].astype(np.float64) ** 2, np.ones(64), "same")
        found.append((start + int(np.argmax(energy > 0.05 * energy.max()))) / RATE - at_s)
    return np.array(found)
