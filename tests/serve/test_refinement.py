"""Pedal, bends and melody: what the API gives of them, edits, and exports."""

from __future__ import annotations

import shutil
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import mido
import pytest
from starlette.testclient import TestClient

from mp3tomidi.serve import cli
from mp3tomidi.serve.app import make_app
from mp3tomidi.serve.document import Settings, edited, id_of
from mp3tomidi.serve.folder import RecordingFolder
from mp3tomidi.serve.refinement import KEPT_BENT
from mp3tomidi.serve.service import Service
from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.events import Note, PedalEvent, Transcription
from mp3tomidi.transcribe.outputs import json as json_writer

from .servers import NO_JOBS, SONG


@pytest.fixture(scope="module")
def by_hand() -> Transcription:
    """What the command line gives with --bends and --melody."""
    return Transcriber(bends=True, melody=True).transcribe(SONG)


def test_bends_and_melody_are_those_of_the_command_line(
    song_client: TestClient, song: str, by_hand: Transcription
) -> None:
    plain = song_client.get(f"{song}/decoded").json()
    assert not any(note["melody"] or note["bend"] for note in plain["notes"])
    both = song_client.get(f"{song}/decoded", params={"bends": "true", "melody": "true"}).json()
    assert both["tuning_cents"] == pytest.approx(by_hand.tuning_cents)
    for name in ("onset_s", "offset_s", "pitch", "melody"):
        assert [note[name] for note in both["notes"]] == [getattr(note, name) for note in by_hand.notes]
    assert [tuple(map(tuple, note["bend"])) for note in both["notes"]] == [note.bend for note in by_hand.notes]
    assert sum(bool(note["bend"]) for note in both["notes"]) > 4
    assert [one["time_s"] for one in both["tempo"]] == [one["time_s"] for one in plain["tempo"]]
    melody = song_client.get(f"{song}/decoded", params={"melody": "true"}).json()["notes"]
    assert 0 < sum(note["melody"] for note in melody) < len(melody)


def test_settings_with_bends_are_kept_and_exported(song_client: TestClient, song: str, by_hand: Transcription) -> None:
    revision = song_client.get(f"{song}/document").json()["revision"]
    change = {"revision": revision, "settings": {"bends": True, "melody": True}}
    assert song_client.patch(f"{song}/document", json=change).status_code == 200
    settings = song_client.get(f"{song}/document").json()["settings"]
    assert settings["bends"] is True and settings["melody"] is True
    result = song_client.get(f"{song}/transcription").json()
    assert sum(note["melody"] for note in result["notes"]) == sum(note.melody for note in by_hand.notes)
    file = mido.MidiFile(file=BytesIO(song_client.get(f"{song}/export/mid").content))
    assert any(message.type == "pitchwheel" and message.pitch for message in file)
    assert any("melody" in track.name.lower() for track in file.tracks)


@pytest.mark.parametrize("value", ["yes", "1", "nan", ""])
def test_a_switch_is_true_or_false(song_client: TestClient, song: str, value: str) -> None:
    refused = song_client.get(f"{song}/decoded", params={"bends": value})
    assert refused.status_code == 422
    assert "bends must be true or false" in refused.json()["error"]


def test_pedal_is_in_the_api_and_in_exports_and_survives_edits(
    with_tone: TestClient, tone_id: str, tmp_path: Path
) -> None:
    first = RecordingFolder(tmp_path / "server" / "recordings" / tone_id).first
    told = json_writer.from_json(first.read_text(encoding="utf-8"))
    pedal = (PedalEvent(0.25, True), PedalEvent(1.5, False))
    json_writer.write(Transcription(notes=told.notes, pedal=pedal, duration_s=told.duration_s, tempo=told.tempo), first)
    path = f"/api/recordings/{tone_id}"
    decoded = with_tone.get(f"{path}/decoded").json()
    assert decoded["pedal"] == [{"time_s": 0.25, "down": True}, {"time_s": 1.5, "down": False}]
    step = {"label": "delete", "remove": [decoded["notes"][0]["id"]]}
    with_tone.patch(f"{path}/document", json={"revision": 0, "append": [step]})
    assert len(with_tone.get(f"{path}/transcription").json()["pedal"]) == 2
    played = mido.MidiFile(file=BytesIO(with_tone.get(f"{path}/export/mid").content))
    assert [m.value for m in played if m.type == "control_change" and m.control == 64] == [127, 0]


