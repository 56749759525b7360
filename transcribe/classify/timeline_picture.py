"""Draws the class probabilities of each segment under the recording's spectrogram, as a PNG."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.classifier import Classification
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.long_sound import spectra
from mp3tomidi.transcribe.outputs.figures import save_png
from mp3tomidi.transcribe.outputs.original import mono_blocks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_CLASSES = 12  # lanes: of more classes the likeliest over the recording
COLUMNS = 1500
_RANGE_DB = 60.0
_BLOCK_S = 10.0
_DOTS_PER_INCH = 100
_LOWEST_PITCH, _PITCHES = 24, 94  # 33 Hz to 7 kHz
_SETTINGS = LogFrequencySettings(
    window_samples=(2048,), lowest_pitch=_LOWEST_PITCH, bins_per_semitone=1, bin_count=_PITCHES
)
_SHOWN_HZ = (50, 100, 200, 500, 1000, 2000, 5000)


def draw_timeline(
    classification: Classification, source: str | os.PathLike[str] | Audio, path: str | os.PathLike[str]
) -> None:
    """A lane for each class below the spectrogram, the darker the likelier; silent segments are hatched.

    Needs matplotlib. Raises AudioError if the recording cannot be read, OutputError if the picture cannot be written.
    """
    level_db = _level_db(mono_blocks(source, _SETTINGS.sample_rate, _BLOCK_S), classification.duration_s)
    save_png(_drawn(classification, level_db), path, _DOTS_PER_INCH)


def lanes(classification: Classification) -> list[int]:
    """The columns of the classes that are drawn, likeliest first."""
    return [int(column) for column in np.argsort(-classification.probabilities, kind="stable")[:MOST_CLASSES]]


def segment_edges_s(classification: Classification) -> NDArray[np.float64]:
    """[segments + 1]: each moment belongs to the segment whose middle is nearest."""
    middles = (classification.starts_s + classification.ends_s) / 2
    return np.concatenate([[0.0], (middles[1:] + middles[:-1]) / 2, [classification.duration_s]])


def _level_db(blocks: Iterable[NDArray[np.float32]], duration_s: float) -> NDArray[np.float32]:
    """Levels [column, pitch] against the loudest; of the frames of a column the loudest is shown."""
    frames = max(1, math.ceil(duration_s / _SETTINGS.hop_s))
    together = math.ceil(frames / COLUMNS)
    level_db = np.full((math.ceil(frames / together), _PITCHES), -200.0, np.float32)
    start = 0
    for amplitude in spectra(blocks, _SETTINGS):
        column = np.minimum((start + np.arange(len(amplitude))) // together, len(level_db) - 1)
        np.maximum.at(level_db, column, 20.0 * np.log10(amplitude + 1e-10))
        start += len(amplitude)
    return np.asarray(level_db - level_db.max(), np.float32)


def _drawn(classification: Classification, level_db: NDArray[np.float32]) -> Figure:
    from matplotlib.figure import Figure

    shown = lanes(classification)
    lanes_in = 0.3 * len(shown)
    figure = Figure(figsize=(14.0, 4.5 + lanes_in), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.5, lanes_in))
    span = (0.0, classification.duration_s)
    pitches = (_LOWEST_PITCH - 0.5, _LOWEST_PITCH + _PITCHES - 0.5)
    above.imshow(
        np.clip(level_db.T, -_RANGE_DB, 0.0), origin="lower", aspect="auto", cmap="magma", extent=(*span, *pitches)
    )
    above.set_yticks([69 + 12 * math.log2(hz / 440) for hz in _SHOWN_HZ], [f"{hz} Hz" for hz in _SHOWN_HZ])
    edges_s = segment_edges_s(classification)
    likely = classification.segment_probabilities[:, shown].T
    below.pcolormesh(edges_s, np.arange(len(shown) + 1), likely, vmin=0.0, vmax=1.0, cmap="Blues")
    for index in np.flatnonzero(classification.silent):
        below.axvspan(edges_s[index], edges_s[index + 1], facecolor="none", edgecolor="0.6", hatch="//", linewidth=0)
    below.set_yticks(np.arange(len(shown)) + 0.5, [classification.task.classes[column] for column in shown])
    below.invert_yaxis()
    below.set_xlim(*span)
    below.set_xlabel("s")
    return figure
