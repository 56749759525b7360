"""The server is killed while it hears two minutes of music: the page says so, hears them again, and lost nothing."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import soundfile
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from mp3tomidi.transcribe.audio.reading import read

from .browser import Page, page_of
from .servers import SONG, heard, server_process, upload, wait_until

LENGTH_S, RATE = 120, 22_050
SLIDER = """
const [threshold, done] = arguments, app = window.mp3tomidi, started_ms = performance.now();
app.doc.addEventListener("change", () => done(performance.now() - started_ms), {once: true});
void app.doc.set({notes: threshold});
"""


@pytest.fixture(scope="module")
def two_minutes(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The example again and again."""
    song = read(SONG, sample_rate=RATE, mono=True).samples
    path = tmp_path_factory.mktemp("long") / "long.flac"
    soundfile.write(path, np.tile(song, 1 + LENGTH_S * RATE // len(song))[: LENGTH_S * RATE], RATE)
    return path.read_bytes()


def test_what_was_done_is_there_and_what_was_killed_is_heard_again(
    driver: webdriver.Chrome, tmp_path: Path, tone: bytes, two_minutes: bytes, stack: ExitStack
) -> None:
    address, process = stack.enter_context(server_process(tmp_path / "kept"))
    page = stack.enter_context(page_of(driver, address, tmp_path))
    done = heard(page.client, tone, "done.wav")
    page.open(f"#{done}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0"))
    page.the("roll").click()
    page.keys(Keys.ESCAPE, "n", Keys.ARROW_UP, Keys.ARROW_UP)
    page.chord(Keys.CONTROL, "z")
    mended = page.notes()
    wait_until(page.is_saved)
    song = upload(page.client, two_minutes, "two minutes.flac")
    page.open(f"#{song}")
    wait_until(lambda: page.run("app.recording?.state === 'hearing'"))
    process.kill()
    process.wait()
    port = str(urlsplit(address).port)
    _, process = stack.enter_context(server_process(tmp_path / "kept", "--port", port))
    wait_until(lambda: page.the("waiting-title").text == "Interrupted")  # the page asks by itself
    page.the("waiting-again").click()
    page.open(f"#{done}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0"))
    assert page.notes() == mended
    assert page.run("[app.doc.canUndo, app.doc.canRedo]") == [True, True]
    page.chord(Keys.CONTROL, "z")
    wait_until(page.is_saved)
    wait_until(lambda: page.client.get(f"/api/recordings/{song}").json()["state"] == "done")
    page.open(f"#{song}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0 && app.player.hasSound"))
    _slider_answers(page, process.pid)


def _slider_answers(page: Page, server: int) -> None:
    """In a tenth of a second of the server's processor: how long that takes depends on what else this machine does, and
    is measured by tests/benchmarks/page.py.
    """
    page.driver.set_script_timeout(60)
    thresholds = np.linspace(0.3, 0.7, 9)
    used_s = _processor_s(server)
    for threshold in thresholds:  # faster than the slider rests, so that nothing else is asked for
        page.driver.execute_async_script(SLIDER, float(threshold))
    assert (_processor_s(server) - used_s) / len(thresholds) < 0.1


def _processor_s(process: int) -> float:
    """What a process has used (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
