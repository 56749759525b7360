"""General MIDI soundfonts: a folder of one-program files, or one file of many programs."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.fluidsynth import render_notes
from mp3tomidi.augment.sources.source import (
    DEFAULT_SAMPLE_RATE,
    DRUMS,
    KIT_PROGRAMS,
    BankKind,
    RenderedInstrument,
    RenderedNote,
)
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS

# Tubular bells have no partial at their pitch, the fifths lead sounds two notes for each one; the programs from 104
# on are rarely played and rarely good.
PITCHED_PROGRAMS = tuple(sorted(program for program in PROGRAMS if program < 104 and program not in (14, 86)))
DRUM_BANK = 128
DRUM_KEYS = range(35, 82)
# Semitones from one rendered key to the next; the mixer bridges them by resampling.
_KEY_STEPS = {"piano": 3, "keys": 3, "guitar": 3, "bass": 3, "synth": 6}
_OTHER_KEY_STEP = 4
_HOLD_S, _TAIL_S = 3.0, 1.0
_DRUM_S = 2.5


@dataclass(frozen=True, slots=True)
class Font:
    """`path` is one font file, or a folder of files named by their program (000.sf3, 128.sf3 for the drums)."""

    name: str
    path: Path
    licence: str
    attribution: str


# Licence and author of the fonts of the data folder, by the folder's name.
FONT_CREDITS = {
    "Airfont_320": ("public domain", "Milton Paredes"),
    "Airfont_340": ("public domain", "Milton Paredes"),
    "Airfont_380": ("public domain", "Milton Paredes"),
    "Aspirin_160": ("public domain", "author not named"),
    "Aspirin_Stereo": ("public domain", "author not named"),
    "FluidR3_GM": ("MIT", "Frank Wen"),
    "SGM_V2.01": ("CC BY 4.0", "David Shan"),
}
# Where Debian puts its fonts: file, package, licence, author.
DEBIAN_FONTS = (
    ("/usr/share/sounds/sf3/MuseScore_General.sf3", "musescore-general-soundfont", "MIT", "S. Christian Collins"),
    ("/usr/share/sounds/sf2/TimGM6mb.sf2", "timgm6mb-soundfont", "GPL-2", "Tim Brechbill"),
)


def find_fonts(data: Path) -> list[Font]:
    """The fonts below `data`/soundfonts and Debian's; raises LabelsError if one is missing or has no known licence."""
    fonts: list[Font] = []
    for path in sorted((data / "soundfonts").glob("*/")):
        refuse_held_out(path)
        if path.name not in FONT_CREDITS:
            raise LabelsError(f"{path}: a font whose licence is not known; add it to FONT_CREDITS or take it away")
        fonts.append(Font(path.name, path, *FONT_CREDITS[path.name]))
    if not fonts:
        raise LabelsError(f"{data}: no soundfonts/ in it; --data must be the folder that holds soundfonts/")
    return fonts + installed(DEBIAN_FONTS)


def installed(fonts: tuple[tuple[str, str, str, str], ...]) -> list[Font]:
    """Those of some fonts that Debian puts (file, package, licence, author); raises LabelsError if one is missing."""
    found = []
    for file, package, licence, author in fonts:
        if not Path(file).is_file():
            raise LabelsError(f"{file}: missing; `apt install {package}`")
        found.append(Font(Path(file).stem, Path(file), licence, author))
    return found


@dataclass(frozen=True, slots=True)
class Soundfonts:
    """The pitched programs of some fonts, every few keys, loud and soft; the fonts at different keys."""

    fonts: list[Font]
    name: str = "fonts"
    programs: tuple[int, ...] = PITCHED_PROGRAMS
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        for index, font in enumerate(self.fonts):
            presets = font_presets(font.path)
            for program in self.programs:
                if (0, program) not in presets:
                    continue
                yield RenderedInstrument(
                    name=f"{font.name}/{program:03d}",
                    family=PROGRAMS[program].family,
                    program=program,
                    licence=font.licence,
                    attribution=f"{font.name}, {font.attribution}",
                    notes=_program_notes(presets[0, program], program, index + program, self.sample_rate),
                    sample_rate=self.sample_rate,
                )


BANK = BankKind(
    "fonts",
    "pitched programs of General MIDI soundfonts (DIR/soundfonts and Debian's)",
    lambda data, _, rate: Soundfonts(find_fonts(data), sample_rate=rate),
)


@dataclass(frozen=True, slots=True)
class DrumKits:
    """The drum kits of some fonts, every General MIDI drum key at three velocities."""

    fonts: list[Font]
    name: str = "drums"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        for font in self.fonts:
            for (bank, program), path in sorted(font_presets(font.path).items()):
                if bank != DRUM_BANK or program not in KIT_PROGRAMS:
                    continue
                yield RenderedInstrument(
                    name=f"{font.name}/{DRUM_BANK}-{program:03d}",
                    family=DRUMS,
                    program=program,
                    licence=font.licence,
                    attribution=f"{font.name}, {font.attribution}",
                    notes=_drum_hits(path, program, self.sample_rate),
                    sample_rate=self.sample_rate,
                )


def _program_notes(path: Path, program: int, stagger: int, sample_rate: int) -> Iterator[RenderedNote]:
    row = PROGRAMS[program]
    step = _KEY_STEPS.get(row.family, _OTHER_KEY_STEP)
    velocities = (40, 76, 112) if row.family == "piano" else (56, 104)
    pitches = range(row.lowest + stagger % step, row.highest + 1, step)
    keys = [(pitch, velocity) for pitch in pitches for velocity in velocities]
    yield from render_notes(path, program, keys, hold_s=_HOLD_S, tail_s=_TAIL_S, sample_rate=sample_rate)


def _drum_hits(path: Path, program: int, sample_rate: int) -> Iterator[RenderedNote]:
    hits = [(key, velocity) for key in DRUM_KEYS for velocity in (40, 80, 120)]
    yield from render_notes(path, program, hits, hold_s=_DRUM_S, tail_s=0.0, drums=True, sample_rate=sample_rate)


def font_presets(path: Path) -> dict[tuple[int, int], Path]:
    """(bank, program) of every preset below `path`, a font file or a folder of them, and the file that holds it."""
    files = sorted(path.glob("*.sf[23]")) if path.is_dir() else [path]
    return {preset: file for file in files for preset in read_presets(refuse_held_out(file))}


def read_presets(path: Path) -> list[tuple[int, int]]:
    """(bank, program) of the presets in a font file: the phdr chunk of SoundFont 2.04, section 7.2.

    The chunk is searched for, not walked to: many .sf3 files have sound chunks of odd size without their pad byte.
    """
    content = path.read_bytes()
    at = content.rfind(b"pdtaphdr")
    if content[:4] != b"RIFF" or at < 0:
        raise LabelsError(f"{path}: not a SoundFont file, or one without presets")
    (size,) = struct.unpack_from("<I", content, at + 8)
    headers = content[at + 12 : at + 12 + size]
    # 38 bytes each: name [20], preset, bank, ...; the last one only marks the end.
    programs = [struct.unpack_from("<HH", headers, at + 20) for at in range(0, size - 38, 38)]
    return sorted((bank, program) for program, bank in programs)
