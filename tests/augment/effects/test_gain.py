import numpy as np
import torch

from mp3tomidi.augment.effects.gain import Gain


def test_the_peak_of_all_channels_ends_at_the_drawn_level() -> None:
    gain = Gain()
    params = gain.draw(np.random.default_rng(0), 20)
    x = torch.randn(20, 2, 1000, generator=torch.Generator().manual_seed(0))
    y = gain.sound(x, params)
    np.testing.assert_allclose(20.0 * y.abs().amax((1, 2)).log10(), params.peak_dbfs, atol=1e-3)
    torch.testing.assert_close(y[:, 0] * x[:, 1], y[:, 1] * x[:, 0], atol=1e-5, rtol=1e-4)
    assert params.peak_dbfs.min() >= -25.0
    assert params.peak_dbfs.max() <= -0.5


def test_silence_stays_silence() -> None:
    gain = Gain()
    assert not gain.sound(torch.zeros(1, 1, 100), gain.draw(np.random.default_rng(0), 1)).any()
