import numpy as np

from mp3tomidi.transcribe.inference.timbres import POOLS, Timbres, joined, pooled

CHANNELS = 4


def test_pools_are_the_means_of_the_layer_around_an_onset():
    layer = np.random.default_rng(0).random((CHANNELS, 100, 88)).astype(np.float32)
    found = pooled(layer, np.array([40, 50]), np.array([3, 87])).reshape(2, len(POOLS), CHANNELS)
    for number, (first, last) in enumerate(POOLS):
        assert np.allclose(found[1, number], layer[:, 50 + first : 50 + last, 87].mean(axis=1), atol=1e-3)


def test_beyond_its_ends_a_layer_goes_on_as_it_is_there():
    layer = np.zeros((CHANNELS, 10, 88), np.float32)
    layer[:, 0], layer[:, -1] = 1.0, 2.0
    found = pooled(layer, np.array([0, 9]), np.array([0, 0])).reshape(2, len(POOLS), CHANNELS)
    assert found[0, 0].tolist() == [1.0] * CHANNELS
    assert found[1, -1].tolist() == [2.0] * CHANNELS


def test_the_nearest_peak_of_a_notes_pitch_is_read():
    values = np.arange(4, dtype=np.float16)[:, None]
    timbres = Timbres(np.array([30, 10, 50, 12]), np.array([5, 5, 5, 6]), values)
    found = timbres.at(np.array([9.6, 21.0, 33.0, 900.0, 12.0, 12.0]), np.array([5, 5, 5, 5, 6, 7]))
    assert found[:, 0].tolist() == [1.0, 0.0, 0.0, 2.0, 3.0, 0.0]
    assert timbres.at(np.zeros(0), np.zeros(0, np.intp)).shape == (0, 1)


def test_windows_are_joined():
    part = Timbres(np.array([1]), np.array([2]), np.ones((1, 3), np.float16))
    both = joined([part, Timbres(np.array([7]), np.array([8]), np.zeros((1, 3), np.float16))])
    assert (both.frame.tolist(), both.pitch.tolist(), both.values.shape) == ([1, 7], [2, 8], (2, 3))
