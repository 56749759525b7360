"""The part of a sound file that is looked at, with the labels that lie beside the file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.label_files.beside import read_labels
from mp3tomidi.augment.labels import Labels
from mp3tomidi.augment.pictures.analysis import Analysis
from mp3tomidi.augment.pictures.settings import AnalysisSettings
from mp3tomidi.transcribe.audio.reading import downmix, stream
from mp3tomidi.transcribe.errors import AudioError

ENVIRONMENT_S = 2.0  # kept on either side, for windows that reach beyond: constant-Q's longest does by 0.94 s
_BLOCK_S = 5.0


@dataclass(frozen=True)
class Excerpt:
    """Sound from `start_s` of a file on, with what lies around it; labels in the file's time, all of them.

    surrounded: [channels, frames], of which `inside` is the excerpt itself: windows at its edges reach beyond it.
    """

    path: Path
    surrounded: NDArray[np.float32]
    inside: slice
    sample_rate: int
    start_s: float
    labels: Labels

    @property
    def samples(self) -> NDArray[np.float32]:
        """The excerpt [channels, frames]."""
        return self.surrounded[:, self.inside]

    @property
    def duration_s(self) -> float:
        frames: int = self.samples.shape[1]
        return frames / self.sample_rate

    @property
    def more_follows(self) -> bool:
        return bool(self.inside.stop < self.surrounded.shape[1])

    def analysis(self, settings: AnalysisSettings) -> Analysis:
        """Of the channels mixed down."""
        mono = downmix(self.surrounded) if len(self.surrounded) > 1 else self.surrounded[0]
        start, stop = self.inside.start, self.inside.stop
        return Analysis(mono[start:stop], self.sample_rate, settings, before=mono[:start], after=mono[stop:])


def read_excerpt(
    path: Path, *, start_s: float = 0.0, duration_s: float | None = None, sample_rate: int | None = None
) -> Excerpt:
    """Read a part of a file, decoding little further than its end.

    sample_rate: what to resample to, Hz; None keeps the file's.

    Raises
    ------
    AudioError
        If the file cannot be read, or ends before `start_s`.
    LabelsError
        If the labels beside it cannot be read.
    """
    blocks: list[NDArray[np.float32]] = []
    rate, passed = sample_rate or 0, 0
    first = start = stop = 0  # where what is kept, and the excerpt, begin and end
    for block in stream(path, sample_rate=sample_rate, block_s=_BLOCK_S):
        samples = np.atleast_2d(block.samples)
        if not blocks:
            rate = block.sample_rate
            start = round(start_s * rate)
            stop = start + round(duration_s * rate) if duration_s is not None else np.iinfo(np.int64).max // 2
            first = max(0, start - round(ENVIRONMENT_S * rate))
        low, high = np.clip([first - passed, stop + round(ENVIRONMENT_S * rate) - passed], 0, samples.shape[1])
        blocks.append(samples[:, low:high])
        passed += samples.shape[1]
        if high < samples.shape[1]:
            break
    if passed <= start and start:
        raise AudioError(
            f"{path} lasts {passed / rate:.2f} s and has nothing at {start_s:g} s; choose an earlier --start"
        )
    joined = np.concatenate(blocks, axis=1)
    inside = slice(start - first, min(stop - first, joined.shape[1]))
    return Excerpt(path, joined, inside, rate, start_s, read_labels(path))
