"""The page's API from Python: everything that the page does, without a browser.

    from mp3tomidi.serve.client import Client

    client = Client()  # http://localhost:8765/
    song = client.upload("song.mp3")
    client.wait_for_recording(song["id"])
    client.export(song["id"], "mid", "song.mid")

Needs nothing but Python. What the server refuses raises ServerError with its sentence.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, urlencode, urlsplit

from mp3tomidi.transcribe.errors import Mp3toMidiError

ADDRESS = "http://localhost:8765/"
_AT_WORK = ("queued", "hearing", "running")
_LOOKED_AT_EVERY_S = 0.3

Object = dict[str, Any]


class ServerError(Mp3toMidiError):
    """The server cannot do what is asked, or does not answer. status: of HTTP; 0 without an answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Client:
    """One server. token: as `mp3tomidi serve --token` printed it. May be used from several threads."""

    def __init__(self, address: str = ADDRESS, token: str | None = None, timeout_s: float = 300.0) -> None:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{address!r} is no address such as {ADDRESS}")
        self._connection = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        self._host, self._base, self._timeout_s = parts.netloc, parts.path.rstrip("/"), timeout_s
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    # Recordings.

    def recordings(self) -> list[Object]:
        """All of them, the newest first."""
        found: list[Object] = self.get("recordings")["recordings"]
        return found

    def recording(self, id: str) -> Object:
        return self.get(f"recordings/{id}")

    def upload(self, sound: str | os.PathLike[str], name: str | None = None) -> Object:
        """Upload a recording; it is queued to be transcribed."""
        path = Path(sound)
        with path.open("rb") as file:
            return self._json("POST", "recordings", file, name=path.name if name is None else name)

    def wait_for_recording(self, id: str) -> Object:
        """The recording once it is done. Raises ServerError if it cannot be transcribed, or is stopped."""
        return self._wait(f"recordings/{id}")

    def decoded(self, id: str, **settings: float) -> Object:
        """Notes and hits under settings: notes and drums (thresholds, 0 to 1), min_length_s."""
        return self.get(f"recordings/{id}/decoded", **settings)

    def transcription(self, id: str) -> Object:
        """The result, with settings and edits, as the JSON schema of Transcription has it."""
        return self.get(f"recordings/{id}/transcription")

    def document(self, id: str) -> Object:
        """Settings and edits, with their revision."""
        return self.get(f"recordings/{id}/document")

    def change(self, id: str, revision: int, **change: Any) -> int:
        """Change settings or edits of that revision (settings, append, keep, position); the new revision.

        Raises ServerError with status 409 if somebody else was faster.
        """
        body = {"revision": revision, **change}
        return int(self.patch(f"recordings/{id}/document", body)["revision"])

    def export(self, id: str, format: str, path: str | os.PathLike[str], *, mpe: bool = False) -> None:
        """Write the result to a file: mid, musicxml, json, csv, sound, mix and the other formats of mp3tomidi.

        mpe: whether notes of a MIDI file bend each on a channel of its own.
        """
        query = {"mpe": "true"} if mpe else {}
        Path(path).write_bytes(self.content(f"recordings/{id}/export/{format}", **query))

    # Data sets, runs and classifiers.

    def folders(self, place: str = "") -> Object:
        """The folders that the server may see, or what lies at a place."""
        return self.get("folders", place=place)

    def effects(self) -> Object:
        """Effects with the limits of their parameters, and the recipes that come along."""
        return self.get("effects")

    def preview(self, place: str, recipe: Mapping[str, Any], **more: Any) -> Object:
        """A sample before and after a recipe of effects; see `seed`, `within` and `start_s` in the API."""
        return self.post("previews", {"place": place, "recipe": dict(recipe), **more})

    def jobs(self) -> list[Object]:
        """All of them, the newest first."""
        found: list[Object] = self.get("jobs")["jobs"]
        return found

    def job(self, id: str) -> Object:
        return self.get(f"jobs/{id}")

    def start(self, kind: str, name: str, **options: Any) -> Object:
        """Queue a job: look, augment, train, export, evaluate or classify."""
        return self.post("jobs", {"kind": kind, "name": name, "options": options})

    def wait_for_job(self, id: str) -> Object:
        """The job once it is done. Raises ServerError if it fails or is stopped."""
        return self._wait(f"jobs/{id}")

    def cancel(self, id: str) -> None:
        """Stop a job, or take it from the queue."""
        self.post(f"jobs/{id}/cancel", {})

    def resume(self, id: str, **more: float) -> Object:
        """Go on with a job; `minutes` and `steps` of a run may be others."""
        return self.post(f"jobs/{id}/resume", more)

    def clone(self, id: str) -> Object:
        """The same job once more, from the beginning."""
        return self.post(f"jobs/{id}/clone", {})

    def rows(self, id: str, first: int = 0) -> list[Object]:
        """The figures of a run from row `first` on."""
        found: list[Object] = self.get(f"jobs/{id}/rows", **{"from": first})["rows"]
        return found

    def result(self, id: str) -> Object:
        """What a job that looks, evaluates or classifies has found."""
        return self.get(f"jobs/{id}/result")

    def classify(self, classifier: str, sound: str | os.PathLike[str], *, layers: bool = False) -> Object:
        """What a classifier (`get("classifiers")`) says of a recording, which is uploaded and not kept."""
        path = Path(sound)
        query = {"layers": "true"} if layers else {}
        with path.open("rb") as file:
            return self._json("POST", f"classifiers/{classifier}/classify", file, name=path.name, **query)

    # Anything.

    def events(self) -> Iterator[tuple[str, Object]]:
        """What happens on the server from now on, as kind and content, until it ends."""
        response = self._answer("GET", "events")
        kind = ""
        try:
            for line in response:
                name, _, content = line.decode("utf-8").rstrip("\n").partition(": ")
                if name == "event":
                    kind = content
                elif name == "data":
                    yield kind, json.loads(content)
        except (HTTPException, OSError) as error:
            raise ServerError(0, f"the server ended the stream ({error})") from error
        finally:
            response.close()

    def get(self, path: str, **query: Any) -> Object:
        """The JSON answer of any address below /api/."""
        return self._json("GET", path, **query)

    def post(self, path: str, body: Mapping[str, Any], **query: Any) -> Object:
        return self._json("POST", path, json.dumps(dict(body)).encode(), **query)

    def patch(self, path: str, body: Mapping[str, Any]) -> Object:
        return self._json("PATCH", path, json.dumps(dict(body)).encode())

    def delete(self, path: str) -> None:
        """Delete a recording (`recordings/ID`) or a job (`jobs/ID`) with all that was made of it."""
        self._answer("DELETE", path).read()

    def content(self, path: str, **query: Any) -> bytes:
        """The bytes of any address below /api/: weights, exports, sounds."""
        return self._answer("GET", path, **query).read()

    def _wait(self, path: str) -> Object:
        while (found := self.get(path))["state"] in _AT_WORK:
            time.sleep(_LOOKED_AT_EVERY_S)
        if found["state"] != "done":
            raise ServerError(
                0, f"{found['name']}: {found['state']}" + (f", {found['reason']}" if found["reason"] else "")
            )
        return found

    def _json(self, method: str, path: str, body: bytes | BinaryIO | None = None, **query: Any) -> Object:
        content = self._answer(method, path, body, **query).read()
        answer: Object = json.loads(content) if content else {}
        return answer

    def _answer(self, method: str, path: str, body: bytes | BinaryIO | None = None, **query: Any) -> HTTPResponse:
        """The answer, to be read. Raises ServerError for one that refuses."""
        address = f"{self._base}/api/{quote(path)}" + (f"?{urlencode(query)}" if query else "")
        headers = dict(self._headers)
        if isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
        elif body is not None:
            headers |= {"Content-Type": "application/octet-stream", "Content-Length": str(_size(body))}
        connection = self._connection(self._host, timeout=self._timeout_s)
        try:
            connection.request(method, address, body, headers)
            response = connection.getresponse()
        except (HTTPException, OSError) as error:
            connection.close()
            raise ServerError(0, f"no answer from {self._host} ({error}); is mp3tomidi serve running?") from error
        if response.status >= 400:
            raise ServerError(response.status, _complaint(response))
        return response


def _complaint(response: HTTPResponse) -> str:
    try:
        return str(json.loads(response.read())["error"])
    except (ValueError, KeyError, TypeError, HTTPException, OSError):
        return f"the server answered {response.status}"


def _size(file: BinaryIO) -> int:
    return os.fstat(file.fileno()).st_size
