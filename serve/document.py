"""Documents: settings of decoding, and editing steps that are applied to what is decoded with them.

A step is a JSON object: `remove` names events by id, `add` brings new ones, `map` moves all notes of one program to
another, `tempo` sets tempo and first bar. Decoded events have ids that depend on time and pitch only, so that a step
finds its event again whatever the settings are: edits by hand survive every change of a threshold.

The page does the same in static/document.js; tests hold the two together.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from mp3tomidi.serve import tempo_by_hand
from mp3tomidi.transcribe.drums.decoding import DrumThresholds
from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.notes.thresholds import Thresholds

NOTE, HIT = "note", "hit"
_KINDS: dict[str, type[Note] | type[DrumHit]] = {NOTE: Note, HIT: DrumHit}
_STEP_MEMBERS = {"label", "remove", "add", "map", "tempo"}
_LONGEST_TEXT = 64
_MOST_NOTE_S = 6 * 3600.0


@dataclass(frozen=True, slots=True)
class Settings:
    """How notes and hits are decided. None: mp3tomidi's defaults."""

    notes: float | None = None
    """What probability makes a note."""
    drums: float | None = None
    min_length_s: float = Thresholds().min_length_s
    bends: bool = False
    """Whether the pitch of notes is followed between keys."""
    melody: bool = False
    """Whether the notes of the lead line are marked."""

    def __post_init__(self) -> None:
        for name in ("notes", "drums"):
            value = getattr(self, name)
            if value is not None and not (_is_number(value) and 0.0 <= value <= 1.0):
                raise ValueError(f"{name} must be a number from 0 to 1, or null")
        if not _is_number(self.min_length_s) or not 0.0 <= self.min_length_s <= 10.0:
            raise ValueError("min_length_s must be a number from 0 to 10")
        for name in ("bends", "melody"):
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name} must be true or false")

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Settings:
        """Raises ValueError."""
        if not isinstance(document, Mapping):
            raise ValueError("settings must be an object")
        unknown = set(document) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"there is no setting {sorted(unknown)[0]!r}")
        return cls(**document)

    @property
    def thresholds(self) -> Thresholds:
        return Thresholds(onset=self.notes, min_length_s=self.min_length_s)

    @property
    def drum_thresholds(self) -> DrumThresholds:
        return DrumThresholds(onset=self.drums)


def id_of(event: Note | DrumHit) -> str:
    """What a decoded event is called: the same under every setting."""
    number = event.pitch if isinstance(event, Note) else event.key
    return f"{'n' if isinstance(event, Note) else 'd'}{number}@{_tenths_of_ms(event.onset_s)}"


def check_step(step: object, most_events: int) -> dict[str, Any]:
    """The step with all members of its events, if it is one. Raises ValueError with what is wrong."""
    if not isinstance(step, dict):
        raise ValueError("a step must be an object")
    unknown = set(step) - _STEP_MEMBERS
    if unknown:
        raise ValueError(f"a step has no member {sorted(unknown)[0]!r}")
    if not isinstance(step.get("label", ""), str) or len(step.get("label", "")) > _LONGEST_TEXT:
        raise ValueError(f"label must be a text of {_LONGEST_TEXT} signs at most")
    for name in ("remove", "add"):
        if not isinstance(step.get(name, []), list) or len(step.get(name, [])) > most_events:
            raise ValueError(f"{name} must be a list of {most_events} at most")
    if not all(_is_id(id) for id in step.get("remove", [])):
        raise ValueError("remove must hold ids")
    if "add" in step:
        events = [(row, _event(row)) for row in step["add"]]
        step = {**step, "add": [{"id": row["id"], "kind": row["kind"], **asdict(event)} for row, event in events]}
    if "map" in step:
        _mapping(step["map"])
    if step.get("tempo") is not None:
        _tempo(step["tempo"])
    return step


def edited(decoded: Transcription, steps: Iterable[Mapping[str, Any]]) -> Transcription:
    """A transcription after these steps. Steps must have passed `check_step`."""
    events: dict[str, Note | DrumHit] = {id_of(note): note for note in decoded.notes}
    events.update((id_of(hit), hit) for hit in decoded.drum_hits)
    beats = decoded.tempo, decoded.metre
    for step in steps:
        for id in step.get("remove", ()):
            events.pop(id, None)
        for row in step.get("add", ()):
            events[row["id"]] = _event(row)
        if "map" in step:
            before, after = _mapping(step["map"])
            for id, event in events.items():
                if isinstance(event, Note) and event.program == before:
                    events[id] = replace(event, program=after)
        if step.get("tempo") is not None:
            beats = _tempo(step["tempo"])
    notes = tuple(event for event in events.values() if isinstance(event, Note))
    hits = tuple(event for event in events.values() if isinstance(event, DrumHit))
    latest_s = max((event.onset_s for event in events.values()), default=0.0)
    return replace(
        decoded,
        notes=notes,
        drum_hits=hits,
        tempo=tuple(change for change in beats[0] if change.time_s <= decoded.duration_s),
        metre=tuple(change for change in beats[1] if change.time_s <= decoded.duration_s),
        beat_explanations=decoded.beat_explanations if beats == (decoded.tempo, decoded.metre) else (),
        duration_s=max(decoded.duration_s, latest_s),
    )


def rows(decoded: Transcription) -> dict[str, list[dict[str, Any]]]:
    """Notes and hits as the JSON writer has them, each with its id."""
    return {"notes": _rows(decoded.notes, Note), "drum_hits": _rows(decoded.drum_hits, DrumHit)}


def _rows(events: Iterable[Note | DrumHit], kind: type[Note] | type[DrumHit]) -> list[dict[str, Any]]:
    """What `asdict` gives, in a quarter of its time: a slider waits for it."""
    names = [field.name for field in fields(kind)]
    return [{"id": id_of(event), **{name: getattr(event, name) for name in names}} for event in events]


def _event(row: object) -> Note | DrumHit:
    if not isinstance(row, dict) or row.get("kind") not in _KINDS:
        raise ValueError('an event must be an object whose kind is "note" or "hit"')
    if not _is_id(row.get("id")):
        raise ValueError("an event must have an id")
    kind = _KINDS[row["kind"]]
    names = {field.name for field in fields(kind)}
    unknown = set(row) - names - {"id", "kind"}
    if unknown:
        raise ValueError(f"a {row['kind']} has no member {sorted(unknown)[0]!r}")
    try:
        event = kind(**{name: value for name, value in row.items() if name in names})
    except TypeError as error:
        raise ValueError(f"a {row['kind']} lacks members: {error}") from error
    if event.onset_s > _MOST_NOTE_S:
        raise ValueError("an event may not begin that late")
    return event


def _mapping(value: object) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2 or not all(type(one) is int and 0 <= one <= 127 for one in value):
        raise ValueError("map must be two programs, from 0 to 127")
    return value[0], value[1]


def _tempo(value: object) -> tempo_by_hand.Map:
    names = {"beats_per_minute", "first_bar_s", "beats_per_bar"}
    if not isinstance(value, dict) or set(value) != names:
        raise ValueError(f"tempo must have {', '.join(sorted(names))}")
    if not all(_is_number(value[name]) for name in names):
        raise ValueError("tempo must be made of numbers")
    return tempo_by_hand.set_by_hand(value["beats_per_minute"], value["first_bar_s"], value["beats_per_bar"])


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TEXT


def _tenths_of_ms(time_s: float) -> int:
    return round(time_s * 10_000)
