"""A browser (Debian's Chromium) with the page in it.

Where the continuous integration runs (CI=true) a missing browser is a failure; elsewhere its tests are skipped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from .servers import wait_until

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


@contextmanager
def page_of(driver: webdriver.Chrome, address: str, downloads: Path) -> Iterator[Page]:
    """The page of a server; what the browser loads goes to `downloads`.

    Each server has a port, hence an origin, of its own, so a browser that others have used keeps nothing of them.
    """
    driver.get("about:blank")
    driver.get_log("browser")  # what it had to say against others
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(downloads)})
    with httpx.Client(base_url=address, timeout=60.0) as client:
        yield Page(driver, client, downloads)
    driver.get("about:blank")  # so that no stream of events keeps the server


def open_browser() -> webdriver.Chrome:
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
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(options=options, service=Service(driver))
