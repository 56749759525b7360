"""Writes what the network said of every pitch in every frame, before anything was decided, as a NumPy archive.

    with np.load("song.npz") as heard:
        heard["onset"]         # [frames, 88] float16, 0 to 1; also "frame", "offset", "velocity"
        heard["pitch"]         # [88] MIDI numbers of the columns, 21 to 108
        heard["hop_s"]         # seconds from one row to the next; row 0 is the start of the sound
        heard["tuning_cents"]  # the recording's deviation from A = 440 Hz; pitches have it taken out
        heard["duration_s"]

The arrays are converted and compressed a few thousand frames at a time, so an hour is never held twice.
"""

from __future__ import annotations

import os
import zipfile

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.networks.activations import Activations
from mp3tomidi.transcribe.outputs.files import written_beside

BLOCK_FRAMES = 4096
# The fastest: probabilities are mostly nothing, and more effort gains little.
_COMPRESSION_LEVEL = 1


def write(
    activations: Activations, path: str | os.PathLike[str], *, tuning_cents: float = 0.0, duration_s: float
) -> None:
    """Write an archive that `numpy.load` reads, without pickles.

    Raises:
        OutputError: the file cannot be written.
    """
    pitch_count = activations.onset.shape[1]
    small = {
        "pitch": np.arange(PIANO_LOWEST_PITCH, PIANO_LOWEST_PITCH + pitch_count, dtype=np.uint8),
        "hop_s": np.float64(activations.hop_s),
        "tuning_cents": np.float64(tuning_cents),
        "duration_s": np.float64(duration_s),
    }
    with (
        written_beside(path) as beside,
        zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL) as archive,
    ):
        for name, value in small.items():
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.asarray(value), allow_pickle=False)
        for name in ("onset", "frame", "offset", "velocity"):
            _write_in_blocks(archive, name, getattr(activations, name))


def _write_in_blocks(archive: zipfile.ZipFile, name: str, values: NDArray[np.float32]) -> None:
    """An array [frames, pitches] as float16, in the npy format."""
    header = {"descr": np.dtype("<f2").str, "fortran_order": False, "shape": values.shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for start in range(0, len(values), BLOCK_FRAMES):
            member.write(np.ascontiguousarray(values[start : start + BLOCK_FRAMES], "<f2").data)
