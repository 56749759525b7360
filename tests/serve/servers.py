"""Servers to test: in this process for most, in one of its own where the command itself, or a kill, is needed."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.testclient import TestClient

from mp3tomidi.serve import store, transcribing
from mp3tomidi.serve.app import make_app
from mp3tomidi.serve.folder import RecordingFolder
from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.security import Door
from mp3tomidi.serve.service import Service
from mp3tomidi.transcribe import Transcriber

SONG = Path(__file__).parents[2] / "examples" / "song.mp3"
NO_JOBS = replace(Limits(), jobs=0)
"""Recordings stay in the queue: no process that transcribes is started."""


@contextmanager
def client_of(
    folder: Path, limits: Limits | None = None, door: Door | None = None, data: Sequence[Path] = ()
) -> Iterator[TestClient]:
    with TestClient(make_app(Service(folder, limits, data), door), base_url="http://localhost") as client:
        yield client


@contextmanager
def served(
    folder: Path, limits: Limits = NO_JOBS, door: Door | None = None, data: Sequence[Path] = ()
) -> Iterator[str]:
    """The address of a server in a thread of this process, for clients that speak HTTP."""
    config = uvicorn.Config(
        make_app(Service(folder, limits, data), door),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:  # who connects before it runs waits in the backlog
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://localhost:{listening.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join()


def add_transcribed(folder: Path, transcriber: Transcriber, content: bytes, name: str) -> str:
    """Upload a recording to a server on this folder and transcribe it in this process; its id."""
    with client_of(folder, NO_JOBS) as client:
        id = upload(client, content, name)
    info = transcribing.transcribe(transcriber, RecordingFolder(folder / "recordings" / id), lambda *_: None)
    kept = store.Store(folder / "mp3tomidi.sqlite")
    kept.set_info(id, info | {"warnings": []})
    kept.set_state(id, store.DONE)
    kept.close()
    return id


def upload(client: Any, content: bytes, name: str = "sound.wav") -> str:
    answer = client.post("/api/recordings", params={"name": name}, content=content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def wait_until(is_so: Callable[[], Any], seconds: float = 240.0) -> Any:
    """What `is_so` gives as soon as it is true."""
    end, pause_s = time.monotonic() + seconds, 0.02
    while not (result := is_so()):
        assert time.monotonic() < end, "it has not come about in time"
        time.sleep(pause_s)
        pause_s = min(0.2, 1.2 * pause_s)  # what takes long is not to take longer for being asked
    return result


def state_of(client: Any, id: str) -> str:
    return str(client.get(f"/api/recordings/{id}").json()["state"])


def heard(client: Any, content: bytes, name: str = "sound.wav") -> str:
    """The id of a recording that has been heard."""
    id = upload(client, content, name)
    wait_until(lambda: state_of(client, id) not in ("queued", "hearing"))
    assert state_of(client, id) == "done"
    return id


@contextmanager
def server_process(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The command itself; its address and the process."""
    command = [sys.executable, "-m", "mp3tomidi.serve.entry", "serve", "--port", "0", "--folder", str(folder), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            found = re.search(r"http://\S+/", said)
            assert found is not None, said + process.stderr.read()
            address = found.group()
            wait_until(lambda: _answers(address), 20.0)
            yield address, process
        finally:
            process.kill()


def _answers(address: str) -> bool:
    try:
        httpx.get(address)
    except httpx.TransportError:
        return False
    return True
