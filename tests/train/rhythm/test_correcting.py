"""The network that corrects the scores of the beat finder: that it learns, and is read back as it was taught."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import torch

from mp3tomidi.train.rhythm.correcting import CorrectionNet, fit_correction
from mp3tomidi.train.rhythm.fitting import Example, Model, example_of, log_sum, save, scores
from mp3tomidi.train.rhythm.songs import compose
from mp3tomidi.train.rhythm.transcription_errors import as_transcribed
from mp3tomidi.transcribe.rhythm.candidates import BAR_BEATS, Candidate, candidates_of
from mp3tomidi.transcribe.rhythm.correction import FEATURE_COUNT, Correction, features, shipped_correction
from mp3tomidi.transcribe.rhythm.course import course_of
from mp3tomidi.transcribe.rhythm.evidence import evidence_of
from mp3tomidi.transcribe.rhythm.metres import METRES


def heard(number: int) -> tuple[Example | None, list[Candidate]]:
    rng = np.random.default_rng([9, number])
    song = compose(rng)
    notes, hits = as_transcribed(rng, song.notes, song.drum_hits, song.duration_s)
    evidence, course = evidence_of(notes, hits), course_of(notes, hits, song.duration_s)
    candidates = candidates_of(evidence, course.position(evidence.time_s), course.beat_s)
    return example_of(song, notes, hits), candidates


@pytest.fixture(scope="module")
def songs() -> list[tuple[Example, list[Candidate]]]:
    found = [heard(number) for number in range(10)]
    return [(example, candidates) for example, candidates in found if example is not None]


def missed(example: Example, correction: Correction, candidates: list[Candidate]) -> float:
    """The negative log likelihood of what is right where nothing but the correction counts."""
    added = correction.of(candidates)
    columns = []
    for number, metre in enumerate(METRES):
        begins = np.where(np.arange(metre.beats) == 0, correction.begins[number], 0.0)
        columns.append(added[:, number, None] + begins)
    total = torch.from_numpy(np.concatenate(columns, axis=1))
    right = torch.from_numpy(np.concatenate(example.right, axis=1))
    song = torch.zeros(len(total), dtype=torch.long)
    both = [log_sum(each.float(), song, 1) for each in (total, total.masked_fill(~right, -1e9))]
    return float(both[0] - both[1])


def test_the_network_learns_what_it_is_shown(songs: list[tuple[Example, list[Candidate]]]) -> None:
    examples = [example for example, _ in songs]
    correction = fit_correction(Model(), examples, [1.0] * len(examples), seed=1, epochs=150)
    again = fit_correction(Model(), examples, [1.0] * len(examples), seed=1, epochs=150)
    for field in fields(Correction):
        np.testing.assert_array_equal(getattr(correction, field.name), getattr(again, field.name))
    chance = [np.log(np.concatenate(example.right, axis=1).size) for example in examples]
    losses = [missed(example, correction, candidates) for example, candidates in songs]
    assert np.mean(losses) < 0.5 * np.mean(chance)


def test_what_is_shipped_computes_what_was_taught(songs: list[tuple[Example, list[Candidate]]]) -> None:
    example, candidates = songs[0]
    torch.manual_seed(0)
    net = CorrectionNet(torch.randn(FEATURE_COUNT), torch.rand(FEATURE_COUNT) + 0.5).eval()
    torch.nn.init.normal_(net.output.weight)
    found = features(
        {bar: np.stack([c.on_beats[bar] for c in candidates]) for bar in BAR_BEATS},
        np.stack([c.between for c in candidates]),
        np.stack([c.extras for c in candidates]),
    )
    with torch.no_grad():
        taught = net(torch.from_numpy(found.astype(np.float32))).numpy()
    columns = np.cumsum([0, *(metre.beats for metre in METRES)])[:-1]  # whose bars begin with the first beat
    np.testing.assert_allclose(net.weights().of(candidates), taught[:, columns], atol=1e-4)
    assert scores(Model(), example).shape == taught.shape


def test_it_is_saved_with_the_scores_weights(tmp_path: Path) -> None:
    net = CorrectionNet(torch.zeros(FEATURE_COUNT), torch.ones(FEATURE_COUNT))
    save(Model(), net.weights(), tmp_path / "weights.json", {"about": "a test"})
    table = json.loads((tmp_path / "weights.json").read_text())["correction"]
    read = Correction(**{field.name: np.array(table[field.name]) for field in fields(Correction)})
    np.testing.assert_allclose(read.hidden, net.weights().hidden, atol=1e-4)


def test_the_shipped_network_has_the_shapes_of_today_and_others_are_refused() -> None:
    shipped = shipped_correction()
    assert shipped.output.any()
    with pytest.raises(ValueError, match="wrong shapes"):
        Correction(shipped.mean[1:], *(getattr(shipped, field.name) for field in fields(Correction)[1:]))
