"""Checks what TOML and JSON files say against dataclasses, by pydantic, and says in one line what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from mp3tomidi.transcribe.dataclass_parsing import SettingsError

_MUST_BE = {
    "bool_type": "true or false",
    "dataclass_type": "a table",
    "dict_type": "a table",
    "float_type": "a number",
    "int_type": "a whole number",
    "string_type": "a text in quotes",
    "tuple_type": "a list",
}


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    config = ConfigDict(extra="forbid", strict=True)
    return TypeAdapter(tuple[kind], config=config)  # of a dataclass by itself pydantic takes no configuration


def checked(kind: Any, mapping: Mapping[str, Any]) -> Any:
    """`mapping` as an instance of a dataclass, or of one of those in a tagged union.

    Lists become tuples and whole numbers floats where these are asked for; nothing else is converted.
    Raises SettingsError, which names the setting.
    """
    try:
        return _adapter(kind).validate_json(json.dumps([mapping], default=str))[0]
    except ValidationError as error:
        found = error.errors()
        misspelt = [one for one in found if one["type"] == "unexpected_keyword_argument"]
        is_union = get_origin(kind) is Annotated
        raise SettingsError(_line((misspelt or found)[0], path_from=2 if is_union else 1)) from error


def _line(error: ErrorDetails, path_from: int) -> str:
    """What is wrong, in one line. The path of the setting begins behind its place in the tuple, and a union's tag."""
    context, problem = error.get("ctx", {}), error["type"]
    path = [str(part) for part in error["loc"][path_from:]]
    where, table = (".".join(parts) or "the top level" for parts in (path, path[:-1]))
    match problem:
        case "union_tag_invalid":
            return f"there is no {context['discriminator']} {context['tag']!r}, only {context['expected_tags']}"
        case "unexpected_keyword_argument":
            return f"{table} has no setting {path[-1]!r}"
        case "missing":
            return f"{table} needs {f'more than {path[-1]} values' if path[-1].isdecimal() else f'a {path[-1]!r}'}"
        case "value_error":
            return f"{where}: {context['error']}"
        case "too_long":
            return f"{where} must have {context['max_length']} values, not {context['actual_length']}"
    must_be = _MUST_BE.get(problem, error["msg"])
    return f"{where} must be {must_be}, not {error['input']!r}"
