"""Banks with a share of their instruments, for a pack that must not be larger than some size."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment.banks.bank import JOURNAL_NAME, MANIFEST_NAME, TABLES, Bank, read_lines

SEED = 1  # of the instruments that are kept


def shares(sizes: Mapping[str, int], total: float) -> dict[str, float]:
    """The share of each bank that is kept, so that all together are no larger than `total`.

    The largest banks are cut to the same size, and smaller ones stay whole: of a hundred fonts fewer are missed than
    of two pianos.
    """
    waiting, left, kept = sorted(sizes, key=lambda name: sizes[name]), float(total), {}
    for place, name in enumerate(waiting):
        size = min(float(sizes[name]), max(0.0, left) / (len(waiting) - place))
        kept[name] = size / sizes[name] if sizes[name] else 1.0
        left -= size
    return kept


def thin(folder: Path, out: Path, share: float) -> Bank:
    """Writes a bank of a share of the instruments of the one in `folder`, one at least, into `out`, and opens it.

    Raises LabelsError if there is no bank.
    """
    bank = Bank.open(folder)
    out.mkdir(parents=True, exist_ok=True)
    count = max(1, round(share * len(bank.instruments)))
    chosen = set(np.random.default_rng(SEED).permutation(len(bank.instruments))[:count].tolist())
    totals = dict.fromkeys(TABLES, 0)
    before = dict.fromkeys(TABLES, 0)
    lines: list[dict[str, Any]] = []
    files = {table: (out / name).open("wb") for table, name in TABLES.items()}
    try:
        index = -1
        for line in read_lines(folder):
            first, last = before, line["totals"]
            before = last
            index += line["kept"]
            if not line["kept"] or index not in chosen:
                continue
            rows = {table: getattr(bank, table)[first[table] : last[table]].copy() for table in TABLES}
            for table in ("notes", "phrases"):
                rows[table]["instrument"] = len(lines)
                rows[table]["start"] += totals["samples"] - first["samples"]
            rows["phrases"]["first_note"] += totals["phrase_notes"] - first["phrase_notes"]
            for table, part in rows.items():
                part.tofile(files[table])
                totals[table] += len(part)
            lines.append({**line, "totals": dict(totals)})
    finally:
        for file in files.values():
            file.close()
    (out / JOURNAL_NAME).write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    shutil.copy(folder / MANIFEST_NAME, out / MANIFEST_NAME)  # last: it makes the bank count as finished
    return Bank.open(out)
