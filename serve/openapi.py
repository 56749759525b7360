"""The OpenAPI document of the API."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from mp3tomidi.transcribe.outputs.formats import FORMATS
from mp3tomidi.transcribe.outputs.json import SCHEMA_PATH

_Object = dict[str, Any]


def _ref(name: str) -> _Object:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(required: str, **properties: _Object) -> _Object:
    return {"type": "object", "required": required.split(), "properties": properties}


def _list(items: _Object) -> _Object:
    return {"type": "array", "items": items}


_TEXT: _Object = {"type": "string"}
_NUMBER: _Object = {"type": "number"}
_WHOLE: _Object = {"type": "integer", "minimum": 0}
_PROBABILITY: _Object = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_BYTES: _Object = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}

_EVENT = {
    "description": "A note or a drum hit with the fields that the JSON writer gives it, its id and its kind.",
    **_object("id kind onset_s velocity", id=_TEXT, kind={"enum": ["note", "hit"]}, onset_s=_NUMBER, velocity=_WHOLE),
}
_SCHEMAS: _Object = {
    "Error": _object("error", error=_TEXT),
    "Recording": _object(
        "id name size_bytes created_s state",
        id=_TEXT,
        name=_TEXT,
        size_bytes=_WHOLE,
        created_s={"type": "number", "description": "Seconds since 1970."},
        state={"enum": ["queued", "hearing", "done", "failed", "cancelled", "interrupted"]},
        reason={"type": ["string", "null"], "description": "Why it is not done."},
        info={
            "type": ["object", "null"],
            "description": "Duration, tuning, counts, and how it can be shown and played.",
        },
        place={"type": ["integer", "null"], "description": "How many are before it in the queue."},
        progress=_object("stage fraction", stage=_TEXT, fraction=_NUMBER),
    ),
    "Settings": _object("", notes=_PROBABILITY, drums=_PROBABILITY, min_length_s=_NUMBER),
    "Event": _EVENT,
    "Step": _object(
        "",
        label=_TEXT,
        remove={"description": "Ids of notes and hits.", **_list(_TEXT)},
        add=_list(_ref("Event")),
        map={"description": "All notes of the first program get the second.", **_list(_WHOLE)},
        tempo=_object(
            "beats_per_minute first_bar_s beats_per_bar",
            beats_per_minute=_NUMBER,
            first_bar_s=_NUMBER,
            beats_per_bar=_WHOLE,
        ),
    ),
    "Document": _object(
        "revision settings steps position",
        revision=_WHOLE,
        settings=_ref("Settings"),
        steps=_list(_ref("Step")),
        position={"description": "How many of the steps are done; those after are undone.", **_WHOLE},
    ),
    "Change": _object(
        "revision",
        revision={"description": "The one that is changed; another is refused with 409.", **_WHOLE},
        settings=_ref("Settings"),
        keep={"description": "How many steps stay before those that are appended; all, unless given.", **_WHOLE},
        append=_list(_ref("Step")),
        position=_WHOLE,
    ),
    "Decoded": _object(
        "duration_s notes drum_hits tempo metre",
        duration_s=_NUMBER,
        notes=_list({"type": "object"}),
        drum_hits=_list({"type": "object"}),
        tempo=_list({"type": "object"}),
        metre=_list({"type": "object"}),
    ),
}


def _query(name: str, schema: _Object, description: str) -> _Object:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _operation(
    summary: str,
    answer: _Object | None = None,
    *,
    status: int = 200,
    takes: _Object | None = None,
    parameters: list[_Object] | None = None,
) -> _Object:
    """An operation that answers with JSON of a schema, or with `answer` where that is a table of media types."""
    response: _Object = {"description": "Done."}
    if answer is not None:
        is_media = any("/" in name for name in answer)
        response["content"] = answer if is_media else {"application/json": {"schema": answer}}
    operation: _Object = {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {
            str(status): response,
            "default": {
                "description": "What is wrong, in one sentence.",
                "content": {"application/json": {"schema": _ref("Error")}},
            },
        },
    }
    if takes is not None:
        is_media = any("/" in name for name in takes)
        content = takes if is_media else {"application/json": {"schema": takes}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


_SETTINGS_QUERY = [
    _query("notes", _NUMBER, "What probability makes a note; chosen for each passage unless given."),
    _query("drums", _NUMBER, "The same for drum hits."),
    _query("min_length_s", _NUMBER, "Shorter notes are left out."),
]


def _paths() -> _Object:
    one = "/api/recordings/{id}"
    list_of_recordings = _object("recordings", recordings=_list(_ref("Recording")))
    paths = {
        "/api": {"get": _operation("Version, limits, formats, instruments and drums.", {"type": "object"})},
        "/api/openapi.json": {"get": _operation("This document.", {"type": "object"})},
        "/api/session": {
            "post": _operation(
                "Give the token, and get it back as a cookie.", status=204, takes=_object("token", token=_TEXT)
            )
        },
        "/api/events": {
            "get": _operation(
                "What happens, as server-sent events: recording, progress, notes, document, deleted.",
                {"text/event-stream": {"schema": _TEXT}},
            )
        },
        "/api/recordings": {
            "get": _operation("All recordings, the newest first.", list_of_recordings),
            "post": _operation(
                "Upload a recording: its bytes are the body. It is queued.",
                _ref("Recording"),
                status=201,
                takes=_BYTES,
                parameters=[_query("name", _TEXT, "What it is called.")],
            ),
        },
        one: {
            "get": _operation("A recording.", _ref("Recording")),
            "patch": _operation("Give it another name.", _ref("Recording"), takes=_object("name", name=_TEXT)),
            "delete": _operation("Delete it and all that was made of it.", status=204),
        },
        f"{one}/cancel": {"post": _operation("Stop hearing it, or take it from the queue.", status=202)},
        f"{one}/hear": {"post": _operation("Queue one that was stopped or has failed.", status=202)},
        f"{one}/preview": {
            "get": _operation(
                "The notes so far of one that is being heard.", _object("notes", notes=_list({"type": "object"}))
            )
        },
        f"{one}/decoded": {
            "get": _operation(
                "Notes and hits under some settings, before all editing.", _ref("Decoded"), parameters=_SETTINGS_QUERY
            )
        },
        f"{one}/document": {
            "get": _operation("Settings and edits.", _ref("Document")),
            "patch": _operation(
                "Change settings and edits.", _object("revision", revision=_WHOLE), takes=_ref("Change")
            ),
        },
        f"{one}/transcription": {
            "get": _operation("The result: decoded with the settings, and edited.", _ref("Transcription"))
        },
        f"{one}/export/{{format}}": {
            "get": _operation(
                "The result as a file.",
                _BYTES,
                parameters=[
                    {"name": "format", "in": "path", "required": True, "schema": {"enum": list(FORMATS)}},
                ],
            )
        },
        f"{one}/sound": {
            "get": _operation(
                "The recording as FLAC; its time 0 is the result's.",
                {"audio/flac": {"schema": {"type": "string", "format": "binary"}}},
            )
        },
        f"{one}/peaks": {"get": _operation("Its outline: a byte for each of `info.peaks_a_second`.", _BYTES)},
        f"{one}/spectrogram/{{tile}}": {
            "get": _operation(
                "Levels, a byte each, column by column, lowest pitch first; as many columns as /api says.",
                _BYTES,
                parameters=[{"name": "tile", "in": "path", "required": True, "schema": _WHOLE}],
            )
        },
    }
    for path, operations in paths.items():
        if path.startswith(one):
            for operation in operations.values():
                operation["parameters"].insert(0, {"name": "id", "in": "path", "required": True, "schema": _TEXT})
    return paths


@cache
def document() -> _Object:
    """OpenAPI 3.1."""
    transcription = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    own = transcription.pop("$defs")
    text = json.dumps(transcription).replace("#/$defs/", "#/components/schemas/transcription.")
    schemas = {
        **_SCHEMAS,
        "Transcription": json.loads(text),
        **{f"transcription.{name}": schema for name, schema in own.items()},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "mp3tomidi", "version": "1", "description": "Recordings in, notes and drum hits out."},
        "paths": _paths(),
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }
