import re

import numpy as np
import pytest

from mp3tomidi.transcribe.drums import one_shots
from mp3tomidi.transcribe.drums.one_shots import OneShotSorter, tilted
from mp3tomidi.transcribe.errors import WeightsError
from mp3tomidi.transcribe.networks import weight_files


def test_weights_that_tell_other_drums_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_shots, "ONE_SHOT_CLASSES", one_shots.ONE_SHOT_CLASSES[1:])
    with pytest.raises(WeightsError, match=re.escape(f"{weight_files.shipped_folder()}: ")):
        OneShotSorter()


@pytest.mark.parametrize(("tilt", "low", "high"), [(0.0, 1.0, 1.0), (0.5, 0.5, 1.5), (-0.5, 1.5, 0.5)])
def test_a_tilt_lowers_one_end_of_the_spectrum_and_raises_the_other(tilt: float, low: float, high: float) -> None:
    lowest, highest = np.ones(64, np.float32), np.resize(np.array([1.0, -1.0], np.float32), 64)
    assert np.allclose(np.abs(tilted(lowest, tilt))[1:], low)
    assert np.allclose(np.abs(tilted(highest, tilt))[1:], high)


def test_a_confidence_is_a_share_and_does_not_depend_on_what_else_is_sorted() -> None:
    rng = np.random.default_rng(1)
    time_s = np.arange(8000) / 16000
    sounds = [
        (0.5 * np.exp(-time_s / tau) * noise).astype(np.float32)
        for tau, noise in ((0.02, rng.standard_normal(8000)), (0.2, np.sin(2 * np.pi * 55 * time_s)))
    ]
    sorter = OneShotSorter()
    together = sorter.recognise_sounds(sounds)
    assert all(0.0 < one.confidence <= 1.0 for one in together)
    for sound, one in zip(sounds, together, strict=True):
        (alone,) = sorter.recognise_sounds([sound])
        assert alone.drum == one.drum
        assert alone.confidence == pytest.approx(one.confidence, abs=1e-5)
