import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.distortion import HARD, SOFT, TANH, Distortion, DistortionParams

RATE = 16000


def sine(frequency_hz: float) -> torch.Tensor:
    return 0.3 * torch.sin(2 * torch.pi * frequency_hz * torch.arange(RATE) / RATE)[None, None]


def settings(shape: int, drive_db: float) -> DistortionParams:
    return DistortionParams(np.array([shape]), np.array([drive_db]))


@pytest.mark.parametrize(
    ("shape", "curve"),
    [(TANH, np.tanh), (SOFT, lambda x: x / (1 + np.abs(x))), (HARD, lambda x: np.clip(x, -1, 1))],
)
def test_harmonics_are_those_of_the_curve(shape, curve) -> None:  # type: ignore[no-untyped-def]
    y = Distortion().sound(sine(250.0), settings(shape, 12.0))[0, 0]
    wanted = np.abs(np.fft.rfft(curve(10**0.6 * np.sin(2 * np.pi * np.arange(RATE) / RATE))))
    ours = torch.fft.rfft(y).abs()
    for harmonic in (2, 3, 5, 7):
        ratio = wanted[harmonic] / wanted[1]
        assert ours[250 * harmonic] / ours[250] == pytest.approx(ratio, abs=2e-3)


@pytest.mark.parametrize("shape", [TANH, SOFT, HARD])
def test_the_level_stays(shape: int) -> None:
    x = sine(440.0)
    y = Distortion().sound(x, settings(shape, 20.0))
    assert y.square().mean() == pytest.approx(float(x.square().mean()), rel=1e-3)


def test_a_third_harmonic_past_half_the_rate_does_not_fold_back() -> None:
    spectrum = torch.fft.rfft(Distortion().sound(sine(5000.0), settings(HARD, 24.0))[0, 0]).abs()
    # 3 x 5 kHz folds to 1 kHz at 16 kHz with a third of the fundamental; at 32 kHz only the 13th does
    assert spectrum[1000] < 0.05 * spectrum[5000]


def test_clips_of_different_curves_do_not_meet() -> None:
    x = torch.cat([sine(300.0), sine(400.0), sine(500.0)])
    params = DistortionParams(np.array([HARD, TANH, SOFT]), np.array([10.0, 5.0, 20.0]))
    y = Distortion().sound(x, params)
    for clip in range(3):
        alone = Distortion().sound(x[clip : clip + 1], settings(params.shape[clip], params.drive_db[clip]))
        torch.testing.assert_close(y[clip], alone[0], atol=1e-5, rtol=1e-4)


def test_silence_stays_silence() -> None:
    assert not Distortion().sound(torch.zeros(1, 1, RATE), settings(TANH, 10.0)).any()
