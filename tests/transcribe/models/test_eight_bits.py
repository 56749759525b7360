import numpy as np

from mp3tomidi.transcribe.models.eight_bits import LEVELS, Ranges, levelling_gain, whole_weights


def test_steps_cover_the_range_and_hold_zero_exactly():
    ranges = Ranges(np.array([-2.0, -1.0]), np.array([3.0, 8.0]))
    steps = ranges.steps(np.ones(2))
    lowest, highest = -steps.zero * steps.step, (LEVELS - steps.zero) * steps.step
    assert abs(lowest + 2.0) <= steps.step / 2
    assert abs(highest - 8.0) <= steps.step / 2
    assert np.isclose(steps.step, 10.0 / LEVELS)


def test_what_is_never_negative_has_zero_at_the_bottom():
    assert Ranges(np.zeros(2), np.array([1.0, 5.0])).steps(np.ones(2)).zero == 0


def test_a_levelled_channel_has_finer_steps():
    ranges = Ranges(np.array([-1.0, -10.0]), np.array([1.0, 10.0]))
    steps = ranges.steps(levelling_gain(ranges))
    assert np.allclose(steps.of_channels, [2.0 / LEVELS, 20.0 / LEVELS])


def test_whole_weights_are_near_the_weights():
    weight = np.random.default_rng(0).standard_normal((4, 6, 3, 1)) * np.array([1, 10, 100, 1000])[:, None, None, None]
    whole, worth = whole_weights(weight)
    assert np.abs(whole * worth[:, None, None, None] - weight).max(axis=(1, 2, 3)).max() <= (worth / 2 + 1e-9).max()
    assert (np.abs(whole * worth[:, None, None, None] - weight) <= worth[:, None, None, None] / 2 + 1e-9).all()
    assert (np.abs(whole).max(axis=(1, 2, 3)) >= 60).all()


def test_no_pair_of_products_with_bytes_overflows_sixteen_bits():
    whole, _ = whole_weights(np.random.default_rng(0).standard_normal((32, 32, 3, 1)))
    pairs = whole.astype(int).reshape(32, 16, 2, 3, 1)
    assert 255 * np.maximum(pairs, 0).sum(axis=2).max() < 2**15
    assert 255 * np.minimum(pairs, 0).sum(axis=2).min() >= -(2**15)
