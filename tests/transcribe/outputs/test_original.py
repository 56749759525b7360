from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.outputs.original import mono_blocks


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_recording_comes_in_blocks_of_the_length_that_was_asked_for(tmp_path: Path, in_memory: bool) -> None:
    left, right = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 20_000)).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", np.stack([left, right], axis=1), 8000, subtype="FLOAT")
    source = Audio(np.stack([left, right]), 8000) if in_memory else tmp_path / "x.wav"
    blocks = list(mono_blocks(source, 8000, 1.0))
    assert [len(block) for block in blocks] == [8000, 8000, 4000]
    np.testing.assert_allclose(np.concatenate(blocks), 0.5 * (left + right), atol=1e-6)
