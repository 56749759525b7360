"""The Python client against the server: what the page does, and what is said when it cannot."""

from __future__ import annotations

import json
from pathlib import Path

import mido
import pytest

from mp3tomidi.serve import openapi
from mp3tomidi.serve.client import Client, ServerError
from mp3tomidi.serve.limits import Limits

from .lab_data import write_tones
from .servers import served, server_process


def test_a_recording_goes_in_and_comes_out_as_midi(tone: bytes, tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(tone)
    with served(tmp_path / "kept", Limits()) as address:
        client = Client(address)
        events = client.events()
        id = client.upload(tmp_path / "tone.wav")["id"]
        assert next(events)[1]["id"] == id
        assert client.wait_for_recording(id)["info"]["note_count"] == 1
        assert [note["pitch"] for note in client.decoded(id, notes=0.4)["notes"]] == [69]
        note = {"id": "h1", "kind": "note", "onset_s": 1.0, "offset_s": 1.5, "pitch": 60, "velocity": 80}
        revision = client.change(id, client.document(id)["revision"], append=[{"label": "one more", "add": [note]}])
        with pytest.raises(ServerError, match="changed elsewhere") as refused:
            client.change(id, revision - 1, position=0)
        assert refused.value.status == 409
        assert sorted(note["pitch"] for note in client.transcription(id)["notes"]) == [60, 69]
        client.export(id, "mid", tmp_path / "tone.mid")
        played = {message.note for message in mido.MidiFile(tmp_path / "tone.mid") if message.type == "note_on"}
        assert played == {60, 69}
        assert client.get(f"recordings/{id}/score", width=600) == {"revision": revision, "pages": 1}
        page = client.content(f"recordings/{id}/score/1", width=600, revision=revision)
        assert b"<svg" in page and page.count(b'class="note"') >= 2
        with pytest.raises(ServerError, match="width"):
            client.get(f"recordings/{id}/score", width=10**6)
        client.delete(f"recordings/{id}")
        assert client.recordings() == []


def test_jobs_are_started_and_waited_for(tmp_path: Path) -> None:
    write_tones(tmp_path / "tones", 2)
    with served(tmp_path / "kept", data=[tmp_path / "tones"]) as address:
        client = Client(address)
        assert [folder["name"] for folder in client.folders("tones")["folders"]] == ["high", "low"]
        job = client.start("look", "four tones", place="tones")
        assert client.wait_for_job(job["id"])["name"] == "four tones"
        assert client.result(job["id"])["sounds"] == 4
        failing = client.start("train", "nothing", recipe="folders", data="tones", changes=["training.epoch=1"])
        with pytest.raises(ServerError, match="nothing: failed"):
            client.wait_for_job(failing["id"])
        client.delete(f"jobs/{failing['id']}")
        assert [one["id"] for one in client.jobs()] == [job["id"]]


def test_a_token_is_shown_and_complaints_are_sentences(tmp_path: Path) -> None:
    with server_process(tmp_path, "--token") as (address, process):
        assert process.stderr is not None
        token = process.stderr.readline().split()[-1]
        with pytest.raises(ServerError, match="asks for the token") as refused:
            Client(address).recordings()
        assert refused.value.status == 401
        client = Client(address, token)
        assert client.recordings() == []
        with pytest.raises(ServerError, match="no such recording"):
            client.recording("0123456789abcdef")
        assert client.get("openapi.json") == json.loads(json.dumps(openapi.document()))
    with pytest.raises(ServerError, match="is mp3tomidi serve running"):
        client.recordings()
    with pytest.raises(ValueError, match="no address"):
        Client("localhost:8765")
