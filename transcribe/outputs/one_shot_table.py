"""Writes which drum each sample is, as CSV and as JSON: its file, class, confidence, and the General MIDI key to lay
it on."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence

from mp3tomidi.transcribe.drums.one_shots import OneShot

FORMAT = "mp3tomidi one-shots"
VERSION = 1
COLUMNS = ("file", "class", "confidence", "key")

Row = tuple[str, OneShot]
"""A sample's name in the table, and its class."""


def to_csv(rows: Sequence[Row]) -> str:
    """A header line and a line a sample; confidences to four places."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for file, recognised in rows:
        table.writerow((file, recognised.drum.name, f"{recognised.confidence:.4f}", recognised.drum.written_key))
    return text.getvalue()


def to_json(rows: Sequence[Row]) -> str:
    """An object a sample, with the columns of the CSV as its members; VERSION goes up when these change."""
    samples = [
        dict(
            zip(
                COLUMNS,
                (file, recognised.drum.name, round(recognised.confidence, 4), recognised.drum.written_key),
                strict=True,
            )
        )
        for file, recognised in rows
    ]
    return json.dumps({"format": FORMAT, "version": VERSION, "samples": samples}, indent=1, ensure_ascii=False) + "\n"
