"""The kinds of banks by name: the sources of this folder that declare one as `BANK`, one a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, BankKind, Source
from mp3tomidi.transcribe.errors import LabelsError


@cache
def bank_kinds() -> dict[str, BankKind]:
    """All of them, in the order of their names. Imports every source."""
    files = sorted(path.stem for path in Path(__file__).parent.glob("[a-z]*.py") if path.stem != "discovery")
    modules = [import_module(f"mp3tomidi.augment.sources.{file}") for file in files]
    kinds = [module.BANK for module in modules if isinstance(getattr(module, "BANK", None), BankKind)]
    return {kind.name: kind for kind in sorted(kinds, key=lambda kind: kind.name)}


def open_source(
    kind: str, data: Path, progress: Callable[[str], None], sample_rate: int = DEFAULT_SAMPLE_RATE
) -> Source:
    """The source that the bank of a kind is rendered from, given the folder of its data and the rate of its sound (Hz).

    Raises LabelsError for a kind that there is none of, and where the data is not there.
    """
    if kind not in bank_kinds():
        raise LabelsError(f"there is no kind of bank {kind!r}, only {', '.join(bank_kinds())}")
    return bank_kinds()[kind].open(data, progress, sample_rate)
