"""Takes the pictures of the page that docs/serve.md shows, and those to look at after a change of its styles.

    python docs/take_pictures.py FOLDER     # needs chromium and chromedriver, and the extras serve, engrave and train

A server of its own hears examples/song.mp3, looks at pieces of it as a data set and teaches a classifier on them; each
page is taken on a desk's and a phone's screen, dark and light.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
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
COMPARE = """
const select = document.querySelector("#runs .compare select");
select.value = select.options[1].value;
select.dispatchEvent(new Event("change"));
"""
RESIZE = "Emulation.setDeviceMetricsOverride"
JOB_PX = 400  # what the page of a job is higher than a screen

PIECES, PIECE_S = 8, 3.0  # of each class of the data set
FASTER = "training.learning_rate=6e-3"
SETTINGS = [
    "task.sample_rate=8000",
    "task.segment_samples=6561",
    "task.hop_samples=6561",
    "network.sample_cnn.first_samples=3",
    "network.sample_cnn.channels=[16, 16, 16, 16, 24, 24, 32]",
    "augmentation=none",
    "training.epochs=12",
    "training.warm_up_steps=10",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept, tempfile.TemporaryDirectory() as data:
        _write_pieces(Path(data, "pieces"))
        command = [sys.executable, "-m", "mp3tomidi.serve.entry", "serve", "--port", "0", "--folder", kept]
        command += ["--data", f"{data}/pieces"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                address = server.stderr.readline().split()[3]
                request = urllib.request.Request(f"{address}api/recordings?name=song.mp3", SONG.read_bytes())
                urllib.request.urlopen(request).close()
                jobs = _jobs(f"{address}api/")
                for screen in SCREENS:
                    for scheme in ("dark", "light"):
                        _take(address, screen, scheme, folder, jobs)
            finally:
                server.kill()


def _write_pieces(folder: Path) -> None:
    """The song as it is, its lows and its highs: three classes that a small network tells apart."""
    sound, rate = soundfile.read(SONG, dtype="float32")
    mono = sound.mean(axis=1) if sound.ndim > 1 else sound
    lows = np.fft.rfft(mono)
    lows[np.fft.rfftfreq(len(mono), 1.0 / rate) > 300.0] = 0.0
    low = np.fft.irfft(lows, len(mono))
    for name, samples in (("band", mono), ("bass", low), ("cymbals and strings", mono - low)):
        (folder / name).mkdir(parents=True)
        for number in range(PIECES):
            start = round(number * PIECE_S * rate)
            soundfile.write(
                folder / name / f"piece {number + 1}.wav", samples[start : start + round(PIECE_S * rate)], rate
            )


def _jobs(api: str) -> dict[str, str]:
    """The ids of finished jobs by their kind, and of the classified folder."""

    def ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(api + path, content, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def done(kind: str, name: str, **options: Any) -> str:
        id = ask("jobs", {"kind": kind, "name": name, "options": options})["id"]
        while (job := ask(f"jobs/{id}"))["state"] in ("queued", "running"):
            time.sleep(0.5)
        if job["state"] != "done":
            raise RuntimeError(f"{name}: {job['reason']}")
        return str(id)

    look = done("look", "Pieces of a song", place="pieces")
    done("train", "What plays, faster", recipe="folders", data="pieces", changes=[*SETTINGS, FASTER])
    train = done("train", "What plays", recipe="folders", data="pieces", changes=SETTINGS)
    return {"sets": look, "runs": train, "classify": done("classify", "All pieces", place="pieces", classifier=train)}


def _take(address: str, screen: str, scheme: str, folder: Path, jobs: dict[str, str]) -> None:
    width, height, scale, is_mobile = SCREENS[screen]
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--window-size={width},{height}"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    try:
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_mobile}
        driver.execute_cdp_cmd(RESIZE, metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        driver.get(address)
        _wait(driver, "document.body.dataset.ready")
        time.sleep(0.5)
        driver.save_screenshot(str(folder / f"{screen}-{scheme}-start.png"))
        _wait(driver, "[...window.mp3tomidi.library.recordings.values()].every((one) => one.state === 'done')")
        driver.execute_script("window.mp3tomidi.open([...window.mp3tomidi.library.recordings.keys()][0])")
        _wait(driver, "window.mp3tomidi.player.hasSound")
        driver.execute_script("window.mp3tomidi.doc.set({melody: true, bends: true})")
        _wait(driver, "window.mp3tomidi.doc.notes.some((note) => note.melody)")
        _wait(driver, "!window.mp3tomidi.doc.isBending")
        driver.execute_script(WORK)
        time.sleep(1.5)
        driver.save_screenshot(str(folder / f"{screen}-{scheme}.png"))
        driver.execute_script("window.mp3tomidi.score.toggle()")
        _wait(driver, "document.querySelector('#score img')?.complete")
        time.sleep(0.5)
        driver.save_screenshot(str(folder / f"{screen}-{scheme}-score.png"))
        for place in (*jobs, *(f"{mode}/{job}" for mode, job in jobs.items())):
            driver.execute_script("window.mp3tomidi.goTo(arguments[0])", place)
            mode = place.partition("/")[0]
            _wait(driver, f"document.querySelector('#{mode} .card')")
            if place == "sets":
                _wait(driver, "document.querySelectorAll('#sets .preview canvas').length === 3")
            if place.startswith("runs/"):
                driver.execute_script(COMPARE)
                _wait(driver, "document.querySelector('#runs .chart path.dashed')")
            of_job = "-job" if "/" in place else ""
            driver.execute_cdp_cmd(RESIZE, {**metrics, "height": height + JOB_PX if of_job else height})
            time.sleep(1.5)
            driver.save_screenshot(str(folder / f"{screen}-{scheme}-{mode}{of_job}.png"))
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
