"""Names the word that was probably meant, for messages about one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LEAST_ALIKE = 0.4  # ratio of difflib


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that goes on a message: ", did you mean mid?"; only ";" where no known word is like it."""
    nearest = get_close_matches(word.lower(), list(known), 1, _LEAST_ALIKE)
    return f", did you mean {nearest[0]}?" if nearest else ";"
