"""Opens what users name as instruments: soundfonts, banks, Hydrogen's kits, folders of samples.

Samples become banks once, kept in a cache folder, since measuring every sample takes longer than playing it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.banks import building
from mp3tomidi.augment.banks.bank import JOURNAL_NAME, MANIFEST_NAME, Bank
from mp3tomidi.augment.heldout import refuse_held_out
from mp3tomidi.augment.rendering.bank_player import bank_players
from mp3tomidi.augment.rendering.font_player import font_players
from mp3tomidi.augment.rendering.instruments import Ensemble, Instrument
from mp3tomidi.augment.sources.hydrogen import HydrogenKits
from mp3tomidi.augment.sources.instrument_folders import UNSTATED, InstrumentFolders
from mp3tomidi.augment.sources.sample_folders import SampleFolders
from mp3tomidi.augment.sources.soundfonts import FONT_CREDITS, Font
from mp3tomidi.augment.sources.source import RenderedInstrument, Source
from mp3tomidi.transcribe.errors import LabelsError

FONT_SUFFIXES = (".sf2", ".sf3")


def open_ensemble(paths: Sequence[Path], cache: Path, report: Callable[[str], None]) -> Ensemble:
    """All instruments of the files and folders named; banks that are made on the way lie in `cache`.

    Raises LabelsError for what holds none.
    """
    pitched: list[Instrument] = []
    kits: list[Instrument] = []
    for path in paths:
        found_pitched, found_kits = _open(path, cache, report)
        if not found_pitched and not found_kits:
            raise LabelsError(f"{path}: no instrument in it that can play notes; see what was left out above")
        pitched += found_pitched
        kits += found_kits
    return Ensemble(pitched, kits)


def _open(path: Path, cache: Path, report: Callable[[str], None]) -> tuple[Sequence[Instrument], Sequence[Instrument]]:
    refuse_held_out(path)
    if not path.exists():
        raise LabelsError(f"{path}: there is no such file or folder, check its name")
    is_font = path.suffix.lower() in FONT_SUFFIXES if path.is_file() else any(path.glob("*.sf[23]"))
    if is_font:
        licence, author = FONT_CREDITS.get(path.stem if path.is_file() else path.name, (UNSTATED, "author not named"))
        name = path.stem if path.is_file() else path.name
        return font_players(Font(name, path, licence, f"{name}, {author}"))
    if path.is_file():
        raise LabelsError(f"{path}: neither a soundfont (.sf2, .sf3) nor a folder of samples")
    if (path / JOURNAL_NAME).exists():
        return bank_players(Bank.open(path))
    return bank_players(_banked(path, cache, report))


def _banked(folder: Path, cache: Path, report: Callable[[str], None]) -> Bank:
    bank = cache / f"{folder.resolve().name}-{_print_of(folder)}"
    if not (bank / MANIFEST_NAME).exists():
        report(f"{folder}: its samples are measured, once")
        building.build(_source(folder, report), bank, report)
    return Bank.open(bank)


def _source(folder: Path, report: Callable[[str], None]) -> Source:
    if (folder / "manifest.tsv").is_file():
        return SampleFolders(folder)
    if (folder / "drumkit.xml").is_file():
        return _OneKit(HydrogenKits((folder.parent,), report), folder.name)
    if any(folder.glob("*/drumkit.xml")):
        return HydrogenKits((folder,), report)
    return InstrumentFolders(folder, report)


@dataclass(frozen=True)
class _OneKit:
    """A single one of Hydrogen's kits."""

    kits: HydrogenKits
    folder_name: str
    name: str = "hydrogen"

    def instruments(self) -> Iterator[RenderedInstrument]:
        for kit in self.kits.instruments():
            if kit.name.rpartition("/")[0] == self.folder_name:
                yield kit


def _print_of(folder: Path) -> str:
    """Changes whenever a file in the folder does, by its name, size or time."""
    content = hashlib.sha256(str(folder.resolve()).encode(errors="surrogateescape"))
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            content.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\0".encode(errors="surrogateescape"))
    return content.hexdigest()[:12]
