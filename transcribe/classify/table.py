"""Writes what a classifier says of recordings: text for a terminal, CSV, and JSON (classification.schema.json).

Of each recording the likeliest classes with their confidence, 0 to 1; if wished, of each of its segments too.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from mp3tomidi.transcribe.classify.classifier import Classification
from mp3tomidi.transcribe.classify.task import Task

FORMAT = "mp3tomidi classification"
VERSION = 1
COLUMNS = ("file", "start_s", "end_s", "part", "rank", "class", "confidence")
TOP = 5  # classes named

Row = tuple[str, Classification]
"""A recording's name in the table, and its classification."""


def to_text(row: Row, *, segments: bool) -> str:
    """A line for the recording, and one for each segment below it."""
    name, classification = row
    lines = [f"{name}: {_in_words(classification.top(TOP))}"]
    if segments:
        for index in range(len(classification.silent)):
            times = f"{classification.starts_s[index]:9.2f} s {classification.ends_s[index]:9.2f} s"
            lines.append(f"  {times}  {_in_words(_top_of_segment(classification, index))}")
    return "\n".join(lines)


def to_csv(rows: Sequence[Row], *, segments: bool) -> str:
    """A header line and a line for each class that is named: of the whole recording (part "whole"), of its segments."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for name, classification in rows:
        parts = [(0.0, classification.duration_s, "whole", classification.top(TOP))]
        if segments:
            parts += [
                (
                    float(classification.starts_s[index]),
                    float(classification.ends_s[index]),
                    "segment",
                    _top_of_segment(classification, index),
                )
                for index in range(len(classification.silent))
            ]
        for start_s, end_s, part, top in parts:
            for rank, (label, confidence) in enumerate(top, start=1):
                table.writerow((name, f"{start_s:.3f}", f"{end_s:.3f}", part, rank, label, f"{confidence:.4f}"))
    return text.getvalue()


def to_json(task: Task, rows: Sequence[Row], *, segments: bool) -> str:
    """An object as classification.schema.json describes it; VERSION goes up when that changes."""
    document = {
        "format": FORMAT,
        "version": VERSION,
        "task": {"name": task.name, "answer": task.answer, "classes": list(task.classes)},
        "recordings": [_recording(name, classification, segments=segments) for name, classification in rows],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _recording(name: str, classification: Classification, *, segments: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "file": name,
        "duration_s": round(classification.duration_s, 3),
        "silent": classification.is_silent,
        "top": _as_objects(classification.top(TOP)),
    }
    if classification.task.answer == "many":
        spans = {label: classification.spans(label) for label in classification.task.classes}
        found["spans"] = {
            label: [[round(start_s, 3), round(end_s, 3)] for start_s, end_s in times]
            for label, times in spans.items()
            if times
        }
    if segments:
        found["segments"] = [
            {
                "start_s": round(float(classification.starts_s[index]), 3),
                "end_s": round(float(classification.ends_s[index]), 3),
                "level_db": round(float(level), 1) if np.isfinite(level := classification.levels_db[index]) else None,
                "silent": bool(classification.silent[index]),
                "top": _as_objects(_top_of_segment(classification, index)),
            }
            for index in range(len(classification.silent))
        ]
    return found


def _top_of_segment(classification: Classification, index: int) -> list[tuple[str, float]]:
    if classification.silent[index]:
        return []
    probabilities = classification.segment_probabilities[index]
    return [
        (classification.task.classes[place], float(probabilities[place]))
        for place in np.argsort(-probabilities, kind="stable")[:TOP]
    ]


def _as_objects(top: list[tuple[str, float]]) -> list[dict[str, Any]]:
    return [{"class": label, "confidence": round(confidence, 4)} for label, confidence in top]


def _in_words(top: list[tuple[str, float]]) -> str:
    return ", ".join(f"{label} {100 * confidence:.0f} %" for label, confidence in top) or "silent"
