"""What was drawn from a seed, and what an effect makes of it, stay what they are from one version to the next.

Recipes are taught with again and stored draws are replayed by that. Where an effect is changed on purpose, store the
new numbers with `pytest --force-regen`, and say so in the changelog.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.augment import Step
from mp3tomidi.augment.effects import discovery

RATE = 16000
CLIPS = 5
FOLDERS = {"impulse_response": "responses", "noise_files": "noises"}
# Computed by libraries that may change from version to version: of these the draws alone are held.
NOT_OURS = ("lossy_codec", "pitch_shift", "time_stretch")


def sound() -> torch.Tensor:
    """[CLIPS, 2, time] Tones that are struck and die away, over noise, louder from clip to clip."""
    rng = np.random.default_rng(1)
    time_s = np.arange(round(0.45 * RATE)) / RATE
    struck = np.where(time_s > 0.1, np.exp(-6.0 * (time_s - 0.1).clip(0)), 0.0)
    tones = [
        [np.sin(2 * np.pi * hz * time_s) for hz in (220.0 * 1.4**clip, 331.0 * 1.3**clip)] for clip in range(CLIPS)
    ]
    noise = rng.normal(0.0, 0.01, (CLIPS, 2, len(time_s)))
    level = np.linspace(0.1, 0.7, CLIPS)[:, None, None]
    return torch.from_numpy(level * np.array(tones) * struck + noise).float()


@pytest.mark.parametrize("name", discovery.EFFECTS)
def test_a_seed_gives_the_sound_that_it_gave(
    name: str, request: pytest.FixtureRequest, ndarrays_regression: NDArraysRegressionFixture
) -> None:
    folder = {"folder": str(request.getfixturevalue(FOLDERS[name]))} if name in FOLDERS else {}
    effect = Step(name, **folder).made_for(RATE)
    params = effect.draw(np.random.default_rng(2), CLIPS)
    drawn: dict[str, Any] = {name: np.asarray(values) for name, values in vars(params).items()}
    x = sound()
    heard = range(0 if name in NOT_OURS else CLIPS)
    made = [effect.sound(x[clip : clip + 1], params.of_clip(clip))[0] for clip in heard]
    ndarrays_regression.check(
        {f"drawn {name}": values for name, values in drawn.items() if values.dtype.kind in "bif"}
        | {f"sound {clip}": y[:, ::67].numpy() for clip, y in enumerate(made)}
        | {f"level {clip}": y.square().mean(-1).sqrt().numpy() for clip, y in enumerate(made)},
        default_tolerance={"rtol": 1e-3, "atol": 2e-5},
    )
