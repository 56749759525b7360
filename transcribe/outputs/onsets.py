"""Writes the onsets alone: one time in seconds a line, as aubio's `aubioonset` prints them.

The notes of a chord are one onset, and so is a drum that is struck with them.
"""

from __future__ import annotations

import os
from typing import BinaryIO

from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.outputs.files import write_bytes

DISTINCT_S = 0.05  # what lies closer after an onset belongs to it: aubio's shortest interval too


def write(transcription: Transcription, destination: str | os.PathLike[str] | BinaryIO) -> None:
    """Write the times (ASCII, six decimals) to a path, or into an open binary stream.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    lines = [f"{onset_s:.6f}\n" for onset_s in distinct_onsets_s(transcription)]
    write_bytes("".join(lines).encode(), destination)


def distinct_onsets_s(transcription: Transcription) -> list[float]:
    """When something begins, in seconds, rising: of notes and drum hits within DISTINCT_S the first."""
    onsets_s = [note.onset_s for note in transcription.notes] + [hit.onset_s for hit in transcription.drum_hits]
    distinct: list[float] = []
    for onset_s in sorted(onsets_s):
        if not distinct or onset_s - distinct[-1] >= DISTINCT_S:
            distinct.append(onset_s)
    return distinct
