"""Solos: one instrument at a time, anywhere in its range, each program as often as the others."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.mixing.levels import STEM_LEVEL, active_rms
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.mixing.solos import SoloMixer, SoloSettings, draw_phrase
from mp3tomidi.augment.music.corpora import Corpora
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe.errors import LabelsError

ALONE = SoloSettings(share=1.0, beside_share=0.0, resampled_share=0.0)


@pytest.fixture(scope="module")
def bank(tiny_banks: Path) -> Bank:
    return Bank.open(tiny_banks / "sines")


@pytest.fixture(scope="module")
def mixer(bank: Bank, tiny_corpora: Corpora) -> Mixer:
    return Mixer([bank], Passages(tiny_corpora), MixSettings(duration_s=2.0))


def solos_of(mixer: Mixer, bank: Bank, settings: SoloSettings = ALONE) -> SoloMixer:
    return SoloMixer(mixer, [bank], [1.0], settings)


def test_a_solo_is_of_one_instrument_at_its_level_and_the_same_every_time(mixer: Mixer, bank: Bank) -> None:
    mixer_of_solos = solos_of(mixer, bank)
    for seed in range(10):
        (sound, labels), (again, _) = (mixer_of_solos.clip(np.random.default_rng(seed)) for _ in range(2))
        assert sound.shape == (2 * SAMPLE_RATE,)
        assert sound.tobytes() == again.tobytes()
        assert active_rms(sound) == pytest.approx(STEM_LEVEL, rel=1e-3)
        assert len(set(labels.notes["program"].tolist())) == 1


def test_every_program_of_a_family_is_as_frequent(mixer: Mixer, bank: Bank) -> None:
    piano = next(each for each in bank.instruments if each.family == "piano")
    pianos = replace(bank, instruments=[piano, piano, piano, replace(piano, program=1)])
    of_pianos = solos_of(mixer, pianos)
    rngs = (np.random.default_rng([1, index]) for index in range(200))
    drawn = Counter(int(of_pianos.clip(rng)[1].notes["program"][0]) for rng in rngs)
    assert set(drawn) == {0, 1}
    assert 70 < drawn[1] < 130


def test_what_is_resampled_sounds_at_another_pitch_by_no_more_than_is_set(mixer: Mixer, bank: Bank) -> None:
    settings = replace(ALONE, resampled_share=1.0, most_semitones=3.0, family_weights={"bass": 1.0})
    apart = []
    for seed in range(30):
        sound, labels = solos_of(mixer, bank, settings).clip(np.random.default_rng(seed))
        notes = labels.notes
        if len(notes) > 1 and notes["onset_s"][1] - notes["onset_s"][0] < 0.3:
            continue
        first, last = (round(max(0.0, notes[name][0]) * SAMPLE_RATE) for name in ("onset_s", "offset_s"))
        heard = sound[first : min(last, len(sound))]
        if len(heard) < 0.25 * SAMPLE_RATE:
            continue
        spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 1 << 16))
        hz = 440.0 * 2.0 ** ((notes["pitch"][0] - 69) / 12.0)
        near = np.arange(round(0.8 * hz * (1 << 16) / SAMPLE_RATE), round(1.25 * hz * (1 << 16) / SAMPLE_RATE))
        apart.append(12.0 * np.log2(near[spectrum[near].argmax()] * SAMPLE_RATE / (1 << 16) / hz))
    assert len(apart) > 5
    assert np.abs(apart).max() < 3.6  # the tuning's own deviation comes on top
    assert np.std(apart) > 0.8


def test_phrases_stay_within_the_range_and_begin_within_the_clip() -> None:
    for family in ("piano", "winds"):
        for seed in range(50):
            notes = draw_phrase(np.random.default_rng(seed), family, (60, 72), 2.0)
            assert 60 <= notes["pitch"].min() <= notes["pitch"].max() <= 72
            assert (notes["onset_s"] < 2.0).all()
            assert (notes["offset_s"] > notes["onset_s"]).all()


def test_a_second_instrument_may_play_beside(mixer: Mixer, bank: Bank) -> None:
    beside = solos_of(mixer, bank, replace(ALONE, beside_share=1.0))
    counts = [len(set(beside.clip(np.random.default_rng(seed))[1].notes["program"].tolist())) for seed in range(20)]
    assert max(counts) == 2


def test_clips_that_are_no_solos_are_mixes(mixer: Mixer, bank: Bank) -> None:
    without = solos_of(mixer, bank, replace(ALONE, share=0.0))
    rng, same = np.random.default_rng(3), np.random.default_rng(3)
    same.random()
    assert without.clip(rng)[0].tobytes() == mixer.clip(same)[0].tobytes()


def test_families_that_nothing_plays_are_refused(mixer: Mixer, bank: Bank) -> None:
    with pytest.raises(ValueError, match="kazoo"):
        SoloSettings(family_weights={"kazoo": 1.0})
    with pytest.raises(LabelsError, match="plays alone"):
        solos_of(mixer, bank, replace(ALONE, family_weights={"guitar": 1.0}))
