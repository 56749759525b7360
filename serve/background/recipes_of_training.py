"""Recipes of training as the page lists them: read as TOML only, so that the server loads no torch."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.places import Places

CLASSIFIER, NETWORK = "classifier", "network"
_OTHER_COMMANDS = ("experiments", "one_shots")  # of mp3tomidi-train, which the page does not run


def shipped() -> list[dict[str, Any]]:
    """Name, what it teaches, and its text, of every recipe that comes along; those for folders first."""
    classifiers = [_described(path, CLASSIFIER) for path in sorted((_folder() / "classify").glob("*.toml"))]
    classifiers.sort(key=lambda recipe: recipe["name"] != "folders")
    networks = [
        _described(path, NETWORK) for path in sorted(_folder().glob("*.toml")) if path.stem not in _OTHER_COMMANDS
    ]
    return classifiers + networks


def find(name: str, places: Places) -> tuple[str, str]:
    """What a recipe teaches, and what the command line calls it: a name or a file. Raises RefusalError."""
    for recipe in shipped():
        if recipe["name"] == name:
            is_network = recipe["teaches"] == NETWORK
            return recipe["teaches"], str(_folder() / f"{name}.toml") if is_network else name
    if not name.endswith(".toml"):
        raise RefusalError(422, f"there is no recipe {name!r}")
    path = places.path(name)
    try:
        mapping = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusalError(422, f"{name} cannot be read as TOML ({error})") from error
    is_classifier = "task" in mapping or "classes" in mapping or mapping.get("kind") == CLASSIFIER
    return CLASSIFIER if is_classifier else NETWORK, str(path)


def _described(path: Path, teaches: str) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8")
    about = [line.removeprefix("#").strip() for line in text.split("\n") if line.startswith("#")]
    return {"name": path.stem, "teaches": teaches, "about": about[0] if about else "", "text": text}


def _folder() -> Path:
    return Path(str(resources.files("mp3tomidi.train") / "recipes"))
