"""Jobs that classify every sound of a folder."""

from __future__ import annotations

from typing import Any

from mp3tomidi.serve.background.classifiers import find
from mp3tomidi.serve.background.kinds import JobContext, PlainKind
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.sorting import PCA, UMAP
from mp3tomidi.serve.background.table import Job


class Classify(PlainKind):
    """options: place, classifier (as GET /api/classifiers names it), map ("pca" or "umap")."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        checked = {
            "place": given.text("place", longest=4000),
            "classifier": given.text("classifier"),
            "map": given.choice("map", (PCA, UMAP), PCA),
        }
        given.end()
        context.places.folder(checked["place"])
        find(checked["classifier"], context)
        return checked

    def command(self, job: Job, context: JobContext) -> list[str]:
        classifier, options = find(job.options["classifier"], context), job.options
        return [
            "mp3tomidi.serve.background.sorting", str(context.places.folder(options["place"])), options["place"],
            classifier.task, str(classifier.weights), options["map"], str(context.of(job.id).path),
        ]  # fmt: skip
