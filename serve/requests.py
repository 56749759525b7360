"""Reading requests: their JSON, and the rows of files that they ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from mp3tomidi.serve.errors import RefusalError

CACHED = {"Cache-Control": "private, max-age=31536000"}


async def json_body(request: Request, most_bytes: int) -> dict[str, Any]:
    """A JSON object. Only JSON is read, which pages of other sites cannot send unasked. Raises RefusalError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RefusalError(415, "the body must be application/json")
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most_bytes:
            raise RefusalError(413, "the body is too large")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise RefusalError(400, "the body is not JSON") from error
    if not isinstance(body, dict):
        raise RefusalError(422, "the body must be an object")
    return body


def path_id(request: Request) -> str:
    """The `id` in the address."""
    id: str = request.path_params["id"]
    return id


def file_answer(path: Path, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """Raises RefusalError where the file is not there."""
    if not path.is_file():
        raise RefusalError(404, "there is no such file")
    return FileResponse(path, media_type=media_type, headers=headers or {"Cache-Control": "no-store"})
