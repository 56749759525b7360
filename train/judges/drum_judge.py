"""Trains a DrumJudge and a DrumVelocity on DrumNet's candidates in rendered mixes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import expit

from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.train.datasets.clips import finished_clips
from mp3tomidi.train.evaluation.drum_scores import by_piece, matched
from mp3tomidi.train.judges.drum_velocity import Strokes, joined, strokes_of, teach_drum_velocity
from mp3tomidi.train.judges.judge_training import JudgedCandidates, JudgeRun
from mp3tomidi.train.recipe import DrumJudgeTraining, DrumRecipe, JudgeTraining, RecipeError
from mp3tomidi.train.training.export import export_decider
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drums.candidates import DrumActivations, DrumCandidates, find_candidates
from mp3tomidi.transcribe.drums.drum_judge import DOUBTFUL, DrumJudge, FirstLook
from mp3tomidi.transcribe.drums.features import all_features
from mp3tomidi.transcribe.drums.second_look_features import context_features
from mp3tomidi.transcribe.drums.transcriber import drum_activations
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.networks import checkpoint

Teacher = Callable[[Callable[[], Any], JudgedCandidates, JudgeTraining], Any]
"""Trains the perceptron that its first argument makes; `JudgeRun.taught` is one."""


@dataclass(frozen=True)
class ExampleClip:
    """A clip's activations (float16) and candidates."""

    activations: DrumActivations
    candidates: DrumCandidates


@dataclass(frozen=True)
class DrumExamples:
    """What DrumNet finds possible, judged, and of what is played how hard it is."""

    clips: list[ExampleClip]
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
    clips, judged, strokes = [], [], []
    rendered = finished_clips(mixer, chain, count=training.clips, seed=training.seed)
    for clip, (sound, labels) in enumerate(rendered):
        activations, duration_s = drum_activations(network, Audio(sound, mixer.sample_rate))
        candidates = find_candidates(activations)
        played = played_velocities(by_piece(labels.drum_hits, duration_s), candidates)
        clips.append(ExampleClip(_halved(activations), candidates))
        rows = all_features(activations, candidates).astype(np.float16)
        judged.append((rows, ~np.isnan(played), np.full(len(candidates), clip, np.int32)))
        strokes.append(strokes_of(activations, candidates, played, clip))
        progress(clip + 1)
    if not any(len(one.clip) for one in strokes):
        raise RecipeError("DrumNet finds nothing of what its mixes play, so there is nothing to judge; teach it longer")
    return DrumExamples(clips, JudgedCandidates(*map(np.concatenate, zip(*judged, strict=True))), joined(strokes))


def _halved(activations: DrumActivations) -> DrumActivations:
    """In half precision: thousands of clips are kept for the second look."""
    return DrumActivations(
        activations.onset.astype(np.float16),
        activations.velocity.astype(np.float16),
        activations.slow_loudness.astype(np.float16),
        activations.quick_loudness.astype(np.float16),
        activations.high_loudness.astype(np.float16),
        activations.hop_s,
    )


def teach(run: JudgeRun) -> None:
    """Teaches a DrumJudge and a DrumVelocity, and writes them beside their DrumNet.

    Where the recipe keeps the first look of the judge that is there, only the second look is taught. Raises
    RecipeError, and WeightsError where there is no judge to keep.
    """
    recipe = run.recipe
    assert isinstance(recipe, DrumRecipe)
    training = recipe.judge_training
    judge = checkpoint.load(DrumJudge, run.weights) if training.first_look_kept else DrumJudge(recipe.judge)
    examples = drum_examples(run.network, run.mixer, run.chain, training, run.clips_done)
    teach_looks(judge, examples, run.taught, training)
    export_decider(judge, recipe, run.weights, run.banks)
    if not training.first_look_kept:
        velocity = teach_drum_velocity(examples.strokes, training, run.report)
        export_decider(velocity, recipe, run.weights, run.banks)


def teach_looks(judge: DrumJudge, examples: DrumExamples, taught: Teacher, training: DrumJudgeTraining) -> None:
    """Teaches a judge its first look on all candidates, unless that is kept, and the networks of its second one, each
    from a seed of its own, on those that the first one leaves in doubt.
    """
    if not training.first_look_kept:
        judge.first = taught(lambda: DrumJudge(judge.settings).first, examples.judged, training)
    in_doubt = doubtful(judge.first, examples)
    for index in range(len(judge.second.members)):
        of_member = replace(training, seed=training.seed + index)
        judge.second.members[index] = taught(lambda: DrumJudge(judge.settings).second.members[0], in_doubt, of_member)
    judge.eval()


def doubtful(first: FirstLook, examples: DrumExamples) -> JudgedCandidates:
    """What the second look sees of the candidates that the first one leaves in doubt."""
    with torch.inference_mode():
        odds = first(torch.from_numpy(examples.judged.features.astype(np.float32))).numpy()
    in_doubt = (odds > DOUBTFUL[0]) & (odds < DOUBTFUL[1])
    ends = np.cumsum([len(clip.candidates) for clip in examples.clips])[:-1]
    context = [
        context_features(clip.activations, clip.candidates, expit(of_clip))[kept].astype(np.float16)
        for clip, of_clip, kept in zip(examples.clips, np.split(odds, ends), np.split(in_doubt, ends), strict=True)
    ]
    judged = examples.judged
    return JudgedCandidates(np.concatenate(context), judged.is_event[in_doubt], judged.clip[in_doubt])


def played_velocities(hits: Sequence[NDArray[np.void]], candidates: DrumCandidates) -> NDArray[np.float64]:
    """The velocity of the hit, of what `by_piece` gives, that each candidate matches; nan where there is none."""
    played = np.full(len(candidates), np.nan)
    for piece, of_piece in enumerate(hits):
        found = np.flatnonzero(candidates.piece == piece)
        for hit, candidate in matched(of_piece["onset_s"], candidates.time_s[found]):
            played[found[candidate]] = of_piece["velocity"][hit]
    return played
