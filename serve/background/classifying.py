"""Jobs that classify every sound of a folder."""

from __future__ import annotations

from typing import Any

from mp3tomidi.serve.background.classifiers import find
from mp3tomidi.serve.background.kinds import PlainKind, Surroundings
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.sorting import PCA, UMAP
from mp3tomidi.serve.background.table import Job


class Classify(PlainKind):
    """options: place, classifier (as GET /api/classifiers names it), map ("pca" or "umap")."""

    def check(self, options: object, around: Surroundings) -> dict[str, Any]:
        given = Options(options)
        checked = {
            "place": given.text("place", longest=4000),
            "classifier": given.text("classifier"),
            "map": given.choice("map", (PCA, UMAP), PCA),
        }
        given.end()
        around.places.folder(checked["place"])
        find(checked["classifier"], around)
        return checked

    def command(self, job: Job, around: Surroundings) -> list[str]:
        classifier, options = find(job.options["classifier"], around), job.options
        return [
            "mp3tomidi.serve.background.sorting", str(around.places.folder(options["place"])), options["place"],
            classifier.task, str(classifier.weights), options["map"], str(around.of(job.id).path),
        ]  # fmt: skip
