from __future__ import annotations

import pytest

from mp3tomidi.transcribe.pitches import midi_pitch


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("C4", 60),
        ("A0", 21),
        ("c8", 108),
        ("F#3", 54),
        ("Gb3", 54),
        ("B♭2", 46),
        ("Cb4", 59),
        ("C-1", 0),
        ("G9", 127),
        ("0", 0),
        ("36", 36),
        ("127", 127),
    ],
)
def test_names_and_numbers_are_midi_pitches(text: str, number: int) -> None:
    assert midi_pitch(text) == number


@pytest.mark.parametrize("text", ["", "H2", "C", "C#", "-1", "128", "G#9", "Cb-1", "60.0", "C 4", "1e2", "²", "C22"])
def test_what_is_no_pitch_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no pitch|is outside"):
        midi_pitch(text)
