"""A process for short questions that need torch or open sound files: the server itself does neither."""

from __future__ import annotations

import asyncio
import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from mp3tomidi.serve.background import questions
from mp3tomidi.serve.errors import RefusalError

_DIED = "the process that worked on it has died: the file may be damaged, or memory too little"


class Helper:
    """Belongs to one event loop; one question at a time. The process starts with the first."""

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._turn = asyncio.Lock()
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None

    async def ask(self, question: str, *arguments: Any) -> Any:
        """What the function of this name in `questions` returns. Raises RefusalError with what it complains about."""
        async with self._turn:
            asked = asyncio.create_task(asyncio.to_thread(self._ask, question, arguments))
            done, _ = await asyncio.wait((asked,), timeout=self._longest_s)
            if not done:
                self.close()  # which ends what the thread waits for
                await asyncio.wait((asked,))
                raise RefusalError(408, f"it took longer than {self._longest_s:.0f} s")
            try:
                status, content = asked.result()
            except (EOFError, OSError):
                self.close()
                raise RefusalError(422, _DIED) from None
        if status != 200:
            raise RefusalError(status, content)
        return content

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
        self._process = self._pipe = None

    def _ask(self, question: str, arguments: tuple[Any, ...]) -> tuple[int, Any]:
        if self._pipe is None:
            context = multiprocessing.get_context("spawn")
            self._pipe, its_end = context.Pipe()
            self._process = context.Process(target=questions.serve_questions, args=(its_end,), daemon=True)
            self._process.start()
            its_end.close()  # so that its death ends the pipe
        self._pipe.send((question, arguments))
        answer: tuple[int, Any] = self._pipe.recv()
        return answer
