"""EffectNet: what its figures show of sound with an effect of a known kind."""

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.effect_net import (
    FIGURES,
    SAMPLE_RATE,
    SEGMENT_SAMPLES,
    EffectNet,
    EffectNetSettings,
    amplitude_figures,
    chorus_figures,
    decay_figures,
    echo_figures,
    effect_figures,
)

HEIGHT, LAG_S = 0, 5  # of the figures of echoes
MEAN_POWER, KINDS = 0, 4  # of each range of lags of the figures of choruses


def bursts(seed: int = 1) -> np.ndarray:
    """Noise that begins anew at random times and dies away."""
    rng = np.random.default_rng(seed)
    sound = np.zeros(SEGMENT_SAMPLES)
    for start in rng.integers(0, SEGMENT_SAMPLES, 24):
        length = min(6000, SEGMENT_SAMPLES - start)
        sound[start : start + length] += rng.standard_normal(length) * np.exp(-np.arange(length) / 1500)
    return 0.1 * sound / np.sqrt(np.mean(sound**2))


def batch(*sounds: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(sounds).astype(np.float32))


def delayed(sound: np.ndarray, samples: int) -> np.ndarray:
    return np.concatenate([np.zeros(samples), sound[:-samples]])


@pytest.mark.parametrize("delay_s", [0.12, 0.31, 0.6])
def test_an_echo_is_a_line_at_its_delay(delay_s):
    dry = bursts()
    dry_figures, wet_figures = echo_figures(batch(dry, dry + 0.4 * delayed(dry, round(delay_s * SAMPLE_RATE))))
    assert wet_figures[LAG_S] == pytest.approx(delay_s, abs=2 / SAMPLE_RATE)
    assert wet_figures[HEIGHT] == pytest.approx(0.4, abs=0.1)
    assert dry_figures[HEIGHT] < 0.15


def test_a_copy_a_few_milliseconds_later_shows_in_its_range_of_lags():
    dry = bursts()
    dry_figures, wet_figures = chorus_figures(batch(dry, dry + 0.5 * delayed(dry, 22 * SAMPLE_RATE // 1000)))
    change = (wet_figures - dry_figures)[MEAN_POWER::KINDS]
    assert int(change.argmax()) == 3  # 18 to 26 ms
    assert change.max() > 1.0


def test_bands_that_fall_slowly_fall_at_no_high_rate():
    time_s = torch.arange(640) * 0.008
    slow, fast = (-rate * (time_s % 0.5) for rate in (20.0, 100.0))
    levels = torch.stack([slow, fast])[:, None].expand(2, 12, 640)
    falls = decay_figures(levels)[:, :8]  # of 48 ms, by more than 15, 30, 60, 90, 130 ... dB a second
    assert falls[0, 0] > 0.8
    assert falls[0, 1] == 0.0
    assert falls[1, 3] > 0.8
    assert falls[1, 4] == 0.0


def test_clipped_sound_crowds_at_its_largest_amplitude():
    dry = bursts()
    near_peak = 3  # the share beyond .9 of it
    plain, cut = amplitude_figures(batch(dry, np.clip(4 * dry, -0.1, 0.1)))[:, near_peak]
    assert cut > 3 * plain


def test_all_figures_are_finite_and_silence_is_no_exception():
    figures = effect_figures(batch(bursts(), np.zeros(SEGMENT_SAMPLES), np.sin(np.arange(SEGMENT_SAMPLES))))
    assert figures.shape == (3, FIGURES)
    assert torch.isfinite(figures).all()


def test_layers_over_mel_levels_stay_as_they_are():
    net = EffectNet(EffectNetSettings(2)).train()
    assert net.standardise.training
    assert not any(layer.training for layer in net.layers)
    assert not any(parameter.requires_grad for parameter in net.layers.parameters())
    inputs = net.inputs(batch(bursts(1), bursts(2)))
    assert inputs.shape == (2, FIGURES + 128)
    assert not torch.equal(inputs[0, FIGURES:], inputs[1, FIGURES:])


def test_it_learns_from_figures_and_refuses_sizes_without_sense():
    torch.manual_seed(0)
    net = EffectNet(EffectNetSettings(2, hidden=8, dropout=0.0))
    figures, there = torch.randn(64, FIGURES + 128), torch.zeros(64, 2)
    there[:, 0] = (figures[:, 3] > 0).float()
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(100):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(net(figures), there)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.1
    with pytest.raises(SettingsError, match="hidden must be positive"):
        EffectNetSettings(hidden=0)
