"""Written drumming: what is in it, how close strokes come, and that hands and feet could play it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.drums import fills as drum_figures
from mp3tomidi.augment.drums.fills import KICK, PEDAL_HAT, SNARE, TOMS, draw_step, finest, grid, roll
from mp3tomidi.augment.drums.patterns import STYLE_SHARES, write_drums
from mp3tomidi.augment.drums.strokes import FLAM_S, MERGED_WITHIN_S, Strokes, merge_doubled, perform
from mp3tomidi.augment.harmony import Setting, draw_setting
from mp3tomidi.augment.labels import DRUM_HIT

CYMBALS = (49, 57, 51, 53, 59, 52, 55)
LAST_S = 16.0


def setting_of(beats_per_minute: float, beats: int = 32) -> Setting:
    beat_s = 60 / beats_per_minute
    return Setting(np.arange(beats + 1) * beat_s, 4, np.arange(0, 12, 2), (np.array([0, 4, 7]),))


def written(seed: int) -> NDArray[np.void]:
    rng = np.random.default_rng(seed)
    return write_drums(rng, draw_setting(rng, 0.0, LAST_S))


def test_hits_are_sorted_of_general_midi_and_in_range() -> None:
    for seed in range(150):
        hits = written(seed)
        assert hits.dtype == DRUM_HIT
        assert len(hits)
        assert (np.diff(hits["onset_s"]) >= 0).all()
        assert ((hits["key"] >= 35) & (hits["key"] <= 81)).all()
        assert ((hits["velocity"] >= 1) & (hits["velocity"] <= 127)).all()
        for key in np.unique(hits["key"]):
            assert np.diff(hits["onset_s"][hits["key"] == key]).min(initial=1.0) >= MERGED_WITHIN_S


def test_toms_and_cymbals_are_about_as_frequent_as_kick_and_snare() -> None:
    hits = np.concatenate([written(seed) for seed in range(300)])
    count = {name: np.isin(hits["key"], keys).sum() for name, keys in (("toms", TOMS), ("cymbals", CYMBALS))}
    kicks, snares = (hits["key"] == KICK).sum(), (hits["key"] == SNARE).sum()
    assert 0.5 * snares < count["toms"] < 1.5 * snares
    assert 0.5 * kicks < count["cymbals"] < 1.5 * kicks
    shares = [np.isin(written(seed)["key"], TOMS).mean() > 0.3 for seed in range(300)]
    assert 0.06 < np.mean(shares) < 0.35


def test_every_style_is_written() -> None:
    assert sum(STYLE_SHARES.values()) == pytest.approx(1.0)
    keys = set(np.concatenate([written(seed)["key"] for seed in range(400)]).tolist())
    assert keys >= {36, 37, 38, 39, 42, 44, 46, 41, 43, 45, 47, 48, 50, 49, 57, 51, 53, 52, 55, 56, 62, 63, 64, 70}


def test_written_drums_have_a_beat() -> None:
    on_one = 0
    for seed in range(100):
        hits = write_drums(np.random.default_rng(seed), setting_of(120))
        kicks_s = hits["onset_s"][(hits["key"] == KICK) | (hits["key"] == PEDAL_HAT)]
        on_one += bool(len(kicks_s)) and np.abs((kicks_s + 0.25) % 0.5 - 0.25).min() < 0.05
    assert on_one > 80


@pytest.mark.parametrize(("beats_per_minute", "step"), [(120, 1 / 12), (160, 0.125), (180, 0.125), (181, 1 / 6)])
def test_rolls_are_as_fast_as_hands_are(beats_per_minute: float, step: float) -> None:
    setting = setting_of(beats_per_minute)
    assert finest(setting) == pytest.approx(step)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        strokes = Strokes()
        roll(rng, strokes, setting, 4.0, 8.0)
        hits = perform(rng, strokes, setting)
        assert len(hits) == round(4 / step)
        assert len(np.unique(hits["key"])) == 1
        apart_s = np.diff(hits["onset_s"])
        assert apart_s == pytest.approx(step * setting.beat_length_s, rel=0.31)  # two neighbours, 15 % each


@pytest.mark.parametrize("beats_per_minute", [54, 69, 120, 190, 240])
def test_blast_beats_are_fast_at_any_tempo(beats_per_minute: float) -> None:
    setting = setting_of(beats_per_minute)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        strokes = Strokes()
        drum_figures.blast_beat(rng, strokes, setting, 0.0, 8.0)
        struck = [at for at, keys in zip(strokes.beats, strokes.keys, strict=True) if keys[0] in (KICK, SNARE)]
        strokes_a_second = len(np.unique(np.concatenate(struck))) / (8 * setting.beat_length_s)
        assert 6 < strokes_a_second <= 12.5


def test_a_crescendo_grows() -> None:
    grown = []
    for seed in range(100):
        strokes = Strokes()
        roll(np.random.default_rng(seed), strokes, setting_of(120), 0.0, 4.0)
        velocities = strokes.velocities[0]
        grown.append(velocities[-8:].mean() - velocities[:8].mean())
    assert np.mean(np.array(grown) > 5) > 0.35
    assert np.mean(np.array(grown) < -5) > 0.05


def test_steps_can_be_played() -> None:
    for seed in range(100):
        for tempo in (60, 120, 200, 280):
            setting = setting_of(tempo)
            step_s = draw_step(np.random.default_rng(seed), setting) * setting.beat_length_s
            assert step_s >= drum_figures.FASTEST_S


def test_flams_are_two_strokes_the_first_softer() -> None:
    setting = setting_of(120)
    for seed in range(20):
        rng = np.random.default_rng(seed)
        strokes = Strokes()
        strokes.add_flams(rng, setting, [1.0, 2.0, 3.0], SNARE, 100.0)
        assert strokes.velocities[0].max() < strokes.velocities[1].min()
        hits = perform(rng, strokes, setting)
        assert len(hits) == 6
        apart_s = hits["onset_s"][1::2] - hits["onset_s"][::2]
        assert (apart_s > 0.7 * FLAM_S[0]).all()
        assert (apart_s < 1.3 * FLAM_S[1]).all()


def test_swing_delays_the_off_beats_but_not_what_is_straight() -> None:
    setting = setting_of(60)
    strokes = Strokes()
    strokes.add(grid(0, 8, 0.5), 42, 80.0)
    strokes.add(grid(0, 8, 0.5), 38, 80.0, straight=True)
    on, off = [], []
    for seed in range(30):
        hits = perform(np.random.default_rng(seed), strokes, setting, swing=1 / 6)
        on.append(np.mean(hits["onset_s"][hits["key"] == 38][1::2] % 1))
        off.append(np.mean(hits["onset_s"][hits["key"] == 42][1::2] % 1))
    assert np.mean(off) == pytest.approx(2 / 3, abs=0.005)
    assert np.mean(on) == pytest.approx(0.5, abs=0.005)


def test_hands_deviate_by_milliseconds_and_machines_do_not() -> None:
    setting = setting_of(120)
    deviations = []
    for seed in range(200):
        strokes = Strokes()
        strokes.add(grid(0, 32, 1.0), KICK, 90.0)
        hits = perform(np.random.default_rng(seed), strokes, setting)
        deviations.append(np.std(hits["onset_s"] - setting.seconds(grid(0, 32, 1.0))))
    exact = np.mean(np.array(deviations) < 1e-9)
    assert 0.12 < exact < 0.28
    assert 0.002 < np.median(deviations) < 0.008


def test_doubled_strokes_become_the_louder_one() -> None:
    rows = [(0, 0.100, 36, 50), (0, 0.105, 36, 90), (0, 0.106, 38, 80), (0, 0.111, 36, 60), (0, 0.2, 36, 70)]
    merged = merge_doubled(np.array(rows, DRUM_HIT))
    assert [(row["key"], row["velocity"]) for row in merged] == [(36, 90), (38, 80), (36, 70)]
    flam = np.array([(0, 0.1, 38, 50), (0, 0.125, 38, 90)], DRUM_HIT)
    assert len(merge_doubled(flam)) == 2


def test_the_same_seed_gives_the_same_hits() -> None:
    for seed in range(20):
        assert written(seed).tobytes() == written(seed).tobytes()
    assert written(0).tobytes() != written(1).tobytes()
