"""`mp3tomidi-train classify`: teaches a classifier, on recordings (--data) or on rendered sound (--banks)."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.banks.bank import Bank, common_rate
from mp3tomidi.augment.effects.chains.chain import Chain
from mp3tomidi.augment.effects.chains.training import training_chain
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.mixing.solos import SoloMixer
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.train import recipe as recipes
from mp3tomidi.train.classify.export import export_classifier, rendered_credits
from mp3tomidi.train.classify.operating_point import place_at_best_f1
from mp3tomidi.train.classify.pooling import embed_recordings, teach_pooling
from mp3tomidi.train.classify.recipe import (
    NO_EFFECTS,
    ClassifierRecipe,
    classifier_recipe_from,
    load_classifier_recipe,
)
from mp3tomidi.train.classify.trainer import ClassifierTrainer, teach
from mp3tomidi.train.datasets import magnatagatune
from mp3tomidi.train.datasets.class_folders import read_class_folders
from mp3tomidi.train.datasets.labelled_recordings import LabelledParts, LabelledRecording, parts_of_recordings
from mp3tomidi.train.datasets.public.registry import Wanted, read_dataset
from mp3tomidi.train.datasets.recorded_segments import RecordedSegments, batches_in_order
from mp3tomidi.train.datasets.rendered_segments import Clips, RenderedSegments
from mp3tomidi.train.datasets.segment_targets import (
    EFFECT_CLASSES,
    EffectTargets,
    FamilyTargets,
    ProgramTargets,
    SegmentTargets,
    effects_chain,
)
from mp3tomidi.train.datasets.sound_cache import SoundCache
from mp3tomidi.train.evaluation.classification_scores import ClassificationScores, scores_of
from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.train.run_folder import RunFolder
from mp3tomidi.transcribe.classify.checkpoint import load_classifier
from mp3tomidi.transcribe.classify.classifier import Classifier
from mp3tomidi.transcribe.errors import LabelsError, Mp3toMidiError, OutputError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier
from mp3tomidi.transcribe.networks.weight_files import read_card
from mp3tomidi.transcribe.outputs.files import write_bytes

WEIGHTS = "weights"  # the folder of a run that gets the network
_VALID_SEED = 1000  # added to data.seed: mixes that measure are never among those that teach

Sounds = list[NDArray[np.float16]]


def classify(options: argparse.Namespace) -> None:
    """Teach a classifier or go on with one that is being taught; see train/cli.py for the options."""
    if options.resume:
        folder = RunFolder(options.resume)
        recipe = classifier_recipe_from(recipes.changed(folder.read_settings(), options.set))
    else:
        if options.recipe is None:
            raise RecipeError("name a task, a recipe or a TOML file, or --resume a run")
        recipe = load_classifier_recipe(options.recipe, options.set)
        folder = RunFolder(options.out or Path("runs") / recipe.name)
        if (folder.path / "state.pt").exists():
            raise RecipeError(f"{folder.path}: holds a run already; go on with it by --resume {folder.path}")
    if recipe.network.kind == "effect_net" and not (options.start or options.resume):
        raise RecipeError("an effect_net takes over layers that were taught before: name --start WEIGHTS/effects")
    if sum(source is not None for source in (options.banks, options.data, options.dataset)) != 1:
        raise RecipeError(
            "give --data, a folder of recordings, --dataset NAME:FOLDER, a data set, or --banks, what sound is "
            "rendered from"
        )
    if options.banks:
        _teach_on_rendered(recipe, folder, options)
    else:
        _teach_on_recordings(recipe, folder, options)


def _teach_on_recordings(recipe: ClassifierRecipe, folder: RunFolder, options: argparse.Namespace) -> None:
    asked = options.data or options.dataset
    parts = read_parts(asked, recipe)
    recipe = replace(recipe, task=replace(recipe.task, classes=parts.classes))
    cache = SoundCache(options.cache or folder.path / "cache", recipe.task.sample_rate)
    train, train_sounds = _decoded(parts.train, cache)
    valid, valid_sounds = _decoded(parts.valid, cache)
    if missing := {*parts.classes} - {name for recording in train for name in recording.classes}:
        raise LabelsError(f"{asked}: no recording to teach {sorted(missing)[0]!r} can be read")
    if not valid:
        raise LabelsError(f"{asked}: no recording of the valid part can be read")
    targets, valid_targets = parts.targets(train), parts.targets(valid)
    task, training = recipe.task, recipe.training
    source = RecordedSegments(
        train_sounds,
        targets,
        _chain(recipe),
        segment_samples=task.segment_samples,
        per_recording=training.segments_per_recording,
        batch_segments=training.batch_segments,
        seed=training.seed,
    )
    trainer = _trainer(recipe, torch.from_numpy(targets.mean(axis=0)), folder, options)

    def valid_batches() -> Iterable[tuple[Tensor, Tensor]]:
        return batches_in_order(valid_sounds, valid_targets, task.segment_samples, training.batch_segments)

    teach(trainer, source, valid_batches, folder, stop=_time_is_up(options.minutes))
    net, pooling = trainer.best_net(), None
    point = _place_operating_point(recipe, net, valid_batches())
    if task.merging == "attention":
        embedded = [
            embed_recordings(net, sounds, target, task.segment_samples, task.hop_samples)
            for sounds, target in ((train_sounds, targets), (valid_sounds, valid_targets))
        ]
        pooling = teach_pooling(embedded[0], embedded[1], recipe, _say)
    taught = {
        "seed": training.seed,
        **({"begins_with": trainer.begins_with} if trainer.begins_with else {}),
        "taught_on": {"recordings": len(train), "epochs": trainer.progress.best_epoch},
        **point,
    }
    export_classifier(net, pooling, recipe, folder.path / WEIGHTS, taught)
    scores = measure_recordings(Classifier(task.name, folder.path / WEIGHTS), parts.test)
    _write_report(scores, folder.path)


def _teach_on_rendered(recipe: ClassifierRecipe, folder: RunFolder, options: argparse.Namespace) -> None:
    task, data, training = recipe.task, recipe.data, recipe.training
    if task.merging == "attention":
        raise RecipeError(f"{recipe.name}: mixes are single segments, so nothing teaches attention; set task.merging")
    clips, measuring = _rendered_clips(recipe, options)
    targets, chain = _mix_targets(recipe)

    def segments(played_by: Clips, seed: int, round_batches: int) -> RenderedSegments:
        return RenderedSegments(
            played_by,
            chain,
            targets,
            seed=seed,
            batch_segments=training.batch_segments,
            lead_s=data.lead_s,
            round_batches=round_batches,
            rounds=data.rounds,
            uses=data.uses,
            uses_an_effect=data.uses_an_effect,
            epoch_batches=data.epoch_batches,
            cache=options.cache,
        )

    measured = segments(measuring, data.seed + _VALID_SEED, data.valid_batches)
    valid = [measured.batch(index) for index in range(data.valid_batches)]
    shares = torch.cat([target for _, target in valid]).mean(dim=0)
    trainer = _trainer(recipe, shares, folder, options)
    source = segments(clips, data.seed, data.round_batches)
    teach(trainer, source, lambda: valid, folder, stop=_time_is_up(options.minutes))
    used = trainer.progress.best_epoch * data.epoch_batches * training.batch_segments
    in_rounds = data.rounds * data.round_batches * training.batch_segments
    different = min(used / data.uses, in_rounds or float("inf"))
    net = trainer.best_net()
    taught = {
        "seed": training.seed,
        **({"begins_with": trainer.begins_with} if trainer.begins_with else {}),
        "hours_of_sound": round(different * task.segment_s / 3600.0, 1),
        "segments_seen": used,
        **_place_operating_point(recipe, net, valid),
        **rendered_credits(recipe, options.banks),
    }
    export_classifier(net, None, recipe, folder.path / WEIGHTS, taught)
    name = SEGMENT_CLASSIFIER.for_task(task.name).name
    _say(f"{folder.path / WEIGHTS}: {name}, after {trainer.progress.best_epoch} epochs")


def _rendered_clips(recipe: ClassifierRecipe, options: argparse.Namespace) -> tuple[Clips, Clips]:
    """What teaches, and what measures: the same, unless the recipe holds instruments out. Raises RecipeError."""
    data = recipe.data
    banks = [Bank.open(options.banks / choice.name) for choice in data.banks]
    if (rate := common_rate(banks)) != recipe.task.sample_rate:
        raise RecipeError(f"{recipe.name}: its banks are of {rate} Hz, so task.sample_rate must be, too")
    passages = Passages.open(options.midi or options.banks, options.banks)
    mix = replace(data.mix, duration_s=data.lead_s + recipe.task.segment_s)
    weights = [choice.weight for choice in data.banks]

    def played_on(some: list[Bank], *, held_out: bool) -> Clips:
        mixer = Mixer(some, passages, mix, weights, held_out=held_out)
        return SoloMixer(mixer, some, weights, data.solos) if data.solos.share else mixer

    clips = played_on([bank.without(data.held_out) for bank in banks], held_out=False)
    if not data.held_out:
        return clips, clips
    return clips, played_on([bank.only(data.held_out) for bank in banks], held_out=True)


def _place_operating_point(
    recipe: ClassifierRecipe, net: SegmentClassifier, valid: Iterable[tuple[Tensor, Tensor]]
) -> dict[str, Any]:
    """Shifts the network's logits if the recipe wants it so; what the card says of it."""
    if not recipe.training.best_f1_at_half:
        return {}
    shifts = [round(shift, 4) for shift in place_at_best_f1(net, valid)]
    about = "each logit is shifted so that a probability of one half gives the best F1 on segments kept back"
    return {"operating_point": {"about": about, "logits": dict(zip(recipe.task.classes, shifts, strict=True))}}


