"""Writes the embeddings of recordings as npz or, with the extra `parquet`, as Parquet."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes, written_beside

NPZ, PARQUET = ".npz", ".parquet"


def check_suffix(path: Path) -> str:
    """What the file is to be, by its ending. Raises OutputError for another, or where Parquet lacks its extra."""
    suffix = path.suffix.lower()
    if suffix not in (NPZ, PARQUET):
        raise OutputError(f"{path}: name a file that ends in {NPZ} or {PARQUET}")
    if suffix == PARQUET:
        try:
            import pyarrow  # noqa: F401
        except ModuleNotFoundError:
            raise OutputError(f"{path}: Parquet needs an extra: {install_command('mp3tomidi[parquet]')}") from None
    return suffix


def write_embeddings(names: Sequence[str], embeddings: NDArray[np.float32], task: str, path: Path) -> None:
    """Writes `files` [n] and `embeddings` [n, size] as npz, or the columns `file` and `embedding` as Parquet.

    The task is the npz file's third array, and in the metadata of the Parquet schema. Raises OutputError.
    """
    suffix = check_suffix(path)
    make_folder(path.parent)
    if suffix == PARQUET:
        _write_parquet(names, embeddings, task, path)
        return
    buffer = io.BytesIO()
    np.savez(buffer, files=np.array(names), embeddings=embeddings, task=np.array(task))
    write_bytes(buffer.getvalue(), path)


def _write_parquet(names: Sequence[str], embeddings: NDArray[np.float32], task: str, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    columns = {
        "file": pa.array(names, pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(pa.array(embeddings.ravel()), embeddings.shape[1]),
    }
    with written_beside(path) as beside:
        pyarrow.parquet.write_table(pa.table(columns, metadata={"task": task}), beside, compression="zstd")
