"""The sub-commands of mp3tomidi-train that measure: on labelled recordings, and on rendered performances.

What scores and transcribes is loaded in them: a machine that a pack was brought to has no scoring library.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.augment.effects.chains.training import training_chain
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.recipe import DrumRecipe, RecipeError
from mp3tomidi.train.training.export import add_to_cards
from mp3tomidi.train.training_commands import mixer_for, refuse
from mp3tomidi.transcribe.networks.registry import DRUM_JUDGE, DRUM_NET, SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.weight_files import shipped_folder

if TYPE_CHECKING:
    from mp3tomidi.train.datasets.recordings import Recording

PERFORMANCE_S = 30.0
SWEPT_THRESHOLDS = tuple(0.3 + 0.05 * step for step in range(9))


def evaluate(options: argparse.Namespace) -> None:
    """Score weights on labelled recordings and print a table."""
    from mp3tomidi.train.evaluation.evaluate import evaluate as evaluate_folder
    from mp3tomidi.train.evaluation.evaluate import sweep
    from mp3tomidi.train.evaluation.report import DRUM_COLUMNS, sweep_table
    from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
    from mp3tomidi.transcribe.transcriber import Transcriber

    if options.sweep and (options.json or options.card):
        refuse("--sweep only prints: leave --json and --card away")
    recordings = recordings_of(options, usual_split="test")
    folder = options.weights or shipped_folder()
    transcriber: Any  # both have the same steps, each with thresholds and activations of its own
    if options.drums:
        transcriber = DrumTranscriber(folder, device=options.device)
    else:
        transcriber = Transcriber(folder, device=options.device, drums=False)
    if options.sweep:
        usual = transcriber.thresholds
        settings = {"as it is": usual}
        settings |= {f"onset {onset:.2f}": replace(usual, onset=onset) for onset in SWEPT_THRESHOLDS}
        reports = sweep(recordings, transcriber.analyse, transcriber.decode, settings, progress=_show)
        columns = DRUM_COLUMNS if options.drums else ["On"]
        print("\n\n".join(sweep_table(reports, column) for column in columns))
        return
    report = evaluate_folder(recordings, transcriber.transcribe, progress=_show)
    print(report.drum_table() if options.drums else report.table())
    if options.json:
        options.json.write_text(report.to_json() + "\n", encoding="utf-8")
    if options.card and options.drums:
        add_to_cards(folder, {"scores": report.drum_figures()}, [DRUM_NET.name, DRUM_JUDGE.name])
    elif options.card:
        add_to_cards(folder, {"scores": report.figures()})


def recordings_of(options: argparse.Namespace, usual_split: str) -> Path | list[Recording]:
    """What --data or --dataset names: one of the two must be given. Raises RecipeError, LabelsError."""
    if (options.data is None) == (options.dataset is None):
        refuse("give --data, a folder of labelled recordings, or --dataset NAME:FOLDER, a data set")
    if options.dataset is None:
        folder: Path = options.data
        return folder
    from mp3tomidi.train.datasets.public.registry import read_dataset

    return read_dataset(options.dataset, usual_split)


def _show(done: int, total: int, name: str) -> None:
    print(f"\r{done}/{total} {name:<60.60}", end="" if done < total else "\n", file=sys.stderr, flush=True)


def kits(options: argparse.Namespace) -> None:
    """Measure a drum network on rendered performances with the kits that are never taught."""
    from mp3tomidi.train.datasets.clips import finished_clips
    from mp3tomidi.train.evaluation.drum_scores import measure, pieces_table
    from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber

    recipe = recipes.load_as(DrumRecipe, options.recipe, options.set)
    transcriber = DrumTranscriber(options.weights, device=options.device)
    rate = recipe.network.front_end.sample_rate
    mixed = replace(recipe.data.mix, duration_s=PERFORMANCE_S, groove_share=0.0)  # no groove is kept back
    alone = replace(mixed, empty_share=1.0, empty_weights=(1.0, 0.0, 0.0))
    for heading, mix in (("drums alone", alone), ("in mixes", mixed)):
        mixer = mixer_for(recipe, rate, options.data or options.banks, options.banks, mix, held_out=True)
        chain = training_chain(mixer.sample_rate, recipe.data.effects)
        clips = finished_clips(mixer, chain, count=options.clips, seed=recipe.training.seed)
        matches = measure(transcriber, clips, mixer.sample_rate)
        if not any(one.counts.reference for one in matches):
            raise RecipeError(f"{options.recipe}: no drum is hit in its mixes; name banks with kits that are kept back")
        print(f"{heading}\n{pieces_table(matches)}")


def classes(options: argparse.Namespace) -> None:
    """Measure the network of a classification task and print what was found."""
    from mp3tomidi.train.classify.command import measure_recordings
    from mp3tomidi.train.datasets.class_folders import read_class_folders, read_class_list
    from mp3tomidi.train.evaluation.shipped_classifiers import HELD_OUT, compare_mergings, measure_task
    from mp3tomidi.transcribe.classify.classifier import Classifier

    classifier = Classifier(options.task, options.weights)
    if (options.data / HELD_OUT).is_dir():
        scores = measure_task(classifier, options.data)
        print(json.dumps(scores, indent=1))
    else:
        others = classifier.task.answer == "many"
        named = classifier.task.classes
        if options.data.is_file():
            recordings = read_class_list(options.data, named, others=others)
        else:
            recordings = list(read_class_folders(options.data, named, seed=1, others=others).test)
        measured = measure_recordings(classifier, recordings)
        scores = measured.to_json()
        print(measured.table())
        if classifier.task.answer == "one":
            scores["right_by_merging"] = compare_mergings(classifier, recordings)
            print(f"right by merging: {scores['right_by_merging']}")
    if options.card:
        name = SEGMENT_CLASSIFIER.for_task(options.task).name
        add_to_cards(options.weights or shipped_folder(), {"scores": scores}, [name])
