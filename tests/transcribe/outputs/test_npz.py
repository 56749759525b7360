"""Activations as an archive."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.networks.activations import Activations
from mp3tomidi.transcribe.outputs import npz


def random_activations(frame_count: int) -> Activations:
    rng = np.random.default_rng(0)
    arrays = [rng.random((frame_count, 88), np.float32) ** 20 for _ in range(4)]
    return Activations(*arrays, hop_s=0.02)


@pytest.mark.parametrize("frame_count", [0, 1, npz.BLOCK_FRAMES, 3 * npz.BLOCK_FRAMES + 17])
def test_numpy_reads_what_was_heard_to_half_precision(tmp_path: Path, frame_count: int) -> None:
    heard = random_activations(frame_count)
    npz.write(heard, tmp_path / "song.npz", tuning_cents=-12.5, duration_s=7.0)
    with np.load(tmp_path / "song.npz", allow_pickle=False) as read:
        assert set(read) == {"onset", "frame", "offset", "velocity", "pitch", "hop_s", "tuning_cents", "duration_s"}
        for name in ("onset", "frame", "offset", "velocity"):
            assert read[name].dtype == np.float16
            np.testing.assert_array_equal(read[name], getattr(heard, name).astype(np.float16))
        assert (read["pitch"] == np.arange(21, 109)).all()
        assert (read["hop_s"], read["tuning_cents"], read["duration_s"]) == (0.02, -12.5, 7.0)
    assert [path.name for path in tmp_path.iterdir()] == ["song.npz"]


def test_nothing_as_large_as_the_arrays_is_made(tmp_path: Path) -> None:
    heard = random_activations(50_000)  # 17 minutes, 17.6 MB an array
    tracemalloc.start()
    npz.write(heard, tmp_path / "song.npz", duration_s=1000.0)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 5e6


def test_a_place_that_takes_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing/song\.npz: No such file"):
        npz.write(random_activations(1), tmp_path / "missing" / "song.npz", duration_s=1.0)
    with pytest.raises(OutputError, match="cannot write /dev/full"):
        npz.write(random_activations(5000), "/dev/full", duration_s=1.0)
