"""Engines against our own: the same settings, and the results held against each other by level, onset and spectrum."""

import random
import shutil
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from scipy.signal import butter, sosfilt, welch

from mp3tomidi.augment import Compose, Labels, Step
from mp3tomidi.augment.effects import requirements
from mp3tomidi.augment.effects.requirements import MissingError
from mp3tomidi.augment.effects.sox.filter import butterworth_qualities
from mp3tomidi.augment.recipe import RecipeError

RATE = 44100
SEEDS = 4
TOLERANCE_S = 0.003


class Held(NamedTuple):
    """How near an engine must come to our own, and with which ranges it is tried."""

    ranges: dict[str, Any]
    level_db: float
    spectrum_db: float  # of any third of an octave between 60 Hz and 6 kHz that is not 30 dB below the loudest


SHARP = {"order": (1, 6)}
ENGINES: dict[tuple[str, str], Held] = {
    ("filter", "sox"): Held({}, 0.3, 1.0),
    ("phone", "sox"): Held(SHARP, 0.3, 1.0),
    ("speed", "sox"): Held({}, 0.1, 0.1),
    ("chorus", "sox"): Held({}, 0.3, 3.0),  # two combs are at other frequencies at any one time
    ("reverb", "sox"): Held({"rt60_s": (0.3, 1.0), "long_share": 0.0}, 1.0, 7.0),  # nor have two rooms the same modes
    ("compression", "sox"): Held(
        {"attack_s": (0.002, 0.005)}, 4.5, 4.5
    ),  # ours follows the peak, compand what is below
    ("distortion", "sox"): Held({}, 0.1, 2.0),
    ("filter", "audiomentations"): Held({}, 0.3, 1.0),
    ("phone", "audiomentations"): Held(SHARP, 0.3, 1.0),
    ("pitch_shift", "audiomentations"): Held({}, 0.2, 1.5),
    ("time_stretch", "audiomentations"): Held({}, 0.2, 1.5),
    ("lossy_codec", "audiomentations"): Held({"codec_shares": (1.0, 0.0, 0.0)}, 0.3, 1.5),
    ("room", "audiomentations"): Held({"length_m": (3.0, 8.0), "rt60_s": (0.2, 0.6)}, 1.0, 11.0),
}


@pytest.fixture(params=ENGINES, ids="-".join)
def case(request: pytest.FixtureRequest) -> tuple[str, str]:
    name, engine = request.param
    if engine == "audiomentations":
        pytest.importorskip("audiomentations")
    return name, engine


def both(case: tuple[str, str], x: np.ndarray, seed: int) -> Iterator[np.ndarray]:
    name, engine = case
    for by in ("torch", engine):
        yield Compose([Step(name, engine=by, **ENGINES[case].ranges)])(x, RATE, seed=seed)


def sound(channels: int = 1) -> np.ndarray:
    """Pink noise from 40 Hz on that swells and fades, so that a level is followed."""
    rng = np.random.default_rng(0)
    spectrum = np.fft.rfft(rng.normal(size=(channels, 2 * RATE)))
    frequency_hz = np.arange(spectrum.shape[1]) / 2.0
    pink = np.fft.irfft(np.where(frequency_hz < 40.0, 0.0, spectrum / np.sqrt(np.maximum(1.0, frequency_hz))))
    swell = 0.2 + np.abs(np.sin(np.arange(2 * RATE) * (2 * np.pi / RATE)))
    return np.asarray(0.5 * swell * pink / np.abs(pink).max(), np.float32)


def thirds_db(y: np.ndarray) -> np.ndarray:
    frequency_hz, power = welch(y, RATE, nperseg=8192)
    edges_hz = 60.0 * 2.0 ** (np.arange(21) / 3.0)
    bands = [power[(frequency_hz >= low) & (frequency_hz < high)].mean() for low, high in pairwise(edges_hz)]
    return 10.0 * np.log10(np.array(bands) + 1e-20)


