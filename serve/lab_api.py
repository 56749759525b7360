"""The handlers of data sets, runs and classifiers; openapi.py has the details."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.lab import Lab
from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.requests import CACHED, file_answer, json_body, path_id

Handler = Callable[[Request], Awaitable[Response]]


class LabApi:
    """Each handler takes a request and does what its name says."""

    def __init__(self, lab: Lab, limits: Limits) -> None:
        self._lab, self._limits = lab, limits

    def table(self) -> list[tuple[str, str, Handler]]:
        """Method, path below /api, handler."""
        return [
            ("GET", "/folders", self.folders),
            ("GET", "/sound", self.sound),
            ("GET", "/effects", self.effects),
            ("POST", "/recipe", self.recipe),
            ("POST", "/previews", self.preview),
            ("GET", "/previews/{id}/{version}/sound", self.preview_sound),
            ("GET", "/previews/{id}/{version}/levels", self.preview_levels),
            ("GET", "/training-recipes", self.training_recipes),
            ("GET", "/classifiers", self.classifiers),
            ("POST", "/classifiers/{id}/classify", self.classify_upload),
            ("GET", "/classifiers/{id}/classify", self.classify),
            ("GET", "/jobs", self.jobs),
            ("POST", "/jobs", self.add),
            ("GET", "/jobs/{id}", self.job),
            ("PATCH", "/jobs/{id}", self.rename),
            ("DELETE", "/jobs/{id}", self.delete),
            ("POST", "/jobs/{id}/cancel", self.cancel),
            ("POST", "/jobs/{id}/resume", self.resume),
            ("POST", "/jobs/{id}/clone", self.clone),
            ("GET", "/jobs/{id}/log", self.log),
            ("GET", "/jobs/{id}/rows", self.rows),
            ("GET", "/jobs/{id}/report", self.report),
            ("GET", "/jobs/{id}/result", self.result),
            ("GET", "/jobs/{id}/sheet", self.sheet),
            ("GET", "/jobs/{id}/weights", self.weights),
        ]

    async def folders(self, request: Request) -> Response:
        return JSONResponse(await self._lab.listing(request.query_params.get("place", "")))

    async def sound(self, request: Request) -> Response:
        return file_answer(await self._lab.sound(request.query_params.get("place", "")), "audio/flac")

    async def effects(self, _: Request) -> Response:
        return JSONResponse(await self._lab.effects())

    async def recipe(self, request: Request) -> Response:
        body = await self._body(request)
        return PlainTextResponse(await self._lab.recipe_as_toml(body), media_type="application/toml")

    async def preview(self, request: Request) -> Response:
        return JSONResponse(await self._lab.preview(await self._body(request)), 201)

    async def preview_sound(self, request: Request) -> Response:
        return file_answer(self._preview_file(request, "flac"), "audio/flac", CACHED)

    async def preview_levels(self, request: Request) -> Response:
        return file_answer(self._preview_file(request, "levels"), "application/octet-stream", CACHED)

    def _preview_file(self, request: Request, suffix: str) -> Path:
        return self._lab.preview_file(path_id(request), request.path_params["version"], suffix)

    async def training_recipes(self, _: Request) -> Response:
        return JSONResponse({"recipes": await run_in_threadpool(self._lab.training_recipes)})

    async def classifiers(self, _: Request) -> Response:
        return JSONResponse({"classifiers": await run_in_threadpool(self._lab.classifiers)})

    async def classify_upload(self, request: Request) -> Response:
        claimed = request.headers.get("content-length", "")
        size = int(claimed) if claimed.isdecimal() else None
        name = request.query_params.get("name", "")
        answer = await self._lab.classify_upload(path_id(request), name, size, request.stream(), _layers(request))
        return JSONResponse(answer)

    async def classify(self, request: Request) -> Response:
        id, layers = path_id(request), _layers(request)
        if (recording := request.query_params.get("recording")) is not None:
            return JSONResponse(await self._lab.classify_recording(id, recording, layers))
        return JSONResponse(await self._lab.classify_place(id, request.query_params.get("place", ""), layers))

    async def jobs(self, _: Request) -> Response:
        return JSONResponse({"jobs": self._lab.jobs()})

    async def add(self, request: Request) -> Response:
        return JSONResponse(await self._lab.add(await self._body(request)), 201)

    async def job(self, request: Request) -> Response:
        return JSONResponse(self._lab.described(path_id(request)))

    async def rename(self, request: Request) -> Response:
        return JSONResponse(self._lab.rename(path_id(request), (await self._body(request)).get("name")))

    async def delete(self, request: Request) -> Response:
        await self._lab.delete(path_id(request))
        return Response(status_code=204)

    async def cancel(self, request: Request) -> Response:
        self._lab.cancel(path_id(request))
        return Response(status_code=202)

    async def resume(self, request: Request) -> Response:
        return JSONResponse(self._lab.resume(path_id(request), await self._body(request)), 202)

    async def clone(self, request: Request) -> Response:
        return JSONResponse(await self._lab.clone(path_id(request)), 201)

    async def log(self, request: Request) -> Response:
        return PlainTextResponse(await run_in_threadpool(self._lab.log, path_id(request)))

    async def rows(self, request: Request) -> Response:
        first = request.query_params.get("from", "0")
        if not first.isdecimal():
            raise RefusalError(422, "from must be a whole number")
        return JSONResponse({"rows": await run_in_threadpool(self._lab.rows, path_id(request), int(first))})

    async def report(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._lab.reports, path_id(request)))

    async def result(self, request: Request) -> Response:
        return JSONResponse(await run_in_threadpool(self._lab.result, path_id(request)))

    async def sheet(self, request: Request) -> Response:
        return file_answer(self._lab.files(path_id(request)).path / "sheet.bin", "application/octet-stream")

    async def weights(self, request: Request) -> Response:
        content, name = await run_in_threadpool(self._lab.weights, path_id(request))
        disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
        return Response(content, media_type="application/zip", headers={"Content-Disposition": disposition})

    async def _body(self, request: Request) -> dict[str, object]:
        return await json_body(request, self._limits.body_bytes)


def _layers(request: Request) -> bool:
    return request.query_params.get("layers") == "true"
