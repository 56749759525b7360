"""Features are what they were when the shipped weights were taught on them.

The stored numbers are those of that day. A change that moves them makes the weights wrong: teach these again first,
then store the new numbers with `pytest --force-regen`.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.transcribe.drums.candidates import DrumActivations, find_candidates
from mp3tomidi.transcribe.drums.features import all_features
from mp3tomidi.transcribe.drums.second_look_features import context_features
from mp3tomidi.transcribe.drums.velocity import usual_velocities, velocity_features

NEAR = {"rtol": 1e-4, "atol": 1e-5}
FRAMES = 2600  # more than one passage


@pytest.fixture(scope="module")
def activations() -> DrumActivations:
    """What a DrumNet might say of 26 s of a groove: kicks, snares, hats, a crash, flams."""
    rng = np.random.default_rng(3)
    onset = rng.beta(0.3, 14.0, (FRAMES, 8)).astype(np.float32)
    velocity = rng.uniform(0.2, 0.9, (FRAMES, 8)).astype(np.float32)
    slow, quick = (np.log(rng.uniform(0.01, 0.05, (FRAMES, 8))).astype(np.float32) for _ in range(2))
    for piece, every, late, height in (
        (0, 50, 0, 0.95),
        (1, 100, 50, 0.85),
        (4, 25, 2, 0.6),
        (6, 400, 0, 0.7),
        (1, 300, 54, 0.5),
    ):
        for frame in range(20 + late, FRAMES - 20, every):
            top = height * rng.uniform(0.5, 1.0)
            onset[frame - 1 : frame + 2, piece] = 0.4 * top, top, 0.5 * top
            fall = np.exp(-np.arange(18) / 6.0)[:, None]
            for bands in (slow, quick):
                bands[frame : frame + 18] += 3.0 * top * fall * rng.uniform(0.2, 1.0, 8)
    high = quick + np.random.default_rng(5).normal(0.0, 0.3, quick.shape).astype(np.float32)
    return DrumActivations(onset, velocity, slow, quick, high, 0.01)


def test_what_the_first_look_is_given(
    activations: DrumActivations, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    candidates = find_candidates(activations)
    found = {name: np.asarray(getattr(candidates, name)) for name in ("frame", "piece", "time_s", "height")}
    features = all_features(activations, candidates)
    ndarrays_regression.check(found | {"features": features[::6]}, default_tolerance=NEAR)


def test_what_the_second_look_is_given(
    activations: DrumActivations, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    candidates = find_candidates(activations)
    first = np.random.default_rng(4).uniform(0.01, 0.99, len(candidates)) * candidates.height
    ndarrays_regression.check(
        {"features": context_features(activations, candidates, first)[::6]}, default_tolerance=NEAR
    )


def test_what_tells_velocities(activations: DrumActivations, ndarrays_regression: NDArraysRegressionFixture) -> None:
    candidates = find_candidates(activations)
    usual = usual_velocities(activations, candidates.frame, candidates.piece)
    features = velocity_features(activations, candidates.frame, candidates.piece)
    ndarrays_regression.check({"usual": usual, "features": features[::30]}, default_tolerance=NEAR)
