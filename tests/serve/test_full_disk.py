"""A full disk, and two servers on one folder: nothing is lost, and the server works on when there is room again."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mp3tomidi.serve import cli, waiting_line
from mp3tomidi.serve.store import Store

from .servers import NO_JOBS, client_of, heard, state_of, upload, wait_until


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set while the database has no room: what SQLite says then."""
    is_full, transaction = threading.Event(), Store.transaction
    monkeypatch.setattr(waiting_line, "ROOM_EVERY_S", 0.05)

    @contextmanager
    def with_room(self: Store) -> Iterator[sqlite3.Connection]:
        if is_full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        with transaction(self) as database:
            yield database

    monkeypatch.setattr(Store, "transaction", with_room)
    return is_full


def test_a_request_that_cannot_be_stored_says_so_and_leaves_nothing(
    disk: threading.Event, tmp_path: Path, tone: bytes
) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        disk.set()
        refused = client.post("/api/recordings", params={"name": "a"}, content=tone)
        assert (refused.status_code, refused.json()["error"]) == (
            507,
            "it cannot be stored: database or disk is full",
        )
        assert list((tmp_path / "recordings").iterdir()) == []
        assert list((tmp_path / "incoming").iterdir()) == []
        disk.clear()
        upload(client, tone)


def test_the_queue_goes_on_once_there_is_room(disk: threading.Event, tmp_path: Path, tone: bytes) -> None:
    with client_of(tmp_path) as client:
        id = upload(client, tone)
        wait_until(lambda: state_of(client, id) == "hearing")
        disk.set()
        wait_until(lambda: "progress" not in client.get(f"/api/recordings/{id}").json())  # it has ended
        disk.clear()
        wait_until(lambda: state_of(client, id) in ("done", "failed"))
        heard(client, tone)  # the next one is heard as ever


def test_an_upload_that_the_disk_has_no_room_for_is_refused(
    tmp_path: Path, tone: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with client_of(tmp_path, NO_JOBS) as client:
        monkeypatch.setattr("mp3tomidi.serve.folder.Folder.adopt", no_room)
        refused = client.post("/api/recordings", params={"name": "a"}, content=tone)
        assert (refused.status_code, refused.json()["error"]) == (507, "it cannot be stored: No space left on device")
        assert list((tmp_path / "incoming").iterdir()) == []


def test_a_second_server_on_a_folder_says_so_in_a_line(
    tmp_path: Path, tone: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        waiting = tmp_path / "incoming" / "an upload under way"
        waiting.touch()
        assert cli.main(["--port", "0", "--folder", str(tmp_path)]) == 1
        said = capsys.readouterr().err
        assert said.startswith(f"mp3tomidi serve: {tmp_path} is in use by another mp3tomidi serve")
        assert said.count("\n") == 1
        assert waiting.exists()
        upload(client, tone)
    with client_of(tmp_path, NO_JOBS) as client:  # free again
        assert len(client.get("/api/recordings").json()["recordings"]) == 1


def test_what_is_heard_is_deleted_and_the_next_goes_on(tmp_path: Path, tone: bytes) -> None:
    with client_of(tmp_path) as client:
        first, second = upload(client, tone), upload(client, tone)
        wait_until(lambda: state_of(client, first) != "queued")
        assert client.delete(f"/api/recordings/{first}").status_code == 204
        assert not (tmp_path / "recordings" / first).exists()
        wait_until(lambda: state_of(client, second) == "done")
