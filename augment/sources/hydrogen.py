"""Hydrogen's drum kits: folders with a drumkit.xml that names instruments, their layers and the files they play.

Three ages of the format are read: one file an instrument, layers right below it, and layers within components; with
or without a namespace. (The drumkit.xsd of Hydrogen's own repository describes the last.)
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.sources.drum_names import drum_key
from mp3tomidi.augment.sources.drum_pieces import Layer, Piece, alternatives, classified_by_sound, hits_of
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, DRUMS, RenderedInstrument
from mp3tomidi.transcribe.errors import LabelsError

DEBIAN_FOLDER = Path("/usr/share/hydrogen/data/drumkits")
LONE_LAYER_VELOCITY = 100.0
# Kits whose drumkit.xml is silent about it: what lies beside it, or Debian's copyright file, says.
LICENCES_ELSEWHERE = {"ColomboAcousticDrumkit": "GPL-2+ with composition exception"}
# Free to be learnt from by networks that anyone may use for anything, in the order in which they are looked for.
_LICENCES = (
    (re.compile(r"cc-?0|creative commons 0|public domain", re.I), "CC0"),
    (re.compile(r"share ?-?alike|by-sa", re.I), "CC BY-SA"),
    (re.compile(r"cc-by|attribution", re.I), "CC BY"),
    (re.compile(r"\bL?GPL", re.I), "GPL"),
)
_FORBIDDING = re.compile(r"non-?commercial|\bnc\b|by-nc|no-?deriv|by-nd|\bnd\b", re.I)


@dataclass(frozen=True, slots=True)
class HydrogenKit:
    """What a drumkit.xml says. `unknown` counts the instruments whose names name no drum for sure."""

    name: str
    author: str
    licence: str
    pieces: tuple[Piece, ...]
    unknown: int


@dataclass(frozen=True, slots=True)
class HydrogenKits:
    """The kits in some folders (each a folder of kits). What is left out is reported to `progress`, a line a kit."""

    folders: tuple[Path, ...] = (DEBIAN_FOLDER,)
    progress: Callable[[str], None] = field(default=lambda _: None)
    name: str = "hydrogen"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        for folder in self.folders:
            for path in sorted(folder.glob("*/drumkit.xml")):
                kit = read_kit(path)
                if not kit.licence:
                    self.progress(f"{path.parent.name}: left out, its licence is unknown or forbids it")
                    continue
                if kit.unknown:
                    self.progress(f"{path.parent.name}: {kit.unknown} instruments left out, their names tell no drum")
                for index, pieces in enumerate(alternatives(classified_by_sound(kit.pieces))):
                    yield RenderedInstrument(
                        name=f"{path.parent.name}/{index + 1}",
                        family=DRUMS,
                        program=0,
                        licence=kit.licence,
                        attribution=f"{path.parent.name}, {kit.author}",
                        notes=hits_of(pieces, self.sample_rate),
                        sample_rate=self.sample_rate,
                    )


def read_kit(path: Path) -> HydrogenKit:
    """Read a drumkit.xml; raises LabelsError where it is none. Files that are named but missing are left out."""
    try:
        root = ET.parse(refuse_held_out(path)).getroot()
    except ET.ParseError as error:
        raise LabelsError(f"{path}: not XML ({error}); take the kit away or copy it again") from None
    for element in root.iter():  # the namespace differs by version, and some have none
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != "drumkit_info":
        raise LabelsError(f"{path}: not Hydrogen's drumkit.xml; take the folder away")
    name = path.parent.name
    stated = root.findtext("license") or root.findtext("licence") or LICENCES_ELSEWHERE.get(name, "")
    pieces: list[Piece] = []
    counts: Counter[str] = Counter()
    for instrument in root.iterfind("instrumentList/instrument"):
        layers = _layers(instrument, path.parent)
        if not layers:
            continue  # Hydrogen fills its kits up with empty places
        key = drum_key(instrument.findtext("name") or "")
        if key is None:
            counts["unknown"] += 1
        else:
            pieces.append(Piece(key, layers))
    author = (root.findtext("author") or "author not named").strip()
    return HydrogenKit(name, author, free_licence(stated), tuple(pieces), counts["unknown"])


def free_licence(stated: str) -> str:
    """The short name of a licence that lets anyone use what was learnt from it for anything; "" for all others."""
    if _FORBIDDING.search(stated):
        return ""
    if stated in LICENCES_ELSEWHERE.values():
        return stated
    return next((name for pattern, name in _LICENCES if pattern.search(stated)), "")


def _layers(instrument: ET.Element, folder: Path) -> tuple[Layer, ...]:
    """The layers of an instrument, the softest first; of several components (microphones) those of the first."""
    component = instrument.find("instrumentComponent")
    holder = instrument if component is None else component
    gain = _number(instrument, "volume", 1.0) * _number(instrument, "gain", 1.0)
    gain *= _number(component, "gain", 1.0) if component is not None else 1.0
    offset = _number(instrument, "pitchOffset", 0.0)
    layers: list[Layer] = []
    for layer in holder.findall("layer") or [instrument]:
        file = layer.findtext("filename")
        if not file or not (folder / file).is_file():
            continue
        lowest, highest = _number(layer, "min", 0.0), _number(layer, "max", 1.0)
        # A lone layer is for all velocities: where between them it was played, nobody says.
        velocity = 127 * (lowest + highest) / 2 if highest - lowest < 1 else LONE_LAYER_VELOCITY
        velocity = min(127.0, max(1.0, velocity))
        layer_gain = _number(layer, "gain", 1.0) if layer is not instrument else 1.0
        # Hydrogen plays a layer as loud as it is struck.
        layers.append(
            Layer(folder / file, velocity, gain * layer_gain * velocity / 127, offset + _number(layer, "pitch", 0.0))
        )
    return tuple(sorted(layers, key=lambda layer: layer.velocity))


def _number(element: ET.Element, tag: str, default: float) -> float:
    try:
        return float((element.findtext(tag) or "").strip().replace(",", "."))  # some were written with decimal commas
    except ValueError:
        return default
