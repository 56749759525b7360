"""Recordings that the server's tests share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
import soundfile
from selenium import webdriver
from starlette.testclient import TestClient

from mp3tomidi.serve.background import runner
from mp3tomidi.transcribe import Transcriber

from .browser import Page, open_browser, page_of
from .lab_data import write_tones
from .servers import NO_JOBS, SONG, add_transcribed, client_of, served, wait_until


@pytest.fixture(scope="session", autouse=True)
def _jobs_looked_at_often() -> Iterator[None]:
    """Tests wait for the progress of jobs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runner, "LOOKED_AT_EVERY_S", 0.2)
        yield


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
def transcriber() -> Transcriber:
    return Transcriber()


@pytest.fixture(scope="session")
def tone_folder(tmp_path_factory: pytest.TempPathFactory, transcriber: Transcriber, tone: bytes) -> Path:
    """The folder of a server that has transcribed the tone. Not to be written to."""
    folder = tmp_path_factory.mktemp("tone") / "server"
    add_transcribed(folder, transcriber, tone, "sound.wav")
    return folder


@pytest.fixture(scope="session")
def song_folder(tmp_path_factory: pytest.TempPathFactory, transcriber: Transcriber) -> Path:
    """The folder of a server that has transcribed the example. Not to be written to."""
    folder = tmp_path_factory.mktemp("song") / "server"
    add_transcribed(folder, transcriber, SONG.read_bytes(), "my song.mp3")
    return folder


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """Closes at the end of the test what it has opened, servers that are followed by others too."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def with_tone(tone_folder: Path, tmp_path: Path) -> Iterator[TestClient]:
    """A server on the folder `tmp_path / "server"`, which holds the tone's transcription."""
    shutil.copytree(tone_folder, tmp_path / "server")
    with client_of(tmp_path / "server", NO_JOBS) as client:
        yield client


@pytest.fixture
def tone_id(with_tone: TestClient) -> str:
    return str(with_tone.get("/api/recordings").json()["recordings"][0]["id"])


@pytest.fixture(scope="session")
def song_client(tmp_path_factory: pytest.TempPathFactory, song_folder: Path) -> Iterator[TestClient]:
    """A server that has transcribed the example."""
    folder = shutil.copytree(song_folder, tmp_path_factory.mktemp("server") / "server")
    with client_of(folder, NO_JOBS) as client:
        yield client


@pytest.fixture
def song(song_client: TestClient) -> str:
    """The example's path in the API. What the test changes in it is undone."""
    path = f"/api/recordings/{song_client.get('/api/recordings').json()['recordings'][0]['id']}"
    revision = song_client.get(f"{path}/document").json()["revision"]
    fresh = {"revision": revision, "settings": {}, "keep": 0, "position": 0}
    assert song_client.patch(f"{path}/document", json=fresh).status_code == 200
    return path


@pytest.fixture(scope="session")
def driver() -> Iterator[webdriver.Chrome]:
    """A browser; see `page_of`."""
    driver = open_browser()
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def page(driver: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory, song_folder: Path) -> Iterator[Page]:
    """The page of a server that has transcribed the example."""
    folder = shutil.copytree(song_folder, tmp_path_factory.mktemp("server") / "server")
    with served(folder) as address, page_of(driver, address, tmp_path_factory.mktemp("downloads")) as page:
        yield page


@pytest.fixture
def page_song(page: Page) -> str:
    """The id of the example, which is open in the page and has no edits."""
    id = page.client.get("/api/recordings").json()["recordings"][0]["id"]
    path = f"/api/recordings/{id}/document"
    fresh = {"revision": page.client.get(path).json()["revision"], "settings": {}, "keep": 0, "position": 0}
    assert page.client.patch(path, json=fresh).status_code == 200
    page.open(f"#{id}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0 && app.player.hasSound"))
    return str(id)
