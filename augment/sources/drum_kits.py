"""All drum kits there are, in one bank: of soundfonts, of Hydrogen, of folders of one-shots, and synthesised ones.

What is not on this machine is named, with the way to get it, and the bank is made of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mp3tomidi.augment.sources.drum_machines import DrumMachines
from mp3tomidi.augment.sources.fluidsynth import render_notes
from mp3tomidi.augment.sources.hydrogen import DEBIAN_FOLDER, HydrogenKits
from mp3tomidi.augment.sources.one_shots import OneShots
from mp3tomidi.augment.sources.soundfonts import DrumKits, Font, find_fonts
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, DRUMS, BankKind, RenderedInstrument, RenderedNote

# Fonts of which only the drums are taken: file, package, licence, author.
FONTS_WITH_KITS = (("/usr/share/sounds/sf2/FluidR3_GM.sf2", "fluid-soundfont-gm", "MIT", "Frank Wen"),)
# The drums of avldrums.lv2, and the General MIDI keys of theirs (its manual; swishes and choked cymbals left out).
AVL_FONTS = (
    ("/usr/share/sounds/sf2/Black_Pearl_4_LV2.sf2", "avldrums.lv2-soundfont", "GPL-2+", "Glen MacArthur"),
    ("/usr/share/sounds/sf2/Red_Zeppelin_4_LV2.sf2", "avldrums.lv2-soundfont", "GPL-2+", "Glen MacArthur"),
)
AVL_KEYS = {
    **{key: key for key in (36, 37, 38, 39, 40, 41, 42, 43, 44, 46, 49, 51, 53, 54, 55, 56, 57, 59)},
    45: 48,  # the one tom above the floor tom, struck in the middle
    47: 50,  # and at its edge
    61: 70,
}
_AVL_VELOCITIES = (24, 48, 72, 96, 120)
_HIT_S = 2.5
# Folders of one-shots: name, folder (one below `data` or Debian's), how to get it, licence, author.
ONE_SHOTS = (
    (
        "sonic-pi",
        "supersonic-scsynth-samples/samples",
        "`npm pack supersonic-scsynth-samples`, unpacked there",
        "CC0",
        "samples of Sonic Pi, freesound.org",
    ),
    ("lmms", "/usr/share/lmms/samples/drums", "`apt install lmms-common`", "GPL-2+", "the LMMS developers"),
)


@dataclass(frozen=True, slots=True)
class AllDrumKits:
    """Every kit that is on this machine; `fonts` as `find_fonts` finds them. `progress` gets what is missing."""

    fonts: list[Font]
    data: Path
    progress: Callable[[str], None] = field(default=lambda _: None)
    name: str = "drums"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        fonts, rate = list(self.fonts), self.sample_rate
        for file, package, licence, author in FONTS_WITH_KITS:
            if self._is_there(Path(file), f"`apt install {package}`"):
                fonts.append(Font(Path(file).stem, Path(file), licence, author))
        yield from DrumKits(fonts, sample_rate=rate).instruments()
        for file, package, licence, author in AVL_FONTS:
            if self._is_there(Path(file), f"`apt install {package}`"):
                yield _avl_kit(Path(file), licence, author, rate)
        if self._is_there(DEBIAN_FOLDER, "`apt install hydrogen-drumkits hydrogen-data`"):
            yield from HydrogenKits(progress=self.progress, sample_rate=rate).instruments()
        for name, folder, way, licence, author in ONE_SHOTS:
            if self._is_there(self.data / folder, way):
                yield from OneShots(name, self.data / folder, licence, author, rate).instruments()
        yield from DrumMachines(sample_rate=rate).instruments()

    def _is_there(self, path: Path, way: str) -> bool:
        if path.exists():
            return True
        self.progress(f"{path}: not there, its kits are left out; to have them: {way}")
        return False


BANK = BankKind(
    "drums",
    "drum kits of soundfonts, Hydrogen and one-shots (below DIR and Debian's), and synthesised ones",
    lambda data, progress, rate: AllDrumKits(find_fonts(data), data, progress, sample_rate=rate),
)


def _avl_kit(path: Path, licence: str, author: str, sample_rate: int) -> RenderedInstrument:
    return RenderedInstrument(
        name=f"{path.stem.removesuffix('_4_LV2')}/avl",
        family=DRUMS,
        program=0,
        licence=licence,
        attribution=f"avldrums {path.stem}, {author}",
        notes=_avl_hits(path, sample_rate),
        sample_rate=sample_rate,
    )


def _avl_hits(path: Path, sample_rate: int) -> Iterator[RenderedNote]:
    struck = [(key, velocity) for key in AVL_KEYS for velocity in _AVL_VELOCITIES]
    for note in render_notes(path, 0, struck, hold_s=_HIT_S, tail_s=0.0, sample_rate=sample_rate):
        yield RenderedNote(AVL_KEYS[note.pitch], note.velocity, note.samples, len(note.samples))
