from __future__ import annotations

import io
import json as standard_json
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

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
from mp3tomidi.transcribe.outputs import json

SCHEMA = standard_json.loads(json.SCHEMA_PATH.read_text(encoding="utf-8"))


def full_transcription() -> Transcription:
    rng = np.random.default_rng(0)
    onsets_s = rng.uniform(0.0, 60.0, 100)
    return Transcription(
        notes=tuple(
            Note(
                t,
                t + rng.uniform(0.01, 3.0),
                int(rng.integers(21, 109)),
                int(rng.integers(1, 128)),
                40,
                1 / 3,
                ((t, 1 / 7), (t + 1 / 3, -120.0)),
                *((1 / 3, -1 / 3, 2 / 3, True) if t > 30.0 else ()),
            )
            for t in onsets_s
        ),
        drum_hits=tuple(DrumHit(t, 38, 100, 0.1) for t in onsets_s),
        pedal=(PedalEvent(0.1, True), PedalEvent(1e-9, False)),
        tempo=(TempoChange(0.0, 96.7),),
        metre=(MetreChange(0.0, 1), MetreChange(0.6, 3)),
        tuning_cents=-12.3,
        effects=EffectAmounts(1 / 3, 0.0, 1.0),
        duration_s=61.0,
    )


def document() -> dict[str, Any]:
    parsed: dict[str, Any] = standard_json.loads(json.to_json(full_transcription()))
    return parsed


@pytest.mark.parametrize("transcription", [full_transcription(), Transcription(duration_s=0.0)])
def test_reading_restores_what_was_written_to_the_last_bit(tmp_path: Path, transcription: Transcription) -> None:
    json.write_exactly(transcription, tmp_path / "x.json")
    assert json.read(tmp_path / "x.json") == transcription


@pytest.mark.parametrize("transcription", [full_transcription(), Transcription(duration_s=0.0)])
def test_what_is_read_is_written_as_it_was(tmp_path: Path, transcription: Transcription) -> None:
    json.write(transcription, tmp_path / "x.json")
    stream = io.BytesIO()
    json.write(json.read(tmp_path / "x.json"), stream)
    assert stream.getvalue() == (tmp_path / "x.json").read_bytes()


def test_times_are_written_to_the_microsecond_and_tempos_as_a_midi_file_can_state_them() -> None:
    note = Note(1.0 / 3.0, 2.0 / 3.0, 60, 64)
    lengths_us = (60_000, 535_714, 3_333_333, 14_999_999)
    tempo = tuple(TempoChange(float(k), 60e6 / us) for k, us in enumerate(lengths_us))
    text = json.to_json(Transcription(notes=(note,), tempo=tempo, duration_s=7.123456789))
    assert '"onset_s": 0.333333, "offset_s": 0.666667' in text
    assert '"duration_s": 7.123457' in text
    read = json.from_json(text)
    assert [round(60e6 / change.beats_per_minute) for change in read.tempo] == list(lengths_us)


def test_metres_and_what_else_the_beat_may_be_are_kept() -> None:
    likely = (BeatExplanation(0.6, 97.5, 6, 8, False, 0.5), BeatExplanation(0.2, 97.5, 3, 4, True, 1.0))
    known = Transcription(metre=(MetreChange(0.5, 6, 8),), beat_explanations=likely[::-1], duration_s=3.0)
    assert known.beat_explanations == likely  # the likeliest first
    text = json.to_json(known)
    jsonschema.Draft202012Validator(SCHEMA).validate(standard_json.loads(text))
    assert json.from_json(text) == known


@pytest.mark.parametrize("transcription", [full_transcription(), Transcription(duration_s=0.0)])
def test_what_is_written_follows_the_schema(transcription: Transcription) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator(SCHEMA).validate(standard_json.loads(json.to_json(transcription)))


def test_the_schema_names_every_field_of_every_event() -> None:
    properties = SCHEMA["properties"]
    assert properties.keys() == {"format", "version"} | {field.name for field in fields(Transcription)}
    kinds = {"notes": Note, "drum_hits": DrumHit, "pedal": PedalEvent, "tempo": TempoChange, "metre": MetreChange}
    kinds |= {"beat_explanations": BeatExplanation}
    for name, kind in kinds.items():
        items = properties[name]["items"]
        assert list(items["properties"]) == items["required"] == [field.name for field in fields(kind)]
    assert properties["version"]["const"] == json.VERSION


def broken(path: str, value: object) -> dict[str, Any]:
    """The document with one value replaced, or removed if the value is `...`; a path is like notes/3/pitch."""
    whole = document()
    *parents, last = path.split("/")
    place: Any = whole
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    if value is ...:
        del place[last]
    else:
        place[int(last) if last.isdigit() else last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("format", "something else", "format"),
        ("format", ..., "format"),
        ("version", 1, "version is 1"),
        ("duration_s", ..., "duration_s"),
        ("duration_s", "61", "duration_s"),
        ("surprise", 1, "surprise"),
        ("notes", {}, "notes"),
        ("notes/3", [], r"notes\[3\]"),
        ("notes/3/pitch", 200, r"notes\[3\]: pitch"),
        ("notes/3/pitch", "60", r"notes\[3\]: pitch"),
        ("notes/3/velocity", ..., r"notes\[3\].*velocity"),
        ("notes/3/loudness", 1, r"notes\[3\].*loudness"),
        ("notes/3/bend", ..., r"notes\[3\].*bend"),
        ("notes/3/bend", [[0.5]], r"notes\[3\]: bend"),
        ("notes/3/bend", [[0.5, 20000.0]], r"notes\[3\]: bend"),
        ("notes/3/bend/1", [0.5, "sharp"], r"notes\[3\]: bend"),
        ("notes/3/attack_s", -0.1, r"notes\[3\]: attack_s"),
        ("notes/3/sustain_db", 0.1, r"notes\[3\]: sustain_db"),
        ("notes/3/release_s", "long", r"notes\[3\]: release_s"),
        ("notes/3/melody", 0.5, r"notes\[3\]: melody"),
        ("notes/3/melody", "yes", r"notes\[3\]: melody"),
        ("pedal/0/down", "up", r"pedal\[0\]: down"),
        ("tempo/0/beats_per_minute", -1, r"tempo\[0\]: beats_per_minute"),
    ],
)
def test_a_damaged_file_is_refused_by_us_and_by_the_schema_with_file_and_place(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    whole = broken(path, value)
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(whole)
    (tmp_path / "x.json").write_text(standard_json.dumps(whole), encoding="utf-8")
    with pytest.raises(LabelsError, match=rf"x\.json.*{message}"):
        json.read(tmp_path / "x.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
def test_what_is_no_transcription_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(LabelsError, match=r"x\.json"):
        json.read(tmp_path / "x.json")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"missing\.json"):
        json.read(tmp_path / "missing.json")
