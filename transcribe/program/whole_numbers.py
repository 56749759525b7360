"""Whole numbers as argparse reads options: each function raises ArgumentTypeError, whose message ends the program."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    return whole_number(text, 1, "a number from 1 on")


def not_negative(text: str) -> int:
    return whole_number(text, 0, "a whole number from 0 on")


def whole_number(text: str, lowest: int, what: str) -> int:
    """what: the numbers that are allowed, as the message says it."""
    if not text.isdecimal() or int(text) < lowest:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return int(text)
