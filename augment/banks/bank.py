"""Banks, opened: notes and phrases rendered once, gated, labelled by what sounds, as float16 beside their tables.

A bank is a folder, made by building.py. Everything but its manifest is append-only: an instrument's sound and
notes are written first, then its line in instruments.jsonl, which alone makes them count. What was written without
its line is cut off when an interrupted build goes on, so the finished bank is the same, byte for byte.

    samples.f16         the sound, at the rate that the manifest says
    notes.bin           BANK_NOTE records, instrument by instrument
    phrases.bin         BANK_PHRASE records;  phrase_notes.bin: labels.NOTE records
    instruments.jsonl   one line an instrument: names, licence, what was kept and dropped and why, totals so far
    manifest.json       written when the bank is complete: its sample rate, counts and licences with attributions
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE
from mp3tomidi.transcribe.errors import LabelsError

BANK_NOTE = np.dtype(
    [
        ("instrument", np.int32),
        ("pitch", np.int32),  # MIDI number; of a drum kit the General MIDI drum key
        ("velocity", np.float32),
        ("cents", np.float32),  # measured deviation from the pitch, 0 where unsure
        ("start", np.int64),  # in Bank.samples; all other lengths are relative to it
        ("length", np.int32),
        ("onset_samples", np.int32),  # of the note
        ("release_samples", np.int32),  # where the key goes up; length if it rings out
        ("sounding_samples", np.int32),  # fallen 40 dB below its peak, or released
        ("release_tau_s", np.float32),  # after its release the note falls to 1/e in this time
        ("level", np.float32),  # peak of the 5 ms RMS
    ]
)
BANK_PHRASE = np.dtype(
    [
        ("instrument", np.int32),
        ("start", np.int64),
        ("length", np.int32),
        ("first_note", np.int64),  # in Bank.phrase_notes
        ("note_count", np.int32),
    ]
)
JOURNAL_NAME = "instruments.jsonl"
MANIFEST_NAME = "manifest.json"
TABLES = {"samples": "samples.f16", "notes": "notes.bin", "phrases": "phrases.bin", "phrase_notes": "phrase_notes.bin"}
ITEM_BYTES = {
    "samples": np.dtype(np.float16).itemsize,
    "notes": BANK_NOTE.itemsize,
    "phrases": BANK_PHRASE.itemsize,
    "phrase_notes": NOTE.itemsize,
}


@dataclass(frozen=True, slots=True)
class BankInstrument:
    name: str
    family: str
    program: int
    licence: str
    attribution: str
    note_slice: slice  # in Bank.notes
    phrase_slice: slice  # in Bank.phrases

    def is_of(self, sources: Collection[str]) -> bool:
        """Whether its sound comes from one of the sources: a font, a sample library, a singer, alone or in a choir.

        Its name says so: "SGM_V2.01/003", "electric_piano/jlearman_rhodes", "choir/flite-slt+flite-rms".
        """
        return not set(re.split(r"[/+]", self.name)).isdisjoint(sources)


@dataclass(frozen=True, slots=True)
class Bank:
    """A finished bank, its sound (at `sample_rate` Hz) mapped rather than read; `name` is that of its folder."""

    samples: NDArray[np.float16]
    notes: NDArray[np.void]
    phrases: NDArray[np.void]
    phrase_notes: NDArray[np.void]
    instruments: list[BankInstrument]
    sample_rate: int = DEFAULT_SAMPLE_RATE
    name: str = ""

    @classmethod
    def open(cls, folder: Path) -> Bank:
        """Open the bank in `folder`; raises LabelsError if there is none or it is not finished."""
        manifest = folder / MANIFEST_NAME
        if not manifest.is_file():
            raise LabelsError(
                f"{folder}: no finished bank here; make it with `mp3tomidi-augment bank` (it goes on where it stopped)"
            )
        lines = read_lines(folder)
        totals = lines[-1]["totals"] if lines else dict.fromkeys(TABLES, 0)
        for table, file_name in TABLES.items():
            if (folder / file_name).stat().st_size != totals[table] * ITEM_BYTES[table]:
                raise LabelsError(f"{folder / file_name}: not the size that the bank's table says; build the bank anew")
        instruments: list[BankInstrument] = []
        note = phrase = 0
        for line in lines:
            if not line["kept"]:
                continue
            end_note, end_phrase = line["totals"]["notes"], line["totals"]["phrases"]
            instruments.append(
                BankInstrument(
                    line["name"],
                    line["family"],
                    line["program"],
                    line["licence"],
                    line["attribution"],
                    slice(note, end_note),
                    slice(phrase, end_phrase),
                )
            )
            note, phrase = end_note, end_phrase
        samples = (
            np.memmap(folder / TABLES["samples"], dtype=np.float16, mode="r")
            if totals["samples"]
            else np.zeros(0, np.float16)
        )
        return cls(
            samples,
            np.fromfile(folder / TABLES["notes"], BANK_NOTE),
            np.fromfile(folder / TABLES["phrases"], BANK_PHRASE),
            np.fromfile(folder / TABLES["phrase_notes"], NOTE),
            instruments,
            _rate_of(manifest),
            folder.name,
        )

    def without(self, sources: Collection[str]) -> Bank:
        """The bank with only those instruments whose sound comes from none of the sources."""
        return replace(self, instruments=[each for each in self.instruments if not each.is_of(sources)])

    def only(self, sources: Collection[str]) -> Bank:
        """The bank with only those instruments whose sound comes from one of the sources."""
        return replace(self, instruments=[each for each in self.instruments if each.is_of(sources)])


def _rate_of(manifest: Path) -> int:
    try:
        return int(json.loads(manifest.read_text(encoding="utf-8"))["sample_rate"])
    except (ValueError, KeyError, TypeError) as error:
        raise LabelsError(f"{manifest}: damaged, it tells no sample rate; build the bank anew") from error


def common_rate(banks: Iterable[Bank]) -> int:
    """The sample rate (Hz) of banks that are mixed; DEFAULT_SAMPLE_RATE of none.

    Raises LabelsError where they are of several.
    """
    rates = [(bank.name or "one", bank.sample_rate) for bank in banks]
    if len({rate for _, rate in rates}) > 1:
        each = ", ".join(f"{name} {rate} Hz" for name, rate in rates)
        raise LabelsError(
            f"the banks have different sample rates: {each}; make them all at one, by "
            "`mp3tomidi-augment bank KIND OUT --rate HZ`"
        )
    return rates[0][1] if rates else DEFAULT_SAMPLE_RATE


def read_lines(folder: Path) -> list[dict[str, Any]]:
    """The finished instruments; a last line that was cut off in writing is removed."""
    path = folder / JOURNAL_NAME
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]
