"""Trains a DrumJudge and a DrumVelocity on DrumNet's candidates in rendered mixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.sources.source import SAMPLE_RATE
from mp3tomidi.train.datasets.clips import finished_clips
from mp3tomidi.train.evaluation.drum_scores import by_piece, matched
from mp3tomidi.train.judges.drum_velocity import Strokes, joined, strokes_of, teach_drum_velocity
from mp3tomidi.train.judges.judge_training import JudgedCandidates, JudgeRun
from mp3tomidi.train.recipe import DrumRecipe, JudgeTraining, RecipeError
from mp3tomidi.train.training.export import export_decider
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.candidates import DrumCandidates, find_candidates
from mp3tomidi.transcribe.drums.drum_judge import DrumJudge
from mp3tomidi.transcribe.drums.features import all_features
from mp3tomidi.transcribe.drums.transcriber import drum_activations
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork


@dataclass(frozen=True)
class DrumExamples:
    """What DrumNet finds possible, judged, and of what is played how hard it is."""

    judged: JudgedCandidates
    strokes: Strokes


def drum_examples(
    network: FrameNetwork,
    mixer: Mixer,
    chain: Chain,
    training: JudgeTraining,
    progress: Callable[[int], None] = lambda _: None,
) -> DrumExamples:
    """Candidates of freshly rendered mixes, judged by their labels. The mixer's clips last training.clip_s.

    Raises RecipeError where none of them is clearly a hit.
    """
    judged, strokes = [], []
    rendered = finished_clips(mixer, chain, count=training.clips, seed=training.seed)
    for clip, (sound, labels) in enumerate(rendered):
        activations, duration_s = drum_activations(network, Audio(sound, SAMPLE_RATE))
        candidates = find_candidates(activations)
        played = played_velocities(by_piece(labels.drum_hits, duration_s), candidates)
        seen = all_features(activations, candidates).astype(np.float16)
        judged.append((seen, ~np.isnan(played), np.full(len(candidates), clip, np.int32)))
        strokes.append(strokes_of(activations, candidates, played, clip))
        progress(clip + 1)
    if not any(len(one.clip) for one in strokes):
        raise RecipeError("DrumNet finds nothing of what its mixes play, so there is nothing to judge; teach it longer")
    return DrumExamples(JudgedCandidates(*map(np.concatenate, zip(*judged, strict=True))), joined(strokes))


def teach(run: JudgeRun) -> None:
    """Teaches a DrumJudge and a DrumVelocity, and writes them beside their DrumNet. Raises RecipeError."""
    recipe = run.recipe
    assert isinstance(recipe, DrumRecipe)
    examples = drum_examples(run.network, run.mixer, run.chain, recipe.judge_training, run.clips_done)
    judge = run.taught(lambda: DrumJudge(recipe.judge), examples.judged)
    export_decider(judge, recipe, run.weights, run.banks)
    velocity = teach_drum_velocity(examples.strokes, recipe.judge_training, run.report)
    export_decider(velocity, recipe, run.weights, run.banks)


def played_velocities(hits: Sequence[NDArray[np.void]], candidates: DrumCandidates) -> NDArray[np.float64]:
    """The velocity of the hit, of what `by_piece` gives, that each candidate matches; nan where there is none."""
    played = np.full(len(candidates), np.nan)
    for piece, of_piece in enumerate(hits):
        found = np.flatnonzero(candidates.piece == piece)
        for hit, candidate in matched(of_piece["onset_s"], candidates.time_s[found]):
            played[found[candidate]] = of_piece["velocity"][hit]
    return played
