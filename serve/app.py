"""The HTTP application: the page, and the JSON API that does all that the page does."""

from __future__ import annotations

import contextlib
import math
import sqlite3
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mp3tomidi.serve import openapi
from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.lab_api import Handler, LabApi
from mp3tomidi.serve.requests import CACHED, json_body, path_id
from mp3tomidi.serve.security import COOKIE, Door, Guard
from mp3tomidi.serve.service import Service
from mp3tomidi.transcribe.drum_kit import DRUM_PIECES
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.outputs import formats
from mp3tomidi.transcribe.outputs import json as json_writer

STATIC = Path(__file__).with_name("static")
TILE_COLUMNS = 1024  # of the spectrogram in one answer
_TRUTH = {"true": True, "false": False}  # in an address
_COOKIE_S = 30 * 24 * 3600


def make_app(service: Service, door: Door | None = None) -> Starlette:
    """The application over a service; `door` says who may ask (default: this machine)."""
    door = door or Door()

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with service.running():
            yield

    handlers = Api(service, door).table() + LabApi(service.lab, service.limits).table()
    routes = [Route(f"/api{path}", handler, methods=[method]) for method, path, handler in handlers]
    return Starlette(
        routes=[
            Route("/", _page, methods=["GET"]),
            *routes,
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Guard, door=door), Middleware(GZipMiddleware, minimum_size=2000, compresslevel=1)],
        exception_handlers={
            RefusalError: _refused,
            HTTPException: _http_error,
            ClientDisconnect: _gone,
            sqlite3.OperationalError: _not_stored,
        },
        lifespan=lifespan,
    )


async def _page(_: Request) -> Response:
    return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, RefusalError)
    return JSONResponse({"error": error.message}, error.status)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail}, error.status_code, headers=error.headers)


async def _not_stored(_: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"it cannot be stored: {error}"}, 507)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=499)


