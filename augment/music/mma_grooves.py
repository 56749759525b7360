"""Whole bands from Musical MIDI Accompaniment (mma, GPL): each groove of its library played to a drawn chord chart.

A groove gives what a rhythm section plays: bass, chords, often strings, horns or arpeggios, and drums. There is no
melody in it; singers and soloists of a mix bring theirs. The program is run once a groove, in a folder that is
thrown away; what it played is kept as one cache of songs beside the banks. A style (a file of the library) has
several grooves; those of the last styles by name are held out together.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.harmony import draw_setting
from mp3tomidi.augment.music import corpora
from mp3tomidi.transcribe.errors import Mp3toMidiError

BARS = 8
HELD_OUT_STYLES = 8
_BEATS_PER_MINUTE = (80.0, 160.0)
_PATIENCE_S = 60.0
_DEFINED_GROOVE = re.compile(r"^\s*defgroove\s+([^\s/]+)", re.IGNORECASE | re.MULTILINE)
_CHORD_NAMES = {
    (4, 7): "",
    (3, 7): "m",
    (3, 6): "dim",
    (4, 8): "aug",
    (5, 7): "sus4",
    (2, 7): "sus2",
    (4, 7, 11): "M7",
    (4, 7, 10): "7",
    (3, 7, 10): "m7",
    (3, 7, 11): "mM7",
    (3, 6, 10): "m7b5",
    (3, 6, 9): "dim7",
    (2, 4, 7, 11): "M9",
    (2, 4, 7, 10): "9",
    (2, 3, 7, 10): "m9",
}
_NOTE_NAMES = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")


class GroovesError(Mp3toMidiError):
    """The program mma or its library is not there, or plays nothing."""


@dataclass(frozen=True)
class Groove:
    """A groove of the library: its style's file below it, without the ending, and its own name there."""

    style: str
    name: str


def find_library() -> Path:
    """The folder of mma's grooves. Raises GroovesError where the program or its library is missing."""
    program = shutil.which("mma")
    if program is None:
        raise GroovesError("mma: not found; install it (Debian: apt install mma), then run this again")
    for folder in (Path(program).resolve().parent, Path("/usr/local/share/mma"), Path("/usr/share/mma")):
        if (folder / "lib").is_dir():
            return folder / "lib"
    raise GroovesError(f"{program}: its library of grooves is not beside it; install mma with its lib/ folder")


def find_grooves(library: Path) -> list[Groove]:
    """All grooves of a library, sorted; of names that differ by case only, which are one to mma, the first."""
    found: dict[tuple[str, str], Groove] = {}
    for path in sorted(library.rglob("*.mma")):
        style = path.relative_to(library).with_suffix("").as_posix()
        for name in _DEFINED_GROOVE.findall(path.read_text(encoding="utf-8", errors="replace")):
            found.setdefault((style, name.lower()), Groove(style, name))
    return sorted(found.values(), key=lambda groove: (groove.style, groove.name))


def write_chart(groove: Groove, rng: np.random.Generator) -> str:
    """A chart of eight bars for a groove: tempo and chords, one a bar. mma's own chance is seeded in it."""
    chords = draw_setting(rng, 0.0, 60.0).chords
    lines = [
        f"RndSeed {int(rng.integers(1, 1 << 30))}",
        f"Tempo {rng.uniform(*_BEATS_PER_MINUTE):.1f}",
        f"Groove {groove.style}:{groove.name}",
    ]
    return "\n".join(lines + [f"{bar + 1} {chord_name(chords[bar % len(chords)])}" for bar in range(BARS)]) + "\n"


def chord_name(chord: NDArray[np.int64]) -> str:
    """What mma calls a chord (pitch classes, root first); a chord without a name there goes by its third."""
    root = int(chord[0]) % 12
    intervals = tuple(sorted({int(pitch - root) % 12 for pitch in chord} - {0}))
    fallback = "m" if 3 in intervals and 4 not in intervals else ""
    return _NOTE_NAMES[root] + _CHORD_NAMES.get(intervals, fallback)


def build(cache_folder: Path, progress: Callable[[str], None] = lambda _: None) -> corpora.Corpora:
    """Play all grooves and write their cache into `cache_folder`; `progress` is given a line a style.

    Raises GroovesError where mma is missing or plays nothing.
    """
    grooves = find_grooves(find_library())
    styles = sorted({groove.style for groove in grooves})
    held_out = set(styles[-HELD_OUT_STYLES:])
    with tempfile.TemporaryDirectory() as folder:
        songs = list(_played(grooves, held_out, Path(folder), progress))
        if not songs:
            raise GroovesError("mma: played none of its grooves; try `mma -V Swing` to see why")
        played = corpora.read_songs(songs)
    corpora.store(played, Path(cache_folder) / corpora.GROOVES_CACHE_NAME)
    return played


def _played(
    grooves: list[Groove], held_out: set[str], folder: Path, progress: Callable[[str], None]
) -> Iterator[corpora.SongFile]:
    for number, groove in enumerate(grooves):
        name = f"{groove.style}/{groove.name}"
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        path = folder / f"{number}.mid"
        fault = play(write_chart(groove, rng), path)
        if fault:
            progress(f"{name}: left out ({fault})")
            continue
        yield corpora.SongFile("mma", name, path, groove.style in held_out)
        if number + 1 == len(grooves) or grooves[number + 1].style != groove.style:
            progress(f"{groove.style} ({number + 1} of {len(grooves)} grooves)")


def play(chart: str, path: Path) -> str:
    """Let mma play a chart to the MIDI file `path`; returns "" or, where it could not, its message."""
    written = path.with_suffix(".mma")
    written.write_text(chart, encoding="utf-8")
    try:
        ran = subprocess.run(
            ["mma", "-f", str(path), str(written)], capture_output=True, text=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_PATIENCE_S:.0f} s"
    if ran.returncode == 0 and path.is_file():
        return ""
    return " ".join((ran.stdout + ran.stderr).split())[-200:] or f"status {ran.returncode}"
