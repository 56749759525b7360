"""Reads the recording again, for outputs that show or play it beside the transcription."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio import reading
from mp3tomidi.transcribe.audio.chunks import in_blocks
from mp3tomidi.transcribe.audio.reading import Audio


def mono_blocks(
    source: str | os.PathLike[str] | Audio, sample_rate: int, block_s: float
) -> Iterator[NDArray[np.float32]]:
    """Blocks [frames] of `block_s` seconds, the last one shorter, of a file or of sound in memory.

    Raises
    ------
    AudioError
        The file cannot be read.
    """
    if not isinstance(source, Audio):
        for block in reading.stream(source, sample_rate=sample_rate, mono=True, block_s=block_s):
            yield block.samples
        return
    samples = reading.in_mono(source, sample_rate)
    yield from in_blocks([samples], max(1, round(block_s * sample_rate)))
