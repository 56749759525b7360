"""The part of a sound file that is looked at, with the labels that lie beside the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files.beside import read_labels
from mp3tomidi.augment.labels import Labels
from mp3tomidi.transcribe.audio.reading import downmix, stream
from mp3tomidi.transcribe.errors import AudioError

_BLOCK_S = 5.0


@dataclass(frozen=True)
class Excerpt:
    """Sound [channels, frames] from `start_s` of a file on; labels in the file's time, all of them."""

    path: Path
    samples: NDArray[np.float32]
    sample_rate: int
    start_s: float
    more_follows: bool
    labels: Labels

    @property
    def duration_s(self) -> float:
        frames: int = self.samples.shape[1]
        return frames / self.sample_rate

    @property
    def mono(self) -> NDArray[np.float32]:
        return downmix(self.samples) if len(self.samples) > 1 else self.samples[0]


def read_excerpt(
    path: Path, *, start_s: float = 0.0, duration_s: float | None = None, sample_rate: int | None = None
) -> Excerpt:
    """Read a part of a file, decoding no further than its end.

    sample_rate: what to resample to, Hz; None keeps the file's.

    Raises:
        AudioError: the file cannot be read, or ends before `start_s`.
        LabelsError: the labels beside it cannot be read.
    """
    blocks: list[NDArray[np.float32]] = []
    skip = wanted = passed = 0
    rate, more_follows = sample_rate or 0, False
    for block in stream(path, sample_rate=sample_rate, block_s=_BLOCK_S):
        samples = np.atleast_2d(block.samples)
        if not blocks:
            rate = block.sample_rate
            skip = round(start_s * rate)
            wanted = round(duration_s * rate) if duration_s is not None else np.iinfo(np.int64).max
        first, last = np.clip([skip - passed, skip + wanted - passed], 0, samples.shape[1])
        blocks.append(samples[:, first:last])
        passed += samples.shape[1]
        if passed > skip + wanted:
            more_follows = True
            break
    joined = np.concatenate(blocks, axis=1)
    if not joined.shape[1] and start_s:
        raise AudioError(
            f"{path} lasts {passed / rate:.2f} s and has nothing at {start_s:g} s; choose an earlier --start"
        )
    return Excerpt(path, joined, rate, start_s, more_follows, read_labels(path))
