"""Turns the pieces of an unpacked pack back into banks, on all cores; goes on where it was stopped."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from pathlib import Path

from mp3tomidi.train.packs.pack import INDEX_NAME, PIECES_FOLDER, PackedFile, PackError, Piece, read_index
from mp3tomidi.train.packs.pieces import decode


def unpack(folder: Path, *, workers: int, progress: Callable[[str], None] = lambda _: None) -> list[Path]:
    """Make the files of the pack whose parts were unpacked into `folder`; returns their paths.

    Raises PackError where pieces are missing or damaged.
    """
    try:
        files = read_index((folder / INDEX_NAME).read_text(encoding="utf-8"))
    except OSError as error:
        raise PackError(f"{folder}: no pack here; unpack all part-*.tar into this folder first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise PackError(f"{folder / INDEX_NAME}: damaged or of another version; unpack the parts again") from error
    made = [folder / file.path for file in files]
    todo = [
        (path, file)
        for path, file in zip(made, files, strict=True)
        if not path.exists() or path.stat().st_size != file.size_bytes
    ]
    missing = sorted({p.part for _, f in todo for p in f.pieces if not (folder / PIECES_FOLDER / p.name).is_file()})
    if missing:
        raise PackError(f"{folder}: pieces are missing; unpack {', '.join(missing)} here")
    with ProcessPoolExecutor(workers) as pool:
        for path, file in todo:
            _make(path, file, folder / PIECES_FOLDER, pool, progress)
    return made


def _make(path: Path, file: PackedFile, pieces: Path, pool: Executor, progress: Callable[[str], None]) -> None:
    """One file: written beside its place, with a list of the pieces that are in it already."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished, journal = path.with_name(path.name + ".unfinished"), path.with_name(path.name + ".done")
    done = journal.read_text(encoding="utf-8").split() if journal.exists() and unfinished.exists() else []
    with unfinished.open("r+b" if done else "wb") as whole:
        whole.truncate(file.size_bytes)
    with journal.open("a" if done else "w", encoding="utf-8") as entries:
        waiting, offset = {}, 0
        for piece in file.pieces:
            entry = f"{piece.name}@{offset}"
            if entry not in done:
                waiting[pool.submit(_place, piece, pieces, unfinished, offset)] = entry
            offset += piece.content_bytes
        for placed in as_completed(waiting):
            placed.result()
            entries.write(f"{waiting[placed]}\n")
            entries.flush()
    unfinished.replace(path)
    journal.unlink()
    progress(f"{path}: {file.size_bytes / 1e6:.1f} MB")


def _place(piece: Piece, pieces: Path, file: Path, offset: int) -> None:
    """Write what a piece stands for to its place in a file."""
    content = (pieces / piece.name).read_bytes()
    if hashlib.sha256(content).hexdigest() != piece.sha256:
        raise PackError(f"{pieces / piece.name}: damaged; unpack {piece.part} again")
    decoded = decode(piece.name, content)
    if len(decoded) != piece.content_bytes:
        raise PackError(f"{pieces / piece.name}: not the length that {INDEX_NAME} says; unpack {piece.part} again")
    with file.open("r+b") as whole:
        whole.seek(offset)
        whole.write(decoded)