def test_an_engine_gives_the_same_level_and_spectrum(case: tuple[str, str]) -> None:
    for seed in range(SEEDS):
        ours, theirs = both(case, sound()[0], seed)
        assert ours.shape == theirs.shape
        levels_db = [10.0 * np.log10(np.square(y).mean()) for y in (ours, theirs)]
        assert abs(levels_db[0] - levels_db[1]) < ENGINES[case].level_db
        our_db, their_db = thirds_db(ours), thirds_db(theirs)
        heard = our_db > our_db.max() - 30.0
        assert heard.sum() > 5
        assert np.abs(our_db - their_db)[heard].max() < ENGINES[case].spectrum_db


def test_an_engine_puts_an_onset_where_its_label_says(case: tuple[str, str]) -> None:
    """A burst of noise: where the energy of 2 ms comes over a twentieth of what it is within 15 ms of the label."""
    rng = np.random.default_rng(1)
    x = np.zeros(2 * RATE, np.float32)
    late = 2 * RATE - RATE // 2
    x[RATE // 2 :] = 0.3 * rng.normal(size=late) * np.exp(-np.arange(late) / 8000.0)
    name, engine = case
    for by in ("torch", engine):
        augment = Compose([Step(name, engine=by, **ENGINES[case].ranges)])
        for seed in range(SEEDS):
            y, moved = augment(x, RATE, Labels.of_drum_hits([(0.5, 38, 100)]), seed=seed)
            label_s = float(moved.drum_hits["onset_s"][0])
            assert abs(rise_s(y, label_s) - rise_s(x, 0.5)) < TOLERANCE_S


def rise_s(y: np.ndarray, label_s: float) -> float:
    start = round((label_s - 0.05) * RATE)
    energy = np.convolve(y[start : start + round(0.065 * RATE)].astype(np.float64) ** 2, np.ones(88), "same")
    return float(np.argmax(energy > 0.05 * energy.max())) / RATE - 0.05


def test_stereo_stays_stereo_and_one_seed_is_one_result(case: tuple[str, str]) -> None:
    x = sound(2)
    _, y = both(case, x, 1)
    assert y.shape[0] == 2
    assert abs(np.corrcoef(y[:, : x.shape[1] // 2])[0, 1]) < 0.4
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # type: ignore[index] # noqa: NPY002
    _, again = both(case, x, 1)
    np.testing.assert_array_equal(y, again)
    assert before == (random.getstate(), np.random.get_state()[1].tolist())  # type: ignore[index] # noqa: NPY002


def test_loud_sound_is_not_cut_and_silence_stays_silent(case: tuple[str, str]) -> None:
    x = sound()[0]
    _, y = both(case, x, 2)
    _, loud = both(case, 16.0 * x, 2)
    assert np.corrcoef(loud, y)[0, 1] > 0.98
    assert np.square(loud).mean() == pytest.approx(256.0 * np.square(y).mean(), rel=0.02)
    _, silent = both(case, 0.0 * x, 2)
    assert np.isfinite(silent).all()
    assert np.abs(silent).max() < 1e-4


def test_a_batch_goes_through_clip_by_clip(case: tuple[str, str]) -> None:
    name, engine = case
    x = torch.from_numpy(np.stack([sound(), 0.1 * sound()]))
    y = Compose([Step(name, engine=engine, **ENGINES[case].ranges)])(x, RATE, seed=3)
    assert y.shape == x.shape
    assert torch.isfinite(y).all()


def test_a_clip_of_no_length_worth_speaking_of_is_no_trouble(case: tuple[str, str]) -> None:
    _, y = both(case, np.full(50, 0.3, np.float32), 0)
    assert np.isfinite(y).all()
    assert 25 <= len(y) <= 100


@pytest.mark.parametrize("order", range(1, 13))
def test_a_cascade_has_the_magnitude_of_butterworth(order: int) -> None:
    s = 1j * np.logspace(-1, 1, 50)
    response = 1.0 / (s + 1.0) if order % 2 else np.ones_like(s)
    for quality in butterworth_qualities(order):
        response = response / (s**2 + s / quality + 1.0)
    np.testing.assert_allclose(np.abs(response), 1.0 / np.sqrt(1.0 + np.abs(s) ** (2 * order)), rtol=1e-9)


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 2.0])
def test_the_reverberation_of_sox_decays_as_drawn(rt60_s: float) -> None:
    """From 300 to 1200 Hz, between -5 and -35 dB of Schroeder's integral."""
    step = Step("reverb", engine="sox", rt60_s=rt60_s, long_share=0.0, direct_to_reverberant_db=0.0)
    effect = step.made_for(RATE)
    params = effect.draw(np.random.default_rng(0), 1)
    response = effect.impulse_responses(params, torch.device("cpu"))[0].numpy()  # type: ignore[attr-defined]
    assert response[0] == pytest.approx(1.0)
    np.testing.assert_allclose(np.square(response[1:]).sum(), 1.0, rtol=1e-4)
    band = butter(3, (300.0, 1200.0), "bandpass", fs=RATE, output="sos")
    left = np.cumsum(np.square(sosfilt(band, response[1:]))[::-1])[::-1]
    level_db = 10.0 * np.log10(left / left[0] + 1e-30)
    decay_s = 2.0 * (int(np.argmax(level_db < -35.0)) - int(np.argmax(level_db < -5.0))) / RATE
    assert decay_s == pytest.approx(rt60_s, rel=0.1)


def test_a_microphone_that_is_too_far_for_the_room_stands_in_the_corner_opposite_of_the_source() -> None:
    room = pytest.importorskip("mp3tomidi.augment.effects.audiomentations.room")
    size_m = np.array([3.0, 4.0, 2.5])
    source_m, away = room._places(np.random.default_rng(0), size_m, 20.0)
    np.testing.assert_allclose(source_m, [0.1, 0.1, 0.1])
    np.testing.assert_allclose(source_m + away, size_m - 0.1)
    source_m, away = room._places(np.random.default_rng(0), size_m, 1.5)
    assert np.linalg.norm(away) == pytest.approx(1.5)
    for place in (source_m, source_m + away):
        assert np.all((place > 0.1) & (place < size_m - 0.1))


@pytest.mark.parametrize("absorption", [0.1, 0.5])
def test_walls_absorb_what_makes_a_room_ring_as_long_as_drawn(absorption: float) -> None:
    """Eyring's formula, forwards."""
    room = pytest.importorskip("mp3tomidi.augment.effects.audiomentations.room")
    size_m = np.array([6.0, 5.0, 4.0])
    area_m2 = 2.0 * (size_m * np.roll(size_m, 1)).sum()
    rt60_s = 0.1611 * size_m.prod() / (-np.log(1.0 - absorption) * area_m2)
    assert room._absorption(size_m, rt60_s) == pytest.approx(absorption, rel=2e-3)


@pytest.mark.parametrize("ratio", [2.0, 6.0])
def test_compand_turns_a_tone_down_as_threshold_and_ratio_say(ratio: float) -> None:
    tone = np.sin(2 * np.pi * 500.0 * np.arange(2 * RATE) / RATE)
    x = np.where(np.arange(2 * RATE) < 0.1 * RATE, 1.0, 0.7) * tone  # the peak that thresholds are relative to
    step = Step("compression", engine="sox", threshold_db=-24.0, ratio=ratio, attack_s=0.002, release_db_per_s=100.0)
    y = Compose([step])(x.astype(np.float32), RATE, seed=0)
    gain_db = 20.0 * np.log10(np.abs(y[-RATE:]).max() / 0.7)
    over_db = 24.0 + 20.0 * np.log10(0.7)
    assert gain_db == pytest.approx(over_db / ratio - over_db, abs=1.0)


def test_what_an_engine_cannot_do_is_said_before_anything_is_done() -> None:
    with pytest.raises(RecipeError, match=r"chorus by sox: rate_hz = \[0.01, 0.02\] is out of range: 0.1 to 5"):
        Step("chorus", engine="sox", rate_hz=(0.01, 0.02))
    with pytest.raises(RecipeError, match="gain has no engine 'sox'; these have it: chorus, compression"):
        Step("gain", engine="sox")


def test_a_program_that_is_missing_is_one_line_and_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(requirements.importlib.util, "find_spec", lambda name: None)
    Step("filter").made_for(RATE)
    with pytest.raises(MissingError, match="needs the program sox; on Debian: apt install sox"):
        Step("filter", engine="sox").made_for(RATE)
    with pytest.raises(MissingError, match=r"needs the package audiomentations: .*pip install"):
        Step("filter", engine="audiomentations").made_for(RATE)
