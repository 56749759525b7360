import numpy as np
import pytest
import torch

from mp3tomidi.augment.effects.detune import Detune, DetuneParams
from mp3tomidi.augment.labels import DRUM_HIT, NOTE, Labels

RATE = 16000
CENTS = np.array([-15.0, -4.0, 0.0, 15.0])


@pytest.mark.parametrize(("frequency_hz", "error_db"), [(110.0, -75.0), (1500.0, -75.0), (3000.0, -50.0)])
def test_a_sine_is_raised_by_the_drawn_cents(frequency_hz: float, error_db: float) -> None:
    time_s = torch.arange(4 * RATE, dtype=torch.float64) / RATE
    x = torch.sin(2 * torch.pi * frequency_hz * time_s).float().expand(4, 1, -1)
    y = Detune().sound(x, DetuneParams(CENTS))
    raised = torch.as_tensor(frequency_hz * 2.0 ** (CENTS / 1200.0))[:, None]
    error = (y[:, 0] - torch.sin(2 * torch.pi * raised * time_s))[:, 100:-700]
    assert y.shape == x.shape
    assert 10.0 * error.square().mean(-1).max().log10() < error_db


def test_clicks_are_where_the_labels_say() -> None:
    click_s = np.arange(0.5, 4.0, 0.5)
    x = torch.zeros(len(CENTS), 1, 4 * RATE)
    x[..., (click_s * RATE).astype(int)] = 1.0
    notes = np.zeros(len(CENTS) * len(click_s), NOTE)
    notes["clip"] = np.repeat(np.arange(len(CENTS)), len(click_s))
    notes["onset_s"] = np.tile(click_s, len(CENTS))
    notes["offset_s"] = notes["onset_s"] + 0.25
    hits = np.zeros(len(notes), DRUM_HIT)
    hits["clip"], hits["onset_s"] = notes["clip"], notes["onset_s"]

    params = DetuneParams(CENTS)
    y = Detune().sound(x, params)[:, 0]
    moved = Detune().labels(Labels(notes, hits), params)
    for note in moved.notes:
        at = round(note["onset_s"] * RATE)
        heard = y[note["clip"], at - 100 : at + 100].abs()
        heard_s = at - 100 + float((heard * torch.arange(200)).sum() / heard.sum())
        assert heard_s / RATE == pytest.approx(note["onset_s"], abs=0.0002)
    speed = 2.0 ** (CENTS / 1200.0)
    np.testing.assert_allclose(moved.notes["offset_s"], notes["offset_s"] / speed[notes["clip"]], rtol=1e-12)
    np.testing.assert_array_equal(moved.drum_hits["onset_s"], moved.notes["onset_s"])
    assert notes["onset_s"][0] == 0.5  # what was given stays


def test_a_faster_clip_does_not_fall_silent_at_its_end() -> None:
    x = torch.ones(1, 1, 4 * RATE)
    y = Detune().sound(x, DetuneParams(np.array([15.0])))
    assert y[..., -600:-20].min() > 0.8
