"""CONTRIBUTING.md names files and names in them: they are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FILES = re.findall(r"`([\w/.-]+\.(?:py|toml|md))`", TEXT)


def test_every_file_that_is_named_is_there() -> None:
    named = {name for name in FILES if Path(name).name != "NAME.py"}  # stands for the file that is to be made
    assert len(named) > 25
    assert sorted(name for name in named if not (ROOT / name).is_file()) == []


def test_what_is_said_to_be_in_a_file_is_in_it() -> None:
    stated = re.findall(r"`([A-Za-z_]+)`(?: and `([A-Za-z_]+)`)? in\s+`([\w/]+\.py)`", TEXT)
    assert len(stated) >= 5
    for *names, file in stated:
        content = (ROOT / file).read_text(encoding="utf-8")
        for name in filter(None, names):
            assert re.search(rf"^(def |class )?{name}\b", content, re.MULTILINE), f"{file} has no {name}"
