"""Banks: notes and phrases rendered once, gated, labelled by what sounds, kept as float16 beside their tables.

A bank is a folder. Everything but its manifest is append-only: an instrument's sound and notes are written first,
then its line in instruments.jsonl, which alone makes them count. What was written without its line is cut off when
an interrupted build goes on, so the finished bank is the same, byte for byte.

    samples.f16         the sound, 16 kHz
    notes.bin           BANK_NOTE records, instrument by instrument
    phrases.bin         BANK_PHRASE records;  phrase_notes.bin: labels.NOTE records
    instruments.jsonl   one line an instrument: names, licence, what was kept and dropped and why, totals so far
    manifest.json       written when the bank is complete: counts and licences with attributions
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.gate import admit
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.measure import Samples, audible_samples, envelope
from mp3tomidi.augment.sources.source import (
    SAMPLE_RATE,
    RenderedInstrument,
    RenderedPhrase,
    Source,
)
from mp3tomidi.transcribe.errors import LabelsError

BANK_NOTE = np.dtype(
    [
        ("instrument", np.int32),
        ("pitch", np.int32),  # MIDI number; of a drum kit the General MIDI drum key
        ("velocity", np.float32),
        ("cents", np.float32),  # measured deviation from the pitch, 0 where unsure
        ("start", np.int64),  # in Bank.samples; all other lengths are relative to it
        ("length", np.int32),
        ("onset_samples", np.int32),  # where the note is heard to begin
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
FORMAT = 1
MEDIAN_LEVEL = 0.25  # of each instrument's notes, so that instruments can be mixed by their levels
_FADE_S = 0.02
_TABLES = {"samples": "samples.f16", "notes": "notes.bin", "phrases": "phrases.bin", "phrase_notes": "phrase_notes.bin"}
_ITEM_BYTES = {
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


@dataclass(frozen=True, slots=True)
class Bank:
    """A finished bank, its sound mapped rather than read."""

    samples: NDArray[np.float16]
    notes: NDArray[np.void]
    phrases: NDArray[np.void]
    phrase_notes: NDArray[np.void]
    instruments: list[BankInstrument]

    @classmethod
    def open(cls, folder: Path) -> Bank:
        """Open the bank in `folder`; raises LabelsError if there is none or it is not finished."""
        if not (folder / "manifest.json").is_file():
            raise LabelsError(
                f"{folder}: no finished bank here; make it with `mp3tomidi-augment bank` (it goes on where it stopped)"
            )
        lines = _read_lines(folder)
        totals = lines[-1]["totals"] if lines else dict.fromkeys(_TABLES, 0)
        for table, file_name in _TABLES.items():
            if (folder / file_name).stat().st_size != totals[table] * _ITEM_BYTES[table]:
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
            np.memmap(folder / _TABLES["samples"], dtype=np.float16, mode="r")
            if totals["samples"]
            else np.zeros(0, np.float16)
        )
        return cls(
            samples,
            np.fromfile(folder / _TABLES["notes"], BANK_NOTE),
            np.fromfile(folder / _TABLES["phrases"], BANK_PHRASE),
            np.fromfile(folder / _TABLES["phrase_notes"], NOTE),
            instruments,
        )


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What is in a bank, and for each gate how many notes it dropped (and how many of unsure pitch were kept)."""

    instruments: int
    notes: int
    phrases: int
    seconds: float
    counts: dict[str, int]