class Api:
    """The handlers. Each takes a request and says in its docstring what it does; openapi.py has the details."""

    def __init__(self, service: Service, door: Door) -> None:
        self._service, self._door = service, door

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path below /api, handler."""
        return [
            ("GET", "", self.about),
            ("GET", "/openapi.json", self.openapi),
            ("POST", "/session", self.open_session),
            ("GET", "/events", self.events),
            ("GET", "/recordings", self.list),
            ("POST", "/recordings", self.upload),
            ("GET", "/recordings/{id}", self.get),
            ("PATCH", "/recordings/{id}", self.rename),
            ("DELETE", "/recordings/{id}", self.delete),
            ("POST", "/recordings/{id}/cancel", self.cancel),
            ("POST", "/recordings/{id}/hear", self.transcribe_again),
            ("GET", "/recordings/{id}/preview", self.preview),
            ("GET", "/recordings/{id}/decoded", self.decoded),
            ("GET", "/recordings/{id}/document", self.document),
            ("PATCH", "/recordings/{id}/document", self.change),
            ("GET", "/recordings/{id}/transcription", self.transcription),
            ("GET", "/recordings/{id}/export/{format}", self.export),
            ("GET", "/recordings/{id}/score", self.score),
            ("GET", "/recordings/{id}/score/{page:int}", self.score_page),
            ("GET", "/recordings/{id}/sound", self.sound),
            ("GET", "/recordings/{id}/peaks", self.peaks),
            ("GET", "/recordings/{id}/spectrogram/{tile:int}", self.spectrogram),
        ]

    async def about(self, _: Request) -> Response:
        from mp3tomidi import __version__

        limits = self._service.limits
        return JSONResponse(
            {
                "version": __version__,
                "limits": {"upload_bytes": limits.upload_bytes, "recordings": limits.recordings},
                "formats": [
                    {"name": one.name, "suffix": one.suffix, "contents": one.contents, "of_notes": one.of_notes}
                    for one in formats.FORMATS.values()
                ],
                "programs": {number: {"name": one.name, "family": one.family} for number, one in PROGRAMS.items()},
                "drums": [{"name": one.name, "keys": one.keys, "written_key": one.written_key} for one in DRUM_PIECES],
                "tile_columns": TILE_COLUMNS,
                "settings": {"min_length_s": Settings().min_length_s},
            }
        )

    async def openapi(self, _: Request) -> Response:
        return JSONResponse(openapi.document())

    async def open_session(self, request: Request) -> Response:
        token = (await self._body(request)).get("token")
        if not isinstance(token, str) or not self._door.is_token(token):
            raise RefusalError(401, "that is not the token that the server printed when it started")
        response = Response(status_code=204)
        if self._door.token is not None:
            secure = request.url.scheme == "https"
            response.set_cookie(
                COOKIE, token, max_age=_COOKIE_S, httponly=True, samesite="strict", secure=secure, path="/"
            )
        return response

    async def events(self, _: Request) -> Response:
        if self._service.broadcast.is_full:
            raise RefusalError(503, "too many pages are open")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._service.broadcast.listen(), media_type="text/event-stream", headers=headers)

    async def list(self, _: Request) -> Response:
        service = self._service
        return JSONResponse({"recordings": [service.described(one) for one in service.store.all()]})

    async def upload(self, request: Request) -> Response:
        claimed = request.headers.get("content-length", "")
        name = request.query_params.get("name", "")
        size = int(claimed) if claimed.isdecimal() else None
        return JSONResponse(await self._service.upload(name, size, request.stream()), 201)

    async def get(self, request: Request) -> Response:
        return JSONResponse(self._service.described(self._service.recording(path_id(request))))

    async def rename(self, request: Request) -> Response:
        return JSONResponse(self._service.rename(path_id(request), (await self._body(request)).get("name")))

    async def delete(self, request: Request) -> Response:
        await self._service.delete(path_id(request))
        return Response(status_code=204)

    async def cancel(self, request: Request) -> Response:
        self._service.cancel(path_id(request))
        return Response(status_code=202)

    async def transcribe_again(self, request: Request) -> Response:
        self._service.transcribe_again(path_id(request))
        return Response(status_code=202)

    async def preview(self, request: Request) -> Response:
        recording = self._service.recording(path_id(request))
        progress = self._service.jobs.progress.get(recording.id)
        return JSONResponse({"notes": progress.notes if progress else []})

    async def decoded(self, request: Request) -> Response:
        given = dict(request.query_params)
        is_sketch = given.pop("sketch", "false") == "true"
        settings = _settings(given)
        gone = request.is_disconnected
        return JSONResponse(await self._service.decoded(path_id(request), settings, gone, is_sketch))

    async def document(self, request: Request) -> Response:
        return JSONResponse(self._service.document(path_id(request)))

    async def change(self, request: Request) -> Response:
        return JSONResponse(self._service.change(path_id(request), await self._body(request)))

    async def transcription(self, request: Request) -> Response:
        transcription = await self._service.result(path_id(request))
        return Response(json_writer.to_json(transcription, exactly=True), media_type="application/json")

    async def export(self, request: Request) -> Response:
        mpe = request.query_params.get("mpe", "false")
        if mpe not in _TRUTH:
            raise RefusalError(422, "mpe must be true or false")
        content, name = await self._service.export(path_id(request), request.path_params["format"], _TRUTH[mpe])
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        # Never text/html or the like: a name or a note must not become a page of this server.
        return Response(content, media_type="application/octet-stream", headers={"Content-Disposition": disposition})

    async def score(self, request: Request) -> Response:
        return JSONResponse(await self._service.score(path_id(request), _whole(request, "width")))

    async def score_page(self, request: Request) -> Response:
        key = path_id(request), _whole(request, "revision"), _whole(request, "width")
        page = self._service.scores.page(key, request.path_params["page"])
        # Shown as a picture, which has styles of its own and runs nothing.
        headers = {**CACHED, "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
        return Response(page, media_type="image/svg+xml", headers=headers)

    async def sound(self, request: Request) -> Response:
        path = self._service.folder.of(self._service.done(path_id(request)).id).sound
        return FileResponse(path, media_type="audio/flac", headers=CACHED)

    async def peaks(self, request: Request) -> Response:
        path = self._service.folder.of(self._service.done(path_id(request)).id).peaks
        return await _bytes_of(path, slice(None))

    async def spectrogram(self, request: Request) -> Response:
        path = self._service.folder.of(self._service.done(path_id(request)).id).spectrogram
        first = request.path_params["tile"] * TILE_COLUMNS
        return await _bytes_of(path, slice(first, first + TILE_COLUMNS))

    async def _body(self, request: Request) -> dict[str, Any]:
        return await json_body(request, self._service.limits.body_bytes)


def _whole(request: Request, name: str) -> int:
    text = request.query_params.get(name, "")
    if not text.isdecimal() or len(text) > 9:
        raise RefusalError(422, f"{name} must be a whole number")
    return int(text)


def _settings(texts: Mapping[str, str]) -> Settings:
    given: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            given[name] = _TRUTH[text] if text in _TRUTH else float(text)
        except ValueError:
            given[name] = math.nan
    try:
        return Settings.of(given)
    except ValueError as error:
        raise RefusalError(422, str(error)) from error


async def _bytes_of(path: Path, rows: slice) -> Response:
    """Rows of an npy file of bytes."""

    def read() -> bytes:
        return np.ascontiguousarray(np.load(path, mmap_mode="r", allow_pickle=False)[rows]).tobytes()

    try:
        content = await run_in_threadpool(read)
    except (OSError, ValueError) as error:
        raise RefusalError(410, "its files are missing or damaged; transcribe it again") from error
    return Response(content, media_type="application/octet-stream", headers=CACHED)
