import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.bandwidth import PASSED_SHARE, STOP_BAND_DB, Bandwidth, BandwidthParams, BandwidthRanges

RATE = 32000


def response_db(limit_hz: float, rate: int = RATE) -> torch.Tensor:
    """At 1 Hz steps."""
    x = torch.zeros(1, 1, rate)
    x[..., 0] = 1.0
    y = Bandwidth(rate).sound(x, BandwidthParams(np.array([limit_hz])))[0, 0]
    return 20.0 * torch.fft.rfft(y).abs().clamp_min(1e-9).log10()


@pytest.mark.parametrize("limit_hz", [5500.0, 8000.0, 11_025.0, 15_500.0])
def test_all_below_the_limit_passes_and_nothing_above(limit_hz: float) -> None:
    response = response_db(limit_hz)
    assert response[: int(PASSED_SHARE * limit_hz) - 50].abs().max() < 0.1
    assert response[int(limit_hz) + 50 :].max() < -STOP_BAND_DB + 1.0


def test_a_limit_that_the_sound_does_not_reach_leaves_it_as_it_is() -> None:
    x = torch.randn(3, 2, 4000, generator=torch.Generator().manual_seed(0))
    params = BandwidthParams(np.array([8000.0, 16_000.0, 5500.0]))
    y = Bandwidth(RATE).sound(x, params)
    assert torch.equal(y[1], x[1])
    assert not torch.equal(y[0], x[0])
    for clip in range(3):
        assert torch.allclose(y[clip], Bandwidth(RATE).sound(x[clip : clip + 1], params.of_clip(clip))[0], atol=1e-6)
    at_16_khz = Bandwidth(16000).sound(x, BandwidthParams(np.array([8000.0, 11_025.0, 15_000.0])))
    assert torch.equal(at_16_khz, x)


def test_limits_are_as_frequent_as_their_shares() -> None:
    ranges = BandwidthRanges()
    limit_hz = Bandwidth(RATE).draw(np.random.default_rng(0), 4000).limit_hz
    shares = [(limit_hz == usual_hz).mean() for usual_hz in ranges.limits_hz]
    assert shares == pytest.approx(ranges.shares[:-1], abs=0.03)
    others_hz = limit_hz[~np.isin(limit_hz, ranges.limits_hz)]
    assert others_hz.min() >= ranges.other_hz[0]
    assert others_hz.max() <= ranges.other_hz[1]


def test_shares_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="it must be 2 numbers that add up to 1"):
        BandwidthRanges(limits_hz=(8000.0,))
