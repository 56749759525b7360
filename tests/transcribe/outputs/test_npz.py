"""Activations as an archive."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.transcribe.drums import candidates as drum_peaks
from mp3tomidi.transcribe.drums.candidates import DrumActivations
from mp3tomidi.transcribe.drums.transcriber import DrumAnalysis
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.outputs import npz
from mp3tomidi.transcribe.transcriber import Analysis


def heard_at_random(frame_count: int, *, drums: bool = False) -> Analysis:
    rng = np.random.default_rng(0)
    arrays = [rng.random((frame_count, 88), np.float32) ** 20 for _ in range(5)]
    probability = np.zeros(0, np.float32)
    candidates = find_candidates(Activations(*(array[:0] for array in arrays), hop_s=0.02))
    activations = Activations(*arrays, hop_s=0.02)
    if not drums:
        return Analysis(activations, candidates, probability, -12.5, 7.0)
    of_drums = DrumActivations(*rng.random((5, 2 * frame_count, 8), np.float32), hop_s=0.01)
    drum_candidates = drum_peaks.find_candidates(of_drums)
    drums_heard = DrumAnalysis(of_drums, drum_candidates, drum_candidates.height, 7.0)
    return Analysis(activations, candidates, probability, -12.5, 7.0, drums_heard)


@pytest.mark.parametrize("frame_count", [0, 1, npz.BLOCK_FRAMES, 3 * npz.BLOCK_FRAMES + 17])
def test_numpy_reads_what_was_heard_to_half_precision(tmp_path: Path, frame_count: int) -> None:
    heard = heard_at_random(frame_count)
    npz.write(heard, tmp_path / "song.npz")
    with np.load(tmp_path / "song.npz", allow_pickle=False) as read:
        assert set(read) == {"onset", "frame", "offset", "velocity", "pitch", "hop_s", "tuning_cents", "duration_s"}
        for name in ("onset", "frame", "offset", "velocity"):
            assert read[name].dtype == np.float16
            np.testing.assert_array_equal(read[name], getattr(heard.activations, name).astype(np.float16))
        assert (read["pitch"] == np.arange(21, 109)).all()
        assert (read["hop_s"], read["tuning_cents"], read["duration_s"]) == (0.02, -12.5, 7.0)
    assert [path.name for path in tmp_path.iterdir()] == ["song.npz"]


def test_drums_stand_beside_the_notes_or_alone(tmp_path: Path) -> None:
    heard = heard_at_random(100, drums=True)
    assert heard.drums is not None
    npz.write(heard, tmp_path / "both.npz")
    npz.write(heard.drums, tmp_path / "drums.npz")
    with np.load(tmp_path / "both.npz") as both, np.load(tmp_path / "drums.npz") as drums:
        assert set(drums) == {"drum_onset", "drum_velocity", "drum_key", "drum_hop_s", "duration_s"}
        assert set(both) > set(drums) | {"onset", "pitch"}
        for read in (both, drums):
            for name in ("onset", "velocity"):
                expected = getattr(heard.drums.activations, name).astype(np.float16)
                np.testing.assert_array_equal(read[f"drum_{name}"], expected)
            assert read["drum_key"].tolist() == [36, 38, 45, 50, 42, 46, 49, 51]
            assert (read["drum_hop_s"], read["duration_s"]) == (0.01, 7.0)


def test_nothing_as_large_as_the_arrays_is_made(tmp_path: Path) -> None:
    heard = heard_at_random(50_000)  # 17 minutes, 17.6 MB an array
    tracemalloc.start()
    npz.write(heard, tmp_path / "song.npz")
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 5e6


def test_a_place_that_takes_nothing_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing/song\.npz: No such file"):
        npz.write(heard_at_random(1), tmp_path / "missing" / "song.npz")
    with pytest.raises(OutputError, match="cannot write /dev/full"):
        npz.write(heard_at_random(5000), "/dev/full")
