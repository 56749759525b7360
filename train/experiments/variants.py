"""Experiments: variants of a recipe that each change one thing, trained on equal seeds and scored at all thresholds.

A variant goes on from the state of one run, for a few steps, while the learning rate falls to zero; so a small budget
shows what a change does to a network that is already good. Measured are recordings, without the judge: the heights
of the onset peaks stand for probabilities, and every threshold is scored, since a change that only moves the best
threshold is no improvement. The result of a variant and a seed is one JSON file; `table` compares them.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import torch

from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.datasets.rendered import RenderedMixes, batches_from
from mp3tomidi.train.evaluation.evaluate import sweep
from mp3tomidi.train.evaluation.report import Report
from mp3tomidi.train.recipe import NoteRecipe, RecipeError, validated
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.training.learning_rate import CoolDown
from mp3tomidi.train.training.loop import Trainer, new_trainer
from mp3tomidi.train.training.memory import keep_freed_memory
from mp3tomidi.train.training.warm_start import warm_start
from mp3tomidi.transcribe.audio.mono_sound import MonoSound
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.inference.engines import TorchEngine
from mp3tomidi.transcribe.inference.frame_network import FrameNetwork
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.notes.candidates import find_candidates
from mp3tomidi.transcribe.notes.decoding import decode_notes
from mp3tomidi.transcribe.notes.thresholds import Thresholds
from mp3tomidi.transcribe.outputs.files import write_bytes
from mp3tomidi.transcribe.transcriber import Analysis

THRESHOLDS = tuple(round(0.1 + 0.05 * step, 2) for step in range(17))
SCRATCH_COOL_DOWN_SHARE = 0.3  # of the steps of a variant that starts from nothing
AVERAGED_SHARE = 1 / 6  # of the steps, over which weights are averaged, so that they are the variant's, not the run's
SHIPPED_RECIPES = Path(recipes.__file__).parent / "recipes"

MixesOf = Callable[[NoteRecipe, Trainer], RenderedMixes]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Variant:
    """One change of the recipe, and why it is tried."""

    name: str
    why: str = ""
    set: tuple[str, ...] = ()  # as for --set: "data.mix.drums_share=0"


@dataclass(frozen=True)
class Experiment:
    """The first variant is the baseline that the others are compared with."""

    recipe: str  # a file, named from the experiment's own, or the name of a shipped one
    variants: tuple[Variant, ...]

    def __post_init__(self) -> None:
        names = [variant.name for variant in self.variants]
        if not names or self.variants[0].set:
            raise ValueError("the first variant is the baseline and changes nothing")
        if wrong := [name for name in names if not re.fullmatch(r"[a-z0-9_]+", name) or names.count(name) > 1]:
            raise ValueError(f"variant {wrong[0]!r}: names are small letters, digits and _, each used once")


@dataclass(frozen=True)
class Budget:
    """What every variant gets. `start` is the run that is gone on with (None: from nothing)."""

    start: Path | None
    steps: int
    seeds: int


def load(path: Path) -> tuple[Experiment, Path]:
    """An experiment in a TOML file, and its recipe's file. Raises RecipeError."""
    experiment: Experiment = validated(Experiment, recipes.read_toml(path), path)
    beside = path.parent / experiment.recipe
    return experiment, beside if beside.is_file() else SHIPPED_RECIPES / experiment.recipe


def chosen_variants(experiment: Experiment, names: Sequence[str] | None) -> tuple[Variant, ...]:
    """The variants of these names (None: all), in the order of the experiment. Raises RecipeError."""
    if names is None:
        return experiment.variants
    if unknown := set(names) - {variant.name for variant in experiment.variants}:
        raise RecipeError(f"there is no variant {sorted(unknown)[0]!r}")
    return tuple(variant for variant in experiment.variants if variant.name in names)


def result_path(out: Path, variant: Variant, seed: int) -> Path:
    return out / f"{variant.name}-{seed}.json"


def conduct(
    variants: Sequence[Variant],
    recipe: Path,
    budget: Budget,
    mixes_of: MixesOf,
    *,
    valid: Path,
    out: Path,
    workers: int,
    say: Say,
) -> None:
    """Teaches and measures every variant with seed 1, then with seed 2 and so on; what is in `out` is not done again.

    A variant that fails with one of the project's errors is reported and left out. Raises RecipeError before the start
    if a recipe cannot be followed or a result in `out` is not of this experiment, and at the end if variants failed.
    """
    keep_freed_memory()
    if budget.start:
        RunFolder(budget.start).load()  # not there: that shows before the first variant
    variant_recipes = {variant: recipes.load_as(NoteRecipe, recipe, variant.set) for variant in variants}
    rows = [(seed, variant) for seed in range(1, budget.seeds + 1) for variant in variants]
    rows = [(seed, variant) for seed, variant in rows if not _is_done(result_path(out, variant, seed), variant, budget)]
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for done, (seed, variant) in enumerate(rows, start=1):
        path = result_path(out, variant, seed)
        started = time.monotonic()
        try:
            result = _result(variant, variant_recipes[variant], seed, budget, mixes_of, valid, workers)
        except Mp3toMidiError as error:
            say(f"{path.stem} failed: {error}")
            failed.append(path.stem)
            continue
        write_bytes(f"{json.dumps(result)}\n".encode(), path)
        say(f"{done}/{len(rows)} {path.stem}: loss {result['losses']['loss']:.4f}, {time.monotonic() - started:.0f} s")
    if failed:
        raise RecipeError(f"these variants failed: {' '.join(failed)}; the same command tries them again")


