"""Trains a NoteJudge and the weights of note velocities on NoteNet's candidates in rendered mixes.

The NoteJudge says which of them are notes; a straight line says how hard these are struck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.train.datasets.clips import finished_clips
from mp3tomidi.train.evaluation.note_scores import match_notes, merge_unisons
from mp3tomidi.train.judges.judge_training import JudgedCandidates, JudgeRun
from mp3tomidi.train.recipe import JudgeTraining, NoteRecipe, RecipeError
from mp3tomidi.train.training.export import export_decider, export_velocities
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.features import NoteFeatures
from mp3tomidi.transcribe.notes.note_judge import NoteJudge
from mp3tomidi.transcribe.notes.velocity import FEATURES, relative, velocity_features

RIDGE = 10.0
CUT_NOTE_S = 0.1  # of a note that began before its clip, the least that must sound in it


@dataclass(frozen=True)
class NoteExamples:
    """Judged candidates. Of those that are notes, and whose velocity is known, what tells it
    [notes, velocity.FEATURES], and the velocity itself, both as differences from the mean of their clip.
    """

    judged: JudgedCandidates
    velocity_features: NDArray[np.float32]
    velocity: NDArray[np.float32]


def note_examples(
    network: FrameNetwork,
    mixer: Mixer,
    chain: Chain,
    training: JudgeTraining,
    progress: Callable[[int], None] = lambda _: None,
) -> NoteExamples:
    """Candidates of freshly rendered mixes, judged by their labels. The mixer's clips last training.clip_s.

    Raises RecipeError where none of them is a note.
    """
    features, is_note, clips, telling, velocities = [], [], [], [], []
    rendered = finished_clips(mixer, chain, count=training.clips, seed=training.seed)
    for clip, (sound, labels) in enumerate(rendered):
        activations, _ = network.activations(sound)
        candidates = find_candidates(activations)
        features.append(NoteFeatures(activations, candidates).of(slice(None)).astype(np.float16))
        onset_s = candidates.position_frames * activations.hop_s
        played = played_velocities(labels.notes, onset_s, candidates.key + PIANO_LOWEST_PITCH)
        is_note.append(~np.isnan(played))
        known = played > 0
        if known.any():
            rows = velocity_features(activations, candidates.frame[known], candidates.key[known])
            telling.append(relative(rows))
            velocities.append((played[known] - played[known].mean()).astype(np.float32))
        clips.append(np.full(len(candidates), clip, np.int32))
        progress(clip + 1)
    if not velocities:
        raise RecipeError("NoteNet finds nothing of what its mixes play, so there is nothing to judge; teach it longer")
    judged = JudgedCandidates(*(np.concatenate(part) for part in (features, is_note, clips)))
    return NoteExamples(judged, np.concatenate(telling), np.concatenate(velocities))


def teach(run: JudgeRun) -> None:
    """Teaches a NoteJudge and the weights of velocities, and writes them beside their NoteNet. Raises RecipeError."""
    recipe = run.recipe
    assert isinstance(recipe, NoteRecipe)
    examples = note_examples(run.network, run.mixer, run.chain, recipe.judge_training, run.clips_done)
    judge = run.taught(lambda: NoteJudge(recipe.judge), examples.judged)
    export_decider(judge, recipe, run.weights, run.banks)
    export_velocities(teach_velocities(examples), recipe, run.weights, run.banks)


def played_velocities(
    notes: NDArray[np.void], onset_s: NDArray[np.float64], pitch: NDArray[np.intp]
) -> NDArray[np.float64]:
    """The velocity of the labelled note (dtype NOTE) that each candidate matches as the evaluation would match them.

    nan where there is none, 0 where it is not known. A note that a clip begins in the middle of is one of its first
    moment, since its sound begins there, of an unknown velocity.
    """
    inside = (notes["pitch"] >= PIANO_LOWEST_PITCH) & (notes["pitch"] <= PIANO_HIGHEST_PITCH)
    inside &= notes["offset_s"] > CUT_NOTE_S
    reference = np.stack([notes[name][inside] for name in ("onset_s", "offset_s", "pitch", "velocity")], axis=1).astype(
        float
    )
    cut = reference[:, 0] < 0.0
    reference[cut, 0] = reference[cut, 3] = 0.0
    reference = merge_unisons(reference)
    estimate = np.stack([onset_s, onset_s + 0.1, pitch, np.full(len(pitch), 64.0)], axis=1)
    played = np.full(len(onset_s), np.nan)
    for note, candidate in match_notes(reference, estimate, offset_ratio=None):
        played[candidate] = reference[note, 3]
    return played


def teach_velocities(data: NoteExamples) -> dict[str, float]:
    """The weights of velocity.FEATURES by name: least squares, barely held back (Hoerl and Kennard 1970)."""
    features = data.velocity_features.astype(np.float64)
    scale = features.std(axis=0) + 1e-6
    scaled = features / scale
    inner = scaled.T @ scaled + RIDGE * np.eye(len(FEATURES))
    weights = np.linalg.solve(inner, scaled.T @ data.velocity.astype(np.float64)) / scale
    return {name: round(float(weight), 5) for name, weight in zip(FEATURES, weights, strict=True)}
