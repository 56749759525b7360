"""Uploads within bounds: what is too much, what names can do, what damaged files can do."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import numpy as np
import pytest

from mp3tomidi.serve import folder_lock
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import Folder
from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.uploads import Uploads, shown_name

from ..transcribe.audio.mutate_sounds import mutate
from .servers import NO_JOBS, SONG, client_of, heard, server_process, state_of, upload, wait_until


def files_below(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and "sqlite" not in path.name and path.name != folder_lock.FILE
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("song.mp3", "song.mp3"),
        ("../../etc/passwd", "passwd"),
        ("C:\\music\\song.mp3", "song.mp3"),
        ("a\x00b\n\u202ec.wav", "abc.wav"),
        ("", "recording"),
        ("/", "recording"),
        ("é" * 300, "é" * 200),
    ],
)
def test_a_name_is_shown_and_becomes_no_path(tmp_path: Path, tone: bytes, name: str, shown: str) -> None:
    assert shown_name(name) == shown
    with client_of(tmp_path / "kept", NO_JOBS) as client:
        id = upload(client, tone, name)
        assert client.get(f"/api/recordings/{id}").json()["name"] == shown
    assert files_below(tmp_path) == [tmp_path / "kept" / "recordings" / id / "original"]
    assert (tmp_path / "kept" / "recordings" / id / "original").read_bytes() == tone


def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with client_of(tmp_path, replace(NO_JOBS, upload_bytes=3 << 20)) as client:

        def endless() -> Iterator[bytes]:  # without a length that could be looked at first
            for _ in range(10):
                yield bytes(1 << 20)

        for content in (bytes(4 << 20), endless()):
            answer = client.post("/api/recordings", content=content)
            assert (answer.status_code, answer.json()["error"]) == (413, "a recording may have 3 MB; cut it in parts")
        assert client.post("/api/recordings", content=b"").status_code == 400
        assert client.get("/api/recordings").json()["recordings"] == []
    assert files_below(tmp_path) == []


def test_more_recordings_than_are_kept_are_refused(tmp_path: Path, tone: bytes) -> None:
    with client_of(tmp_path, replace(NO_JOBS, recordings=2)) as client:
        ids = [upload(client, tone) for _ in range(2)]
        assert client.post("/api/recordings", content=tone).status_code == 507
        assert client.delete(f"/api/recordings/{ids[0]}").status_code == 204
        upload(client, tone)


def test_an_upload_that_does_not_go_on_is_ended(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()

    async def stalled():
        yield b"some"
        await asyncio.sleep(60.0)

    async def receive() -> None:
        await Uploads(folder, replace(Limits(), upload_s=0.2)).receive(None, stalled())

    with pytest.raises(RefusalError, match=r"an upload may take 0 s") as refused:
        asyncio.run(receive())
    assert refused.value.status == 408
    assert files_below(tmp_path) == []


def test_only_so_many_uploads_are_read_at_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.prepare()
    reading = most = 0

    async def body():
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await asyncio.sleep(0.01)
        yield b"sound"
        reading -= 1

    async def receive_all() -> list[tuple[str, int]]:
        uploads = Uploads(folder, replace(Limits(), uploads_at_once=3))
        return await asyncio.gather(*(uploads.receive(5, body()) for _ in range(100)))

    received = asyncio.run(receive_all())
    assert most == 3
    assert len({id for id, _ in received}) == 100
    assert all(folder.of(id).original.read_bytes() == b"sound" for id, _ in received)


def most_resident_mb(server: int) -> float:
    """The most memory that a process has had."""
    status = Path(f"/proc/{server}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024.0


def test_a_hundred_uploads_at_once_are_all_kept_in_bounded_memory(tmp_path: Path, tone: bytes) -> None:
    names = {f"{number}.wav" for number in range(100)}
    with server_process(tmp_path) as (address, process), httpx.Client(base_url=address, timeout=120.0) as client:
        heard(client, tone, "before.wav")  # the networks are loaded by then
        before_mb = most_resident_mb(process.pid)

        def upload_one(name: str) -> str:
            # Each says in its last bytes which it is. What follows the sound in the file is not decoded.
            with httpx.Client(base_url=address, timeout=120.0) as own:
                return upload(own, tone + bytes((2 << 20) - len(tone) - len(name)) + name.encode(), name)

        with ThreadPoolExecutor(len(names)) as pool:
            ids = dict(zip(names, pool.map(upload_one, names), strict=True))
        grown_mb = most_resident_mb(process.pid) - before_mb
        listed = client.get("/api/recordings").json()["recordings"]
    assert {one["id"]: one["name"] for one in listed if one["name"] in names} == {id: name for name, id in ids.items()}
    for name, id in ids.items():
        original = (tmp_path / "recordings" / id / "original").read_bytes()
        assert len(original) == 2 << 20
        assert original.endswith(name.encode())
    # 200 MB have gone through it, four files at once with a megabyte in hand each: 21 MB of 400 when this was written.
    assert grown_mb < 60.0, f"the server has grown by {grown_mb:.0f} MB"


def test_damaged_files_are_refused_or_heard_and_the_server_stays_up(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    content = SONG.read_bytes()[:60_000]
    with client_of(tmp_path) as client:
        ids = [upload(client, mutate(content, rng), f"{number}.mp3") for number in range(12)]
        ids.append(upload(client, b"this is no sound", "text.txt"))
        ends = ("done", "failed")
        wait_until(lambda: all(state_of(client, id) in ends for id in ids), 120.0)
        text = client.get(f"/api/recordings/{ids[-1]}").json()
        assert text["state"] == "failed"
        assert (
            text["reason"].startswith("text.txt holds nothing that libsndfile can decode")
            or "text.txt" in text["reason"]
        )
        assert "original" not in text["reason"]
        assert client.get("/api").status_code == 200
