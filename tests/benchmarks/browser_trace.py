"""Chromium's own trace of what a page does, by its debugging protocol.

ChromeDriver's performance log carries traces too, but drops what was recorded where its buffer is full.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import numpy as np
import websocket
from numpy.typing import NDArray
from selenium import webdriver

CATEGORIES = ("devtools.timeline", "disabled-by-default-devtools.timeline", "devtools.timeline.frame")
SCRIPTS = "FireAnimationFrame"  # one function that waited for the next frame
SHOWN = "AnimationFrame::Presentation"  # a frame is on the screen


class Trace:
    """Events as Chromium gives them: times and durations are in microseconds."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []

    def shown_s(self) -> NDArray[np.float64]:
        """When each frame was shown."""
        return np.sort([event["ts"] / 1e6 for event in self.events if event["name"] == SHOWN])

    def script_ms(self) -> NDArray[np.float64]:
        """What the scripts of each frame that was shown cost the page's main thread."""
        shown_s = self.shown_s()
        ran = [(event["ts"] / 1e6, event["dur"] / 1e3) for event in self.events if event["name"] == SCRIPTS]
        frames = np.searchsorted(shown_s, [at_s for at_s, _ in ran])
        return np.bincount(frames, [ms for _, ms in ran], len(shown_s))[: len(shown_s)]


@contextmanager
def traced(driver: webdriver.Chrome) -> Iterator[Trace]:
    """Fills a Trace with what happens in a browser meanwhile; it is whole when the context ends."""
    address = driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
    url = httpx.get(f"http://{address}/json/version").json()["webSocketDebuggerUrl"]
    connection = websocket.create_connection(url, suppress_origin=True, timeout=60)
    trace = Trace()
    try:
        _ask(connection, 1, "Tracing.start", {"traceConfig": {"includedCategories": list(CATEGORIES)}})
        yield trace
        connection.send(json.dumps({"id": 2, "method": "Tracing.end"}))
        while (message := json.loads(connection.recv())).get("method") != "Tracing.tracingComplete":
            if message.get("method") == "Tracing.dataCollected":
                trace.events += message["params"]["value"]
    finally:
        connection.close()


def _ask(connection: websocket.WebSocket, id: int, method: str, params: dict[str, Any]) -> None:
    connection.send(json.dumps({"id": id, "method": method, "params": params}))
    while (answer := json.loads(connection.recv())).get("id") != id:
        pass
    if "error" in answer:
        raise RuntimeError(f"{method}: {answer['error']['message']}")
