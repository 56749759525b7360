"""The one table of instrument families and General MIDI programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mp3tomidi.transcribe.nearest import did_you_mean

PIANO_LOWEST_PITCH = 21
PIANO_HIGHEST_PITCH = 108
PITCH_COUNT = PIANO_HIGHEST_PITCH - PIANO_LOWEST_PITCH + 1

FAMILIES = ("piano", "keys", "guitar", "bass", "strings", "voice", "winds", "synth")
# The program that stands for a family where no more is known.
PROGRAM_OF_FAMILY = dict(zip(FAMILIES, (0, 4, 25, 33, 48, 52, 65, 81), strict=True))
SOLO_VOICE = 53  # "voice oohs", where one singer sings; PROGRAM_OF_FAMILY's voice is a choir


@dataclass(frozen=True, slots=True)
class Program:
    """A General MIDI program: its family and the MIDI pitches between which it is usually played."""

    name: str
    family: str
    lowest: int
    highest: int


# General MIDI 1, 0-based. Ranges are those of the real instrument; sound effects (120 to 127) have no family.
PROGRAMS: dict[int, Program] = {
    number: Program(name, family, lowest, highest)
    for family, rows in {
        "piano": [
            (0, "acoustic grand piano", 21, 108),
            (1, "bright acoustic piano", 21, 108),
            (2, "electric grand piano", 28, 103),
            (3, "honky-tonk piano", 28, 103),
        ],
        "keys": [
            (4, "electric piano 1", 28, 100),
            (5, "electric piano 2", 28, 100),
            (6, "harpsichord", 29, 89),
            (7, "clavinet", 36, 88),
            (8, "celesta", 60, 108),
            (9, "glockenspiel", 72, 108),
            (10, "music box", 60, 96),
            (11, "vibraphone", 53, 89),
            (12, "marimba", 45, 96),
            (13, "xylophone", 65, 108),
            (14, "tubular bells", 60, 77),
            (15, "dulcimer", 50, 86),
            (16, "drawbar organ", 36, 96),
            (17, "percussive organ", 36, 96),
            (18, "rock organ", 36, 96),
            (19, "church organ", 36, 96),
            (20, "reed organ", 36, 96),
            (21, "accordion", 48, 93),
            (22, "harmonica", 60, 96),
            (23, "tango accordion", 48, 93),
        ],
        "guitar": [
            (24, "nylon guitar", 40, 84),
            (25, "acoustic guitar", 40, 86),
            (26, "jazz guitar", 40, 86),
            (27, "clean guitar", 40, 88),
            (28, "muted guitar", 40, 80),
            (29, "overdriven guitar", 40, 86),
            (30, "distortion guitar", 40, 86),
            (31, "guitar harmonics", 52, 88),
            (104, "sitar", 48, 77),
            (105, "banjo", 48, 84),
            (106, "shamisen", 50, 79),
            (107, "koto", 48, 84),
        ],
        "bass": [
            (32, "acoustic bass", 28, 60),
            (33, "finger bass", 28, 60),
            (34, "picked bass", 28, 60),
            (35, "fretless bass", 28, 60),
            (36, "slap bass 1", 28, 60),
            (37, "slap bass 2", 28, 60),
            (38, "synth bass 1", 28, 60),
            (39, "synth bass 2", 28, 60),
        ],
        "strings": [
            (40, "violin", 55, 98),
            (41, "viola", 48, 88),
            (42, "cello", 36, 79),
            (43, "contrabass", 28, 60),
            (44, "tremolo strings", 28, 96),
            (45, "pizzicato strings", 28, 96),
            (46, "harp", 23, 103),
            (110, "fiddle", 55, 96),
            (48, "string ensemble 1", 28, 96),
            (49, "string ensemble 2", 28, 96),
            (50, "synth strings 1", 36, 96),
            (51, "synth strings 2", 36, 96),
        ],
        "voice": [
            (52, "choir aahs", 43, 84),
            (53, "voice oohs", 43, 84),
            (54, "synth voice", 43, 84),
        ],
        "winds": [
            (56, "trumpet", 54, 84),
            (57, "trombone", 34, 72),
            (58, "tuba", 28, 58),
            (59, "muted trumpet", 54, 84),
            (60, "french horn", 34, 77),
            (61, "brass section", 36, 84),
            (62, "synth brass 1", 36, 96),
            (63, "synth brass 2", 36, 96),
            (64, "soprano sax", 56, 88),
            (65, "alto sax", 49, 81),
            (66, "tenor sax", 44, 76),
            (67, "baritone sax", 36, 69),
            (68, "oboe", 58, 91),
            (69, "english horn", 52, 81),
            (70, "bassoon", 34, 74),
            (71, "clarinet", 50, 94),
            (72, "piccolo", 74, 108),
            (73, "flute", 60, 96),
            (74, "recorder", 60, 96),
            (75, "pan flute", 60, 96),
            (78, "whistle", 60, 96),
            (79, "ocarina", 60, 84),
            (109, "bagpipe", 48, 77),
            (111, "shanai", 48, 72),
        ],
        "synth": [
            (80, "square lead", 36, 96),
            (81, "saw lead", 36, 96),
            (82, "calliope lead", 36, 96),
            (83, "chiffer lead", 36, 96),
            (84, "charang lead", 36, 96),
            (85, "voice lead", 36, 84),
            (86, "fifths lead", 36, 96),
            (87, "bass lead", 24, 96),
            (88, "new age pad", 36, 96),
            (89, "warm pad", 36, 96),
            (90, "poly pad", 36, 96),
            (91, "choir pad", 36, 96),
            (92, "bowed pad", 36, 96),
            (93, "metal pad", 36, 96),
            (94, "halo pad", 36, 96),
            (95, "sweep pad", 36, 96),
        ],
    }.items()
    for number, name, lowest, highest in rows
}


@dataclass(frozen=True, slots=True)
class Kind:
    """Instruments of a family that sound alike, and the program that stands for them."""

    name: str
    family: str
    program: int
    programs: frozenset[int]


# Kinds that FamilyNet tells apart; a family without any has the one program of PROGRAM_OF_FAMILY.
KINDS = tuple(
    Kind(name, family, program, frozenset(programs))
    for name, family, program, programs in (
        ("electric piano", "keys", 4, range(4, 8)),
        ("mallets", "keys", 11, range(8, 16)),
        ("organ", "keys", 16, range(16, 24)),
        ("clean guitar", "guitar", 25, (*range(24, 29), 31, *range(104, 108))),
        ("distorted guitar", "guitar", 30, (29, 30)),
        ("bowed strings", "strings", 48, (*range(40, 45), *range(48, 52), 110)),
        ("plucked strings", "strings", 45, (45, 46)),
        ("brass", "winds", 61, range(56, 64)),
        ("reeds", "winds", 65, (*range(64, 72), 109, 111)),
        ("flutes", "winds", 73, (*range(72, 76), 78, 79)),
        ("lead", "synth", 81, range(80, 88)),
        ("pad", "synth", 89, range(88, 96)),
    )
)


def families_named(names: Iterable[str]) -> tuple[str, ...]:
    """These families, in the order of FAMILIES. Raises ValueError for an unknown name, or if there is none."""
    wanted = {name.strip().lower() for name in names} - {""}
    for name in sorted(wanted.difference(FAMILIES)):
        family = _family_of(name)
        hint = f", but one of the {family}; families are" if family else f"{did_you_mean(name, FAMILIES)} there are"
        raise ValueError(f"{name!r} is no family of instruments{hint} {', '.join(FAMILIES)}")
    if not wanted:
        raise ValueError(f"no instrument is named; there are {', '.join(FAMILIES)}")
    return tuple(family for family in FAMILIES if family in wanted)


def _family_of(name: str) -> str | None:
    """The family of an instrument or a kind of them, named in lower case; None for what is neither."""
    families = {program.name: program.family for program in PROGRAMS.values()}
    return families.get(name) or {kind.name: kind.family for kind in KINDS}.get(name)
