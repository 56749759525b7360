"""Jobs: stopped, killed, taken up after a restart; and what survives one."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.store import MIGRATIONS, Store, StoreError

from .servers import NO_JOBS, client_of, heard, served, server_process, state_of, upload, wait_until


@pytest.fixture(scope="module")
def long_sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Ten minutes of noise, the same ten seconds again and again: some seconds of work."""
    path = tmp_path_factory.mktemp("long") / "long.wav"
    soundfile.write(path, np.tile(np.random.default_rng(0).normal(0.0, 0.05, 160_000), 60), 16_000)
    return path.read_bytes()


def test_what_waits_and_what_is_heard_can_be_stopped_and_heard_again(
    tmp_path: Path, tone: bytes, long_sound: bytes
) -> None:
    with client_of(tmp_path) as client:
        first, second = upload(client, long_sound), upload(client, tone)
        wait_until(lambda: state_of(client, first) == "hearing")
        assert client.get(f"/api/recordings/{second}").json()["place"] == 0
        assert client.post(f"/api/recordings/{second}/cancel").status_code == 202
        assert state_of(client, second) == "cancelled"
        assert client.post(f"/api/recordings/{first}/cancel").status_code == 202
        wait_until(lambda: state_of(client, first) == "cancelled")
        assert client.post(f"/api/recordings/{first}/cancel").status_code == 409
        assert client.get(f"/api/recordings/{first}/document").status_code == 409
        assert client.post(f"/api/recordings/{second}/hear").status_code == 202
        wait_until(lambda: state_of(client, second) == "done")
        assert client.post(f"/api/recordings/{second}/hear").status_code == 409


def test_what_is_heard_can_be_deleted(tmp_path: Path, long_sound: bytes) -> None:
    with client_of(tmp_path) as client:
        id = upload(client, long_sound)
        wait_until(lambda: state_of(client, id) == "hearing")
        assert client.delete(f"/api/recordings/{id}").status_code == 204
        assert client.get(f"/api/recordings/{id}").status_code == 404
    assert list((tmp_path / "recordings").iterdir()) == []


def test_a_job_that_takes_too_long_is_stopped_and_the_next_one_done(
    tmp_path: Path, tone: bytes, long_sound: bytes
) -> None:
    with client_of(tmp_path, replace(Limits(), job_s=2.5)) as client:
        slow, quick = upload(client, long_sound), upload(client, tone)
        wait_until(lambda: state_of(client, slow) == "failed")
        assert "stopped after" in client.get(f"/api/recordings/{slow}").json()["reason"]
        wait_until(lambda: state_of(client, quick) not in ("queued", "hearing"))


def hearing_process(server: int) -> int | None:
    """The child of a server that hears, by its number."""
    threads = Path(f"/proc/{server}/task").glob("*/children")
    children = [child for path in threads for child in path.read_text(encoding="ascii").split()]
    hearing = [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return hearing[0] if hearing else None


def test_a_process_that_dies_takes_only_its_job_along(tmp_path: Path, tone: bytes, long_sound: bytes) -> None:
    with server_process(tmp_path) as (address, process), httpx.Client(base_url=address) as client:
        first, second = upload(client, long_sound), upload(client, tone)
        wait_until(lambda: state_of(client, first) == "hearing")
        os.kill(wait_until(lambda: hearing_process(process.pid)), signal.SIGKILL)
        wait_until(lambda: state_of(client, first) == "failed")
        assert "has died" in client.get(f"/api/recordings/{first}").json()["reason"]
        wait_until(lambda: state_of(client, second) == "done")


def test_a_killed_server_loses_nothing(tmp_path: Path, tone: bytes, long_sound: bytes) -> None:
    edit = {
        "revision": 0,
        "settings": {"notes": 0.4},
        "append": [{"label": "nothing"}, {"label": "undone"}],
        "position": 1,
    }
    with server_process(tmp_path) as (address, process), httpx.Client(base_url=address) as client:
        done = heard(client, tone, "done.wav")
        assert client.patch(f"/api/recordings/{done}/document", json=edit).status_code == 200
        before = client.get(f"/api/recordings/{done}/transcription").text
        hearing, waiting = upload(client, long_sound, "hearing.flac"), upload(client, tone, "waiting.wav")
        wait_until(lambda: state_of(client, hearing) == "hearing")
        process.kill()
        process.wait()
    with server_process(tmp_path) as (address, _), httpx.Client(base_url=address) as client:
        document = client.get(f"/api/recordings/{done}/document").json()
        assert [step["label"] for step in document["steps"]] == ["nothing", "undone"]
        assert (document["position"], document["revision"], document["settings"]["notes"]) == (1, 1, 0.4)
        assert client.get(f"/api/recordings/{done}/transcription").text == before
        killed = client.get(f"/api/recordings/{hearing}").json()
        assert (killed["state"], killed["reason"]) == (
            "interrupted",
            "the server was stopped while it was transcribed; resume it",
        )
        wait_until(lambda: state_of(client, waiting) == "done")
        assert client.post(f"/api/recordings/{hearing}/hear").status_code == 202
        wait_until(lambda: state_of(client, hearing) == "hearing")


def test_pages_are_told_what_happens(tmp_path: Path, tone: bytes) -> None:
    with (
        served(tmp_path, Limits()) as address,
        httpx.Client(base_url=address) as client,
        client.stream("GET", "/api/events", timeout=60.0) as stream,
    ):
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert next(lines) == "retry: 1000"
        with httpx.Client(base_url=address) as other:
            id = upload(other, tone)
            told: list[tuple[str, str]] = []
            for line in lines:
                kind, _, content = line.partition(": ")
                if kind in ("event", "data"):
                    told.append((kind, content))
                if kind == "data" and state_of(other, id) == "done":
                    break
        kinds = [content for kind, content in told if kind == "event"]
        assert {"recording", "progress", "notes"} <= set(kinds)
        assert all(id in content for kind, content in told if kind == "data")
        assert any('"pitch": 69' in content for kind, content in told if kind == "data")


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mp3tomidi.sqlite"
    Store(path).close()
    database = sqlite3.connect(path)
    assert database.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(StoreError, match="newer mp3tomidi"):
        Store(path)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(StoreError, match="cannot be used"):
        Store(path)


def test_missing_files_are_said_so_and_can_be_heard_again(tone_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(tone_folder, tmp_path / "server")
    (analysis,) = folder.glob("recordings/*/heard.npz")
    analysis.unlink()
    outdated = analysis.with_name("bent-0.json")
    outdated.touch()
    id = analysis.parent.name
    with client_of(folder) as client:
        assert client.get(f"/api/recordings/{id}/decoded").status_code == 410
        assert state_of(client, id) == "failed"
        assert client.post(f"/api/recordings/{id}/hear").status_code == 202
        wait_until(lambda: state_of(client, id) == "done")
        assert client.get(f"/api/recordings/{id}/decoded").status_code == 200
    assert not outdated.exists()


def test_ctrl_c_ends_the_server_without_a_word_and_waits_for_no_page_that_listens(tmp_path: Path) -> None:
    with server_process(tmp_path) as (address, process):
        with httpx.stream("GET", f"{address}api/events", timeout=30.0) as stream:
            next(stream.iter_lines())
            started_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            process.wait(20.0)
        assert time.monotonic() - started_s < 10.0
        assert process.stderr is not None
        assert (process.returncode, process.stderr.read()) == (0, "")


def test_no_jobs_for_tests_means_none(tmp_path: Path, tone: bytes) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        id = upload(client, tone)
        time.sleep(0.3)
        assert state_of(client, id) == "queued"
