"""axe's checks of every page, in dark and light, wide and narrow."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_selenium_python import Axe
from selenium import webdriver

from .browser import Page, page_of
from .lab_data import finished, start, write_tones
from .servers import served, wait_until

OUTDATED = ("aria-valid-attr", "definition-list", "dlitem")
"""Rules of the axe on the package index that do not know aria-roledescription (ARIA 1.1) nor groups in a dl (HTML 5.2);
newer versions, as npm has them, accept both."""
SCREENS = {"wide, dark": (1280, 820, "dark"), "narrow, light": (360, 740, "light")}


@pytest.fixture(scope="module")
def page(driver: webdriver.Chrome, tone_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    tones = tmp_path_factory.mktemp("data") / "tones"
    write_tones(tones, 2)
    folder = shutil.copytree(tone_folder, tmp_path_factory.mktemp("server") / "server")
    driver.set_script_timeout(120)
    with (
        served(folder, data=[tones]) as address,
        page_of(driver, address, tmp_path_factory.mktemp("downloads")) as page,
    ):
        finished(page.client, start(page.client, "look", place="tones"))
        yield page
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.parametrize("screen", SCREENS)
def test_every_page_passes_axe_and_fits(page: Page, screen: str) -> None:
    width, height, scheme = SCREENS[screen]
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 640}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
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
    rules = {rule: {"enabled": False} for rule in OUTDATED}
    options = json.dumps({"rules": rules, "resultTypes": ["violations"]})  # which is pasted into a script
    found: list[dict[str, Any]] = axe.run(options=options)["violations"]
    return [f"{one['id']}: {one['help']}, {one['nodes'][0]['html'][:200]}" for one in found]
