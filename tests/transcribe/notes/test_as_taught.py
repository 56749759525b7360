"""Features are what they were when the shipped weights were taught on them.

The stored numbers are those of that day. A change that moves them makes the weights wrong: teach these again first,
then store the new numbers with `pytest --force-regen`.
"""

from __future__ import annotations

import numpy as np
import pytest
from pytest_regressions.ndarrays_regression import NDArraysRegressionFixture

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.timbres import pooled
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.families import place_of
from mp3tomidi.transcribe.notes.features import NoteFeatures
from mp3tomidi.transcribe.notes.pedal_features import pedal_features
from mp3tomidi.transcribe.notes.timbre_groups import follow_timbre
from mp3tomidi.transcribe.notes.velocity import velocity_features

NEAR = {"rtol": 1e-4, "atol": 1e-5}
FRAMES = 600


def made_up_notes() -> list[Note]:
    """Twelve seconds of notes in all registers, some struck again at once, some under a held pedal."""
    rng = np.random.default_rng(5)
    onsets_s = np.sort(rng.uniform(0.05, 11.5, 60))
    return [
        Note(
            float(t),
            float(t + rng.choice([0.1, 0.3, 1.0, 3.5])),
            int(rng.integers(24, 104)),
            int(rng.integers(20, 120)),
        )
        for t in onsets_s
    ]


@pytest.fixture(scope="module")
def activations() -> Activations:
    """What a NoteNet might say of these notes, with doubt and noise."""
    rng = np.random.default_rng(6)
    onset, frame, offset, velocity, loudness, level = rng.beta(0.5, 12.0, (6, FRAMES, 88)).astype(np.float32)
    for note in made_up_notes():
        first, last, key = round(note.onset_s * 50), min(round(note.offset_s * 50), FRAMES - 1), note.pitch - 21
        height = rng.uniform(0.2, 0.99)
        for shift, share in ((-1, 0.4), (0, 1.0), (1, 0.5)):
            onset[np.clip(first + shift, 0, FRAMES - 1), key] = share * height
        offset[last, key] = rng.uniform(0.1, 0.9)
        sounding = slice(first, last + 1)
        fading = np.linspace(1.0, 0.3, last + 1 - first)
        frame[sounding, key] = height * np.sqrt(fading)
        loudness[sounding, key], level[sounding, key] = 0.9 * fading, 0.8 * fading
        velocity[sounding, key] = note.velocity / 127
    return Activations(onset, frame, offset, velocity, loudness, 0.02, level=level)


def test_what_the_note_judge_is_given(activations: Activations, ndarrays_regression: NDArraysRegressionFixture) -> None:
    candidates = find_candidates(activations)
    features = NoteFeatures(activations, candidates).of(slice(None))
    found = {
        "frame": candidates.frame,
        "pitch": candidates.key,
        "time": candidates.position_frames,
        "height": candidates.height,
    }
    summary = features[:, -10:]
    some = features[:: len(features) // 12]
    ndarrays_regression.check(found | {"summary": summary, "some": some}, default_tolerance=NEAR)


def test_what_pedal_net_is_given(activations: Activations, ndarrays_regression: NDArraysRegressionFixture) -> None:
    ndarrays_regression.check({"features": pedal_features(activations)[:, ::3]}, default_tolerance=NEAR)


def test_what_tells_velocities(activations: Activations, ndarrays_regression: NDArraysRegressionFixture) -> None:
    candidates = find_candidates(activations)
    features = velocity_features(activations, candidates.frame, candidates.key)
    ndarrays_regression.check({"features": features[::9]}, default_tolerance=NEAR)


def test_what_family_net_is_given(ndarrays_regression: NDArraysRegressionFixture) -> None:
    rng = np.random.default_rng(7)
    notes = made_up_notes()
    onset_s, offset_s, pitch = (
        np.array([getattr(note, name) for note in notes]) for name in ("onset_s", "offset_s", "pitch")
    )
    layer = rng.standard_normal((3, FRAMES, 88)).astype(np.float32)
    timbre = pooled(layer, np.rint(onset_s / 0.02).astype(np.intp), pitch.astype(np.intp) - 21)
    ndarrays_regression.check(
        {"place": place_of(onset_s, offset_s, pitch), "timbre": np.asarray(timbre, np.float32)}, default_tolerance=NEAR
    )


def test_what_notes_that_sound_alike_say_of_each_other(ndarrays_regression: NDArraysRegressionFixture) -> None:
    rng = np.random.default_rng(8)
    family = rng.integers(0, 3, 80)
    timbre = (rng.standard_normal((80, 24)) + 1.5 * np.eye(24)[family]).astype(np.float32)
    network = np.log(rng.dirichlet(np.ones(9), 80))
    chosen = np.where(rng.random(80) < 0.8, family, rng.integers(0, 3, 80))
    said = follow_timbre(network, chosen, timbre, rng.integers(40, 90, 80))
    ndarrays_regression.check({"log_probability": said}, default_tolerance=NEAR)
