"""Numbers as argparse reads options: each reader raises ArgumentTypeError, whose message ends the program."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def positive(text: str) -> int:
    return whole_number(text, 1, "a number from 1 on")


def not_negative(text: str) -> int:
    return whole_number(text, 0, "a whole number from 0 on")


def whole_number(text: str, lowest: int, what: str, highest: float = math.inf) -> int:
    """what: the numbers that are allowed, as the message says it."""
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return int(text)


def number(lowest: float, highest: float, what: str) -> Callable[[str], float]:
    """What reads a number between two others, themselves included; what: these numbers, as the message says it."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
        return value

    return read
