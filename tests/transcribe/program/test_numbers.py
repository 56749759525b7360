from __future__ import annotations

import argparse

import pytest

from mp3tomidi.transcribe.program.numbers import not_negative, number, positive, whole_number

SHARE = number(0.0, 1.0, "a share from 0 to 1")


@pytest.mark.parametrize(("text", "value"), [("0", 0.0), ("1", 1.0), (".25", 0.25), ("1e-3", 0.001)])
def test_a_number_between_two_others_is_read_they_included(text: str, value: float) -> None:
    assert SHARE(text) == value


@pytest.mark.parametrize("text", ["-0.001", "1.001", "nan", "inf", "half", ""])
def test_any_other_is_refused_in_words(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"^{text!r} is not a share from 0 to 1$"):
        SHARE(text)


def test_whole_numbers_have_a_lowest_and_may_have_a_highest() -> None:
    assert [whole_number(text, 3, "", 5) for text in ("3", "5")] == [3, 5]
    assert (positive("1"), not_negative("0"), whole_number("99999", 3, "")) == (1, 0, 99_999)
    for text in ("2", "6", "4.0", "-3", "three"):
        with pytest.raises(argparse.ArgumentTypeError, match=f"^{text!r} is not 3 to 5$"):
            whole_number(text, 3, "3 to 5", 5)
    with pytest.raises(argparse.ArgumentTypeError):
        positive("0")
