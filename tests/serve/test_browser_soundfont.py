"""A soundfont of the user's plays the notes in the browser: in time, in tune, and again the next time."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from .browser import Page
from .servers import wait_until

FONT = Path(str(files("pretty_midi") / "TimGM6mb.sf2"))
RATE = 48_000
# Plays a note from 0.1 to 0.7 s; what comes out of both outputs of the font's player.
PLAY = """
const [pitch, bend, output, done] = arguments, context = new OfflineAudioContext(2, 48000, 48000);
(async () => {
  const { Soundfont } = await import("/static/soundfont/font_sounds.js");
  const { kept } = await import("/static/soundfont/font_store.js");
  const font = await Soundfont.read(context, await (await kept()).arrayBuffer());
  const merger = context.createChannelMerger(2);
  merger.connect(context.destination);
  const sounds = [0, 1].map((index) => {
    const mono = context.createGain();
    Object.assign(mono, {channelCount: 1, channelCountMode: "explicit"});
    mono.connect(merger, 0, index);
    return font.sounds(index, mono);
  });
  sounds[output].play({pitch, velocity: 100, program: 73, bend}, 0.1, 0.6);
  if (!pitch) sounds[output].strike(38, 100, 0.1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const sound = await context.startRendering();
  done([0, 1].map((channel) => Array.from(sound.getChannelData(channel))));
})().catch((error) => done(String(error)));
"""
LOUDEST = """(() => {
  const { player } = app;
  if (!player.context) return 0;
  window.ear ??= player.context.createAnalyser();
  player._mix.result.connect(window.ear);
  const samples = new Float32Array(2048);
  window.ear.getFloatTimeDomainData(samples);
  return Math.max(...samples);
})()"""


@pytest.fixture
def with_font(page: Page, page_song: str) -> Iterator[Page]:
    choose(page, FONT)
    wait_until(
        lambda: page.the("font-name").text == FONT.name and not page.the("font-button").get_attribute("aria-busy")
    )
    yield page
    if page.the("font-remove").is_displayed():
        page.the("font-remove").click()
        wait_until(lambda: not page.the("font-remove").is_displayed())


def choose(page: Page, path: Path) -> None:
    page.the("font-file").send_keys(str(path))


def played(page: Page, pitch: int, bend: list[tuple[float, float]], output: int) -> np.ndarray:
    """[2, 48_000]: what both outputs give."""
    sound = page.driver.execute_async_script(PLAY, pitch, bend, output)
    assert not isinstance(sound, str), sound
    return np.array(sound)


def cents_off(sound: np.ndarray, expected_hz: float) -> float:
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 1 << 18))
    hz = np.fft.rfftfreq(1 << 18, 1 / RATE)
    near = (hz > 0.9 * expected_hz) & (hz < 1.1 * expected_hz)
    assert spectrum[near].max() > 0.2 * spectrum.max()
    return float(1200 * np.log2(hz[near][spectrum[near].argmax()] / expected_hz))


def test_it_plays_in_time_and_in_tune_on_the_output_that_is_asked_for(with_font: Page) -> None:
    for output in (0, 1):
        sound = played(with_font, 69, [], output)
        assert not sound[1 - output].any()
        loud = np.flatnonzero(np.abs(sound[output]) > 0.1 * np.abs(sound[output]).max())
        assert not sound[output, : round(0.1 * RATE)].any()
        assert loud[0] / RATE == pytest.approx(0.1, abs=0.03)  # a flute speaks slowly
        assert loud[-1] / RATE < 0.95
        assert cents_off(sound[output, round(0.3 * RATE) : round(0.65 * RATE)], 440.0) == pytest.approx(0.0, abs=10.0)


def test_compressed_samples_may_be_decoded(page: Page, page_song: str) -> None:
    """The decoder of SF3's samples is WebAssembly, which the page's policy must let it compile."""
    compile = "WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => 'compiled', String)"
    script = f"const done = arguments[0]; {compile}.then(done)"
    assert page.driver.execute_async_script(script) == "compiled"


def test_a_bend_is_followed_and_ends_with_its_note(with_font: Page) -> None:
    bent = played(with_font, 69, [(0.0, 0.0), (0.2, 150.0), (0.6, 150.0)], 0)[
        0, round(0.35 * RATE) : round(0.65 * RATE)
    ]
    assert cents_off(bent, 440.0 * 2 ** (150 / 1200)) == pytest.approx(0.0, abs=12.0)


def test_the_page_plays_by_it_now_and_the_next_time_until_it_is_taken_away(with_font: Page, page_song: str) -> None:
    page = with_font

    def is_heard() -> None:
        page.the("roll").click()
        page.keys("3", Keys.HOME, Keys.SPACE)
        wait_until(lambda: page.run(LOUDEST) > 0.01)
        page.keys(Keys.SPACE)

    assert page.run("app.player.font !== null")
    is_heard()
    page.open(f"#{page_song}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0 && app.player.hasSound"))
    wait_until(lambda: page.the("font-name").text == FONT.name)
    is_heard()
    assert page.run("app.player.font !== null")
    page.the("font-remove").click()
    wait_until(lambda: page.run("app.player.font === null"))
    is_heard()
    page.open(f"#{page_song}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0 && app.player.hasSound"))
    assert page.the("font-name").text == "Plain tones"
    assert page.complaints() == []


def test_what_is_no_soundfont_is_said_and_changes_nothing(page: Page, page_song: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.sf2"
    path.write_bytes(b"RIFF" + bytes(range(200)))
    choose(page, path)
    wait_until(lambda: "broken.sf2: this soundfont cannot be read" in page.the("toasts").text)
    assert page.the("font-name").text == "Plain tones"
    assert page.run("app.player.font === null")