def test_bent_notes_are_exported_with_mpe_if_asked_for(with_tone: TestClient, tone_id: str) -> None:
    path = f"/api/recordings/{tone_id}"
    chord = [
        {"id": f"h{pitch}", "kind": "note", "onset_s": 0.2, "offset_s": 1.2, "pitch": pitch, "velocity": 80}
        | {"bend": [[0.2, 0.0], [1.0, cents]]}
        for pitch, cents in ((60, 50.0), (64, -50.0))
    ]
    with_tone.patch(f"{path}/document", json={"revision": 0, "append": [{"label": "a chord", "add": chord}]})

    def channels(**query: str) -> set[int]:
        file = mido.MidiFile(file=BytesIO(with_tone.get(f"{path}/export/mid", params=query).content))
        return {message.channel for message in file if message.type == "note_on" and message.note in (60, 64)}

    assert len(channels()) == 1
    assert len(channels(mpe="true")) == 2
    assert with_tone.get(f"{path}/export/mid", params={"mpe": "perhaps"}).status_code == 422


def test_a_note_that_was_mended_keeps_its_bend_and_its_place_in_the_melody() -> None:
    note = Note(1.0, 2.0, 60, 80, bend=((1.0, 0.0), (1.5, 40.0)), melody=True)
    decoded = Transcription(notes=(note,), duration_s=3.0)
    moved = {
        "id": "h1",
        "kind": "note",
        "onset_s": 1.2,
        "offset_s": 2.2,
        "pitch": 61,
        "velocity": 80,
        "bend": [[1.2, 0.0], [1.7, 40.0]],
        "melody": True,
    }
    (result,) = edited(decoded, [{"remove": [id_of(note)], "add": [moved]}]).notes
    assert (result.bend, result.melody) == (((1.2, 0.0), (1.7, 40.0)), True)


def test_of_a_recording_only_so_many_settings_stay_bent(with_tone: TestClient, tone_id: str, tmp_path: Path) -> None:
    for number in range(KEPT_BENT + 2):
        query = {"bends": "true", "notes": 0.3 + number / 20}
        assert with_tone.get(f"/api/recordings/{tone_id}/decoded", params=query).status_code == 200
    folder = RecordingFolder(tmp_path / "server" / "recordings" / tone_id)
    assert len(list(folder.path.glob("bent-*.json"))) == KEPT_BENT
    assert folder.bent(Settings(notes=0.3 + (KEPT_BENT + 1) / 20)).exists()


def test_missing_files_are_told_where_bends_are_asked_for(with_tone: TestClient, tone_id: str, tmp_path: Path) -> None:
    RecordingFolder(tmp_path / "server" / "recordings" / tone_id).analysis.unlink()
    assert with_tone.get(f"/api/recordings/{tone_id}/decoded", params={"bends": "true"}).status_code == 410


def test_a_soundfont_plays_what_is_exported(
    with_tone: TestClient, tone_id: str, tone_folder: Path, tmp_path: Path
) -> None:
    by_tones = with_tone.get(f"/api/recordings/{tone_id}/export/sound").content
    assert by_tones[:4] == b"RIFF"
    folder = shutil.copytree(tone_folder, tmp_path / "other")
    service = Service(folder, NO_JOBS, soundfont=Path(str(files("pretty_midi") / "TimGM6mb.sf2")))
    with TestClient(make_app(service), base_url="http://localhost") as client:
        by_font = client.get(f"/api/recordings/{tone_id}/export/sound").content
    assert by_font[:4] == b"RIFF"
    assert by_font != by_tones


def test_a_soundfont_that_is_none_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "font.sf2").write_bytes(b"no soundfont")
    assert cli.main(["--port", "0", "--folder", str(tmp_path), "--soundfont", str(tmp_path / "font.sf2")]) == 1
    assert "font.sf2" in capsys.readouterr().err
