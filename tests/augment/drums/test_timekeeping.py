"""Time kept on cymbals or on nothing instead of hi-hats."""

import numpy as np

from mp3tomidi.augment.drums.timekeeping import HATS, keep_time_otherwise
from mp3tomidi.augment.labels import DRUM_HIT

CYMBALS = (49, 57, 52, 51, 53)
WHOLE_KIT = (36, 38, 42, 44, 46, *CYMBALS)


def rock(step_s: float = 0.25) -> np.ndarray:
    """Hats in a steady step, a kick or a snare twice a second, and a crash on the first stroke."""
    hits = [(t, 42, 80) for t in np.arange(0.0, 8.0, step_s)]
    hits += [(t, 36 if index % 2 == 0 else 38, 100) for index, t in enumerate(np.arange(0.0, 8.0, 0.5))]
    hits += [(0.0, 49, 110)]
    result = np.zeros(len(hits), DRUM_HIT)
    result["onset_s"], result["key"], result["velocity"] = np.array(hits).T
    return np.sort(result, order=["onset_s", "key"])


def of(hits: np.ndarray, *keys: int) -> np.ndarray:
    return hits[np.isin(hits["key"], keys)]


def drawn(hits: np.ndarray, keys: tuple[int, ...] = WHOLE_KIT, count: int = 200) -> list[np.ndarray]:
    return [keep_time_otherwise(np.random.default_rng(seed), hits, keys) for seed in range(count)]


def test_hats_become_one_cymbal_or_nothing_and_all_else_stays() -> None:
    before = rock()
    silent = 0
    keepers = set()
    for after in drawn(before):
        assert not len(of(after, *HATS))
        assert np.array_equal(of(after, 36, 38), of(before, 36, 38))
        assert np.all(np.diff(after["onset_s"]) >= 0)
        kept = of(after, *CYMBALS)
        silent += len(kept) == 1  # the crash of the part itself
        if len(kept) > 1:
            assert len(kept) == 32  # the crash is not struck twice at once
            keepers.add(int(kept["key"][-1]))
            assert np.all(kept["key"][1:] == kept["key"][-1])
            assert np.all(kept["velocity"][1:] >= 80)
    assert 30 < silent < 100
    assert keepers == set(CYMBALS)


def test_a_cymbal_is_struck_half_as_often_as_a_fast_hat() -> None:
    counts = {len(of(after, *CYMBALS)) for after in drawn(rock(step_s=0.125))}
    assert counts <= {1, 32, 33}


def test_only_what_the_kit_has_is_played() -> None:
    for after in drawn(rock(), (36, 38, 42, 51)):
        assert set(of(after, 52, 57, 53)["key"]) == set()
    without_cymbals = drawn(rock(), (36, 38, 42))
    assert any(np.array_equal(after, rock()) for after in without_cymbals)


def test_a_part_without_hats_stays_as_it_is() -> None:
    part = of(rock(), 36, 38, 49)
    assert all(np.array_equal(after, part) for after in drawn(part))