def _settings(variant: Variant, budget: Budget) -> dict[str, Any]:
    return {"set": list(variant.set), "steps": budget.steps, "start": budget.start.name if budget.start else None}


def _is_done(path: Path, variant: Variant, budget: Budget) -> bool:
    if not path.exists():
        return False
    result = json.loads(path.read_text(encoding="utf-8"))
    if any(result[name] != value for name, value in _settings(variant, budget).items()):
        raise RecipeError(f"{path}: made with other settings, steps or another start; move it or use another --out")
    return True


def _result(
    variant: Variant, recipe: NoteRecipe, seed: int, budget: Budget, mixes_of: MixesOf, valid: Path, workers: int
) -> dict[str, Any]:
    """Everything that is known of a variant and a seed, as JSON holds it."""
    state = RunFolder(budget.start).load() if budget.start else None
    net, losses = teach(recipe, seed, state, budget.steps, mixes_of, workers)
    reports = measure(net, valid)
    return {
        "variant": variant.name,
        "seed": seed,
        **_settings(variant, budget),
        "losses": losses,
        "thresholds": list(THRESHOLDS),
        "recordings": _recordings(reports),
    }


def teach(
    recipe: NoteRecipe, seed: int, state: dict[str, Any] | None, steps: int, mixes_of: MixesOf, workers: int
) -> tuple[NoteNet, dict[str, float]]:
    """The averaged network after `steps` more steps that cool down, and the losses' means over their second half."""
    training = replace(
        recipe.training,
        seed=recipe.training.seed + seed,
        average_decay=min(recipe.training.average_decay, max(0.0, 1.0 - 1.0 / (AVERAGED_SHARE * steps))),
    )
    recipe = replace(recipe, training=training)
    trainer = new_trainer(recipe, "cpu")
    cooled_steps = steps
    if state is None:
        cooled_steps = max(1, round(SCRATCH_COOL_DOWN_SHARE * steps))
    else:
        warm_start(trainer, state)
    first, last = trainer.progress.step, trainer.progress.step + steps
    trainer.cool_down = CoolDown(last - cooled_steps, cooled_steps)
    mixes = mixes_of(recipe, trainer)
    mixes.batch_count = last
    sums: dict[str, float] = defaultdict(float)
    half = first + steps // 2
    for batch in batches_from(mixes, first, workers):
        losses = trainer.step(batch)
        if trainer.progress.step > half:
            for name, value in losses.items():
                sums[name] += value / (last - half)
    net = cast(NoteNet, trainer.averaged.module)
    return net.eval(), dict(sums)


def measure(net: NoteNet, valid: Path) -> list[Report]:
    """Scores of all recordings with note labels, one report a threshold of THRESHOLDS."""
    network = FrameNetwork(TorchEngine(net, torch.device("cpu")))
    rate = net.settings.front_end.sample_rate

    def analyse(path: Path) -> Analysis:
        activations, survey = network.activations(MonoSound.of_file(path, rate))
        candidates = find_candidates(activations)
        duration_s = survey.sample_count / rate
        return Analysis(activations, candidates, candidates.height, survey.tuning_cents, duration_s)

    def decide(analysis: Analysis, thresholds: Thresholds) -> Transcription:
        notes = decode_notes(analysis.activations, analysis.candidates, analysis.probability, thresholds)
        return Transcription(notes=tuple(notes), tuning_cents=analysis.tuning_cents, duration_s=analysis.duration_s)

    settings = {f"{onset:.2f}": Thresholds(onset=onset) for onset in THRESHOLDS}
    reports = list(sweep(valid, analyse, decide, settings, notes_only=True).values())
    if reports[0].failures:
        failure = reports[0].failures[0]
        raise RecipeError(f"{failure.set_name}/{failure.name}: {failure.error}")
    return reports


def _recordings(reports: Sequence[Report]) -> list[dict[str, Any]]:
    """One table a recording, its columns over THRESHOLDS; what cannot be measured is null."""
    tables = []
    for of_thresholds in zip(*(report.recordings for report in reports), strict=True):
        scores = [score.notes for score in of_thresholds if score.notes]
        correlations = [score.velocity_correlation for score in scores]
        tables.append(
            {
                "set": of_thresholds[0].set_name,
                "name": of_thresholds[0].name,
                "reference": scores[0].reference_count,
                "estimate": [score.estimate_count for score in scores],
                "matched": [round(score.recall * score.reference_count) for score in scores],
                "onset_offset_f1": [round(score.onset_offset_f1, 5) for score in scores],
                "velocity_correlation": [round(v, 4) if math.isfinite(v) else None for v in correlations],
            }
        )
    return tables
