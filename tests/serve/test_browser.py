"""The page in a real browser (Debian's Chromium): a song is dropped, its notes come, are mended, and go out as MIDI.

Where the continuous integration runs (CI=true) a missing browser is a failure; elsewhere these tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import mido
import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from .servers import SONG, server_process, wait_until

# Puts a file into the page as a drop does.
PREPARE = """
const input = document.createElement("input");
input.type = "file";
input.id = "dropped";
document.body.append(input);
"""
DROP = """
const input = document.getElementById("dropped");
const transfer = new DataTransfer();
transfer.items.add(input.files[0]);
input.remove();
for (const kind of ["dragover", "drop"])
  document.dispatchEvent(new DragEvent(kind, {dataTransfer: transfer, bubbles: true, cancelable: true}));
"""

# Plays a second of a tone whose loudness goes up and down six times a second; what comes out.
PLAY_RECORDING = """
const [speed, done] = arguments, rate = 48000, context = new OfflineAudioContext(1, rate, rate);
const tone = Float32Array.from({length: 3 * rate}, (_, i) =>
  0.4 * Math.sin((2 * Math.PI * 440 * i) / rate) * (1 + 0.5 * Math.sin((2 * Math.PI * 6 * i) / rate)));
(async () => {
  await context.audioWorklet.addModule("/static/stretch.js");
  const player = new AudioWorkletNode(context, "recording-player", {outputChannelCount: [2], numberOfInputs: 0});
  player.connect(context.destination);
  player.port.postMessage({kind: "recording", channels: [tone]});
  player.port.postMessage({kind: "play", at_s: 0.1, frame: rate, speed, loop: null});
  await new Promise((resolve) => setTimeout(resolve, 500));
  done(Array.from((await context.startRendering()).getChannelData(0)));
})().catch((error) => done(String(error)));
"""
# Plays a note for 0.6 s from 0.1 s on; what comes out.
PLAY_NOTE = """
const [voice, pitch, done] = arguments, context = new OfflineAudioContext(1, 48000, 48000);
(async () => {
  const { Voices } = await import("/static/voices.js");
  new Voices(context).play(context.destination, {pitch, velocity: 100, voice, cents: 0}, 0.1, 0.6);
  done(Array.from((await context.startRendering()).getChannelData(0)));
})().catch((error) => done(String(error)));
"""


class Page:
    """The page in a browser, and the server's API beside it."""

    def __init__(self, driver: webdriver.Chrome, client: httpx.Client, downloads: Path) -> None:
        self.driver, self.client, self.downloads = driver, client, downloads

    def open(self, fragment: str = "") -> None:
        self.driver.get("about:blank")
        self.driver.get(f"{self.client.base_url}{fragment}")
        wait_until(lambda: self.driver.execute_script("return document.body.dataset.ready"))

    def run(self, script: str) -> Any:
        """What an expression of the page's app is."""
        return self.driver.execute_script(f"const app = window.mp3tomidi; return {script}")

    def the(self, id: str) -> WebElement:
        return self.driver.find_element(By.ID, id)

    def keys(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def chord(self, held: str, key: str) -> None:
        ActionChains(self.driver).key_down(held).send_keys(key).key_up(held).perform()

    def drop(self, path: Path) -> str:
        """The dropped recording's id, once its result is shown."""
        self.driver.execute_script(PREPARE)
        self.the("dropped").send_keys(str(path))
        self.driver.execute_script(DROP)
        wait_until(
            lambda: self.run("app.recording?.state === 'done' && app.doc.notes.length > 0 && app.player.hasSound")
        )
        return str(self.run("app.recording.id"))

    def notes(self) -> list[tuple[float, float, int, int]]:
        """What the page shows."""
        rows = self.run("app.doc.notes.map((n) => [n.onset_s, n.offset_s, n.pitch, n.velocity])")
        return sorted((row[0], row[1], row[2], row[3]) for row in rows)

    def saved_notes(self) -> list[tuple[float, float, int, int]]:
        """What the server has."""
        result = self.client.get(f"/api/recordings/{self.run('app.recording.id')}/transcription").json()
        return sorted((n["onset_s"], n["offset_s"], n["pitch"], n["velocity"]) for n in result["notes"])

    def is_saved(self) -> bool:
        self.driver.execute_async_script("const done = arguments[0]; window.mp3tomidi.doc.flush().then(done)")
        return self.notes() == self.saved_notes()

    def complaints(self) -> list[str]:
        """What the browser has to say against the page, violations of its policy too."""
        entries: list[dict[str, Any]] = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]


