import numpy as np
import torch

from mp3tomidi.augment.effects.channel_mix import ChannelMix


def test_mono_at_most_changes_its_polarity() -> None:
    mix = ChannelMix(1)
    x = torch.randn(50, 1, 100, generator=torch.Generator().manual_seed(0))
    y = mix.sound(x, mix.draw(np.random.default_rng(0), 50))
    turned = torch.isclose(y, -x).all(-1).all(-1)
    kept = torch.isclose(y, x).all(-1).all(-1)
    assert (turned ^ kept).all()
    assert 10 < int(turned.sum()) < 40


def test_each_channel_is_panned_at_constant_power() -> None:
    mix = ChannelMix(2)
    params = mix.draw(np.random.default_rng(1), 8)
    x = torch.zeros(8, 2, 100)
    x[:, 1, 7] = 2.0
    y = mix.sound(x, params)
    np.testing.assert_allclose(y.square().sum((1, 2)), 4.0, rtol=1e-5)
    np.testing.assert_allclose(y[:, :, 7], 2.0 * params.gains[:, :, 1], rtol=1e-5)
    assert not y[..., :7].any()
