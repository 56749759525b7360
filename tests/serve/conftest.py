"""Recordings that the server's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from .servers import SONG, client_of, heard


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of a wav file: a decaying A."""
    time_s = np.arange(32_000) / 16_000
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * time_s) * np.exp(-2 * time_s), 16_000)
    return path.read_bytes()


@pytest.fixture(scope="session")
def song_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A server that has heard the example."""
    with client_of(tmp_path_factory.mktemp("song")) as client:
        heard(client, SONG.read_bytes(), "my song.mp3")
        yield client


@pytest.fixture
def song(song_client: TestClient) -> str:
    """The example's path in the API. What the test changes in it is undone."""
    path = f"/api/recordings/{song_client.get('/api/recordings').json()['recordings'][0]['id']}"
    revision = song_client.get(f"{path}/document").json()["revision"]
    fresh = {"revision": revision, "settings": {}, "keep": 0, "position": 0}
    assert song_client.patch(f"{path}/document", json=fresh).status_code == 200
    return path
