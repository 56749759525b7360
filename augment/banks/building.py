"""Builds banks: renders the instruments of a source, gates and levels their notes, and goes on where it was stopped."""

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

from mp3tomidi.augment.banks.bank import (
    BANK_NOTE,
    BANK_PHRASE,
    ITEM_BYTES,
    JOURNAL_NAME,
    MANIFEST_NAME,
    TABLES,
    read_lines,
)
from mp3tomidi.augment.banks.gate import admit
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.sources.measure import audible_samples, envelope
from mp3tomidi.augment.sources.source import (
    DEFAULT_SAMPLE_RATE,
    RenderedInstrument,
    RenderedPhrase,
    Source,
)
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

FORMAT = 1
OWNER_NAME = "source.txt"  # the source's name; on a second line the rate, where it is not the default
MEDIAN_LEVEL = 0.25  # of each instrument's notes, so that instruments can be mixed by their levels
_FADE_S = 0.02


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What is in a bank, and for each gate how many notes it dropped (and how many of unsure pitch were kept)."""

    instruments: int
    notes: int
    phrases: int
    seconds: float
    counts: dict[str, int]


def build(
    source: Source,
    folder: Path,
    progress: Callable[[str], None] = lambda _: None,
    sample_rate: int = DEFAULT_SAMPLE_RATE,
) -> BuildReport:
    """Render and gate all instruments of `source` into the bank `folder`; goes on where an earlier call stopped.

    `progress` is given one line an instrument; `sample_rate` (Hz) is that of the source's instruments. Raises
    LabelsError if the folder holds a bank of another source or rate, ValueError for an instrument of another rate.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _claim(folder, source.name, sample_rate)
    (folder / MANIFEST_NAME).unlink(missing_ok=True)
    lines = read_lines(folder)
    done = {line["name"] for line in lines}
    kept_count = sum(line["kept"] for line in lines)
    totals: dict[str, int] = lines[-1]["totals"] if lines else dict.fromkeys(TABLES, 0)
    files = {table: _open_at(folder / name, totals[table] * ITEM_BYTES[table]) for table, name in TABLES.items()}
    try:
        with (folder / JOURNAL_NAME).open("a", encoding="utf-8") as journal:
            for instrument in source.instruments():
                if instrument.name in done:
                    continue
                if instrument.sample_rate != sample_rate:
                    raise ValueError(f"{instrument.name} is at {instrument.sample_rate} Hz, not at {sample_rate} Hz")
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
    return _finish(folder, source.name, sample_rate, lines, totals)


def _gated(
    instrument: RenderedInstrument, index: int, totals: dict[str, int]
) -> tuple[dict[str, NDArray[Any]], Counter[str]]:
    """The rows that an instrument adds to each table."""
    notes, counts = admit(instrument)
    rate = instrument.sample_rate
    scale = MEDIAN_LEVEL / float(np.median([measure.level for _, measure in notes])) if notes else 1.0
    sounds: list[NDArray[np.float16]] = []
    rows = np.zeros(len(notes), BANK_NOTE)
    start = totals["samples"]
    for row, (note, measure) in enumerate(notes):
        sounds.append(_stored(note.samples[: audible_samples(note.samples, rate)], scale, rate))
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
        level = _phrase_level(phrase, instrument.sample_rate)
        if level <= 0:
            continue
        sounds.append(_stored(phrase.samples, MEDIAN_LEVEL / level, instrument.sample_rate))
        rows.append((index, start, len(sounds[-1]), first_note, len(phrase.notes)))
        notes.append(phrase.notes)
        start += len(sounds[-1])
        first_note += len(phrase.notes)
    return np.array(rows, BANK_PHRASE), np.concatenate(notes) if notes else np.zeros(0, NOTE)


def _phrase_level(phrase: RenderedPhrase, sample_rate: int) -> float:
    return float(envelope(phrase.samples, sample_rate).max(initial=0.0)) if np.isfinite(phrase.samples).all() else 0.0


def _stored(samples: Samples, scale: float, sample_rate: int) -> NDArray[np.float16]:
    """Scaled, its last 20 ms faded so that no cut clicks."""
    sound = samples * np.float32(scale)
    fade = min(len(sound), round(_FADE_S * sample_rate))
    sound[len(sound) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound.astype(np.float16)


def _claim(folder: Path, source_name: str, sample_rate: int) -> None:
    """Write down whose bank this is and, unless it is the default, its rate; LabelsError if it is another's."""
    owner = folder / OWNER_NAME
    if not owner.exists():
        rate_line = f"{sample_rate} Hz\n" if sample_rate != DEFAULT_SAMPLE_RATE else ""
        owner.write_text(f"{source_name}\n{rate_line}", encoding="utf-8")
        return
    found, _, rate_text = owner.read_text(encoding="utf-8").strip().partition("\n")
    if found != source_name:
        raise LabelsError(f"{folder}: holds a bank of {found!r}, not of {source_name!r}; choose another folder")
    found_rate = int(rate_text.removesuffix(" Hz") or DEFAULT_SAMPLE_RATE)
    if found_rate != sample_rate:
        raise LabelsError(f"{folder}: holds a bank at {found_rate} Hz, not at {sample_rate} Hz; choose another folder")


def _give_back(folder: Path) -> None:
    """Leave no trace where not one instrument was finished, most often because the source is not there."""
    for name in (OWNER_NAME, JOURNAL_NAME, *TABLES.values()):
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


def _line_text(name: str, tables: dict[str, NDArray[Any]], counts: Counter[str]) -> str:
    dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))
    size = f"{len(tables['notes'])} notes" if not len(tables["phrases"]) else f"{len(tables['phrases'])} phrases"
    return f"{name}: {size}" + (f" ({dropped})" if dropped else "")


def _finish(
    folder: Path, source_name: str, sample_rate: int, lines: list[dict[str, Any]], totals: dict[str, int]
) -> BuildReport:
    counts: Counter[str] = Counter()
    for line in lines:
        counts.update(line["counts"])
    report = BuildReport(
        instruments=sum(line["kept"] for line in lines),
        notes=totals["notes"],
        phrases=totals["phrases"],
        seconds=totals["samples"] / sample_rate,
        counts=dict(sorted(counts.items())),
    )
    manifest = {
        "format": FORMAT,
        "source": source_name,
        "sample_rate": sample_rate,
        "instruments": report.instruments,
        "notes": report.notes,
        "phrases": report.phrases,
        "seconds": round(report.seconds, 3),
        "counts": report.counts,
        "credits": sorted({(line["licence"], line["attribution"]) for line in lines if line["kept"]}),
    }
    partial = folder / f"{MANIFEST_NAME}.partial"
    partial.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / MANIFEST_NAME)
    return report
