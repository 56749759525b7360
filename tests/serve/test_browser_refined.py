"""Pedal, bends and melody on the page."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from .browser import Page
from .servers import wait_until


def track_names(page: Page) -> list[str]:
    names: list[str] = page.driver.execute_script(
        "return [...document.querySelectorAll('#tracks .track-name')].map((one) => one.textContent)"
    )
    return names


def test_melody_and_bends_are_switched_on_shown_moved_and_saved(page: Page, page_song: str) -> None:
    assert track_names(page) == ["Drums"]
    page.the("melody-switch").send_keys(Keys.SPACE)
    wait_until(lambda: "Melody" in track_names(page))
    page.the("bends-switch").click()
    wait_until(lambda: page.run("app.doc.notes.some((note) => note.bend.length)"))
    wait_until(lambda: not page.the("bends-busy").is_displayed())
    assert page.run("app.doc.notes.filter((note) => note.melody).every((note) => app.roll.colourOf(note) === 999)")

    page.run("app.editing.select([app.doc.notes.find((note) => note.bend.length).id])")
    before = page.run("app.editing.selection[0]")
    page.the("roll").send_keys(Keys.ARROW_RIGHT)
    after = page.run("app.editing.selection[0]")
    assert after["onset_s"] == pytest.approx(before["onset_s"] + 0.01)
    assert after["bend"] == [[pytest.approx(time_s + 0.01), cents] for time_s, cents in before["bend"]]
    wait_until(page.is_saved)

    page.the("export-button").click()
    page.driver.find_element(By.CSS_SELECTOR, "[data-format=mpe]").click()
    exported = page.downloads / "my song.mid"
    wait_until(exported.exists)
    content = page.client.get(f"/api/recordings/{page_song}/export/mid", params={"mpe": "true"}).content
    wait_until(lambda: exported.read_bytes() == content)
    assert content != page.client.get(f"/api/recordings/{page_song}/export/mid").content

    page.open(f"#{page_song}")  # the settings are the document's
    wait_until(lambda: page.run("app.doc?.notes.some((note) => note.bend.length)"))
    assert page.the("melody-switch").is_selected()
    assert page.the("bends-switch").is_selected()
    assert page.run(f"app.doc.events.get('{after['id']}').bend") == after["bend"]
    page.the("bends-switch").click()  # what was mended keeps its bend
    wait_until(lambda: page.run("app.doc.notes.filter((note) => note.bend.length).length") == 1)
    assert page.complaints() == []


def test_mpe_is_offered_once_notes_bend(page: Page, page_song: str) -> None:
    page.the("export-button").click()
    item = page.driver.find_element(By.CSS_SELECTOR, "[data-format=mpe]")
    assert not item.is_enabled()
    assert "with Bends switched on" in item.text
    page.keys(Keys.ESCAPE)


def test_a_muted_melody_is_not_played_and_its_notes_stay(page: Page, page_song: str) -> None:
    page.the("melody-switch").click()
    wait_until(lambda: "Melody" in track_names(page))
    count = len(page.notes())
    page.driver.find_element(By.CSS_SELECTOR, "#tracks li [aria-label=Mute]").click()
    heard = page.run("app.doc.notes.filter((note) => app.tracks.isHeard(note)).map((note) => note.melody)")
    assert heard and not any(heard)
    assert len(page.notes()) == count


def test_the_pedal_has_a_lane_of_its_own(page: Page, page_song: str) -> None:
    before = page.run("[app.roll.bottom, app.roll.lanesTop]")
    assert before[0] == before[1]
    page.run(
        "(app.doc.decoded.pedal = [{time_s: 1, down: true}, {time_s: 2.5, down: false}, {time_s: 3, down: true}],"
        "app.doc._refold())"
    )
    assert page.run("app.doc.pedal") == [[1, 2.5], [3, page.run("app.doc.decoded.duration_s")]]
    assert page.run("app.roll.lanesTop - app.roll.bottom") > 0
    assert "Sustain pedal" in track_names(page)
    x, y = page.run("[app.roll.x(2) - app.roll.width / 2, app.roll.bottom + 7 - app.roll.height / 2]")
    ActionChains(page.driver).move_to_element_with_offset(page.the("roll"), round(x), round(y)).perform()
    wait_until(lambda: "down from 0:01.00 to 0:02.50" in page.the("tip").text)
    count = len(page.notes())
    page.the("tool-draw").click()
    ActionChains(page.driver).move_to_element_with_offset(page.the("roll"), round(x), round(y)).click().perform()
    page.the("tool-select").click()
    assert len(page.notes()) == count, "nothing is drawn on the pedal's lane"
