"""Long sound in windows, by a stand-in for a network whose outputs are known."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.front_end.log_frequency import LogFrequencySettings
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork

RATE_HZ = 16_000
CONTEXT_FRAMES = 40
SETTINGS = LogFrequencySettings()


class Engine:
    """Says of each frame how much energy lies within its context, no matter what comes before and after that."""

    threads = 1
    equal_windows = False

    def __init__(self, window_s: float) -> None:
        self.window_s = window_s
        self.settings = SimpleNamespace(front_end=SETTINGS, context_frames=CONTEXT_FRAMES, output_shape=(1, 1))

    def tuned(self, _: object):
        def network(sound: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
            energy = (sound.reshape(-1, SETTINGS.hop_samples) ** 2).sum(axis=1)
            within = np.convolve(energy, np.ones(2 * CONTEXT_FRAMES + 1), mode="same")
            return within[None, :, None].astype(np.float32), np.zeros((0, len(within), 1), np.float32)

        return network


@pytest.mark.parametrize("window_s", [2.0, 3.1])
def test_frames_at_the_edges_of_windows_are_given_their_whole_context(window_s: float) -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, 10 * RATE_HZ).astype(np.float32)
    at_once, _ = FrameNetwork(Engine(60.0)).outputs(sound)
    in_windows, _ = FrameNetwork(Engine(window_s)).outputs(sound)
    np.testing.assert_allclose(in_windows, at_once, rtol=1e-5)
    assert at_once.std() > 0.01
