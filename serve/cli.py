"""The command `mp3tomidi serve`: starts the server, and says where its page is."""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.security import FEWEST_TOKEN_SIGNS, LOOPBACK, Door, hosts_of, new_token
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.program.numbers import whole_number
from mp3tomidi.transcribe.program.parser import Parser

PROGRAM = "mp3tomidi serve"
PORT = 8765
_NEW = ""  # what --token is without a value


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until interrupted, and return the exit status."""
    parser = _parser()
    options = parser.parse_args(argv)
    is_local = options.host in (*LOOPBACK, "::1")
    if not is_local and options.token is None:
        parser.error(
            f"--host {options.host} lets others in: --token makes them show a token that is printed at the start"
        )
    if options.token and len(options.token) < FEWEST_TOKEN_SIGNS:
        parser.error(f"a token needs {FEWEST_TOKEN_SIGNS} signs; --token without one makes one")
    token = new_token() if options.token == _NEW else options.token
    try:
        listening = _listen(options.host, options.port)
    except OSError as error:
        return _complain(
            f"cannot listen on {options.host}, port {options.port} ({error.strerror}); --port names another"
        )
    hosts = hosts_of(options.host)
    for data in options.data:
        if not data.expanduser().is_dir():
            parser.error(f"--data {data}: there is no such folder")
    limits = replace(Limits(), jobs=options.jobs)
    soundfont = options.soundfont and options.soundfont.expanduser().absolute()
    return _serve(listening, options.folder, options.data, limits, Door(hosts, token), options.open, soundfont)


def default_folder() -> Path:
    """Where recordings are kept by default: where the system has a user's data."""
    if sys.platform == "win32" and (local := os.environ.get("LOCALAPPDATA")):
        return Path(local, "mp3tomidi")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "mp3tomidi"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "mp3tomidi"


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog=PROGRAM,
        description="Open a page in the browser where recordings become notes that can be seen, heard and mended. "
        "All stays on this machine.",
    )
    parser.add_argument("--port", type=_port, default=PORT, help=f"where to listen ({PORT}); 0 for any that is free")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")
    parser.add_argument(
        "--folder", type=Path, default=default_folder(), help="where recordings and results are kept (%(default)s)"
    )
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="a folder that the page may read data sets, recipes and banks from; may be given several times",
    )
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="the address to listen on, for others than this machine; needs --token (%(default)s)",
    )
    parser.add_argument(
        "--token", nargs="?", const=_NEW, help="ask for this token, or for a new one, which is printed at the start"
    )
    parser.add_argument(
        "--soundfont", type=Path, metavar="FILE", help="an .sf2 or .sf3 file that plays the WAV files that are exported"
    )
    parser.add_argument("--jobs", type=_jobs, default=1, metavar="N", help="transcribe so many recordings at once (1)")
    return parser


def _port(text: str) -> int:
    return whole_number(text, 0, "a port, from 0 to 65535", 65_535)


def _jobs(text: str) -> int:
    return whole_number(text, 1, "a number from 1 to 16", 16)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening


def _serve(
    listening: socket.socket,
    folder: Path,
    data: Sequence[Path],
    limits: Limits,
    door: Door,
    opens: bool,
    soundfont: Path | None,
) -> int:
    import uvicorn

    from mp3tomidi.serve.app import make_app
    from mp3tomidi.serve.service import Service
    from mp3tomidi.transcribe.outputs.sound import check_soundfont

    host, port = listening.getsockname()[:2]
    shown = "localhost" if host in ("127.0.0.1", "::1") else f"[{host}]" if ":" in host else host
    address = f"http://{shown}:{port}/"
    try:
        if soundfont is not None:
            check_soundfont(soundfont)
        service = Service(folder.expanduser().absolute(), limits, [one.expanduser() for one in data], soundfont)
    except Mp3toMidiError as error:
        return _complain(str(error))
    except OSError as error:
        return _complain(f"cannot use the folder {folder} ({error.strerror}); --folder names another")
    config = uvicorn.Config(
        make_app(service, door),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
        limit_concurrency=512,
        h11_max_incomplete_event_size=64 << 10,
    )
    print(f"mp3tomidi is at {address}  (Ctrl-C ends it)", file=sys.stderr, flush=True)
    if door.token is not None:
        print(f"its token is {door.token}", file=sys.stderr, flush=True)
    if opens:
        threading.Timer(0.5, webbrowser.open, [address]).start()
    with contextlib.suppress(KeyboardInterrupt):  # which uvicorn raises once it has ended in order
        uvicorn.Server(config).run(sockets=[listening])
    return 0


def _complain(message: str) -> int:
    print(f"{PROGRAM}: {message}", file=sys.stderr)
    return 1
