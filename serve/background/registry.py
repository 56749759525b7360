"""The kinds of jobs by name."""

from __future__ import annotations

from mp3tomidi.serve.background.augmenting import Augment
from mp3tomidi.serve.background.classifying import Classify
from mp3tomidi.serve.background.evaluating import Evaluate
from mp3tomidi.serve.background.exporting import Export
from mp3tomidi.serve.background.kinds import Kind
from mp3tomidi.serve.background.looking import Look
from mp3tomidi.serve.background.training import Train

KINDS: dict[str, Kind] = {
    "look": Look(),
    "augment": Augment(),
    "train": Train(),
    "export": Export(),
    "evaluate": Evaluate(),
    "classify": Classify(),
}
