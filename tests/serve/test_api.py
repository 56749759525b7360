"""What the API does to a recording from its upload to its exports."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import jsonschema
import mido
import numpy as np
import pytest
import soundfile
from starlette.routing import Route
from starlette.testclient import TestClient

from mp3tomidi.serve import openapi
from mp3tomidi.transcribe import Thresholds, Transcriber, Transcription
from mp3tomidi.transcribe.outputs import json as json_writer
from mp3tomidi.transcribe.outputs import midi
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo

from .servers import SONG

NOTE = {"id": "h1", "kind": "note", "onset_s": 1.0, "offset_s": 2.0, "pitch": 60, "velocity": 80}
HIT = {"id": "h2", "kind": "hit", "onset_s": 3.0, "key": 38, "velocity": 90}


def result_of(client: TestClient, song: str) -> Transcription:
    return json_writer.from_json(client.get(f"{song}/transcription").text)


def change(client: TestClient, song: str, **members: Any) -> Any:
    revision = client.get(f"{song}/document").json()["revision"]
    return client.patch(f"{song}/document", json={"revision": revision, **members})


def test_the_result_is_what_the_command_line_writes(
    song_client: TestClient, song: str, transcriber: Transcriber
) -> None:
    expected = transcriber.transcribe(SONG)
    assert result_of(song_client, song) == expected
    described = song_client.get(song).json()
    assert described["name"] == "my song.mp3"
    assert described["state"] == "done"
    assert described["info"]["note_count"] == len(expected.notes) > 100
    content = BytesIO()
    midi.to_midi(expected).save(file=content)
    exported = song_client.get(f"{song}/export/mid")
    assert exported.content == content.getvalue()
    assert exported.headers["content-disposition"] == "attachment; filename*=UTF-8''my%20song.mid"


def test_sliders_decide_as_the_transcriber_does(song_client: TestClient, song: str, transcriber: Transcriber) -> None:
    heard = transcriber.analyse(SONG)
    expected = transcriber.events(heard, Thresholds(onset=0.3, min_length_s=0.1))
    query = {"notes": 0.3, "min_length_s": 0.1}
    decoded = song_client.get(f"{song}/decoded", params=query).json()
    assert len(decoded["notes"]) == len(expected.notes)
    first = transcriber.decode(heard, transcriber.thresholds)
    assert len(expected.notes) != len(first.notes)
    assert [note["onset_s"] for note in decoded["notes"]] == [note.onset_s for note in expected.notes]
    assert min(note["offset_s"] - note["onset_s"] for note in decoded["notes"]) >= 0.1
    assert [one["time_s"] for one in decoded["tempo"]] == [one.time_s for one in first.tempo]
    more = song_client.get(f"{song}/decoded", params={"drums": 0.1}).json()["drum_hits"]
    assert len(more) > len(first.drum_hits)


def test_a_sketch_has_the_notes_and_hits_that_come(song_client: TestClient, song: str) -> None:
    for query in ({"notes": 0.3}, {"drums": 0.2}, {"notes": 0.3, "drums": 0.1, "min_length_s": 0.1}, {}):
        whole = song_client.get(f"{song}/decoded", params=query).json()
        sketch = song_client.get(f"{song}/decoded", params={**query, "sketch": "true"}).json()
        assert sketch["drum_hits"] == whole["drum_hits"]
        for name in ("id", "onset_s", "offset_s", "pitch", "velocity", "confidence"):
            assert sorted(note[name] for note in sketch["notes"]) == sorted(note[name] for note in whole["notes"])
        assert (sketch["tempo"], sketch["pedal"]) == (whole["tempo"], whole["pedal"])


def test_edits_by_hand_survive_the_sliders(song_client: TestClient, song: str) -> None:
    before = song_client.get(f"{song}/decoded").json()["notes"]
    removed = before[10]
    steps = [{"label": "one", "remove": [removed["id"]], "add": [NOTE]}, {"label": "two", "add": [HIT]}]
    assert change(song_client, song, append=steps).status_code == 200
    for settings in ({}, {"notes": 0.25}, {"notes": 0.8, "min_length_s": 0.2}):
        assert change(song_client, song, settings=settings).status_code == 200
        result = result_of(song_client, song)
        mine = [note for note in result.notes if (note.onset_s, note.pitch) == (1.0, 60)]
        assert [(note.offset_s, note.velocity, note.confidence) for note in mine] == [(2.0, 80, 1.0)]
        assert (removed["onset_s"], removed["pitch"]) not in [(note.onset_s, note.pitch) for note in result.notes]
        assert (3.0, 38) in [(hit.onset_s, hit.key) for hit in result.drum_hits]
    assert len(result.notes) < len(before)


def test_undone_steps_do_not_count_and_can_be_done_again(song_client: TestClient, song: str) -> None:
    count = len(result_of(song_client, song).notes)
    assert change(song_client, song, append=[{"label": "add", "add": [NOTE]}]).status_code == 200
    assert len(result_of(song_client, song).notes) == count + 1
    assert change(song_client, song, position=0).status_code == 200
    assert len(result_of(song_client, song).notes) == count
    assert change(song_client, song, position=1).status_code == 200
    assert len(result_of(song_client, song).notes) == count + 1
    assert change(song_client, song, keep=0, append=[{"label": "else", "add": [HIT]}]).status_code == 200
    document = song_client.get(f"{song}/document").json()
    assert [step["label"] for step in document["steps"]] == ["else"]
    assert document["position"] == 1


def test_a_tempo_set_by_hand_moves_the_bars_and_no_note(song_client: TestClient, song: str) -> None:
    before = result_of(song_client, song)
    tempo = {"beats_per_minute": 90.0, "first_bar_s": 2.1, "beats_per_bar": 3}
    assert change(song_client, song, append=[{"label": "tempo", "tempo": tempo}]).status_code == 200
    after = result_of(song_client, song)
    assert after.notes == before.notes
    assert after.tempo[-1].beats_per_minute == 90.0
    assert after.metre[0].beats_per_bar == 3
    beats_s, upbeats = midi.beat_times_s(after)
    bars_s = np.array(beats_s)[upbeats::3]
    assert np.abs(bars_s - 2.1).min() < 0.001


def test_all_notes_of_a_program_can_get_another(song_client: TestClient, song: str) -> None:
    program = result_of(song_client, song).notes[0].program
    assert change(song_client, song, append=[{"label": "flute", "map": [program, 73]}]).status_code == 200
    assert program not in {note.program for note in result_of(song_client, song).notes}
    # What a lower threshold finds later gets it, too.
    assert change(song_client, song, settings={"notes": 0.2}).status_code == 200
    assert program not in {note.program for note in result_of(song_client, song).notes}


def test_of_two_pages_that_change_the_same_the_second_is_told(song_client: TestClient, song: str) -> None:
    revision = song_client.get(f"{song}/document").json()["revision"]
    first = song_client.patch(f"{song}/document", json={"revision": revision, "append": [{"add": [NOTE]}]})
    assert first.json() == {"revision": revision + 1}
    second = song_client.patch(f"{song}/document", json={"revision": revision, "append": [{"add": [HIT]}]})
    assert second.status_code == 409
    assert [len(step["add"]) for step in song_client.get(f"{song}/document").json()["steps"]] == [1]


@pytest.mark.parametrize(
    "members",
    [
        {"append": [{"add": [{**NOTE, "pitch": 128}]}]},
        {"append": [{"add": [{**NOTE, "offset_s": 0.5}]}]},
        {"append": [{"add": [{**NOTE, "onset_s": float("1e9"), "offset_s": float("2e9")}]}]},
        {"append": [{"add": [{**NOTE, "colour": "red"}]}]},
        {"append": [{"add": [{**NOTE, "id": ""}]}]},
        {"append": [{"add": [{"id": "h1", "kind": "note", "onset_s": 1.0}]}]},
        {"append": [{"add": [{**HIT, "kind": "stroke"}]}]},
        {"append": [{"remove": [1]}]},
        {"append": [{"map": [0, 128]}]},
        {"append": [{"tempo": {"beats_per_minute": 0, "first_bar_s": 0, "beats_per_bar": 4}}]},
        {"append": [{"tempo": {"beats_per_minute": 90, "first_bar_s": 0, "beats_per_bar": 4.5}}]},
        {"append": [{"label": "x" * 65}]},
        {"append": [{"undo": True}]},
        {"append": {}},
        {"settings": {"notes": 2.0}},
        {"settings": {"min_length_s": None}},
        {"settings": {"sharpness": 1}},
        {"keep": 1},
        {"position": 1},
        {"position": -1},
        {"nonsense": 1},
    ],
)
def test_what_is_no_edit_is_refused_and_changes_nothing(
    song_client: TestClient, song: str, members: dict[str, Any]
) -> None:
    before = song_client.get(f"{song}/document").json()
    answer = change(song_client, song, **members)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]
    assert song_client.get(f"{song}/document").json() == before


def test_no_edit_is_dropped_however_many_there_are(song_client: TestClient, song: str) -> None:
    steps = [{"label": str(number), "add": [{**NOTE, "velocity": 1 + number % 127}]} for number in range(25_000)]
    assert change(song_client, song, append=steps).status_code == 200
    document = song_client.get(f"{song}/document").json()
    assert [step["label"] for step in document["steps"]] == [str(number) for number in range(25_000)]
    assert change(song_client, song, position=1).status_code == 200
    added = [note for note in result_of(song_client, song).notes if note.pitch == NOTE["pitch"] and note.onset_s == 1.0]
    assert [note.velocity for note in added] == [1]


def test_every_format_of_the_page_is_exported(song_client: TestClient, song: str) -> None:
    page = (Path(openapi.__file__).parent / "static" / "menus.js").read_text(encoding="utf-8")
    offered = re.findall(r'^  \["(\w+)", "', page, re.MULTILINE)
    assert set(offered) >= {"mid", "musicxml", "json", "csv", "sound"}
    for name in offered:
        answer = song_client.get(f"{song}/export/{name}")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/octet-stream"
        assert len(answer.content) > 1000
    assert b"<work-title>my song</work-title>" in song_client.get(f"{song}/export/musicxml").content
    assert song_client.get(f"{song}/export/exe").status_code == 404


def test_the_exported_midi_holds_the_edited_notes(song_client: TestClient, song: str) -> None:
    assert change(song_client, song, append=[{"label": "add", "add": [{**NOTE, "pitch": 107}]}]).status_code == 200
    played = mido.MidiFile(file=BytesIO(song_client.get(f"{song}/export/mid").content))
    time_s, found = 0.0, []
    for message in played:
        time_s += message.time
        if message.type == "note_on" and message.note == 107 and message.velocity:
            found.append((time_s, message.velocity))
    assert found == [(pytest.approx(1.0, abs=0.001), 80)]


def test_sound_and_spectrogram_lie_on_the_clock_of_the_notes(song_client: TestClient, song: str) -> None:
    info = song_client.get(song).json()["info"]
    sound, rate = soundfile.read(BytesIO(song_client.get(f"{song}/sound").content))
    assert len(sound) / rate == pytest.approx(info["duration_s"], abs=0.001)
    peaks = np.frombuffer(song_client.get(f"{song}/peaks").content, np.uint8)
    assert len(peaks) == pytest.approx(info["duration_s"] * info["peaks_a_second"], abs=1)
    columns = info["spectrogram"]["columns"]
    tiles = [song_client.get(f"{song}/spectrogram/{tile}").content for tile in range(-(-columns // 1024))]
    levels = np.frombuffer(b"".join(tiles), np.uint8).reshape(columns, -1)
    assert levels.shape[1] == 88 * info["spectrogram"]["bins_per_semitone"]
    # Where a note sounds, its pitch is louder than the semitones around it, on the whole.
    notes = result_of(song_client, song).notes
    at = [round((note.onset_s + 0.1) / info["spectrogram"]["hop_s"]) for note in notes]
    own = np.mean([levels[column, 3 * (note.pitch - 21) + 1] for column, note in zip(at, notes, strict=True)])
    others = np.mean([levels[column].mean() for column in at])
    assert own > others + 50
    assert song_client.get(f"{song}/spectrogram/999").content == b""


def test_the_document_of_the_api_names_every_route_and_only_those(song_client: TestClient) -> None:
    described = {
        (method.upper(), path) for path, operations in openapi.document()["paths"].items() for method in operations
    }
    routes = [route for route in song_client.app.routes if isinstance(route, Route)]  # type: ignore[attr-defined]
    served = {
        (method, route.path.replace(":int", ""))
        for route in routes
        for method in route.methods or ()
        if route.path.startswith("/api") and method != "HEAD"
    }
    assert described == served
    assert song_client.get("/api/openapi.json").json() == openapi.document()


def test_the_document_describes_what_stands_in_braces_in_each_path() -> None:
    for path, operations in openapi.document()["paths"].items():
        for operation in operations.values():
            described = [one["name"] for one in operation["parameters"] if one["in"] == "path" and one["required"]]
            assert sorted(described) == sorted(re.findall(r"\{(\w+)\}", path)), path


@pytest.mark.parametrize(("path", "schema"), [("", "Recording"), ("/document", "Document"), ("/decoded", "Decoded")])
def test_answers_are_what_the_document_says(song_client: TestClient, song: str, path: str, schema: str) -> None:
    whole = openapi.document()
    checked = {"$ref": f"#/components/schemas/{schema}", "components": whole["components"]}
    jsonschema.Draft202012Validator(checked).validate(song_client.get(song + path).json())


def test_the_transcription_is_what_the_document_says(song_client: TestClient, song: str) -> None:
    checked = {"$ref": "#/components/schemas/Transcription", "components": openapi.document()["components"]}
    jsonschema.Draft202012Validator(checked).validate(song_client.get(f"{song}/transcription").json())


def test_what_is_asked_for_and_not_there(song_client: TestClient) -> None:
    for path in ("0123456789abcdef", "..%2f..%2fetc", "0123456789ABCDEF", "x"):
        answer = song_client.get(f"/api/recordings/{path}")
        assert answer.status_code == 404
    assert song_client.get("/api/nothing").status_code == 404
    assert song_client.delete("/api/recordings").status_code == 405


def test_names_can_be_changed(song_client: TestClient, song: str) -> None:
    assert song_client.patch(song, json={"name": "another.mp3"}).json()["name"] == "another.mp3"
    assert song_client.patch(song, json={"name": ""}).status_code == 422
    assert song_client.patch(song, json={"name": "my song.mp3"}).json()["name"] == "my song.mp3"


def test_events_without_tempo_are_those_with_it(transcriber: Transcriber) -> None:
    heard = transcriber.analyse(SONG)
    events = transcriber.events(heard, transcriber.thresholds)
    assert events.tempo == ()
    assert with_tempo(events) == transcriber.decode(heard, transcriber.thresholds)
