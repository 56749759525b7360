"""What the sub-commands of mp3tomidi-train do."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from mp3tomidi.augment.banks import Bank
from mp3tomidi.augment.mixer import Mixer
from mp3tomidi.augment.passages import Passages
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.datasets.rendered import RenderedMixes
from mp3tomidi.train.evaluate import evaluate as evaluate_folder
from mp3tomidi.train.evaluate import sweep
from mp3tomidi.train.export import export as export_run
from mp3tomidi.train.loop import ENDLESS, Trainer, new_trainer, train
from mp3tomidi.train.recipe import Recipe, RecipeError
from mp3tomidi.train.report import sweep_table
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.train.schedule import CoolDown
from mp3tomidi.transcribe.transcriber import Transcriber

SWEPT_THRESHOLDS = tuple(0.3 + 0.05 * step for step in range(9))


def mixes_for(recipe: Recipe, data: Path, banks: Path, trainer: Trainer) -> RenderedMixes:
    """The endless labelled mixes of a recipe."""
    chosen = recipe.data.banks
    mixer = Mixer(
        [Bank.open(banks / choice.name) for choice in chosen],
        Passages.open(data, banks),
        recipe.data.mix,
        [choice.weight for choice in chosen],
    )
    return RenderedMixes(
        mixer,
        trainer.chain,
        seed=recipe.training.seed,
        batch_clips=recipe.training.batch_clips,
        batch_count=ENDLESS,
    )


def run(options: argparse.Namespace) -> None:
    """Train from a recipe, or go on with a run; see train/cli.py for the options."""
    if options.resume:
        source = RunFolder(options.resume)
        recipe = source.read_recipe()
        if options.recipe or options.set:
            recipe = recipes.load(options.recipe or _missing("--set with --resume needs the recipe"), options.set)
        trainer = new_trainer(recipe, options.device)
        trainer.load(source.load())
        folder = source
        if options.cooldown and trainer.cool_down is None:
            start = trainer.progress.step
            trainer.cool_down = CoolDown(start, max(1, round(start * recipe.training.cool_down_share)))
            folder = RunFolder(options.out or source.path / f"cooled-{start}")
            folder.write_recipe(recipe)
    else:
        if options.recipe is None:
            _missing("give a recipe, or --resume a run")
        recipe = recipes.load(options.recipe, options.set)
        folder = RunFolder(options.out or Path("runs") / recipe.name)
        if (folder.path / "state.pt").exists():
            raise RecipeError(f"{folder.path}: holds a run already; go on with it by --resume {folder.path}")
        trainer = new_trainer(recipe, options.device)
    folder.write_recipe(recipe)
    mixes = mixes_for(recipe, options.data or options.banks, options.banks, trainer)
    train(trainer, mixes, folder, minutes=options.minutes, steps=options.steps, workers=options.workers)


def evaluate(options: argparse.Namespace) -> None:
    """Score weights on labelled recordings and print a table."""
    transcriber = Transcriber(options.weights, options.device)

    def show(done: int, total: int, name: str) -> None:
        print(f"\r{done}/{total} {name:<60.60}", end="" if done < total else "\n", file=sys.stderr, flush=True)

    if options.sweep:
        settings = {f"onset {onset:.2f}": replace(transcriber.thresholds, onset=onset) for onset in SWEPT_THRESHOLDS}
        reports = sweep(options.data, transcriber.hear, transcriber.decide, settings, progress=show)
        print(sweep_table(reports))
        return
    report = evaluate_folder(options.data, transcriber.transcribe, progress=show)
    print(report.table())
    if options.json:
        options.json.write_text(report.to_json() + "\n", encoding="utf-8")


def export(options: argparse.Namespace) -> None:
    """Turn a run into weights with a card."""
    export_run(RunFolder(options.run), options.out, options.banks, averaged=not options.last, scores=options.scores)


def _missing(what: str) -> Path:
    raise RecipeError(what)