def _mix_targets(recipe: ClassifierRecipe) -> tuple[SegmentTargets, Chain]:
    """Of mixes: which effects were laid over them, or which programs or families play. Raises RecipeError."""
    classes = recipe.task.classes
    if set(classes) <= set(EFFECT_CLASSES):
        return EffectTargets(classes), effects_chain(recipe.task.sample_rate)
    of_programs = set(classes) <= {program.name for program in PROGRAMS.values()}
    targets = ProgramTargets(classes) if of_programs else FamilyTargets(classes)
    return targets, training_chain(recipe.task.sample_rate, recipe.data.effects)


def read_parts(source: Path | Wanted, recipe: ClassifierRecipe) -> LabelledParts:
    """The recordings of a data set, or of a folder in whichever layout it has. Raises LabelsError."""
    if isinstance(source, Wanted):
        recordings, seed = read_dataset(source), recipe.training.seed
        return parts_of_recordings(recordings, recipe.task.classes, seed, many=recipe.task.answer == "many")
    folder = source
    if (folder / magnatagatune.ANNOTATIONS).is_file():
        return magnatagatune.read_magnatagatune(folder, recipe.task.classes)
    others = recipe.task.answer == "many" and bool(recipe.task.classes)
    return read_class_folders(folder, recipe.task.classes, recipe.training.seed, others=others)


