"""Scores as pictures: the MusicXML that is exported, engraved by Verovio (extra "engrave") as SVG, page by page."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable

from mp3tomidi.serve.background.helper import Helper
from mp3tomidi.serve.errors import RefusalError

NARROWEST_PX, WIDEST_PX = 240, 2400
_KEPT = 8  # scores in memory

Key = tuple[str, int, int]
"""Recording, revision of its document, width in pixels."""


class Scores:
    """Pages that have been engraved. Belongs to one event loop."""

    def __init__(self, helper: Helper) -> None:
        self._helper = helper
        self._kept: OrderedDict[Key, list[str]] = OrderedDict()

    async def pages(self, key: Key, musicxml: Callable[[], Awaitable[bytes]]) -> list[str]:
        """The pages of a score, engraved unless they are there. Raises RefusalError."""
        if not NARROWEST_PX <= key[2] <= WIDEST_PX:
            raise RefusalError(422, f"width must be a whole number from {NARROWEST_PX} to {WIDEST_PX}")
        if key not in self._kept:
            self._kept[key] = await self._helper.ask("engrave", (await musicxml()).decode("utf-8"), key[2])
        self._kept.move_to_end(key)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def page(self, key: Key, number: int) -> str:
        """One of the pages that `pages` has given a moment ago, counted from 1. Raises RefusalError."""
        pages = self._kept.get(key, [])
        if not 1 <= number <= len(pages):
            raise RefusalError(404, "there is no such page; ask for the score again")
        return pages[number - 1]
