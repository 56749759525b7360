"""Writes a transcription as JSON, times to the microsecond, and reads it back.

The format is described by transcription.schema.json beside this file. VERSION goes up with every change of
the fields, and a reader refuses the versions that it does not know.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, BinaryIO

from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.events import (
    BeatExplanation,
    DrumHit,
    EffectAmounts,
    MetreChange,
    Note,
    PedalEvent,
    TempoChange,
    Transcription,
)
from mp3tomidi.transcribe.outputs.files import write_bytes

FORMAT = "mp3tomidi transcription"
VERSION = 6
DECIMALS, TEMPO_DECIMALS = 6, 9
SCHEMA_PATH = Path(__file__).with_name("transcription.schema.json")

_EventKind = (
    type[Note] | type[DrumHit] | type[PedalEvent] | type[TempoChange] | type[MetreChange] | type[BeatExplanation]
)
_EVENT_KINDS: dict[str, _EventKind] = {
    "notes": Note,
    "drum_hits": DrumHit,
    "pedal": PedalEvent,
    "tempo": TempoChange,
    "metre": MetreChange,
    "beat_explanations": BeatExplanation,
}


def write(transcription: Transcription, destination: str | os.PathLike[str] | BinaryIO) -> None:
    """Write JSON (UTF-8, an event a line) to a path, or into an open binary stream.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    write_bytes(to_json(transcription).encode(), destination)


def write_exactly(transcription: Transcription, path: str | os.PathLike[str]) -> None:
    """Write JSON with all decimals, so that `read` restores the transcription to the last bit. Raises OutputError."""
    write_bytes(to_json(transcription, exactly=True).encode(), path)


def read(path: str | os.PathLike[str]) -> Transcription:
    """Read what `write` has written.

    Raises
    ------
    LabelsError
        The file cannot be read, is of a newer version, or holds something else.
    """
    try:
        return from_json(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise LabelsError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise LabelsError(f"cannot read {path} as a transcription: {error}") from error


def to_json(transcription: Transcription, *, exactly: bool = False) -> str:
    """The transcription as JSON text.

    Numbers have six decimals, times microseconds, of which a tick of the MIDI file has hundreds; tempos have nine,
    which tell every length of a beat that a MIDI file can state. exactly: they have all, so that reading restores them.
    """
    members = {
        "format": FORMAT,
        "version": VERSION,
        "duration_s": transcription.duration_s,
        "tuning_cents": transcription.tuning_cents,
        "effects": None if transcription.effects is None else asdict(transcription.effects),
    }
    form: Callable[[Any], Any] = (lambda value: value) if exactly else _rounded
    lines = [f'"{name}": {json.dumps(form(value))}' for name, value in members.items()]
    for name in _EVENT_KINDS:
        events = [json.dumps(form(asdict(event))) for event in getattr(transcription, name)]
        lines.append(f'"{name}": [' + ",".join(f"\n  {event}" for event in events) + "]")
    return "{" + ",".join(f"\n{line}" for line in lines) + "\n}\n"


def _rounded(value: Any, decimals: int = DECIMALS) -> Any:
    """The value with every number in it rounded."""
    if isinstance(value, float):
        return round(value, decimals)
    if isinstance(value, dict):
        return {
            name: _rounded(member, TEMPO_DECIMALS if name == "beats_per_minute" else DECIMALS)
            for name, member in value.items()
        }
    return [_rounded(member) for member in value] if isinstance(value, list | tuple) else value


def from_json(text: str) -> Transcription:
    """The transcription in a JSON text.

    Raises
    ------
    ValueError
        The text is not JSON, or not a transcription of a version that is known here.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ValueError(f'"format" is not "{FORMAT}"')
    version = document.get("version")
    if version != VERSION:
        raise ValueError(f"its version is {version!r}, and only {VERSION} is known here; update mp3tomidi")
    expected = {"format", "version"} | {field.name for field in fields(Transcription)}
    _check_members(document, expected, "the file")
    events = {name: _events(document[name], name, kind) for name, kind in _EVENT_KINDS.items()}
    return Transcription(
        duration_s=document["duration_s"],
        tuning_cents=document["tuning_cents"],
        effects=None if document["effects"] is None else _made(EffectAmounts, document["effects"], "effects"),
        **events,
    )


def _events(rows: object, name: str, kind: _EventKind) -> tuple[Any, ...]:
    if not isinstance(rows, list):
        raise ValueError(f'"{name}" is not a list')
    return tuple(_made(kind, row, f"{name}[{index}]") for index, row in enumerate(rows))


def _made(kind: type[Any], row: object, where: str) -> Any:
    members = _check_members(row, {field.name for field in fields(kind)}, where)
    try:
        return kind(**members)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _check_members(row: object, expected: set[str], where: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise ValueError(f"{where} is not an object")
    if row.keys() != expected:
        odd = ", ".join(sorted(row.keys() ^ expected))
        raise ValueError(f"{where} lacks members or has unknown ones: {odd}")
    return row
