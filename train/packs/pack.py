"""Packs all that a recipe needs, to train on a machine without network, soundfonts, MIDI files or this checkout.

A pack is some tars of limited size, unpackable alone and in any order into one folder:

    README.txt   the three commands
    recipe.toml  the recipe
    source/      the packages, weights left out
    pieces/      the banks and the passages' cache, compressed (see pieces.py)
    pack.json    which pieces make which file

Then unpack.py makes the folder `banks` of the pieces.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.music import corpora
from mp3tomidi.train import recipe
from mp3tomidi.train.packs import pieces, tar_parts
from mp3tomidi.train.packs.thinning import shares, thin
from mp3tomidi.transcribe.errors import Mp3toMidiError, OutputError
from mp3tomidi.transcribe.outputs.files import write_bytes

FORMAT = 1
INDEX_NAME = "pack.json"
README_NAME = "README.txt"
RECIPE_NAME = "recipe.toml"
BANKS_FOLDER = "banks"
PIECES_FOLDER = "pieces"
SOUND_NAME = "samples.f16"
MANIFEST_NAME = "manifest.json"  # makes a bank count as finished, so it comes last

PIECE_SAMPLES = 1 << 22  # 4.4 minutes at 16 kHz, some 2 MB
PIECE_BYTES = 1 << 22  # of anything else
LONGEST_SEGMENT_SAMPLES = 1 << 16  # of a phrase, whose soft and loud parts are scaled apart

# Of Vorbis and of a table: 12 MB an hour. Our banks take 9.5; the estimate must not be too low.
LOSSY_BYTES_A_SAMPLE = 0.215
SMALL_FILES_BYTES = 16_384  # at most, of each bank's manifest and the like, and of the index and the recipe

_PACKAGES = ("transcribe", "augment", "train")
_SOURCE_ENDINGS = {".py", ".toml", ".json", ".typed"}
_MOST_PARTS = 999

_README = """\
What it takes to train {name} with mp3tomidi: its recipe, banks, passages and code, in {parts} parts.
Needed: Python 3.11 or later with numpy, scipy, torch, tensorboard and soundfile
(and pyroomacoustics where recipe.toml has a share of rooms). In the folder of the parts:

for part in part-*.tar; do tar xf "$part"; done
PYTHONPATH=source python3 -m mp3tomidi.train.cli unpack .
PYTHONPATH=source python3 -m mp3tomidi.train.cli run recipe.toml --banks banks --device cuda --workers 8

