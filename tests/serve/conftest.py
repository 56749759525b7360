"""Recordings that the server's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile
from starlette.testclient import TestClient

from .browser import Page, open_browser
from .lab_data import write_tones
from .servers import SONG, client_of, heard, server_process, wait_until


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Two seconds of a wav file: a decaying A."""
    time_s = np.arange(32_000) / 16_000
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * 440 * time_s) * np.exp(-2 * time_s), 16_000)
    return path.read_bytes()


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of sounds in two classes; see `write_tones`."""
    folder = tmp_path_factory.mktemp("data") / "tones"
    write_tones(folder)
    return folder


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


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    downloads = tmp_path_factory.mktemp("downloads")
    driver = open_browser(downloads)
    try:
        with (
            server_process(tmp_path_factory.mktemp("server")) as (address, _),
            httpx.Client(base_url=address, timeout=60.0) as client,
        ):
            yield Page(driver, client, downloads)
    finally:
        driver.quit()


@pytest.fixture
def page_song(page: Page) -> str:
    """The id of the example, which is open in the page and has no edits."""
    known = page.client.get("/api/recordings").json()["recordings"]
    if known:
        path = f"/api/recordings/{known[0]['id']}/document"
        fresh = {"revision": page.client.get(path).json()["revision"], "settings": {}, "keep": 0, "position": 0}
        assert page.client.patch(path, json=fresh).status_code == 200
        page.open(f"#{known[0]['id']}")
        wait_until(lambda: page.run("app.doc?.notes.length > 0 && app.player.hasSound"))
        return str(known[0]["id"])
    page.open()
    return page.drop(SONG)
