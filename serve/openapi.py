"""The OpenAPI document of the API."""

from __future__ import annotations

import json
from functools import cache

from mp3tomidi.serve import openapi_lab
from mp3tomidi.serve.openapi_parts import (
    BYTES,
    FLAC,
    NUMBER,
    PROBABILITY,
    TEXT,
    TRUTH,
    WHOLE,
    Part,
    in_path,
    list_of,
    object_of,
    operation,
    query,
    ref,
    with_path_parameters,
)
from mp3tomidi.transcribe.outputs.formats import FORMATS
from mp3tomidi.transcribe.outputs.json import SCHEMA_PATH

_EVENT = {
    "description": "A note or a drum hit with the fields that the JSON writer gives it, its id and its kind.",
    **object_of("id kind onset_s velocity", id=TEXT, kind={"enum": ["note", "hit"]}, onset_s=NUMBER, velocity=WHOLE),
}
_SCHEMAS: Part = {
    "Error": object_of("error", error=TEXT),
    "Recording": object_of(
        "id name size_bytes created_s state",
        id=TEXT,
        name=TEXT,
        size_bytes=WHOLE,
        created_s={"type": "number", "description": "Seconds since 1970."},
        state={"enum": ["queued", "hearing", "done", "failed", "cancelled", "interrupted"]},
        reason={"type": ["string", "null"], "description": "Why it is not done."},
        info={
            "type": ["object", "null"],
            "description": "Duration, tuning, counts, and how it can be shown and played.",
        },
        place={"type": ["integer", "null"], "description": "How many are before it in the queue."},
        progress=object_of("stage fraction", stage=TEXT, fraction=NUMBER),
    ),
    "Settings": object_of(
        "",
        notes=PROBABILITY,
        drums=PROBABILITY,
        min_length_s=NUMBER,
        bends={"description": "Whether the pitch of notes is followed between keys.", **TRUTH},
        melody={"description": "Whether the notes of the lead line are marked.", **TRUTH},
    ),
    "Event": _EVENT,
    "Step": object_of(
        "",
        label=TEXT,
        remove={"description": "Ids of notes and hits.", **list_of(TEXT)},
        add=list_of(ref("Event")),
        map={"description": "All notes of the first program get the second.", **list_of(WHOLE)},
        tempo=object_of(
            "beats_per_minute first_bar_s beats_per_bar",
            beats_per_minute=NUMBER,
            first_bar_s=NUMBER,
            beats_per_bar=WHOLE,
        ),
    ),
    "Document": object_of(
        "revision settings steps position",
        revision=WHOLE,
        settings=ref("Settings"),
        steps=list_of(ref("Step")),
        position={"description": "How many of the steps are done; those after are undone.", **WHOLE},
    ),
    "Change": object_of(
        "revision",
        revision={"description": "The one that is changed; another is refused with 409.", **WHOLE},
        settings=ref("Settings"),
        keep={"description": "How many steps stay before those that are appended; all, unless given.", **WHOLE},
        append=list_of(ref("Step")),
        position=WHOLE,
    ),
    "Decoded": object_of(
        "duration_s tuning_cents notes drum_hits pedal tempo metre",
        duration_s=NUMBER,
        tuning_cents={"description": "From A = 440 Hz; pitches have it taken out.", **NUMBER},
        notes=list_of({"type": "object"}),
        drum_hits=list_of({"type": "object"}),
        pedal=list_of(object_of("time_s down", time_s=NUMBER, down=TRUTH)),
        tempo=list_of({"type": "object"}),
        metre=list_of({"type": "object"}),
    ),
}


_SETTINGS_QUERY = [
    query("notes", NUMBER, "What probability makes a note; chosen for each passage unless given."),
    query("drums", NUMBER, "The same for drum hits."),
    query("min_length_s", NUMBER, "Shorter notes are left out."),
    query("bends", TRUTH, "With the bends of notes; the first time this takes seconds for a minute of music."),
    query("sketch", TRUTH, "At once, without instruments, envelopes, bends and melody."),
    query("melody", TRUTH, "With the notes of the lead line marked; the first time this takes a second for a minute."),
]