def _browser(downloads: Path) -> webdriver.Chrome:
    program, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if program is None or driver is None:
        message = "there is no chromium with its chromedriver: apt install chromium chromium-driver"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--autoplay-policy=no-user-gesture-required",
        "--window-size=1280,820",
    ):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    downloads = tmp_path_factory.mktemp("downloads")
    driver = _browser(downloads)
    try:
        with (
            server_process(tmp_path_factory.mktemp("server")) as (address, _),
            httpx.Client(base_url=address, timeout=60.0) as client,
        ):
            yield Page(driver, client, downloads)
    finally:
        driver.quit()


@pytest.fixture
def song(page: Page) -> str:
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


def test_a_song_is_dropped_decided_again_mended_undone_and_exported(page: Page, song: str) -> None:
    decoded = page.notes()
    assert len(decoded) > 100
    assert decoded == page.saved_notes()

    slider = page.the("notes-slider")
    slider.send_keys(Keys.HOME)  # the boldest
    wait_until(lambda: len(page.notes()) > len(decoded))
    bold = page.notes()
    assert page.run("app.doc.settings.notes") == pytest.approx(0.03)

    page.the("roll").click()
    page.keys(Keys.ESCAPE, "n", "n")
    chosen = page.run("[...app.roll.selected]")
    assert len(chosen) == 1
    before = page.run("app.editing.selection[0]")
    page.keys(Keys.ARROW_UP)
    after = page.run("app.editing.selection[0]")
    assert after["pitch"] == before["pitch"] + 1
    assert after["id"].startswith("h")
    page.chord(Keys.SHIFT, Keys.ARROW_RIGHT)
    assert page.run("app.editing.selection[0].offset_s") == pytest.approx(before["offset_s"] + 0.01, abs=0.001)
    page.keys("a")
    assert len(page.notes()) == len(bold) + 1
    page.keys(Keys.DELETE)
    assert len(page.notes()) == len(bold)
    page.chord(Keys.CONTROL, "z")
    assert len(page.notes()) == len(bold) + 1
    page.chord(Keys.CONTROL, "z")
    page.chord(Keys.CONTROL, "z")
    page.chord(Keys.CONTROL, "z")
    assert page.notes() == bold
    page.chord(Keys.CONTROL, "y")
    assert page.notes() != bold
    wait_until(page.is_saved)

    page.the("notes-auto").click()  # what was done by hand is still there
    wait_until(lambda: len(page.notes()) < len(bold))
    assert (after["onset_s"], after["offset_s"], after["pitch"], after["velocity"]) in page.notes()
    wait_until(page.is_saved)

    page.the("export-button").click()
    page.driver.find_element(By.CSS_SELECTOR, "[data-format=mid]").click()
    exported = page.downloads / "song.mid"
    wait_until(exported.exists)
    content = page.client.get(f"/api/recordings/{song}/export/mid").content
    wait_until(lambda: exported.read_bytes() == content)
    played = [message for message in mido.MidiFile(file=BytesIO(content)) if message.type == "note_on"]
    assert sum(message.velocity > 0 and message.channel != 9 for message in played) == pytest.approx(
        len(page.notes()), abs=3
    )
    assert page.complaints() == []


def test_notes_are_drawn_dragged_and_stretched_with_the_mouse(page: Page, song: str) -> None:
    page.run("app.roll.fit()")
    roll = page.the("roll")
    count = len(page.notes())
    # Where there is nothing: between the last note and the end of what is shown, in pixels from the middle.
    place = page.run(
        """(() => {
          const { roll } = app;
          for (let x = roll.keysPx + 200; x < roll.width - 150; x += 7)
            for (let y = 60; y < roll.bottom - 30; y += roll.rowPx)
              if ([0, 30, 60, 90, 120].every((dx) =>
                [-1, 0, 1, 2, 3].every((row) => !roll.eventAt(x + dx, y + row * roll.rowPx))))
                return { x: Math.round(x - roll.width / 2), y: Math.round(y - roll.height / 2), row: roll.rowPx };
          return null;
        })()"""
    )

    def drag(dx: float, dy: float, by_x: float, by_y: float) -> None:
        chain = ActionChains(page.driver, duration=20)
        chain.move_to_element_with_offset(roll, place["x"] + round(dx), place["y"] + round(dy)).click_and_hold()
        chain.move_by_offset(round(by_x / 2), round(by_y / 2)).move_by_offset(round(by_x / 2), round(by_y / 2))
        chain.release().perform()

    page.the("tool-draw").click()
    drag(0, 0, 80, 0)
    page.the("tool-select").click()
    assert len(page.notes()) == count + 1
    drawn = page.run("app.editing.selection[0]")
    px_per_s = page.run("app.roll.pxPerS")
    assert (drawn["offset_s"] - drawn["onset_s"]) * px_per_s == pytest.approx(80, abs=2)
    drag(40, 0, 20, -2 * place["row"])
    moved = page.run("app.editing.selection[0]")
    assert moved["pitch"] == drawn["pitch"] + 2
    assert (moved["onset_s"] - drawn["onset_s"]) * px_per_s == pytest.approx(20, abs=2)
    drag(20 + 78, -2 * place["row"], 30, 0)
    stretched = page.run("app.editing.selection[0]")
    assert stretched["onset_s"] == moved["onset_s"]
    assert (stretched["offset_s"] - moved["offset_s"]) * px_per_s == pytest.approx(30, abs=2)
    wait_until(page.is_saved)
    assert page.complaints() == []


