"""Data sets, runs and classifiers in a real browser: a sample is tried, a network is taught, a recording classified."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementNotInteractableException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from .browser import Page, page_of
from .lab_data import finished
from .servers import served
from .servers import wait_until as wait_for

STEPS_OF_CURVE = """(() => {
  const path = document.querySelector("#runs .chart path.line");
  return path ? path.getAttribute("d").split(/[ML]/).length - 1 : 0;
})()"""


def wait_until(is_so: Callable[[], Any]) -> Any:
    """Longer than elsewhere: each job imports torch."""
    return wait_for(is_so, 180.0)


@pytest.fixture
def page(driver: webdriver.Chrome, tones: Path, tmp_path: Path) -> Iterator[Page]:
    with served(tmp_path / "server", data=[tones]) as address, page_of(driver, address, tmp_path) as page:
        yield page


def press(page: Page, text: str, within: str = "main") -> None:
    """Click the button with this text as soon as it is there; a page that is drawn anew may take it away again."""
    path = f"//{within}//button[(normalize-space()={text!r} or span[normalize-space()={text!r}]) and not(@disabled)]"

    def clicked() -> bool:
        try:
            for button in page.driver.find_elements(By.XPATH, path):
                if button.is_displayed():
                    page.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
                    button.click()
                    return True
        except (ElementNotInteractableException, StaleElementReferenceException):
            pass
        return False

    wait_until(clicked)


def shown(page: Page, css: str) -> str:
    """The text of all elements, read in one step: a page that is drawn anew between two takes elements away."""
    texts = "return [...document.querySelectorAll(arguments[0])].map((one) => one.innerText.trim()).join(' ')"
    return str(page.driver.execute_script(texts, css))


def test_a_sample_is_tried_and_a_folder_looked_at(page: Page) -> None:
    page.open("#sets")
    wait_until(lambda: "the same, byte for byte" in shown(page, "#sets .preview"))
    assert "16 sounds in 2 folders" in shown(page, "#sets .choose")
    assert page.run("app.lab.pages.sets.known.recipes.some((recipe) => recipe.name === 'studio')")
    first = shown(page, "#sets .drawn")
    press(page, "Another draw")
    wait_until(lambda: shown(page, "#sets .drawn") not in ("", first))
    Select(page.driver.find_element(By.CSS_SELECTOR, "#sets .card select")).select_by_value("phone")
    wait_until(lambda: "phone" in shown(page, "#sets .drawn"))
    while remove := page.driver.find_elements(By.CSS_SELECTOR, "#sets [aria-label^='Remove']"):
        remove[0].send_keys(Keys.ENTER)  # a group takes its steps along
    wait_until(lambda: "Add an effect" in shown(page, "#sets .preview-state"))
    Select(page.driver.find_element(By.CSS_SELECTOR, "#sets .step-list > .row select")).select_by_value("reverb")
    page.driver.find_element(By.CSS_SELECTOR, "#sets .parameters summary").click()
    lowest = page.driver.find_element(By.CSS_SELECTOR, "#sets [aria-label='rt60, s, lowest']")
    lowest.clear()
    lowest.send_keys("0.7", Keys.TAB)

    press(page, "Look at it")
    wait_until(lambda: page.driver.find_elements(By.CSS_SELECTOR, "#sets .sheet .tile"))
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "#sets .sheet .tile")) == 16
    assert "high" in shown(page, "#sets .bars") and "16" in shown(page, "#sets .facts")
    assert page.complaints() == []


def test_a_run_is_begun_its_curve_grows_it_is_stopped_resumed_ended_and_classifies(page: Page) -> None:
    page.open("#runs")
    press(page, "Choose a recipe")
    press(page, "tones", "dialog")
    press(page, "recipe.toml", "dialog")
    press(page, "Choose a folder")
    press(page, "tones", "dialog")
    press(page, "Use this folder", "dialog")
    changes = page.driver.find_element(By.CSS_SELECTOR, "#runs textarea")
    changes.send_keys("training.epochs = 100000", Keys.ENTER, "training.patience_epochs = 0")
    press(page, "Start the run")
    wait_until(lambda: page.run(STEPS_OF_CURVE) >= 2)
    before = page.run(STEPS_OF_CURVE)
    wait_until(lambda: page.run(STEPS_OF_CURVE) > before)
    press(page, "Stop")
    wait_until(lambda: "stopped" in shown(page, "#runs .job-state"))
    before = page.run(STEPS_OF_CURVE)
    press(page, "Resume")
    wait_until(lambda: page.run(STEPS_OF_CURVE) > before + 1)
    press(page, "Stop")
    wait_until(lambda: "stopped" in shown(page, "#runs .job-state"))
    press(page, "End it here")
    run = page.run("app.lab.current")
    finished(page.client, run)
    assert page.client.get(f"/api/jobs/{run}/weights").status_code == 200
    wait_until(lambda: "right of" in shown(page, "#runs .big-figure"))
    press(page, "Classify with it")
    press(page, "Choose a sound")
    press(page, "tones", "dialog")
    press(page, "low", "dialog")
    press(page, "low-0.wav", "dialog")
    wait_until(lambda: "%" in shown(page, "#classify .big-figure"))
    answer = page.client.get(f"/api/classifiers/{run}/classify", params={"place": "tones/low/low-0.wav"}).json()
    assert shown(page, "#classify .big-figure").startswith(answer["top"][0]["class"])
    assert len(page.driver.find_elements(By.CSS_SELECTOR, "#classify .layer")) > 6
    assert page.complaints() == []
