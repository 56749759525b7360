"""Folders of single drum sounds that say by their names what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.drum_names import RIDE_BELL, drum_key
from mp3tomidi.augment.sources.drum_pieces import Layer, Piece, alternatives, classified_by_sound, hits_of
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, DRUMS, RenderedInstrument

_ENDINGS = {".wav", ".flac", ".ogg", ".aiff", ".aif"}
_HARD, _SOFT = "_hard", "_soft"
_HARD_VELOCITY, _SOFT_VELOCITY, _LONE_VELOCITY = 112.0, 56.0, 100.0


@dataclass(frozen=True, slots=True)
class OneShots:
    """A folder of one-shots, made into as many kits as its most frequent piece has sounds."""

    name: str
    folder: Path
    licence: str
    attribution: str
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        for index, pieces in enumerate(alternatives(classified_by_sound(find_pieces(self.folder)))):
            yield RenderedInstrument(
                name=f"{self.name}/{index + 1}",
                family=DRUMS,
                program=0,
                licence=self.licence,
                attribution=self.attribution,
                notes=hits_of(pieces, self.sample_rate),
                sample_rate=self.sample_rate,
            )


def find_pieces(folder: Path) -> list[Piece]:
    """The drums in a folder by their names; X_soft and X_hard are two layers of one piece."""
    files = {path.stem: path for path in sorted(refuse_held_out(folder).glob("*")) if path.suffix.lower() in _ENDINGS}
    pieces: list[Piece] = []
    for stem, path in files.items():
        key = drum_key(stem)
        if key is None or key == RIDE_BELL:  # a bell outside a kit is any bell
            continue
        base = stem.removesuffix(_HARD)
        if stem.endswith(_SOFT) and stem.removesuffix(_SOFT) + _HARD in files:
            continue
        if stem.endswith(_HARD) and base + _SOFT in files:
            pieces.append(Piece(key, (Layer(files[base + _SOFT], _SOFT_VELOCITY), Layer(path, _HARD_VELOCITY))))
        else:
            pieces.append(Piece(key, (Layer(path, _LONE_VELOCITY),)))
    return pieces
