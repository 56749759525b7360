"""Access rules: the hosts and origins that are answered, and the security headers of answers.

A page of another site can send requests to this machine, and can make a name of its own point to it (DNS rebinding).
So the Host header must name this server, requests that change anything must come from its own page or from no page,
and where the server listens to more than this machine a token is asked for. Browsers send the token as a cookie that
scripts cannot read, programs as a header; never as part of an address, which is logged.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "mp3tomidi-token"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
EVERYWHERE = frozenset({"0.0.0.0", "[::]"})
FEWEST_TOKEN_SIGNS = 16

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OPEN_TO_ALL = frozenset({"/api/session"})  # where a token is handed in
HEADERS = {
    "Content-Security-Policy": (
        # WebAssembly decodes the samples of compressed soundfonts; scripts are still files of this server only.
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; "
        "img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; media-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


def new_token() -> str:
    return secrets.token_urlsafe(24)


@dataclass(frozen=True, slots=True)
class Door:
    """Whom to let in. `hosts`: names without port that the server answers to; empty for any, which needs a token."""

    hosts: frozenset[str] = LOOPBACK
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if not self.hosts and self.token is None:
            raise ValueError("a server that answers to any name needs a token")

    def refusal(self, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
        """Why a request is turned away, with its status; None to let it in."""
        host = headers.get("host", "")
        if self.hosts and _without_port(host).lower() not in self.hosts:
            return 421, "this server does not answer to that name"
        origin = headers.get("origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return 403, "a page of another site may not ask this server"
        foreign = headers.get("sec-fetch-site", "none") not in ("same-origin", "none")
        if foreign and (method not in _SAFE or path.startswith("/api")):
            return 403, "a page of another site may not ask this server"
        needs_token = self.token is not None and path.startswith("/api") and path not in _OPEN_TO_ALL
        if needs_token and not self.is_token(_given_token(headers)):
            return 401, "this server asks for the token that it printed when it started"
        return None

    def is_token(self, text: str) -> bool:
        return self.token is None or hmac.compare_digest(text.encode(), self.token.encode())


def hosts_of(bound_to: str) -> frozenset[str]:
    """The names that a server bound to an address answers to; none where that is every address of the machine."""
    name = f"[{bound_to}]" if ":" in bound_to else bound_to
    return frozenset() if name in EVERYWHERE else LOOPBACK | {name.lower()}


class Guard:
    """Middleware: the door before the application, and headers on all that comes out of it."""

    def __init__(self, app: ASGIApp, door: Door, headers: Iterable[tuple[str, str]] = tuple(HEADERS.items())) -> None:
        self._app, self._door, self._headers = app, door, tuple(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "websocket":  # there are none
                await send({"type": "websocket.close", "code": 1008})
                return
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers:
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._door.refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal is None:
            await self._app(scope, receive, with_headers)
        else:
            status, message = refusal
            await JSONResponse({"error": message}, status)(scope, receive, with_headers)


def _given_token(headers: Headers) -> str:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    try:
        cookies = SimpleCookie(headers.get("cookie", ""))
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]
