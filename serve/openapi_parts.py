"""Parts of OpenAPI documents."""

from __future__ import annotations

import re
from typing import Any

Part = dict[str, Any]

TEXT: Part = {"type": "string"}
NUMBER: Part = {"type": "number"}
TRUTH: Part = {"type": "boolean"}
WHOLE: Part = {"type": "integer", "minimum": 0}
OBJECT: Part = {"type": "object"}
PROBABILITY: Part = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
BYTES: Part = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
FLAC: Part = {"audio/flac": {"schema": {"type": "string", "format": "binary"}}}


def ref(name: str) -> Part:
    return {"$ref": f"#/components/schemas/{name}"}


def object_of(required: str, **properties: Part) -> Part:
    """required: names with blanks between."""
    return {"type": "object", "required": required.split(), "properties": properties}


def list_of(items: Part) -> Part:
    return {"type": "array", "items": items}


def query(name: str, schema: Part, description: str) -> Part:
    return {"name": name, "in": "query", "schema": schema, "description": description}


def in_path(name: str, schema: Part = TEXT) -> Part:
    return {"name": name, "in": "path", "required": True, "schema": schema}


def with_path_parameters(paths: Part) -> Part:
    """The same paths; each name in braces that an operation does not describe becomes its parameter, a string."""
    described = {}
    for path, operations in paths.items():
        names = re.findall(r"\{(\w+)\}", path)
        described[path] = {method: _with_parameters(names, one) for method, one in operations.items()}
    return described


def _with_parameters(names: list[str], operation: Part) -> Part:
    known = [parameter["name"] for parameter in operation["parameters"] if parameter["in"] == "path"]
    missing = [in_path(name) for name in names if name not in known]
    return {**operation, "parameters": [*missing, *operation["parameters"]]}


def operation(
    summary: str,
    answer: Part | None = None,
    *,
    status: int = 200,
    takes: Part | None = None,
    parameters: list[Part] | None = None,
) -> Part:
    """An operation that answers with JSON of a schema, or with `answer` where that is a table of media types."""
    response: Part = {"description": "Done."}
    if answer is not None:
        is_media = any("/" in name for name in answer)
        response["content"] = answer if is_media else {"application/json": {"schema": answer}}
    made: Part = {
        "summary": summary,
        "parameters": parameters or [],
        "responses": {
            str(status): response,
            "default": {
                "description": "What is wrong, in one sentence.",
                "content": {"application/json": {"schema": ref("Error")}},
            },
        },
    }
    if takes is not None:
        is_media = any("/" in name for name in takes)
        content = takes if is_media else {"application/json": {"schema": takes}}
        made["requestBody"] = {"required": True, "content": content}
    return made