def test_bars_and_tempo_are_dragged_on_the_ruler(page: Page, song: str) -> None:
    assert page.run("app.roll.grid.isKnown")
    roll = page.the("roll")

    def drag_bar(bar: int, by_x: int) -> None:
        x, y = page.run(
            f"[app.roll.x(app.roll.grid.timeAt({bar} * app.roll.grid.beatsPerBar)) - app.roll.width / 2, 14]"
        )
        chain = ActionChains(page.driver, duration=20)
        chain.move_to_element_with_offset(roll, round(x), round(y - page.run("app.roll.height") / 2)).click_and_hold()
        chain.move_by_offset(round(by_x / 2), 0).move_by_offset(by_x - round(by_x / 2), 0).release().perform()

    before = page.run("[app.roll.grid.timeAt(2 * app.roll.grid.beatsPerBar), app.roll.grid.beatsPerMinute(10)]")
    drag_bar(2, 24)
    moved_s = 24 / page.run("app.roll.pxPerS")
    tempo = page.run("app.doc.tempo")
    assert tempo["beats_per_minute"] == pytest.approx(before[1])
    bar_s = 60 / tempo["beats_per_minute"] * tempo["beats_per_bar"]
    off_s = (tempo["first_bar_s"] - before[0] - moved_s) % bar_s
    assert min(off_s, bar_s - off_s) < 1.5 / page.run("app.roll.pxPerS")
    page.chord(Keys.CONTROL, "z")
    assert page.run("app.doc.tempo") is None
    ActionChains(page.driver).key_down(Keys.SHIFT).perform()
    drag_bar(3, 30)
    ActionChains(page.driver).key_up(Keys.SHIFT).perform()
    assert page.run("app.doc.tempo.beats_per_minute") < before[1]
    wait_until(page.is_saved)
    changes = page.client.get(f"/api/recordings/{song}/transcription").json()["tempo"]
    assert changes[-1]["beats_per_minute"] == pytest.approx(page.run("app.doc.tempo.beats_per_minute"))


def test_it_plays_both_in_a_loop_at_half_speed_and_stops(page: Page, song: str) -> None:
    page.the("roll").click()
    page.run("app.transport.setLoop([2, 3], true)")
    page.keys("h", Keys.SPACE)
    places = wait_until(_places(page, 40))
    page.keys(Keys.SPACE)
    assert page.run("app.player.speed") == 0.5
    assert all(1.95 <= place <= 3.05 for place in places)
    assert max(places) - min(places) > 0.3
    assert not page.run("app.player.isPlaying")
    assert page.complaints() == []


def _places(page: Page, count: int) -> Callable[[], list[float] | None]:
    places: list[float] = []

    def look() -> list[float] | None:
        if page.run("app.player.isPlaying && app.player.context.currentTime > app.player._began_s"):
            places.append(page.run("app.player.position_s"))
        return places if len(places) >= count else None

    return look


