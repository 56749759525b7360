"""RhythmNet: what it sees of notes that begin at known times."""

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.dataclass_parsing import SettingsError
from mp3tomidi.transcribe.networks.rhythm_net import (
    HOP_SAMPLES,
    SAMPLE_RATE,
    RhythmNet,
    RhythmNetSettings,
    autocorrelations,
    onset_strength,
)

FRAMES = 1000
SMALL = RhythmNetSettings(class_count=2, frames=400, lags=120, channels=(4, 4), pools=(3, 4), hidden=8, dropout=0.0)


def notes_at(onsets_s: np.ndarray, duration_s: float = 10.0, hz: float = 440.0) -> torch.Tensor:
    """Decaying tones [1, samples] that begin at these times."""
    sound = np.zeros(round(duration_s * SAMPLE_RATE), np.float32)
    time_s = np.arange(4000) / SAMPLE_RATE
    note = 0.3 * np.sin(2 * np.pi * hz * time_s) * np.exp(-time_s / 0.08)
    for onset_s in onsets_s:
        first = round(onset_s * SAMPLE_RATE)
        part = sound[first : first + len(note)]
        part += note[: len(part)].astype(np.float32)
    return torch.from_numpy(sound)[None]


def test_onsets_stand_out_where_notes_begin() -> None:
    onsets_s = np.array([1.0, 2.5, 6.0])
    strength = onset_strength(notes_at(onsets_s), FRAMES)[0].numpy()
    highest = np.sort(strength.argsort()[-3:]) * HOP_SAMPLES / SAMPLE_RATE
    assert highest == pytest.approx(onsets_s, abs=0.02)
    near = np.round(onsets_s * 100).astype(int)[:, None] + np.arange(-3, 30)
    assert np.delete(strength, near.ravel()).max() < 0.5


@pytest.mark.parametrize("period_s", [0.4, 0.75])
def test_a_steady_beat_comes_again_after_its_period(period_s: float) -> None:
    seen = autocorrelations(onset_strength(notes_at(np.arange(0.2, 10.0, period_s)), FRAMES), 300)
    assert seen.shape == (1, 2, 300)
    assert torch.allclose(seen[:, :, 0], torch.ones(1, 2), atol=1e-3)
    peak = 20 + int(seen[0, 0, 20 : round(150 * period_s)].argmax())
    assert peak == pytest.approx(100 * period_s, abs=1)
    assert seen[0, 0, peak] > 0.8


def test_uneven_notes_do_not() -> None:
    rng = np.random.default_rng(1)
    even = np.arange(0.2, 9.5, 0.5)
    steady, uneven = (
        autocorrelations(onset_strength(notes_at(onsets_s), FRAMES), 300)[0, 0, 20:].max()
        for onsets_s in (even, np.sort(even + rng.uniform(-0.2, 0.2, len(even))))
    )
    assert uneven < 0.6 * steady


def test_autocorrelations_are_those_of_the_definition() -> None:
    strength = torch.rand(2, 400, generator=torch.Generator().manual_seed(1))
    seen = autocorrelations(strength, 120).numpy()
    window = np.hanning(9)
    for row in range(2):
        smooth = np.convolve(strength[row].numpy() + 1e-6, window / window.sum(), "same")
        smooth -= smooth.mean()
        expected = [np.dot(smooth[: 400 - lag], smooth[lag:]) * 400 / (400 - lag) for lag in range(120)]
        assert seen[row, 0] == pytest.approx(np.array(expected) / expected[0], abs=1e-3)


def test_silence_is_no_error_and_says_nothing() -> None:
    seen = autocorrelations(onset_strength(torch.zeros(1, 40_000), FRAMES), 300)
    assert torch.isfinite(seen).all()


def test_it_learns_to_tell_steady_from_uneven() -> None:
    rng = np.random.default_rng(2)
    torch.manual_seed(2)
    net = RhythmNet(SMALL)
    even = [np.arange(rng.uniform(0.0, 0.3), 3.8, rng.uniform(0.25, 0.6)) for _ in range(48)]
    onsets_s = [times + rng.uniform(-0.12, 0.12, len(times)) * (index % 2) for index, times in enumerate(even)]
    sound = torch.cat([notes_at(np.maximum(times, 0.0), 4.0) for times in onsets_s])
    seen = autocorrelations(onset_strength(sound, SMALL.frames), SMALL.lags)
    label = torch.arange(48) % 2
    optimizer = torch.optim.Adam(net.parameters(), 5e-3)
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(net(seen[:32]), label[:32])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    net.eval()
    assert (net(seen[32:]).argmax(dim=1) == label[32:]).float().mean() > 0.8


@pytest.mark.parametrize("wrong", [{"channels": (4,)}, {"lags": 10}, {"lags": 1000}, {"filter_lags": 4}])
def test_sizes_that_make_no_sense_are_errors(wrong: dict) -> None:
    with pytest.raises(SettingsError):
        RhythmNetSettings(**wrong)
