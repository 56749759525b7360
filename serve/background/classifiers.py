"""The classifiers that are there: those that come along, and those of finished runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mp3tomidi.serve.background.kinds import JobContext, read_json
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import is_id
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.weight_files import shipped_folder


@dataclass(frozen=True, slots=True)
class ClassifierFiles:
    """id: the task's name of one that comes along, the run's id of another."""

    id: str
    task: str
    weights: Path
    card: dict[str, Any]

    def described(self, name: str) -> dict[str, Any]:
        """As the API lists it."""
        task = self.card["task"]
        card = {key: value for key, value in self.card.items() if key not in ("settings", "recipe")}
        return {
            "id": self.id,
            "name": name,
            "task": self.task,
            "about": task.get("about", ""),
            "answer": task.get("answer", "one"),
            "classes": task.get("classes", []),
            "card": card,
        }


def shipped() -> list[ClassifierFiles]:
    return [ClassifierFiles(one.task, one.task, one.weights, one.card) for one in in_folder(shipped_folder())]


def in_folder(weights: Path) -> list[ClassifierFiles]:
    """The classifiers with a card in a folder of weights, named by their tasks."""
    found = []
    for path in sorted(weights.glob(f"{SEGMENT_CLASSIFIER.for_task('*').name}.json")):
        card = read_json(path)
        task = card.get("task") if card else None
        if card and isinstance(task, dict) and path.stem == SEGMENT_CLASSIFIER.for_task(task["name"]).name:
            found.append(ClassifierFiles(task["name"], task["name"], weights, card))
    return found


def of_run(id: str, context: JobContext) -> ClassifierFiles | None:
    """The classifier that a run has taught; None as long as it has none."""
    found = in_folder(context.of(id).run / "weights")
    return ClassifierFiles(id, found[0].task, found[0].weights, found[0].card) if found else None


def find(id: str, context: JobContext) -> ClassifierFiles:
    """Raises RefusalError."""
    found = next((one for one in shipped() if one.id == id), None)
    if found is None and is_id(id):
        found = of_run(id, context)
    if found is None:
        raise RefusalError(404, "there is no such classifier")
    return found
