"""Makes copies one after another and writes them: the work of one process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.sound_files import SUFFIXES
from mp3tomidi.augment.variants.making import Loaded, Made, Settings, draw, load, make
from mp3tomidi.augment.variants.manifest import Row
from mp3tomidi.augment.variants.sources import Source, Variant
from mp3tomidi.transcribe.errors import Mp3toMidiError, explain
from mp3tomidi.transcribe.outputs.files import make_folder, write_bytes
from mp3tomidi.transcribe.program.library_output import libraries_kept_quiet


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a copy: its row of the manifest, with "error" in it if there is none."""

    variant: Variant
    row: Row
    duration_s: float = 0.0
    cpu_s: float = 0.0
    """Of the processor, for this copy: what else the machine does at the time makes no difference to it."""
    process_cpu_s: float = 0.0
    """Of the processor, since the process that made it was started."""

    @property
    def error(self) -> str | None:
        return self.row.get("error")


def failed(variant: Variant, reason: str) -> Outcome:
    return Outcome(variant, {"source": variant.source.relative.as_posix(), "copy": variant.copy, "error": reason})


def died(variant: Variant, of: str) -> Outcome:
    """The outcome of a copy that its process died of."""
    return failed(variant, f"{variant.source.path}: the process that changed it died ({of})")


class Worker:
    """Keeps the last sound that it read, since its copies come one after the other."""

    def __init__(self, settings: Settings, out: Path) -> None:
        # the order in which threads add up would show in the last bits
        torch.set_num_threads(1)
        self._settings = settings
        self._out = out
        self._chains: dict[int, Chain] = {}
        self._last: tuple[Source, Loaded | Mp3toMidiError] | None = None

    def do(self, variant: Variant, /) -> Outcome:
        """Make a copy, and say in the outcome what went wrong: only KeyboardInterrupt and the like pass."""
        source, start_s = variant.source, _cpu_s()
        try:
            with libraries_kept_quiet():
                made = self._make(variant)
            row = self._write(made, variant)
        except Exception as error:
            reason = explain(error)
            return failed(variant, reason if str(source.path.parent) in reason else f"{source.path}: {reason}")
        return Outcome(variant, row, made.duration_s, _cpu_s() - start_s, _cpu_s())

    def _make(self, variant: Variant) -> Made:
        loaded = self._loaded(variant.source)
        chain = self._chain(loaded.rate_hz)
        effects = draw(self._settings, chain, variant.source.relative.as_posix(), variant.copy)
        return make(loaded, chain, effects, self._settings.format_name)

    def _chain(self, rate_hz: int) -> Chain:
        """Made once a rate: an effect may search a folder of sounds for it."""
        if rate_hz not in self._chains:
            self._chains[rate_hz] = self._settings.recipe.chain(rate_hz)
        return self._chains[rate_hz]

    def _loaded(self, source: Source) -> Loaded:
        if self._last is None or self._last[0] != source:
            try:
                self._last = (source, load(source.path, source.labels, self._settings))
            except Mp3toMidiError as error:
                self._last = (source, error)
        if isinstance(self._last[1], Mp3toMidiError):
            raise self._last[1]
        return self._last[1]

    def _write(self, made: Made, variant: Variant) -> Row:
        source = variant.source
        result = source.result(variant.copy, SUFFIXES[self._settings.format_name])
        labels = [result.with_name(result.stem + ending) for ending, _ in made.labels]
        place = self._out / result
        make_folder(place.parent)
        write_with_labels(place, made)
        return {
            "file": result.as_posix(),
            "class": source.class_name,
            "source": source.relative.as_posix(),
            "copy": variant.copy,
            "seed": self._settings.seed,
            "labels": [path.as_posix() for path in labels],
            "source_labels": [path.name for path in source.labels],
            **made.row,
        }


def _cpu_s() -> float:
    """What this process and the programs that it has run have used of the processor."""
    return sum(os.times()[:4])


def write_with_labels(place: Path, made: Made) -> None:
    """The sound and, beside it, its labels; all of them or none. Raises OutputError."""
    written: list[Path] = []
    try:
        for ending, content in made.labels:
            path = place.with_name(place.stem + ending)
            write_bytes(content, path)
            written.append(path)
        write_bytes(made.content, place)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
