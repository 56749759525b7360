import numpy as np
import pytest
import scipy.signal
import torch

from mp3tomidi.augment.effects.filter import Filter, FilterParams

RATE = 16000


def params(high_pass_hz: float, high_pass_order: int, low_pass_hz: float, low_pass_order: int) -> FilterParams:
    return FilterParams(
        np.array([high_pass_hz]), np.array([high_pass_order]), np.array([low_pass_hz]), np.array([low_pass_order])
    )


def response_db(settings: FilterParams) -> torch.Tensor:
    """At 1 Hz steps."""
    x = torch.zeros(1, 1, RATE)
    x[..., 0] = 1.0
    return 20.0 * torch.fft.rfft(Filter(RATE).sound(x, settings)[0, 0]).abs().log10()


@pytest.mark.parametrize("order", [1, 2, 4])
def test_a_corner_is_3_db_down_and_each_order_adds_6_db_an_octave(order: int) -> None:
    low = response_db(params(0.0, 0, 2000.0, order))
    assert low[100] == pytest.approx(0.0, abs=0.05)
    assert low[2000] == pytest.approx(-3.01, abs=0.05)
    assert low[4000] == pytest.approx(-10.0 * np.log10(1 + 4.0**order), abs=0.1)
    high = response_db(params(400.0, order, 0.0, 0))
    assert high[6000] == pytest.approx(0.0, abs=0.05)
    assert high[400] == pytest.approx(-3.01, abs=0.1)
    assert high[200] == pytest.approx(-10.0 * np.log10(1 + 4.0**order), abs=0.1)


def test_a_high_pass_has_the_waveform_of_scipys_butterworth() -> None:
    x = np.random.default_rng(0).normal(size=RATE).astype(np.float32)
    sections = scipy.signal.butter(3, 150.0, "high", fs=RATE, output="sos")
    y = Filter(RATE).sound(torch.from_numpy(x)[None, None], params(150.0, 3, 0.0, 0))[0, 0]
    error = y.numpy() - scipy.signal.sosfilt(sections, x)
    assert np.sqrt(np.mean(error**2)) < 0.02


def test_a_telephone_keeps_speech_alone() -> None:
    drawn = Filter(RATE).draw(np.random.default_rng(0), 500)
    phones = drawn.high_pass_order == 6
    assert 0.04 < phones.mean() < 0.12
    response = response_db(params(drawn.high_pass_hz[phones][0], 6, drawn.low_pass_hz[phones][0], 6))
    assert response[1000] > -1.0
    assert response[100] < -30.0
    assert response[7000] < -30.0


def test_every_clip_gets_a_filter() -> None:
    drawn = Filter(RATE).draw(np.random.default_rng(0), 500)
    assert ((drawn.high_pass_order > 0) | (drawn.low_pass_order > 0)).all()
    assert drawn.high_pass_hz.max() <= 400.0
    assert drawn.low_pass_hz.min() >= 1500.0
