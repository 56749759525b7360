"""Recipes as TOML: what the standard library reads and does not write."""

from __future__ import annotations

import json
from typing import Any


def to_toml(recipe: dict[str, Any]) -> str:
    """A recipe of effects as its TOML file says it; its name is that of the file."""
    lines = [f"description = {_value(recipe.get('description', ''))}"]
    for step in recipe.get("steps", []):
        lines += ["", "[[steps]]"]
        lines += [f"{key} = {_value(value)}" for key, value in step.items()]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    """Inline. TOML's strings, numbers and booleans are written as JSON's are."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(each) for each in value) + "]"
    return json.dumps(value).replace("\x7f", "\\u007f")
