"""The tops of parabolas, whose places are known."""

import numpy as np
import pytest

from mp3tomidi.transcribe.peaks import peak_shift


@pytest.mark.parametrize("place", [-0.5, -0.2, 0.0, 0.31])
def test_the_top_of_a_parabola_is_found(place: float) -> None:
    left, top, right = (3.0 - 0.7 * (np.array([x]) - place) ** 2 for x in (-1.0, 0.0, 1.0))
    assert peak_shift(left, top, right) == pytest.approx([place], abs=1e-9)


def test_what_has_no_top_is_not_shifted_and_none_is_shifted_far() -> None:
    for samples, expected in (((1.0, 1.0, 1.0), 0.0), ((1.0, 0.0, 1.0), 0.0), ((0.0, 1.0, 1.9), 0.5)):
        assert peak_shift(*map(np.array, samples)) == expected
