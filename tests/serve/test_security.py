"""Who is let in, and what the page may do."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from mp3tomidi.serve.app import STATIC
from mp3tomidi.serve.security import LOOPBACK, Door, hosts_of

from .servers import NO_JOBS, client_of, upload

TOKEN = "a token of enough signs"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "localhost.evil.example", "127.0.0.1.nip.io", ""]
)
def test_a_name_that_was_bound_to_this_machine_gets_nothing(tmp_path: Path, host: str) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        for path in ("/", "/api", "/static/main.js", "/api/recordings"):
            assert client.get(path, headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "localhost:8765", "127.0.0.1:1", "[::1]:8765", "LOCALHOST"])
def test_this_machine_is_answered(tmp_path: Path, host: str) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        assert client.get("/api", headers={"Host": host}).status_code == 200


def test_pages_of_other_sites_may_not_ask(tmp_path: Path, tone: bytes) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        id = upload(client, tone)
        foreign: list[dict[str, str]] = [
            {"Origin": "http://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost:9999"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ]
        for headers in foreign:
            assert client.post("/api/recordings", content=tone, headers=headers).status_code == 403
            assert client.delete(f"/api/recordings/{id}", headers=headers).status_code == 403
            assert client.get("/api/recordings", headers=headers).status_code == 403
        assert len(client.get("/api/recordings").json()["recordings"]) == 1
        own = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
        assert client.delete(f"/api/recordings/{id}", headers=own).status_code == 204


def test_forms_of_other_sites_cannot_send_json(tmp_path: Path) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        answer = client.post("/api/session", content='{"token": ""}', headers={"Content-Type": "text/plain"})
        assert answer.status_code == 415


def test_a_server_for_others_asks_for_its_token(tmp_path: Path) -> None:
    with client_of(tmp_path, NO_JOBS, Door(hosts_of("0.0.0.0"), TOKEN)) as client:
        assert client.get("/").status_code == 200  # where the token is asked for
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": TOKEN},
            {"Cookie": "mp3tomidi-token=x"},
        ):
            assert client.get("/api/recordings", headers=headers).status_code == 401
        assert client.get("/api/recordings", params={"token": TOKEN}).status_code == 401  # addresses are logged
        bearer = {"Authorization": f"Bearer {TOKEN}", "Host": "any.name:1"}
        assert client.get("/api/recordings", headers=bearer).status_code == 200
        assert client.post("/api/session", json={"token": "wrong"}).status_code == 401
        given = client.post("/api/session", json={"token": TOKEN})
        assert given.status_code == 204
        assert {"HttpOnly", "SameSite=strict"} <= set(given.headers["set-cookie"].split("; "))
        assert client.get("/api/recordings").status_code == 200


def test_who_may_be_asked_by_what_name() -> None:
    assert hosts_of("127.0.0.1") == LOOPBACK
    assert hosts_of("192.168.1.5") == LOOPBACK | {"192.168.1.5"}
    assert hosts_of("::1") == LOOPBACK
    assert hosts_of("0.0.0.0") == hosts_of("::") == frozenset()
    with pytest.raises(ValueError, match="needs a token"):
        Door(frozenset())
    assert TOKEN not in repr(Door(token=TOKEN))


class _Inline(HTMLParser):
    """Finds what a content security policy forbids, and what the page loads."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        self.faults += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names):
            self.faults.append(tag)
        self.loaded += [
            value for name, value in attrs if name in ("src", "href") and value and not value.startswith("#")
        ]


def test_the_page_has_no_inline_scripts_and_all_that_it_loads(tmp_path: Path) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        answer = client.get("/")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
        assert answer.headers["x-content-type-options"] == "nosniff"
        page = _Inline()
        page.feed(answer.text)
        assert page.faults == []
        assert len(page.loaded) >= 4
        for path in page.loaded:
            assert client.get(path).status_code == 200
        for script in STATIC.glob("*.js"):
            text = script.read_text(encoding="utf-8")
            for imported in re.findall(r'from "(\./\w+\.js)"', text):
                assert (STATIC / imported).exists()
            assert "http" not in re.sub(r"http://www\.w3\.org/2000/svg", "", text)  # nothing comes from elsewhere


def test_static_files_are_those_of_their_folder_only(tmp_path: Path) -> None:
    with client_of(tmp_path, NO_JOBS) as client:
        for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/"):
            assert client.get(path).status_code == 404


def test_an_export_is_never_a_page_of_this_server(song_client: TestClient, song: str) -> None:
    assert song_client.patch(song, json={"name": "<script>alert(1)</script>.html"}).status_code == 200
    answer = song_client.get(f"{song}/export/musicxml")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''")
    assert "<" not in answer.headers["content-disposition"]
    assert song_client.patch(song, json={"name": "my song.mp3"}).status_code == 200
