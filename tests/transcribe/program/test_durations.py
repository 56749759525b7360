"""Durations in words, about where the unit changes."""

import pytest

from mp3tomidi.transcribe.program.durations import in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(9.46, "9.5 s"), (99.94, "99.9 s"), (100.4, "1:40 min"), (3599.4, "59:59 min"), (3599.6, "1:00:00 h")],
)
def test_the_unit_follows_the_length(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