def measure_recordings(classifier: Classifier, recordings: Sequence[LabelledRecording]) -> ClassificationScores:
    """What weights, as a user of them gets them, say of recordings; those that cannot be read are named and left out.

    Raises LabelsError if none can be.
    """
    column = {name: index for index, name in enumerate(classifier.task.classes)}
    targets, answers, short = [], [], 0
    for recording in recordings:
        try:
            classification = classifier.classify(recording.path, warn_if_short=False)
        except Mp3toMidiError as error:
            _say(f"left out: {error}")
            continue
        answers.append(classification.probabilities)
        short += classification.duration_s < classifier.task.segment_s
        target = np.zeros(len(column), np.float32)
        target[[column[name] for name in recording.classes]] = 1.0
        targets.append(target)
    if not answers:
        raise LabelsError("no recording of the test part can be read")
    if short:
        _say(f"{short} of {len(answers)} are shorter than {classifier.task.segment_s:.2f} s: filled up with silence")
    return scores_of(classifier.task.classes, classifier.task.answer, np.stack(targets), answers)


def _trainer(
    recipe: ClassifierRecipe, shares: Tensor, folder: RunFolder, options: argparse.Namespace
) -> ClassifierTrainer:
    """One that goes on with a run, or a new one, whose run begins with this."""
    trainer = ClassifierTrainer(recipe, shares)
    if options.resume:
        trainer.load(folder.load())
    elif options.start:
        trainer.start_from(_state_of(options.start))
        trainer.begins_with = _begun_with(options.start)
    elif recipe.network.kind == "effect_net":
        raise RecipeError(
            "an effect_net hears mel levels by layers taught before: begin with --start WEIGHTS/instrument"
        )
    folder.write_recipe(recipe)
    return trainer


