"""Takes the pictures of the page that docs/serve.md shows, and those to look at after a change of its styles.

    python docs/take_pictures.py FOLDER     # needs chromium and chromedriver, and the extra "serve"

A server of its own hears examples/song.mp3; the page is taken on a desk's and a phone's screen, dark and light.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

SONG = Path(__file__).parents[1] / "examples" / "song.mp3"
SCREENS = {"desk": (1440, 900, 1, False), "phone": (360, 740, 2, True)}
WORK = """
const app = window.mp3tomidi;
app.transport.seek(6.4);
app.transport.setLoop([4.5, 8], true);
app.editing.select(app.roll.eventsIn({from_s: 5.2, to_s: 6.2, top: 100, bottom: 330}).map((event) => event.id));
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept:
        command = [sys.executable, "-m", "mp3tomidi.serve.entry", "serve", "--port", "0", "--folder", kept]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                address = server.stderr.readline().split()[3]
                request = urllib.request.Request(f"{address}api/recordings?name=song.mp3", SONG.read_bytes())
                urllib.request.urlopen(request).close()
                for screen in SCREENS:
                    for scheme in ("dark", "light"):
                        _take(address, screen, scheme, folder)
            finally:
                server.kill()


def _take(address: str, screen: str, scheme: str, folder: Path) -> None:
    width, height, scale, is_mobile = SCREENS[screen]
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_mobile}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get(address)
        _wait(driver, "document.body.dataset.ready")
        time.sleep(0.5)
        driver.save_screenshot(str(folder / f"{screen}-{scheme}-start.png"))
        _wait(driver, "[...window.mp3tomidi.library.recordings.values()].every((one) => one.state === 'done')")
        driver.execute_script("window.mp3tomidi.open([...window.mp3tomidi.library.recordings.keys()][0])")
        _wait(driver, "window.mp3tomidi.player.hasSound")
        driver.execute_script(WORK)
        time.sleep(1.5)
        driver.save_screenshot(str(folder / f"{screen}-{scheme}.png"))
    finally:
        driver.quit()


def _wait(driver: webdriver.Chrome, condition: str) -> None:
    end = time.monotonic() + 120.0
    while not driver.execute_script(f"return {condition}"):
        if time.monotonic() > end:
            raise TimeoutError(condition)
        time.sleep(0.1)


if __name__ == "__main__":
    main()
