"""What the page plays: in time, in tune, in a loop and at half speed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

from .browser import Page
from .servers import wait_until

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


@pytest.fixture(scope="module")
def open_page(page: Page) -> Page:
    """The page, with whatever is shown in it."""
    page.open()
    return page


def test_it_plays_both_in_a_loop_at_half_speed_and_stops(page: Page, page_song: str) -> None:
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
def test_the_recording_is_played_slower_at_its_own_pitch(open_page: Page, speed: float) -> None:
    sound = np.array(open_page.driver.execute_async_script(PLAY_RECORDING, speed))
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
def test_voices_begin_when_they_should_and_are_in_tune(open_page: Page, voice: str) -> None:
    for pitch in (33, 52, 69, 88):
        sound = np.array(open_page.driver.execute_async_script(PLAY_NOTE, voice, pitch))
        loud = np.flatnonzero(np.abs(sound) > 0.1 * np.abs(sound).max())
        assert loud[0] / 48_000 == pytest.approx(0.1, abs=0.012)
        assert loud[-1] / 48_000 == pytest.approx(0.7, abs=0.12)
        spectrum = np.abs(np.fft.rfft(sound[7200:31_200] * np.hanning(24_000), 1 << 18))
        hz = np.fft.rfftfreq(1 << 18, 1 / 48_000)
        expected_hz = 440 * 2 ** ((pitch - 69) / 12)
        near = (hz > 0.95 * expected_hz) & (hz < 1.05 * expected_hz)
        assert spectrum[near].max() > 0.2 * spectrum.max()
        assert abs(1200 * np.log2(hz[near][spectrum[near].argmax()] / expected_hz)) < 6.0