The second goes on where it was stopped. The third makes runs/{name}: with --resume runs/{name} instead of
recipe.toml it goes on, with --cooldown as well it ends. Licences and credits of all sound: banks/*/manifest.json.
"""


class PackError(Mp3toMidiError):
    """A pack of which something is missing or damaged."""


@dataclass(frozen=True)
class Piece:
    """A file below pieces/: its name, size and hash, how many bytes it stands for, and the tar that holds it."""

    name: str
    size_bytes: int
    sha256: str
    content_bytes: int
    part: str = ""


@dataclass(frozen=True)
class PackedFile:
    """A file that is made of pieces; the path is relative to the unpacked folder."""

    path: str
    pieces: tuple[Piece, ...]

    @property
    def size_bytes(self) -> int:
        return sum(piece.content_bytes for piece in self.pieces)


def pack(
    recipe_path: Path,
    out: Path,
    *,
    banks: Path,
    data: Path,
    part_bytes: int,
    total_bytes: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Path]:
    """Write the pack into the folder `out`, part-000.tar and so on; goes on where an earlier call stopped.

    total_bytes: the pack is about this large, or smaller: sound is kept as Vorbis, and of large banks only a share
    of the instruments. None: everything, exactly.
    The passages' cache is made from the MIDI files below `data` where `banks` has none yet. Raises RecipeError,
    LabelsError where a bank or the corpora are missing, OutputError where `out` holds a pack or parts are too small.
    """
    read = recipe.load(recipe_path)
    opened = {choice.name: Bank.open(banks / choice.name) for choice in read.data.banks}
    corpora.load(data, banks)
    unfinished = out / "unfinished"
    if list(out.glob("part-*.tar")) and not unfinished.exists():
        raise OutputError(f"{out}: holds a pack already; remove it or choose another folder")
    try:
        (unfinished / PIECES_FOLDER).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{out}: no pack can be written here ({error.strerror}); choose another folder") from error

    store = _Store(unfinished / PIECES_FOLDER, lossy=total_bytes is not None)
    caches = [name for name in corpora.CACHE_NAMES if (banks / name).exists()]
    files = [store.keep(banks / name, f"{BANKS_FOLDER}/{name}") for name in caches]
    folders = {name: banks / name for name in opened}
    if total_bytes is not None:
        kept = [piece.size_bytes for file in files for piece in file.pieces] + [*map(len, _source().values())]
        taken = sum(map(tar_parts.member_bytes, kept)) + (len(opened) + 1) * SMALL_FILES_BYTES
        taken += tar_parts.part_overhead_bytes(total_bytes, part_bytes)
        sizes = {name: round(LOSSY_BYTES_A_SAMPLE * len(bank.samples)) for name, bank in opened.items()}
        folders = {name: unfinished / "thinned" / name for name in opened}
        for name, share in shares(sizes, total_bytes - taken).items():
            progress(f"{name}: {100 * share:.0f} % of the instruments")
            opened[name] = thin(banks / name, folders[name], share)
    for name, bank in opened.items():
        files.append(store.keep_sound(bank, f"{BANKS_FOLDER}/{name}/{SOUND_NAME}", progress))
        others = [path for path in sorted(folders[name].iterdir()) if path.name != SOUND_NAME]
        others.sort(key=lambda path: path.name == MANIFEST_NAME)
        files += [store.keep(path, f"{BANKS_FOLDER}/{name}/{path.name}") for path in others]
    written = _write_tars(read.name, {RECIPE_NAME: recipe_path.read_bytes(), **_source()}, files, store, part_bytes)
    parts = [part.replace(out / part.name) for part in written]
    shutil.rmtree(unfinished)
    return parts


def segment_lengths(bank: Bank) -> NDArray[np.int32]:
    """Lengths of what a bank's sound is made of, in its order: the notes, and equal cuts of the phrases."""
    edges = np.unique(np.concatenate([bank.notes["start"], bank.phrases["start"], [0, len(bank.samples)]]))
    cuts = [np.arange(first, last, LONGEST_SEGMENT_SAMPLES) for first, last in pairwise(edges)]
    return np.diff(np.concatenate([*cuts, edges[-1:]])).astype(np.int32)


class _Store:
    """Pieces in a folder, named by what they stand for, so that those of an earlier call are found again."""

    def __init__(self, folder: Path, *, lossy: bool) -> None:
        self.folder, self._lossy = folder, lossy

    def keep(self, source: Path, path: str) -> PackedFile:
        made = []
        with source.open("rb") as file:
            while block := file.read(PIECE_BYTES):
                made.append(self._piece(block, pieces.BYTES_ENDING, partial(pieces.encode_bytes, block)))
        return PackedFile(path, tuple(made))

    def keep_sound(self, bank: Bank, path: str, progress: Callable[[str], None]) -> PackedFile:
        lengths = segment_lengths(bank)
        ends = np.cumsum(lengths, dtype=np.int64)
        made: list[Piece] = []
        first = 0
        while first < len(lengths):
            start = int(ends[first] - lengths[first])
            last = max(first + 1, int(np.searchsorted(ends, start + PIECE_SAMPLES, side="right")))
            samples = np.asarray(bank.samples[start : ends[last - 1]])
            encode = partial(
                pieces.encode_sound, samples, lengths[first:last], sample_rate=bank.sample_rate, lossy=self._lossy
            )
            ending = "-vorbis" * self._lossy + pieces.SOUND_ENDING
            made.append(self._piece(samples.tobytes(), ending, encode))
            done_h, all_h = ends[[last - 1, -1]] / bank.sample_rate / 3600
            progress(f"{path}: {done_h:.2f} of {all_h:.2f} h")
            first = last
        return PackedFile(path, tuple(made))

    def _piece(self, content: bytes, ending: str, encode: Callable[[], bytes]) -> Piece:
        name = hashlib.sha256(content).hexdigest()[:24] + ending
        path = self.folder / name
        if not path.exists():
            write_bytes(encode(), path)
        piece = path.read_bytes()
        return Piece(name, len(piece), hashlib.sha256(piece).hexdigest(), len(content))


def _source() -> dict[str, bytes]:
    """The packages' files by their path in a pack, with the `__init__.py` that makes mp3tomidi a package of its own."""
    root = resources.files("mp3tomidi") / "__init__.py"
    found = {"source/mp3tomidi/__init__.py": root.read_bytes()}
    for package in _PACKAGES:
        folder = Path(str(resources.files(f"mp3tomidi.{package}")))
        for path in sorted(folder.rglob("*")):
            inside = path.relative_to(folder)
            if path.suffix in _SOURCE_ENDINGS and inside.parts[0] != "weights":
                found[f"source/mp3tomidi/{package}/{inside.as_posix()}"] = path.read_bytes()
    return found


def _write_tars(
    name: str, texts: dict[str, bytes], files: list[PackedFile], store: _Store, part_bytes: int
) -> list[Path]:
    """Fills tars beside the store's folder with the texts, the pieces, the index and the README."""
    sizes = {text: len(content) for text, content in texts.items()}
    sizes |= {f"{PIECES_FOLDER}/{piece.name}": piece.size_bytes for file in files for piece in file.pieces}
    # The index names the part of each piece and the README says how many there are: as long as with any numbers.
    sizes[INDEX_NAME] = len(_index(files, dict.fromkeys(sizes, tar_parts.part_name(0))))
    sizes[README_NAME] = len(_README.format(name=name, parts=_MOST_PARTS).encode())
    parts = tar_parts.assign(sizes, part_bytes)
    texts = {
        **texts,
        INDEX_NAME: _index(files, parts),
        README_NAME: _README.format(name=name, parts=len(set(parts.values()))).encode(),
    }

    def read(member: str) -> bytes:
        return texts[member] if member in texts else (store.folder.parent / member).read_bytes()

    return tar_parts.write(store.folder.parent, parts, read)


def _index(files: list[PackedFile], parts: dict[str, str]) -> bytes:
    """The pack.json of files whose pieces lie in these parts."""
    placed = [
        replace(file, pieces=tuple(replace(p, part=parts[f"{PIECES_FOLDER}/{p.name}"]) for p in file.pieces))
        for file in files
    ]
    return json.dumps({"format": FORMAT, "files": [asdict(file) for file in placed]}, indent=1).encode()


def read_index(text: str) -> list[PackedFile]:
    """The packed files of a pack.json. Raises ValueError, KeyError or TypeError where it is none."""
    index = json.loads(text)
    if index["format"] != FORMAT:
        raise ValueError(f"format {index['format']}")
    return [PackedFile(file["path"], tuple(Piece(**piece) for piece in file["pieces"])) for file in index["files"]]