def _state_of(weights: Path) -> dict[str, Any]:
    """The tensors of the network FOLDER/TASK."""
    return load_classifier(weights.parent, _task_of(weights)).state_dict()


def _begun_with(weights: Path) -> dict[str, str]:
    """Name and checksum of the network FOLDER/TASK."""
    name = SEGMENT_CLASSIFIER.for_task(_task_of(weights)).name
    return {"network": name, "sha256": read_card(weights.parent, name)["sha256"]["safetensors"]}


def _task_of(weights: Path) -> str:
    """The task of FOLDER/TASK, which may also be called as its files are."""
    return weights.name.removeprefix(SEGMENT_CLASSIFIER.for_task("").name)


def _decoded(recordings: Sequence[LabelledRecording], cache: SoundCache) -> tuple[list[LabelledRecording], Sounds]:
    """The recordings that can be read and are not silent, with their sound; the others are named and left out."""
    kept: list[LabelledRecording] = []
    sounds: Sounds = []
    for recording in recordings:
        try:
            sound = cache.sound(recording.path)
        except OutputError:
            raise
        except Mp3toMidiError as error:
            _say(f"left out: {error}")
            continue
        if not len(sound) or not np.any(sound):
            _say(f"left out: {recording.path} is silent")
            continue
        kept.append(recording)
        sounds.append(sound)
    return kept, sounds


def _chain(recipe: ClassifierRecipe) -> Chain | None:
    """The effects of the recipe that `augmentation` names. Raises RecipeError."""
    if recipe.augmentation == NO_EFFECTS:
        return None
    return training_chain(recipe.task.sample_rate, effects_of(recipe.augmentation))


def effects_of(name: str) -> dict[str, float]:
    """The effects that the recipe of this name, or in this TOML file, lays over its sound. Raises RecipeError."""
    shipped = Path(recipes.__file__).parent / "recipes" / f"{name}.toml"
    path = shipped if shipped.is_file() else Path(name)
    if not path.is_file():
        raise RecipeError(f"augmentation: there is no recipe {name!r}; write {NO_EFFECTS}, note_net or a TOML file")
    return recipes.load(path).data.effects


def _time_is_up(minutes: float | None) -> Callable[[], bool]:
    end_s = float("inf") if minutes is None else time.monotonic() + 60.0 * minutes
    return lambda: time.monotonic() >= end_s


def _write_report(scores: ClassificationScores, folder: Path) -> None:
    """Prints the table; report.txt, report.json and, if matplotlib is there, confusion.png go to the run's folder."""
    write_bytes((scores.table() + "\n").encode(), folder / "report.txt")
    write_bytes((json.dumps(scores.to_json(), indent=1, ensure_ascii=False) + "\n").encode(), folder / "report.json")
    try:
        scores.draw(folder / "confusion.png")
    except ModuleNotFoundError:
        _say(f"confusion.png is not drawn: {install_command('mp3tomidi[picture]')}")
    print(scores.table())


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
