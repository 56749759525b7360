"""A whole session by the keyboard alone: no click, no script that acts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.keys import Keys

from mp3tomidi.serve.limits import Limits

from .browser import Page, page_of
from .servers import SONG, served, wait_until

MOST_TABS = 80


@pytest.fixture
def empty_page(driver: webdriver.Chrome, tmp_path: Path) -> Iterator[Page]:
    with served(tmp_path / "server", Limits()) as address, page_of(driver, address, tmp_path) as page:
        yield page
        driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", {"enabled": False})


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is looked for has the focus, which must be seen."""
    for _ in range(MOST_TABS):
        if page.driver.execute_script("return document.activeElement.matches(arguments[0])", selector):
            assert page.driver.execute_script("return document.activeElement.matches(':focus-visible')")
            return
        page.keys(Keys.TAB)
    raise AssertionError(f"no Tab leads to {selector}")


def test_a_session_by_keys_alone(empty_page: Page) -> None:
    page = empty_page
    page.open()
    # The dialog of the system cannot be typed into: what it is opened for is put in its place.
    page.driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", {"enabled": True})
    tab_to(page, "#choose-button")
    page.keys(Keys.ENTER)
    page.the("files").send_keys(str(SONG))
    wait_until(lambda: page.run("app.recording?.state === 'done' && app.doc.notes.length > 0"))
    count = len(page.notes())

    tab_to(page, "#roll")
    page.keys("n")
    chosen = page.run("app.editing.selection")
    while chosen[0]["kind"] != "note":
        page.keys("n")
        chosen = page.run("app.editing.selection")
    page.keys(Keys.ARROW_UP, Keys.ARROW_RIGHT)
    moved = page.run("app.editing.selection[0]")
    assert moved["pitch"] == chosen[0]["pitch"] + 1
    assert moved["onset_s"] == pytest.approx(chosen[0]["onset_s"] + 0.01)
    page.keys(Keys.DELETE)
    assert len(page.notes()) == count - 1
    page.chord(Keys.CONTROL, "z")
    assert len(page.notes()) == count
    assert page.run(f"app.doc.events.get('{moved['id']}')") == moved

    tab_to(page, "#notes-slider")
    page.keys(Keys.ARROW_LEFT)
    wait_until(lambda: page.run("app.doc.settings.notes") is not None)
    tab_to(page, "#notes-auto")
    page.keys(Keys.SPACE)
    wait_until(lambda: page.run("app.doc.settings.notes") is None)
    tab_to(page, "#melody-switch")
    page.keys(Keys.SPACE)
    wait_until(lambda: page.run("app.doc.notes.some((note) => note.melody)"))

    tab_to(page, "#export-button")
    page.keys(Keys.ENTER)
    tab_to(page, "[data-format=mid]")
    page.keys(Keys.ENTER)
    exported = page.downloads / "song.mid"
    wait_until(exported.exists)
    id = page.run("app.recording.id")
    content = page.client.get(f"/api/recordings/{id}/export/mid").content
    wait_until(lambda: exported.read_bytes() == content)
    assert page.complaints() == []
