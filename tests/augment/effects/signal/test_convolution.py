import numpy as np
import pytest
import torch
from scipy.signal import fftconvolve

from mp3tomidi.augment.effects.signal import convolution


@pytest.mark.parametrize("taps", [1, 100, 8192, 44_100, 60_000, 300_000])
@pytest.mark.parametrize("samples", [5000, 199_999, 200_000, 431_217])
def test_it_is_the_convolution_whatever_the_lengths(samples: int, taps: int) -> None:
    rng = np.random.default_rng(samples + taps)
    x, kernel = rng.normal(size=(2, 2, samples)), rng.normal(size=(2, taps)) * np.exp(-np.arange(taps) / 2000.0)
    y = convolution.convolve(torch.from_numpy(x).float(), torch.from_numpy(kernel).float())
    expected = fftconvolve(x, kernel[:, None], axes=-1)[..., :samples]
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-5 * np.abs(expected).max())
