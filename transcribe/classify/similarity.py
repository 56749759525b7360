"""An index of recordings by the embeddings of a task's network: kept in a file, brought up to date, searched."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.outputs.files import write_bytes

_SMALLEST = 1e-12  # length of an embedding; below, a recording is silent and like nothing


@dataclass(slots=True)
class SimilarityIndex:
    """Recordings by name. `network` says which network the embeddings are of: those of another are no use.

    embeddings: [recording, size], each of length one, or zero for a silent recording; stamps [recording]: what tells
    whether a file has changed.
    """

    network: str
    names: list[str] = field(default_factory=list)
    stamps: list[str] = field(default_factory=list)
    embeddings: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    @classmethod
    def read(cls, path: Path, network: str) -> SimilarityIndex:
        """The index in a file; an empty one if there is none, it is damaged, or of another network."""
        try:
            with np.load(path, allow_pickle=False) as stored:
                index = cls(
                    str(stored["network"]),
                    stored["names"].tolist(),
                    stored["stamps"].tolist(),
                    np.asarray(stored["embeddings"], np.float32),
                )
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return cls(network)
        whole = index.embeddings.ndim == 2 and len(index.names) == len(index.stamps) == len(index.embeddings)
        return index if whole and index.network == network else cls(network)

    def write(self, path: Path) -> None:
        """Raises OutputError."""
        buffer = io.BytesIO()
        np.savez(
            buffer,
            network=np.array(self.network),
            names=np.array(self.names, np.str_),
            stamps=np.array(self.stamps, np.str_),
            embeddings=self.embeddings,
        )
        write_bytes(buffer.getvalue(), path)

    def update(self, recordings: Iterable[Path], embed: Callable[[Path], NDArray[np.float32] | None]) -> bool:
        """Holds exactly these recordings from here on; `embed` is called for those that are new or have changed.

        It gives an embedding [size], or None for what cannot be read, which is left out. Returns whether anything
        changed.
        """
        known = {(name, stamp): row for name, stamp, row in zip(self.names, self.stamps, self.embeddings, strict=True)}
        names, stamps, rows = [], [], []
        for path in recordings:
            name, stamp = str(path), stamp_of(path)
            row = known.get((name, stamp))
            if row is None:
                embedding = embed(path)
                if embedding is None:
                    continue
                row = unit(embedding)
            names.append(name)
            stamps.append(stamp)
            rows.append(row)
        changed = (names, stamps) != (self.names, self.stamps)
        self.names, self.stamps = names, stamps
        self.embeddings = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
        return changed

    def nearest(self, embedding: NDArray[np.float32], count: int) -> list[tuple[str, float]]:
        """The recordings most like one with this embedding [size], most like first: name and cosine, 0 to 1.

        Names in the index that are equally like it stand in their order.
        """
        if not self.names:
            return []
        likeness = self.embeddings @ unit(embedding)
        best = np.argsort(-likeness, kind="stable")[:count]
        return [(self.names[index], float(likeness[index])) for index in best]


def unit(embedding: NDArray[np.float32]) -> NDArray[np.float32]:
    """An embedding [size] at length one; zero stays zero."""
    length = float(np.linalg.norm(embedding))
    return np.asarray(embedding / length if length > _SMALLEST else np.zeros_like(embedding), np.float32)


def stamp_of(path: Path) -> str:
    """Size and date of a file; empty where it cannot be looked at."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"
