"""Writes the networks' activations of every frame as a NumPy archive.

    with np.load("song.npz") as analysis:
        analysis["duration_s"]    # of the recording; the first row of all arrays is its start
        analysis["onset"]         # [frames, 88] float16, 0 to 1; also "frame", "offset", "velocity"
        analysis["pitch"]         # [88] MIDI numbers of the columns, 21 to 108
        analysis["hop_s"]         # seconds from one row to the next
        analysis["tuning_cents"]  # the recording's deviation from A = 440 Hz; pitches have it taken out
        analysis["drum_onset"]    # [frames, 8] float16, 0 to 1; also "drum_velocity"
        analysis["drum_key"]      # [8] General MIDI keys of the columns
        analysis["drum_hop_s"]

What was not transcribed is not there. The arrays are converted and compressed a few thousand frames at a time, so an
hour is never held twice.
"""

from __future__ import annotations

import os
import zipfile

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.drum_kit import DRUM_PIECES
from mp3tomidi.transcribe.drums.candidates import DrumActivations
from mp3tomidi.transcribe.drums.transcriber import DrumAnalysis
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.outputs.files import written_beside
from mp3tomidi.transcribe.transcriber import Analysis

BLOCK_FRAMES = 4096
# The fastest: probabilities are mostly nothing, and more effort gains little.
_COMPRESSION_LEVEL = 1


def write(analysis: Analysis | DrumAnalysis, path: str | os.PathLike[str]) -> None:
    """Write an archive that `numpy.load` reads, without pickles.

    Raises
    ------
    OutputError
        The file cannot be written.
    """
    with (
        written_beside(path) as beside,
        zipfile.ZipFile(beside, "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION_LEVEL) as archive,
    ):
        _write_small(archive, "duration_s", np.float64(analysis.duration_s))
        if isinstance(analysis, Analysis):
            _write_small(archive, "tuning_cents", np.float64(analysis.tuning_cents))
            _write_notes(archive, analysis.activations)
        drums = analysis.drums if isinstance(analysis, Analysis) else analysis
        if drums is not None:
            _write_drums(archive, drums.activations)


def _write_notes(archive: zipfile.ZipFile, activations: Activations) -> None:
    highest = PIANO_LOWEST_PITCH + activations.onset.shape[1]
    _write_small(archive, "pitch", np.arange(PIANO_LOWEST_PITCH, highest, dtype=np.uint8))
    _write_small(archive, "hop_s", np.float64(activations.hop_s))
    for name in ("onset", "frame", "offset", "velocity"):
        _write_in_blocks(archive, name, getattr(activations, name))


def _write_drums(archive: zipfile.ZipFile, activations: DrumActivations) -> None:
    _write_small(archive, "drum_key", np.array([piece.written_key for piece in DRUM_PIECES], np.uint8))
    _write_small(archive, "drum_hop_s", np.float64(activations.hop_s))
    for name in ("onset", "velocity"):
        _write_in_blocks(archive, f"drum_{name}", getattr(activations, name))


def _write_small(archive: zipfile.ZipFile, name: str, value: NDArray[np.uint8] | np.float64) -> None:
    with archive.open(f"{name}.npy", "w") as member:
        np.lib.format.write_array(member, np.asarray(value), allow_pickle=False)


def _write_in_blocks(archive: zipfile.ZipFile, name: str, values: NDArray[np.float32]) -> None:
    """An array [frames, cells] as float16, in the npy format."""
    header = {"descr": np.dtype("<f2").str, "fortran_order": False, "shape": values.shape}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, header)
        for start in range(0, len(values), BLOCK_FRAMES):
            member.write(np.ascontiguousarray(values[start : start + BLOCK_FRAMES], "<f2").data)
