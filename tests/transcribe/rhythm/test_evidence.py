from __future__ import annotations

import numpy as np
import pytest

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.evidence import KINDS, evidence_of


def strength(notes: list[Note], hits: list[DrumHit], kind: str) -> list[float]:
    return evidence_of(sorted(notes), sorted(hits)).strength[:, KINDS.index(kind)].tolist()


def test_every_piece_of_the_kit_is_of_its_kind() -> None:
    hits = [DrumHit(0.5 * number, key, 80) for number, key in enumerate((36, 38, 42, 49, 45, 39))]
    kinds = [KINDS[row.argmax()] for row in evidence_of((), hits).strength]
    assert kinds == ["kick", "snare", "cymbal", "crash", "other drum", "snare"]


def test_notes_struck_together_are_one_onset() -> None:
    notes = [Note(1.0 + 0.01 * number, 2.0, pitch, 80) for number, pitch in enumerate((40, 60, 64))]
    evidence = evidence_of(notes, ())
    assert evidence.time_s == pytest.approx([1.01])
    assert evidence.pitch_classes[0].nonzero()[0].tolist() == [0, 4]
    assert strength(notes, [], "chord") == pytest.approx([np.sqrt(3)])
    assert strength(notes, [], "bass") == [1.0]


def test_a_bass_changes_when_its_pitch_class_does() -> None:
    notes = [Note(float(number), number + 0.5, pitch, 80) for number, pitch in enumerate((40, 40, 52, 43))]
    assert strength(notes, [], "bass change") == [1.0, 0.0, 0.0, 1.0]


def test_harmony_changes_with_the_chord() -> None:
    notes = [
        Note(0.5 * number, 0.5 * number + 0.45, pitch, 80)
        for number in range(16)
        for pitch in ((60, 64, 67) if number < 8 else (62, 65, 69))
    ]
    change = strength(notes, [], "harmony change")
    assert np.argmax(change) == 8
    assert change[8] > 0.9
    assert max(change[:6]) < 0.01


def test_what_is_louder_than_its_surroundings_has_an_accent() -> None:
    hits = [DrumHit(0.5 * number, 42, 100 if number % 4 == 0 else 70) for number in range(20)]
    accents = strength([], hits, "accent")
    assert min(accents[::4]) > 0.0
    assert max(accents[number] for number in range(20) if number % 4) == 0.0


def test_nothing_is_no_evidence() -> None:
    assert evidence_of((), ()).strength.shape == (0, len(KINDS))
