"""`mp3tomidi-train one-class`: one class of a task's network as the network of a task of its own.

What was taught together with other classes often tells a class better than a network that was taught it alone.
"""

from __future__ import annotations

import argparse

import torch

from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.classify.checkpoint import load_classifier, save_classifier
from mp3tomidi.transcribe.classify.task import load_task, task_from
from mp3tomidi.transcribe.nearest import did_you_mean
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.segment_classifier import SegmentClassifier
from mp3tomidi.transcribe.networks.weight_files import read_card

_OF_ALL_CLASSES = {"format", "network", "settings", "task", "sha256", "scores", "compared", "operating_point"}
_HEAD = ("head.weight", "head.bias")


def one_class(options: argparse.Namespace) -> None:
    """Write the class of the network FOLDER/TASK for another task; see train/cli.py for the options."""
    name = SEGMENT_CLASSIFIER.for_task(options.network.name).name
    card = read_card(options.network.parent, name)
    of_all, task = task_from(card["task"]), load_task(options.task)
    if options.name not in of_all.classes:
        guess = did_you_mean(options.name, of_all.classes)
        raise RecipeError(f"{options.network}: no class {options.name!r}{guess} only {', '.join(of_all.classes)}")
    if len(task.classes) != 1 or of_all.answer != "many":
        raise RecipeError("a class can stand alone where several may hold at once, and for a task of a single class")
    if (of_all.sample_rate, of_all.segment_samples) != (task.sample_rate, task.segment_samples):
        raise RecipeError(f"the segments of {of_all.name} and {task.name} differ in rate or length")
    if (options.out / f"{SEGMENT_CLASSIFIER.for_task(task.name).name}.json").exists():
        raise RecipeError(f"{options.out}: holds a network of the task already; name another folder")
    net = class_alone(load_classifier(options.network.parent, options.network.name), of_all.classes.index(options.name))
    kept = {key: value for key, value in card.items() if key not in _OF_ALL_CLASSES}
    made_of = {"network": name, "class": options.name, "sha256": card["sha256"]["safetensors"]}
    about = f"{net.settings.kind}: {task.about}"
    save_classifier(net, task, options.out, kept | {"about": about, "made_of": made_of})


def class_alone(net: SegmentClassifier, column: int) -> SegmentClassifier:
    """A network, ready for use, with the logit of one class of `net` only."""
    state = {
        key: value[column : column + 1] if key.endswith(_HEAD) else value for key, value in net.state_dict().items()
    }
    alone = SegmentClassifier(net.settings.for_classes(1))
    alone.load_state_dict({key: torch.clone(value) for key, value in state.items()})
    return alone.eval()
