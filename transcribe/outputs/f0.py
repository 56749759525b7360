"""Writes the melody's fundamental frequency as a table: a line every 10 ms, with a header.

time_s is the middle of the frame, hz 0 where it is unvoiced, confidence 0 to 1 (see melody.py).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from mp3tomidi.transcribe.drums.transcriber import DrumAnalysis
from mp3tomidi.transcribe.notes import melody
from mp3tomidi.transcribe.notes.melody import PitchTrack
from mp3tomidi.transcribe.notes.salience import SAMPLE_RATE
from mp3tomidi.transcribe.outputs.files import write_bytes
from mp3tomidi.transcribe.outputs.original import mono_blocks

if TYPE_CHECKING:
    from mp3tomidi.transcribe.audio.reading import Audio
    from mp3tomidi.transcribe.transcriber import Analysis

COLUMNS = ("time_s", "hz", "confidence")


def write(track: PitchTrack, destination: str | os.PathLike[str] | BinaryIO) -> None:
    """Write comma-separated values to a path, or into an open binary stream.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    rows = zip(track.time_s.tolist(), track.hz.tolist(), track.confidence.tolist(), strict=True)
    lines = [f"{time_s:.2f},{hz:.3f},{confidence:.3f}\n" for time_s, hz, confidence in rows]
    write_bytes((",".join(COLUMNS) + "\n" + "".join(lines)).encode(), destination)


def write_melody(
    analysis: Analysis | DrumAnalysis,
    source: str | os.PathLike[str] | Audio,
    destination: str | os.PathLike[str] | BinaryIO,
) -> None:
    """Follows the melody of a recording and writes it.

    Raises
    ------
    OutputError
        The destination cannot be written.
    AudioError
        The recording cannot be read again.
    ValueError
        Only drums were transcribed.
    """
    if isinstance(analysis, DrumAnalysis):
        raise ValueError("drums have no melody")
    blocks = mono_blocks(source, SAMPLE_RATE, melody.SEGMENT_S)
    write(melody.follow(blocks, analysis.activations, analysis.tuning_cents), destination)
