"""Messages, progress bar and exit statuses of the programs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from mp3tomidi.transcribe.errors import explain

DONE, FAILED = 0, 1  # exit statuses
INTERRUPTED = 130  # what shells report for a program that Ctrl-C has ended


class Console:
    """What the program of this name says. quiet: nothing but errors."""

    def __init__(self, program: str, quiet: bool) -> None:
        self.program = program
        self.quiet = quiet
        self._bar: Any = None

    def say(self, message: str) -> None:
        if not self.quiet:
            self.complain(message)

    def complain(self, message: str) -> None:
        line = f"{self.program}: {_printable(message)}"
        with contextlib.suppress(OSError):  # where standard error takes nothing, there is no way to say it
            if self._bar is not None:
                self._bar.write(line, file=sys.stderr)
            elif sys.stderr is not None:
                print(line, file=sys.stderr, flush=True)

    def until_the_end(self, work: Callable[[], None]) -> int:
        """Do the work of a run that keeps what is finished: DONE, or what ended it early, said in a line."""
        try:
            work()
        except KeyboardInterrupt:
            self.complain("interrupted; what was finished is kept, and the same command goes on from here")
            return INTERRUPTED
        except Exception as error:
            self.complain(explain(error))
            return FAILED
        return DONE

    def progress(self, sources: Sequence[Path]) -> Progress:
        """A bar for these recordings, as a context; only on a terminal, and only for several."""
        shown = not self.quiet and len(sources) > 1 and sys.stderr is not None and sys.stderr.isatty()
        return Progress(self, sources, shown=shown)


class Progress:
    """How far a run is. Files count by their bytes, since an hour takes longer than a minute."""

    def __init__(self, console: Console, sources: Sequence[Path], *, shown: bool) -> None:
        self._console = console
        self._bytes = {source: _size_bytes(source) for source in set(sources)} if shown else {}
        self._all_bytes = sum(self._bytes[source] for source in sources) if shown else 0
        self.shown = shown
        self._total = len(sources)
        self._done = 0
        self._sound_s = 0.0

    def __enter__(self) -> Progress:
        if self.shown:
            from tqdm import tqdm

            tqdm.monitor_interval = 0  # no thread that redraws
            self._console._bar = tqdm(
                total=self._all_bytes,
                desc=f"0 of {self._total}",
                bar_format="{percentage:3.0f} % |{bar}| {desc}, {elapsed} passed, {remaining} left",
                file=sys.stderr,
                dynamic_ncols=True,
                smoothing=0.0,
                leave=False,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console._bar is not None:
            self._console._bar.close()
            self._console._bar = None

    def advance(self, source: Path, sound_s: float) -> None:
        """A recording is done with, whatever became of it; `sound_s` seconds of it were transcribed."""
        bar = self._console._bar
        if bar is None:
            return
        self._done += 1
        self._sound_s += sound_s
        elapsed_s = max(1e-3, bar.format_dict["elapsed"])
        bar.set_description_str(
            f"{self._done} of {self._total}, {self._sound_s / elapsed_s:.1f} times real time", refresh=False
        )
        bar.update(self._bytes[source])


def _size_bytes(path: Path) -> int:
    with contextlib.suppress(OSError):
        return max(1, path.stat().st_size)
    return 1


def _printable(text: str) -> str:
    """In one line, and without what would upset a terminal: names of files may hold anything."""
    return "".join(c if c.isprintable() else " " if c == "\n" else repr(c)[1:-1] for c in text)
