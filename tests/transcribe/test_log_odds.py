from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.log_odds import log_odds


def test_log_odds_are_those_of_the_definition_and_stay_finite() -> None:
    found = log_odds(np.array([0.0, 0.2, 0.5, 0.9, 1.0]), 1e-3)
    assert found == pytest.approx([-np.log(999.0), -np.log(4.0), 0.0, np.log(9.0), np.log(999.0)])


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_the_precision_stays(precision: type[np.floating]) -> None:
    assert log_odds(np.full(3, 0.25, precision), 1e-5).dtype == precision