@pytest.mark.parametrize("speed", [1, 0.75, 0.5])
def test_the_recording_is_played_slower_at_its_own_pitch(page: Page, song: str, speed: float) -> None:
    sound = np.array(page.driver.execute_async_script(PLAY_RECORDING, speed))
    assert not sound[:4800].any()  # not before its time
    played = sound[4800:]
    time_s = np.arange(len(played)) / 48_000 + 1.0
    tone = 0.4 * np.sin(2 * np.pi * 440 * time_s) * (1 + 0.5 * np.sin(2 * np.pi * 6 * time_s))
    if speed == 1:
        np.testing.assert_allclose(played, tone, atol=1e-5)
    spectrum = np.abs(np.fft.rfft(played * np.hanning(len(played))))
    assert np.fft.rfftfreq(len(played), 1 / 48_000)[spectrum.argmax()] == pytest.approx(440.0, abs=2.0)
    loudness = np.sqrt(np.mean(np.square(played[: len(played) // 480 * 480].reshape(-1, 480)), axis=1))
    swell = np.abs(np.fft.rfft((loudness - loudness.mean()) * np.hanning(len(loudness)), 2000))
    assert np.fft.rfftfreq(2000, 0.01)[swell.argmax()] == pytest.approx(6.0 * speed, abs=0.5)


@pytest.mark.parametrize("voice", ["struck", "plucked", "held"])
def test_voices_begin_when_they_should_and_are_in_tune(page: Page, song: str, voice: str) -> None:
    for pitch in (33, 52, 69, 88):
        sound = np.array(page.driver.execute_async_script(PLAY_NOTE, voice, pitch))
        loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())
        assert loud[0] / 48_000 == pytest.approx(0.1, abs=0.012)
        assert loud[-1] / 48_000 == pytest.approx(0.7, abs=0.12)
        spectrum = np.abs(np.fft.rfft(sound[7200:31_200] * np.hanning(24_000), 1 << 18))
        hz = np.fft.rfftfreq(1 << 18, 1 / 48_000)
        expected_hz = 440 * 2 ** ((pitch - 69) / 12)
        near = (hz > 0.95 * expected_hz) & (hz < 1.05 * expected_hz)
        assert spectrum[near].max() > 0.2 * spectrum.max()
        assert abs(1200 * np.log2(hz[near][spectrum[near].argmax()] / expected_hz)) < 6.0


def test_the_token_is_asked_for_once(page: Page, tmp_path: Path) -> None:
    with server_process(tmp_path, "--token") as (address, process):
        assert process.stderr is not None
        token = process.stderr.readline().split()[-1]
        page.driver.get(address)
        wait_until(lambda: page.the("token").is_displayed())
        page.the("token").send_keys("not the token", Keys.ENTER)
        wait_until(lambda: "not the token" in page.the("login-error").text)
        page.the("token").clear()
        page.the("token").send_keys(token, Keys.ENTER)
        wait_until(lambda: page.driver.execute_script("return document.body.dataset.ready"))
        assert not page.the("login").is_displayed()
        assert token not in page.driver.current_url
        page.driver.get(address)
        wait_until(lambda: page.driver.execute_script("return document.body.dataset.ready"))
        page.driver.get_log("browser")  # type: ignore[no-untyped-call]  # the refusals


def test_two_tabs_agree(page: Page, song: str) -> None:
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    try:
        page.open(f"#{song}")
        wait_until(lambda: page.run("app.doc?.notes.length > 0"))
        count = len(page.notes())
        page.the("roll").click()
        page.keys(Keys.ESCAPE, "n", "n", Keys.DELETE)  # the first is a drum hit
        wait_until(page.is_saved)
        assert len(page.notes()) == count - 1
        page.driver.switch_to.window(first)
        wait_until(lambda: len(page.notes()) == count - 1)
    finally:
        for handle in page.driver.window_handles:
            if handle != first:
                page.driver.switch_to.window(handle)
                page.driver.close()
        page.driver.switch_to.window(first)


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_fits_narrow_screens(page: Page, song: str, scheme: str) -> None:
    try:
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        page.open(f"#{song}")
        wait_until(lambda: page.run("app.doc?.notes.length > 0"))
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= 360
        outside = page.driver.execute_script(
            "const isOut = (box) => box.right > 360.5 || box.left < 0;"
            "const kinds = 'header button, .toolbar button, .transport button, .transport label';"
            "return [...document.querySelectorAll(kinds)]"
            ".filter((e) => e.offsetParent && isOut(e.getBoundingClientRect())).map((e) => e.id || e.textContent)"
        )
        assert outside == []
        page.the("inspector-button").click()
        wait_until(lambda: page.the("notes-slider").is_displayed())
        light = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
        assert (light == "rgb(244, 242, 237)") is (scheme == "light")
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_what_is_edited_survives_a_restart_of_the_page(page: Page, song: str) -> None:
    page.the("roll").click()
    page.keys(Keys.ESCAPE, "n", "n", Keys.ARROW_UP, Keys.ARROW_UP)
    changed = page.notes()
    wait_until(page.is_saved)
    page.open(f"#{song}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0"))
    assert page.notes() == changed
    page.chord(Keys.CONTROL, "z")
    page.chord(Keys.CONTROL, "z")
    assert page.notes() != changed
    assert page.run("app.doc.canUndo") is False
