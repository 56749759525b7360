"""The argument parser of all commands: what is wrong with a command line is said in one line."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any, NoReturn

from mp3tomidi.transcribe.nearest import nearest

_LEAST_ALIKE = 0.6  # of difflib: options are many, and one of them is a little like any word


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the summary of all options; for an unknown option or choice it names the
    nearest.

    Sub-commands are parsed by the class of their parent, so that the nearest option is one of their own.
    """

    def parse_known_args(  # type: ignore[override]  # one signature instead of three overloads
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """As argparse's, but an unknown option is wrong usage here, too: no other parser is there to know it."""
        options, unknown = super().parse_known_args(args, namespace)
        for word in unknown:
            option = word.partition("=")[0]
            if option.startswith("--") and (meant := self._nearest_option(option)) is not None:
                self.error(f"there is no option {option}, did you mean {meant}?")
        return options, unknown

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """As argparse's, but names the choice or sub-command that was probably meant instead of all that there are."""
        try:
            super()._check_value(action, value)
        except argparse.ArgumentError:
            meant = nearest(str(value), map(str, action.choices or ()), _LEAST_ALIKE)
            if meant is None:
                raise
            raise argparse.ArgumentError(action, f"there is no {value}, did you mean {meant}?") from None

    def error(self, message: str) -> NoReturn:
        """Ends the process with argparse's status for wrong usage, 2."""
        end = "" if message.endswith("?") else ";"
        self.exit(2, f"{self.prog}: {message}{end} see {self.prog} --help\n")

    def _nearest_option(self, option: str) -> str | None:
        known = (name.lstrip("-") for name in self._option_string_actions if name.startswith("--"))
        meant = nearest(option.lstrip("-"), known, _LEAST_ALIKE)
        return None if meant is None else f"--{meant}"
