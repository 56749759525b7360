"""The studio: what it does to stems and to their sum, and that no onset moves."""

import numpy as np
import pytest

from mp3tomidi.augment.mixing.studio import Studio
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.source import DRUMS
from mp3tomidi.transcribe.instruments import FAMILIES


def plucked(onset_s: float = 1.0) -> np.ndarray:
    time_s = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE - onset_s
    tone = sum(np.sin(2 * np.pi * 220 * k * time_s + k) / k for k in range(1, 8))
    return np.asarray(0.1 * tone * np.exp(-np.maximum(time_s, 0) / 0.5) * (time_s >= 0), np.float32)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return Studio(SAMPLE_RATE)


@pytest.mark.parametrize("family", [*FAMILIES, DRUMS])
def test_a_strip_keeps_the_onset_and_the_silence_before_it(studio: Studio, family: str) -> None:
    stem = plucked()
    for seed in range(20):
        treated = studio.strip(stem, family, np.random.default_rng(seed))
        assert treated.dtype == np.float32
        assert treated.shape == stem.shape
        assert np.isfinite(treated).all()
        loud = np.abs(stem).max()
        assert np.abs(treated[: SAMPLE_RATE - 32]).max() < 0.01 * loud
        assert np.abs(treated[SAMPLE_RATE : SAMPLE_RATE + 48]).max() > 0.1 * np.abs(treated).max()


def test_voices_are_compressed_mostly_and_basses_never_echo(studio: Studio) -> None:
    tone = np.sin(np.arange(3 * SAMPLE_RATE) * 0.1).astype(np.float32)
    stem = tone * np.where(np.arange(len(tone)) < SAMPLE_RATE, 0.5, 0.05).astype(np.float32)
    compressed = 0
    for seed in range(60):
        treated = studio.strip(stem, "voice", np.random.default_rng(seed))
        gains = [np.std(treated[at : at + 4000]) / np.std(stem[at : at + 4000]) for at in (10000, 43000)]
        compressed += gains[1] > 1.12 * gains[0]
    assert compressed > 40
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[100] = 1.0
    for seed in range(20):
        assert not studio.strip(click, "bass", np.random.default_rng(seed))[100 + 600 :].any()


def test_the_room_answers_after_the_sound_and_more_softly(studio: Studio) -> None:
    dry = 0
    for seed in range(30):
        stems = [("voice", plucked()), (DRUMS, plucked(2.0))]
        answer = studio.room(stems, np.random.default_rng(seed))
        assert answer.dtype == np.float32
        if not answer.any():
            dry += 1
            continue
        assert np.abs(answer[:SAMPLE_RATE]).max() < 1e-4 * np.abs(answer).max()
        level_db = 20 * np.log10(answer.std() / plucked().std())
        assert -27 < level_db < 1
    assert 2 < dry < 18


def test_the_bus_makes_a_mix_louder_and_never_exceeds_its_peak(studio: Studio) -> None:
    rng = np.random.default_rng(0)
    mix = plucked() + plucked(2.0)
    mix[20000:20100] += rng.standard_normal(100).astype(np.float32) * 0.5
    louder = 0
    for seed in range(30):
        mastered = studio.bus(mix, np.random.default_rng(seed))
        assert np.abs(mastered).max() <= np.abs(mix).max() * 1.00001
        crest = [np.abs(sound).max() / sound.std() for sound in (mix, mastered)]
        louder += crest[1] < 0.8 * crest[0]
    assert louder > 20


@pytest.mark.parametrize("seed", range(8))
def test_music_that_plays_on_from_before_the_clip_does_not_jump_at_its_start(studio: Studio, seed: int) -> None:
    tone = np.sin(np.arange(2 * SAMPLE_RATE) * 0.1).astype(np.float32)
    rng = np.random.default_rng(seed)
    for treated in (studio.strip(tone, "bass", rng), studio.strip(tone, DRUMS, rng), studio.bus(tone, rng)):
        assert np.abs(treated[:200]).max() < 1.4 * np.abs(treated[8000:]).max()


def test_same_seed_same_sound(studio: Studio) -> None:
    def everything(seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        stem = studio.strip(plucked(), "guitar", rng)
        return studio.bus(stem + studio.room([("guitar", stem)], rng), rng).tobytes()

    assert everything(3) == everything(3)
    assert everything(3) != everything(4)
