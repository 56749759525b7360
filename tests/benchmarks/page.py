"""How quickly the page answers: sliders on four minutes of music, and a roll with 20,000 notes.

    python tests/benchmarks/page.py [SOUND]     # needs chromium and chromedriver

SOUND (examples/song.mp3) is repeated to three minutes, then to four, and heard by a server of its own. Printed are the
time to the first notes after an upload, that of a slider (to the server and back, with all that the page does then),
and, by its own trace, the frames that the browser draws a second while the roll scrolls over 20,000 notes. On a machine
that does other things, too, look at the processor times beside them: what the server and its processes used until the
first notes, and what an animation frame's scripts take (16.7 ms are there for a frame).
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
import numpy as np
import soundfile
from browser_trace import traced
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from mp3tomidi.transcribe.audio.reading import read

SHORT_S, LENGTH_S = 180.0, 240.0
NOTES = 20_000
FRAMES = 300
SLIDER = """
const done = arguments[1], app = window.mp3tomidi, started = performance.now();
app.doc.addEventListener("change", () => done(performance.now() - started), {once: true});
void app.doc.set({notes: arguments[0]});
"""
MANY = """
const app = window.mp3tomidi, notes = [];
for (let i = 0; i < arguments[0]; i++) {
  const onset_s = (i * 240) / arguments[0];
  const [pitch, velocity, program] = [30 + ((i * 37) % 70), 20 + ((i * 13) % 100), (i * 7) % 4];
  notes.push({id: "m" + i, onset_s, offset_s: onset_s + 0.3, pitch, velocity, program, confidence: 1});
}
app.doc.decoded = {...app.doc.decoded, notes};
app.doc._refold();
app.roll.fit(arguments[1]);
"""
SCROLL = """
const [frames, done] = arguments, { roll } = window.mp3tomidi;
let frame = 0;
const step = () => {
  roll.moveTo((frame / frames) * 200, roll.top);
  if (++frame < frames) requestAnimationFrame(step);
  else done();
};
requestAnimationFrame(step);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    song = Path(__file__).parents[2] / "examples" / "song.mp3"
    parser.add_argument("sound", nargs="?", type=Path, default=song)
    sound = parser.parse_args().sound
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "mp3tomidi.serve.entry", "serve", "--port", "0", "--folder", folder]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                assert server.stderr is not None
                address = server.stderr.readline().split()[3]
                with httpx.Client(base_url=address, timeout=120.0) as client:
                    _measure_first_notes(client, _repeated(sound, SHORT_S), server.pid)
                    _measure(client, _repeated(sound, LENGTH_S))
            finally:
                server.kill()


def _repeated(path: Path, length_s: float) -> bytes:
    sound = read(path, mono=True)
    repeats = int(np.ceil(length_s / sound.duration_s))
    file = io.BytesIO()
    samples = np.tile(sound.samples, repeats)[: round(length_s * sound.sample_rate)]
    soundfile.write(file, samples, sound.sample_rate, format="FLAC")
    return file.getvalue()


def _measure_first_notes(client: httpx.Client, content: bytes, server: int) -> None:
    """Once the server's networks are loaded, as they are when somebody has opened the page."""
    time.sleep(8.0)
    used_s, started_s = _processor_s(server), time.monotonic()
    id = client.post("/api/recordings", params={"name": "three minutes"}, content=content).json()["id"]
    while not client.get(f"/api/recordings/{id}/preview").json()["notes"]:
        time.sleep(0.02)
    passed_s, used_s = time.monotonic() - started_s, _processor_s(server) - used_s
    load = os.getloadavg()[0]
    print(
        f"{SHORT_S:.0f} s: first notes after {passed_s:.1f} s, {used_s:.1f} s of processor (load {load:.0f})",
        flush=True,
    )
    while client.get(f"/api/recordings/{id}").json()["state"] == "hearing":
        time.sleep(0.1)


def _processor_s(server: int) -> float:
    """What a process and its children have used (Linux)."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if server in (int(path.parent.name), int(fields[1])):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _measure(client: httpx.Client, content: bytes) -> None:
    driver = _browser()
    try:
        driver.get(str(client.base_url))
        time.sleep(3.0)
        started_s = time.monotonic()
        id = client.post("/api/recordings", params={"name": "four minutes"}, content=content).json()["id"]
        while client.get(f"/api/recordings/{id}").json()["state"] != "done":
            time.sleep(0.1)
        print(f"all of {LENGTH_S:.0f} s heard, drawn and playable after {time.monotonic() - started_s:.1f} s")
        driver.get("about:blank")
        driver.get(f"{client.base_url}#{id}")
        while not driver.execute_script("return window.mp3tomidi?.doc?.notes.length > 0"):
            time.sleep(0.1)
        time.sleep(3.0)
        thresholds = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.35, 0.45, 0.55, 0.65]
        slider_ms = []
        for threshold in thresholds:
            slider_ms.append(float(driver.execute_async_script(SLIDER, threshold)))
            time.sleep(1.5)  # until what the slider gives is there with its instruments, too
        print(f"slider: {statistics.median(slider_ms):.0f} ms, at most {max(slider_ms):.0f} ms")
        for all_of_it in (False, True):
            driver.execute_script(MANY, NOTES, all_of_it)
            driver.execute_async_script(SCROLL, FRAMES // 5)  # what is fetched or made once
            with traced(driver) as trace:
                driver.execute_async_script(SCROLL, FRAMES)
            shown_s, script_ms = trace.shown_s(), trace.script_ms()
            print(
                f"{NOTES} notes, {'all of it' if all_of_it else '14 s'} shown, by the browser's trace: "
                f"{(len(shown_s) - 1) / np.ptp(shown_s):.1f} frames a second, 19 of 20 within "
                f"{1000.0 * np.percentile(np.diff(shown_s), 95):.0f} ms of the one before; scripts take "
                f"{np.median(script_ms):.1f} ms of each, 19 of 20 within {np.percentile(script_ms, 95):.1f} ms",
                flush=True,
            )
    finally:
        driver.quit()


def _browser() -> webdriver.Chrome:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1440,900"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver") or "chromedriver"))
    driver.set_script_timeout(120)
    return driver


if __name__ == "__main__":
    main()
