"""A map of segments: their embeddings in two dimensions, as a table and as a picture."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.classify.classifier import Classification
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.outputs.figures import save_png

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHODS = ("pca", "umap")
COLUMNS = ("file", "start_s", "end_s", "x", "y", "class", "confidence")
_NEIGHBOURS = 15  # of UMAP, its default
_SEED = 1
_MOST_COLOURS = 20  # that can be distinguished; more files than these share them, without a legend
_DOTS_PER_INCH = 100


@dataclass(frozen=True)
class MappedSegment:
    """Where a segment of a file lies on the map, and its likeliest class."""

    file: str
    start_s: float
    end_s: float
    x: float
    y: float
    label: str
    confidence: float


def map_segments(classifications: Sequence[tuple[str, Classification]], method: str) -> list[MappedSegment]:
    """All segments of recordings that are not silent, laid out by one of METHODS.

    Raises OutputError if there are fewer than three, or UMAP's package is missing.
    """
    rows = [(name, of, index) for name, of in classifications for index in np.flatnonzero(~of.silent).tolist()]
    if len(rows) < 3:
        raise OutputError("a map needs three segments or more that are not silent")
    places = laid_out(np.stack([of_file.embeddings[index] for _, of_file, index in rows]), method)
    segments = []
    for (name, of_file, index), (x, y) in zip(rows, places.tolist(), strict=True):
        probabilities = of_file.segment_probabilities[index]
        likeliest = int(probabilities.argmax())
        confidence = float(probabilities[likeliest])
        times = float(of_file.starts_s[index]), float(of_file.ends_s[index])
        segments.append(MappedSegment(name, *times, x, y, of_file.task.classes[likeliest], confidence))
    return segments


def laid_out(embeddings: NDArray[np.float32], method: str) -> NDArray[np.float64]:
    """Embeddings [segment, size] as places [segment, 2]: their two principal components, or by UMAP.

    UMAP: McInnes, Healy and Melville (2018), arXiv 1802.03426. Raises OutputError if its package is missing.
    """
    if method == "umap":
        return _by_umap(embeddings)
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0, dtype=np.float64)
    left, strength, right = np.linalg.svd(centred, full_matrices=False)
    count = min(2, len(strength))
    signs = np.sign(right[np.arange(count), np.abs(right[:count]).argmax(axis=1)])  # the same map every time
    places = np.zeros((len(embeddings), 2))
    places[:, :count] = left[:, :count] * strength[:count] * signs
    return places


def _by_umap(embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    try:
        from umap import UMAP
    except ModuleNotFoundError as error:
        raise OutputError(f"--method umap needs umap-learn: {install_command('mp3tomidi[umap]')}") from error
    neighbours = min(_NEIGHBOURS, len(embeddings) - 1)
    start = "spectral" if len(embeddings) > 10 else "random"  # too few for a spectrum of their graph
    reducer = UMAP(n_neighbors=neighbours, random_state=_SEED, n_jobs=1, init=start)
    return np.asarray(reducer.fit_transform(embeddings), np.float64)


def to_csv(segments: Sequence[MappedSegment]) -> str:
    """A header line and a line for each segment."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for each in segments:
        place = f"{each.x:.5g}", f"{each.y:.5g}"
        times = f"{each.start_s:.3f}", f"{each.end_s:.3f}"
        table.writerow((each.file, *times, *place, each.label, f"{each.confidence:.4f}"))
    return text.getvalue()


def draw_map(segments: Sequence[MappedSegment], colouring: str, path: str | os.PathLike[str]) -> None:
    """Draws a dot for each segment, coloured by class or by file, as a PNG. Needs matplotlib; raises OutputError."""
    save_png(_drawn(segments, colouring), path, _DOTS_PER_INCH)


def _drawn(segments: Sequence[MappedSegment], colouring: str) -> Figure:
    from matplotlib.figure import Figure

    names = [each.label if colouring == "class" else each.file for each in segments]
    figure = Figure(figsize=(10.0, 7.5), layout="constrained")
    axes = figure.subplots()
    distinct = sorted(set(names))
    for index, name in enumerate(distinct):
        x, y = zip(*((each.x, each.y) for each, own in zip(segments, names, strict=True) if own == name), strict=True)
        shown = _file_name(name) if colouring == "file" else name
        axes.scatter(x, y, s=14, alpha=0.7, color=f"C{index % 10}", marker="o^"[index // 10 % 2], label=shown)
    if len(distinct) <= _MOST_COLOURS:
        legend = axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        for text in legend.get_texts():
            text.set_parse_math(False)  # a name may hold dollars
    axes.set_xticks([])
    axes.set_yticks([])
    return figure


def _file_name(name: str) -> str:
    return Path(name).name.encode(errors="replace").decode()  # a name need not be text