def build(source: Source, folder: Path, progress: Callable[[str], None] = lambda _: None) -> BuildReport:
    """Render and gate all instruments of `source` into the bank `folder`; goes on where an earlier call stopped.

    `progress` is given one line an instrument. Raises LabelsError if the folder holds another source's bank.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").unlink(missing_ok=True)
    _claim(folder, source.name)
    lines = _read_lines(folder)
    done = {line["name"] for line in lines}
    kept_count = sum(line["kept"] for line in lines)
    totals: dict[str, int] = lines[-1]["totals"] if lines else dict.fromkeys(_TABLES, 0)
    files = {table: _open_at(folder / name, totals[table] * _ITEM_BYTES[table]) for table, name in _TABLES.items()}
    try:
        with (folder / "instruments.jsonl").open("a", encoding="utf-8") as journal:
            for instrument in source.instruments():
                if instrument.name in done:
                    continue
                tables, counts = _gated(instrument, kept_count, totals)
                for table, rows in tables.items():
                    files[table].write(rows.tobytes())
                    files[table].flush()
                totals = {table: totals[table] + len(rows) for table, rows in tables.items()}
                kept = bool(len(tables["notes"]) or len(tables["phrases"]))
                kept_count += kept
                line = {
                    "name": instrument.name,
                    "family": instrument.family,
                    "program": instrument.program,
                    "licence": instrument.licence,
                    "attribution": instrument.attribution,
                    "kept": kept,
                    "counts": dict(sorted(counts.items())),
                    "totals": totals,
                }
                lines.append(line)
                done.add(instrument.name)
                journal.write(json.dumps(line) + "\n")
                journal.flush()
                progress(_line_text(instrument.name, tables, counts))
    except BaseException:
        if not lines:
            _give_back(folder)
        raise
    finally:
        for file in files.values():
            file.close()
    return _finish(folder, source.name, lines, totals)


def _gated(
    instrument: RenderedInstrument, index: int, totals: dict[str, int]
) -> tuple[dict[str, NDArray[Any]], Counter[str]]:
    """The rows that an instrument adds to each table."""
    notes, counts = admit(instrument)
    scale = MEDIAN_LEVEL / float(np.median([measure.level for _, measure in notes])) if notes else 1.0
    sounds: list[NDArray[np.float16]] = []
    rows = np.zeros(len(notes), BANK_NOTE)
    start = totals["samples"]
    for row, (note, measure) in enumerate(notes):
        sounds.append(_stored(note.samples[: audible_samples(note.samples, SAMPLE_RATE)], scale))
        rows[row] = (
            index,
            note.pitch,
            note.velocity,
            measure.cents or 0.0,
            start,
            len(sounds[-1]),
            measure.onset_samples,
            min(note.release_samples, len(sounds[-1])),
            min(measure.sounding_samples, len(sounds[-1])),
            note.release_tau_s or measure.release_tau_s,
            measure.level * scale,
        )
        start += len(sounds[-1])
    phrases, phrase_notes = _phrase_rows(instrument, index, start, totals["phrase_notes"], sounds)
    samples = np.concatenate(sounds) if sounds else np.zeros(0, np.float16)
    tables = {"samples": samples, "notes": rows, "phrases": phrases, "phrase_notes": phrase_notes}
    return tables, counts


def _phrase_rows(
    instrument: RenderedInstrument, index: int, start: int, first_note: int, sounds: list[NDArray[np.float16]]
) -> tuple[NDArray[np.void], NDArray[np.void]]:
    """Rows of the two phrase tables; the phrases' sound, each peaking at MEDIAN_LEVEL, is added to `sounds`."""
    rows: list[tuple[int, int, int, int, int]] = []
    notes: list[NDArray[np.void]] = []
    for phrase in instrument.phrases:
        level = _phrase_level(phrase)
        if level <= 0:
            continue
        sounds.append(_stored(phrase.samples, MEDIAN_LEVEL / level))
        rows.append((index, start, len(sounds[-1]), first_note, len(phrase.notes)))
        notes.append(phrase.notes)
        start += len(sounds[-1])
        first_note += len(phrase.notes)
    return np.array(rows, BANK_PHRASE), np.concatenate(notes) if notes else np.zeros(0, NOTE)


def _phrase_level(phrase: RenderedPhrase) -> float:
    return float(envelope(phrase.samples, SAMPLE_RATE).max(initial=0.0)) if np.isfinite(phrase.samples).all() else 0.0


def _stored(samples: Samples, scale: float) -> NDArray[np.float16]:
    """Scaled, its last 20 ms faded so that no cut clicks."""
    sound = samples * np.float32(scale)
    fade = min(len(sound), round(_FADE_S * SAMPLE_RATE))
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound.astype(np.float16)


def _claim(folder: Path, source_name: str) -> None:
    """Write down whose bank this is, or raise LabelsError if it is another's."""
    owner = folder / "source.txt"
    if not owner.exists():
        owner.write_text(source_name + "\n", encoding="utf-8")
    elif (found := owner.read_text(encoding="utf-8").strip()) != source_name:
        raise LabelsError(f"{folder}: holds a bank of {found!r}, not of {source_name!r}; choose another folder")


def _give_back(folder: Path) -> None:
    """Leave no trace where not one instrument was finished, most often because the source is not there."""
    for name in ("source.txt", "instruments.jsonl", *_TABLES.values()):
        (folder / name).unlink(missing_ok=True)
    with suppress(OSError):  # it holds something else
        folder.rmdir()


def _open_at(path: Path, size_bytes: int) -> BinaryIO:
    """Open for appending after the first `size_bytes`; anything beyond is of an unfinished instrument."""
    path.touch()
    file = path.open("r+b")
    file.truncate(size_bytes)
    file.seek(size_bytes)
    return file


def _read_lines(folder: Path) -> list[dict[str, Any]]:
    """The finished instruments; a last line that was cut off in writing is removed."""
    path = folder / "instruments.jsonl"
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole, encoding="utf-8")
    return [json.loads(line) for line in whole.splitlines()]


def _line_text(name: str, tables: dict[str, NDArray[Any]], counts: Counter[str]) -> str:
    dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
    size = f"{len(tables['notes'])} notes" if not len(tables["phrases"]) else f"{len(tables['phrases'])} phrases"
    return f"{name}: {size}" + (f" ({dropped})" if dropped else "")


def _finish(folder: Path, source_name: str, lines: list[dict[str, Any]], totals: dict[str, int]) -> BuildReport:
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line["counts"])
    report = BuildReport(
        instruments=sum(line["kept"] for line in lines),
        notes=totals["notes"],
        phrases=totals["phrases"],
        seconds=totals["samples"] / SAMPLE_RATE,
        counts=dict(sorted(counts.items())),
    )
    manifest = {
        "format": FORMAT,
        "source": source_name,
        "sample_rate": SAMPLE_RATE,
        "instruments": report.instruments,
        "notes": report.notes,
        "phrases": report.phrases,
        "seconds": round(report.seconds, 3),
        "counts": report.counts,
        "credits": sorted({(line["licence"], line["attribution"]) for line in lines if line["kept"]}),
    }
    partial = folder / "manifest.json.partial"
    partial.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / "manifest.json")
    return report
