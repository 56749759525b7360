from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mp3tomidi.train.rhythm.correcting import CorrectionNet
from mp3tomidi.train.rhythm.fitting import Example, example_of, fit, levels_of, right_of, save, with_less
from mp3tomidi.train.rhythm.songs import compose
from mp3tomidi.train.rhythm.transcription_errors import as_transcribed
from mp3tomidi.transcribe.rhythm.candidates import candidates_of
from mp3tomidi.transcribe.rhythm.correction import FEATURE_COUNT
from mp3tomidi.transcribe.rhythm.course import course_of
from mp3tomidi.transcribe.rhythm.evidence import evidence_of
from mp3tomidi.transcribe.rhythm.metres import METRES
from mp3tomidi.transcribe.rhythm.scoring import MetreWeights, scores


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    found = []
    for number in range(12):
        rng = np.random.default_rng([8, number])
        song = compose(rng)
        notes, hits = as_transcribed(rng, song.notes, song.drum_hits, song.duration_s)
        example = example_of(song, notes, hits)
        if example is not None:
            found.append(example)
    return found


def test_right_explanations_are_few_and_of_one_metre(examples: list[Example]) -> None:
    assert len(examples) >= 8
    for example in examples:
        assert sum(bool(chosen.any()) for chosen in example.right) == 1
        assert 1 <= sum(int(chosen.sum()) for chosen in example.right) <= 4


def test_the_fit_learns_what_it_is_shown_and_is_read_back(
    examples: list[Example], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mp3tomidi.train.rhythm.fitting.STEPS", 40)
    correction = CorrectionNet(torch.zeros(FEATURE_COUNT), torch.ones(FEATURE_COUNT)).weights()
    save(fit(examples), correction, tmp_path / "weights.json", {"about": "a test"})
    table = json.loads((tmp_path / "weights.json").read_text())["metres"]
    parts = ("on_beats", "between", "extras")
    weights = [MetreWeights(*(np.array(table[metre.name][part]) for part in parts)) for metre in METRES]
    right = 0
    for number in range(12):
        rng = np.random.default_rng([8, number])
        song = compose(rng)
        notes, hits = as_transcribed(rng, song.notes, song.drum_hits, song.duration_s)
        evidence, course = evidence_of(notes, hits), course_of(notes, hits, song.duration_s)
        candidates = candidates_of(evidence, course.position(evidence.time_s), course.beat_s)
        found = scores(candidates, weights)
        of_metre = max(range(len(METRES)), key=lambda metre: found[metre].max())
        right += bool(right_of(song, course, candidates)[of_metre].ravel()[found[of_metre].argmax()])
    assert right >= len(examples) - 1


def test_less_evidence_is_a_part_of_it(examples: list[Example]) -> None:
    less = with_less(np.random.default_rng(0), examples[0])
    for bar, shares in less.on_beats.items():
        assert ((shares == examples[0].on_beats[bar]) | (shares == 0)).all()
    assert (less.between == 0).sum() > (examples[0].between == 0).sum()


def test_levels_are_those_of_the_groups() -> None:
    by_name = {metre.name: levels_of(metre) for metre in METRES}
    assert by_name["4/4 in 2 (2+2)"] == [0, 2, 1, 2]
    assert by_name["3/4 in 2 (3)"] == [0, 2, 2]
    assert by_name["7/8 in 2 (2+2+3)"] == [0, 2, 1, 2, 1, 2, 2]
