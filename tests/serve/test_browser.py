"""The page in a real browser: a song is dropped, its notes come, are mended, and go out as MIDI."""

from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import mido
import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.security import LOOPBACK, Door

from .browser import Page, page_of
from .servers import SONG, served, wait_until

TOKEN = "a token of enough signs"


@pytest.fixture(scope="module")
def page(driver: webdriver.Chrome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """The page of a server that transcribes what is uploaded, into which the example was dropped."""
    downloads = tmp_path_factory.mktemp("downloads")
    with (
        served(tmp_path_factory.mktemp("server"), Limits()) as address,
        page_of(driver, address, downloads) as page,
    ):
        page.open()
        page.drop(SONG)
        yield page


def test_a_song_is_dropped_decided_again_mended_undone_and_exported(page: Page, page_song: str) -> None:
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
    content = page.client.get(f"/api/recordings/{page_song}/export/mid").content
    wait_until(lambda: exported.read_bytes() == content)
    played = [message for message in mido.MidiFile(file=BytesIO(content)) if message.type == "note_on"]
    assert sum(message.velocity > 0 and message.channel != 9 for message in played) == pytest.approx(
        len(page.notes()), abs=3
    )
    assert page.complaints() == []


def test_notes_are_drawn_dragged_and_stretched_with_the_mouse(page: Page, page_song: str) -> None:
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


def test_bars_and_tempo_are_dragged_on_the_ruler(page: Page, page_song: str) -> None:
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
    changes = page.client.get(f"/api/recordings/{page_song}/transcription").json()["tempo"]
    assert changes[-1]["beats_per_minute"] == pytest.approx(page.run("app.doc.tempo.beats_per_minute"))


def test_a_recording_is_pasted_from_the_clipboard(page: Page, page_song: str, tone: bytes) -> None:
    page.open()
    paste = """
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(arguments[0])], "pasted.wav", {type: "audio/wav"}));
        document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true, cancelable: true}));
    """
    page.driver.execute_script(paste, list(tone))
    wait_until(lambda: page.run("app.recording?.name === 'pasted.wav' && app.recording.state === 'done'"))
    wait_until(lambda: page.run("app.doc.notes.map((note) => note.pitch)") == [69])
    page.client.delete(f"/api/recordings/{page.run('app.recording.id')}")
    wait_until(lambda: page.run("document.body.dataset.view === 'welcome'"))


def test_a_note_tells_under_the_mouse_what_it_is_and_how_sure(page: Page, page_song: str) -> None:
    page.run("(app.roll.fit(), app.roll.draw())")
    note = page.run("app.doc.notes.find((one) => one.offset_s - one.onset_s > 0.2)")
    page.run(f"app.roll.moveTo({note['onset_s']} - 1, {note['pitch']} + 10)")
    x, y = page.run(
        f"[app.roll.x({note['onset_s']} + 0.1) - app.roll.width / 2,"
        f" app.roll.y({note['pitch']}) + app.roll.rowPx / 2 - app.roll.height / 2]"
    )
    ActionChains(page.driver).move_to_element_with_offset(page.the("roll"), round(x), round(y)).perform()
    wait_until(lambda: page.the("tip").is_displayed())
    tip = page.the("tip").text
    names = ["C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B"]
    assert tip.startswith(f"{names[note['pitch'] % 12]}{note['pitch'] // 12 - 1}")
    assert f"velocity {note['velocity']} · {round(100 * note['confidence'])} % sure" in tip


def test_a_loop_is_dragged_over_the_ruler_and_switched_off(page: Page, page_song: str) -> None:
    page.run("(app.roll.fit(), app.roll.moveTo(0, app.roll.top))")
    roll = page.the("roll")
    # From between two bars, whose lines would be dragged, to between two others.
    from_s, to_s = page.run("[0.5, 1.5].map((bar) => app.roll.grid.timeAt((bar + 1) * app.roll.grid.beatsPerBar))")
    x, to_x, width, height = page.run(f"[app.roll.x({from_s}), app.roll.x({to_s}), app.roll.width, app.roll.height]")
    chain = ActionChains(page.driver, duration=20)
    chain.move_to_element_with_offset(roll, round(x - width / 2), round(10 - height / 2)).click_and_hold()
    chain.move_by_offset(round((to_x - x) / 2), 0).move_by_offset(round(to_x - x) - round((to_x - x) / 2), 0)
    chain.release().perform()
    assert page.run("app.player.loop") == page.run("app.roll.loop")
    assert page.run("app.roll.loop") == [pytest.approx(from_s, abs=0.03), pytest.approx(to_s, abs=0.03)]
    page.the("loop").click()
    assert page.run("app.player.loop") is None
    assert page.run("app.roll.loop") is not None


def test_the_token_is_asked_for_once(page: Page, tmp_path: Path) -> None:
    with served(tmp_path, door=Door(LOOPBACK, TOKEN)) as address:
        page.driver.get(address)
        wait_until(lambda: page.the("token").is_displayed())
        page.the("token").send_keys("not the token", Keys.ENTER)
        wait_until(lambda: "not the token" in page.the("login-error").text)
        page.the("token").clear()
        page.the("token").send_keys(TOKEN, Keys.ENTER)
        wait_until(lambda: page.driver.execute_script("return document.body.dataset.ready"))
        assert not page.the("login").is_displayed()
        assert TOKEN not in page.driver.current_url
        page.driver.get(address)
        wait_until(lambda: page.driver.execute_script("return document.body.dataset.ready"))
        page.driver.get("about:blank")  # a server that ends under its page is a complaint
        page.driver.get_log("browser")  # type: ignore[no-untyped-call]  # the refusals


def test_two_tabs_agree(page: Page, page_song: str) -> None:
    first = page.driver.current_window_handle
    page.driver.switch_to.new_window("tab")
    try:
        page.open(f"#{page_song}")
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


def test_the_page_fits_narrow_screens(page: Page, page_song: str) -> None:
    try:
        page.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        )
        page.open(f"#{page_song}")
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
        for scheme in ("dark", "light"):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            light = page.driver.execute_script("return getComputedStyle(document.body).backgroundColor")
            assert (light == "rgb(244, 242, 237)") is (scheme == "light")
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_what_is_edited_survives_a_restart_of_the_page(page: Page, page_song: str) -> None:
    page.the("roll").click()
    page.keys(Keys.ESCAPE, "n", "n", Keys.ARROW_UP, Keys.ARROW_UP)
    changed = page.notes()
    wait_until(page.is_saved)
    page.open(f"#{page_song}")
    wait_until(lambda: page.run("app.doc?.notes.length > 0"))
    assert page.notes() == changed
    page.chord(Keys.CONTROL, "z")
    page.chord(Keys.CONTROL, "z")
    assert page.notes() != changed
    assert page.run("app.doc.canUndo") is False


def test_pages_that_were_left_keep_no_connection(page: Page) -> None:
    """A browser opens six connections to a server: if each visit kept its stream of events, the seventh would wait."""
    for _ in range(8):
        started_s = time.monotonic()
        page.open()
        assert time.monotonic() - started_s < 30.0  # it takes a minute until Chromium gives one up
