"""axe's checks of every page, in dark and light, wide and narrow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from axe_selenium_python import Axe

from .browser import Page, open_browser
from .lab_data import finished, start, write_tones
from .servers import server_process, wait_until

OUTDATED = ("aria-valid-attr", "definition-list", "dlitem")
"""Rules of the axe on the package index that do not know aria-roledescription (ARIA 1.1) nor groups in a dl (HTML 5.2);
newer versions, as npm has them, accept both."""
SCREENS = {"wide, dark": (1280, 820, "dark"), "narrow, light": (360, 740, "light")}


@pytest.fixture(scope="module")
def page(tone: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    tones = tmp_path_factory.mktemp("data") / "tones"
    write_tones(tones, 2)
    downloads = tmp_path_factory.mktemp("downloads")
    driver = open_browser(downloads)
    driver.set_script_timeout(120)
    try:
        with (
            server_process(tmp_path_factory.mktemp("server"), "--data", str(tones)) as (address, _),
            httpx.Client(base_url=address, timeout=60.0) as client,
        ):
            client.post("/api/recordings", params={"name": "tone.wav"}, content=tone)
            finished(client, start(client, "look", place="tones"))
            yield Page(driver, client, downloads)
    finally:
        driver.quit()


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_passes_axe_and_fits(page: Page, screen: str) -> None:
    width, height, scheme = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    wait_until(lambda: page.client.get("/api/recordings").json()["recordings"][0]["state"] == "done", 120.0)
    song = page.client.get("/api/recordings").json()["recordings"][0]["id"]
    job = page.client.get("/api/jobs").json()["jobs"][0]["id"]
    shown = {
        "": "#choose-button",
        song: "#tracks li",
        "sets": "#sets .preview .tile",
        f"sets/{job}": "#sets .sheet .tile",
        "runs": "#runs .card",
        "classify": "#classify .card",
    }
    for fragment, there in shown.items():
        page.open(f"#{fragment}")
        wait_until(
            lambda css=there: page.driver.execute_script("return document.querySelector(arguments[0])", css), 180
        )
        assert page.driver.execute_script("return document.documentElement.scrollWidth") <= width, fragment
        assert violations(page) == [], (screen, fragment)


def violations(page: Page) -> list[str]:
    axe = Axe(page.driver)
    axe.inject()
    options = json.dumps({"rules": {rule: {"enabled": False} for rule in OUTDATED}})  # which is pasted into a script
    found: list[dict[str, Any]] = axe.run(options=options)["violations"]
    return [f"{one['id']}: {one['help']}, {one['nodes'][0]['html'][:200]}" for one in found]
