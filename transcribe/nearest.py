"""Names the word that was probably meant, for messages about one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_LEAST_ALIKE = 0.4  # ratio of difflib; for lists that are short, and named in the message


def nearest(word: str, known: Iterable[str], least_alike: float = _LEAST_ALIKE) -> str | None:
    """The known word that is most like this one; None where none is like it by so much (difflib's ratio, 0 to 1)."""
    return next(iter(get_close_matches(word.lower(), list(known), 1, least_alike)), None)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question that goes on a message: ", did you mean mid?"; only ";" where no known word is like it."""
    guess = nearest(word, known)
    return ";" if guess is None else f", did you mean {guess}?"
