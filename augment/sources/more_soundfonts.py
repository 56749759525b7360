"""Soundfonts and programs beyond those that transcription is taught on, for what tells instruments apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.sources.soundfonts import DEBIAN_FONTS, PITCHED_PROGRAMS, Font, Soundfonts, installed
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, BankKind, RenderedInstrument
from mp3tomidi.transcribe.errors import LabelsError

RARE_PROGRAMS = (104, 105, 106, 107, 110)  # sitar, banjo, shamisen, koto and fiddle, for what tells instruments apart
MORE_DEBIAN_FONTS = (
    ("/usr/share/sounds/sf2/sf_GMbank.sf2", "csound-soundfont", "public domain", "Csound's GM bank, author not named"),
)
SONIVOX_CREDIT = ("Apache-2.0", "Sonic Network Inc.")


@dataclass(frozen=True, slots=True)
class MoreSoundfonts:
    """What tells instruments apart has to know beyond Soundfonts: rare programs, and fonts of other makers."""

    rare: list[Font]
    whole: list[Font]
    name: str = "more"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        rate, every_program = self.sample_rate, (*PITCHED_PROGRAMS, *RARE_PROGRAMS)
        yield from Soundfonts(self.rare, programs=RARE_PROGRAMS, sample_rate=rate).instruments()
        yield from Soundfonts(self.whole, programs=every_program, sample_rate=rate).instruments()


def find_more_fonts(data: Path) -> tuple[list[Font], list[Font]]:
    """Debian's fonts, of which only RARE_PROGRAMS are asked for, and two more with all their programs.

    Raises LabelsError if one is missing.
    """
    sonivox = data / "sonivox.sf2"
    if not sonivox.is_file():
        raise LabelsError(f"{sonivox}: missing; it lies in dist/soundfont of the npm package @coderline/alphatab")
    return installed(DEBIAN_FONTS), [*installed(MORE_DEBIAN_FONTS), Font("sonivox", sonivox, *SONIVOX_CREDIT)]


BANK = BankKind(
    "more",
    "rare programs of Debian's soundfonts and two more fonts (DIR/sonivox.sf2), for classifiers",
    lambda data, _, rate: MoreSoundfonts(*find_more_fonts(data), sample_rate=rate),
)