_ONE = "/api/recordings/{id}"
_SERVER: Part = {
    "/api": {"get": operation("Version, limits, formats, instruments and drums.", {"type": "object"})},
    "/api/openapi.json": {"get": operation("This document.", {"type": "object"})},
    "/api/session": {
        "post": operation(
            "Give the token, and get it back as a cookie.", status=204, takes=object_of("token", token=TEXT)
        )
    },
    "/api/events": {
        "get": operation(
            "What happens, as server-sent events: recording, progress, notes, document, deleted; and of jobs "
            "job, job-progress, job-deleted.",
            {"text/event-stream": {"schema": TEXT}},
        )
    },
}
_RECORDINGS: Part = {
    "/api/recordings": {
        "get": operation(
            "All recordings, the newest first.", object_of("recordings", recordings=list_of(ref("Recording")))
        ),
        "post": operation(
            "Upload a recording: its bytes are the body. It is queued.",
            ref("Recording"),
            status=201,
            takes=BYTES,
            parameters=[query("name", TEXT, "What it is called.")],
        ),
    },
    _ONE: {
        "get": operation("A recording.", ref("Recording")),
        "patch": operation("Give it another name.", ref("Recording"), takes=object_of("name", name=TEXT)),
        "delete": operation("Delete it and all that was made of it.", status=204),
    },
    f"{_ONE}/cancel": {"post": operation("Stop transcribing it, or take it from the queue.", status=202)},
    f"{_ONE}/hear": {"post": operation("Queue one that was stopped or has failed.", status=202)},
    f"{_ONE}/preview": {
        "get": operation(
            "The notes so far of one that is being transcribed.", object_of("notes", notes=list_of({"type": "object"}))
        )
    },
}
_EVENTS: Part = {
    f"{_ONE}/decoded": {
        "get": operation(
            "Notes, hits and pedal under some settings, before all editing.",
            ref("Decoded"),
            parameters=_SETTINGS_QUERY,
        )
    },
    f"{_ONE}/document": {
        "get": operation("Settings and edits.", ref("Document")),
        "patch": operation("Change settings and edits.", object_of("revision", revision=WHOLE), takes=ref("Change")),
    },
    f"{_ONE}/transcription": {
        "get": operation("The result: decoded with the settings, and edited.", ref("Transcription"))
    },
}
_FILES: Part = {
    f"{_ONE}/export/{{format}}": {
        "get": operation(
            "The result as a file.",
            BYTES,
            parameters=[
                in_path("format", {"enum": list(FORMATS)}),
                query("mpe", TRUTH, "Whether notes of a MIDI file bend each on a channel of its own (MPE)."),
            ],
        )
    },
    f"{_ONE}/score": {
        "get": operation(
            "Engrave the result (extra engrave): how many pages it has.",
            object_of("revision pages", revision=WHOLE, pages=WHOLE),
            parameters=[query("width", WHOLE, "Of a page in pixels.")],
        )
    },
    f"{_ONE}/score/{{page}}": {
        "get": operation(
            "A page of the score as it was engraved.",
            {"image/svg+xml": {"schema": TEXT}},
            parameters=[
                in_path("page", WHOLE),
                query("revision", WHOLE, "As the score says it."),
                query("width", WHOLE, "As it was asked for."),
            ],
        )
    },
    f"{_ONE}/sound": {
        "get": operation(
            "The recording as FLAC; its time 0 is the result's.",
            FLAC,
        )
    },
    f"{_ONE}/peaks": {"get": operation("Its outline: a byte for each of `info.peaks_a_second`.", BYTES)},
    f"{_ONE}/spectrogram/{{tile}}": {
        "get": operation(
            "Levels, a byte each, column by column, lowest pitch first; as many columns as /api says.",
            BYTES,
            parameters=[in_path("tile", WHOLE)],
        )
    },
}


@cache
def document() -> Part:
    """OpenAPI 3.1."""
    transcription = json.loads(SCHEMA_PATH.read_text(encoding="utf-8"))
    own = transcription.pop("$defs")
    text = json.dumps(transcription).replace("#/$defs/", "#/components/schemas/transcription.")
    schemas = {
        **_SCHEMAS,
        **openapi_lab.SCHEMAS,
        "Transcription": json.loads(text),
        **{f"transcription.{name}": schema for name, schema in own.items()},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "mp3tomidi", "version": "1", "description": "Recordings in, notes and drum hits out."},
        "paths": with_path_parameters({**_SERVER, **_RECORDINGS, **_EVENTS, **_FILES, **openapi_lab.PATHS}),
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }
