"""Names of pitches against those that every theory book has."""

from __future__ import annotations

import pytest

from mp3tomidi.transcribe.outputs.spelling import spelled


def names(pitches: range, fifths: int, mode: str) -> str:
    found = (spelled(pitch, fifths, mode) for pitch in pitches)
    return " ".join(f"{step}{'b' * -alter}{'#' * alter}{octave}" for step, alter, octave in found)


@pytest.mark.parametrize(
    ("fifths", "mode", "expected"),
    [
        (0, "major", "C4 C#4 D4 Eb4 E4 F4 F#4 G4 Ab4 A4 Bb4 B4"),
        (0, "minor", "C4 C#4 D4 Eb4 E4 F4 F#4 G4 G#4 A4 Bb4 B4"),  # A minor
        (-5, "major", "C4 Db4 D4 Eb4 Fb4 F4 Gb4 G4 Ab4 Bbb4 Bb4 Cb5"),
        (6, "major", "B#3 C#4 D4 D#4 E4 E#4 F#4 F##4 G#4 A4 A#4 B4"),
        (-3, "minor", "C4 Db4 D4 Eb4 E4 F4 Gb4 G4 Ab4 A4 Bb4 B4"),  # C minor
    ],
)
def test_all_twelve_pitches(fifths: int, mode: str, expected: str) -> None:
    assert names(range(60, 72), fifths, mode) == expected


@pytest.mark.parametrize("fifths", range(-7, 8))
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_the_scale_needs_no_accidentals_and_sounds_as_it_did(fifths: int, mode: str) -> None:
    flats, sharps = "BEADGCF"[: max(0, -fifths)], "FCGDAEB"[: max(0, fifths)]
    semitones = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    tonic = 60 + 7 * fifths % 12
    for pitch in range(21, 109):
        step, alter, octave = spelled(pitch, fifths, mode)
        assert 12 * (octave + 1) + semitones[step] + alter == pitch
        if (pitch - tonic) % 12 in {0, 2, 4, 5, 7, 9, 11}:
            assert alter == (step in sharps) - (step in flats)
