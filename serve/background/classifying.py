"""Jobs that classify every sound of a folder, or those of a list."""

from __future__ import annotations

import csv
import json
from typing import Any

from mp3tomidi.serve.background.classifiers import find
from mp3tomidi.serve.background.kinds import JobContext, PlainKind
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.sorting import PCA, UMAP
from mp3tomidi.serve.background.table import Job
from mp3tomidi.serve.errors import RefusalError

LONGEST_LIST = 4 << 20  # signs


class Classify(PlainKind):
    """options: place, classifier (as GET /api/classifiers names it), map ("pca" or "umap"), list (of sounds below the
    place, one a line, as CSV: its path there and, if it is known, its class; without it all sounds).
    """

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        checked = {
            "place": given.text("place", longest=4000),
            "classifier": given.text("classifier"),
            "map": given.choice("map", (PCA, UMAP), PCA),
        }
        listed = given.text("list", None, longest=LONGEST_LIST)
        given.end()
        context.places.folder(checked["place"])
        if listed is not None:
            checked["list"] = read_list(listed)
            for name, _ in checked["list"]:
                context.places.sound(f"{checked['place']}/{name}")
        find(checked["classifier"], context)
        return checked

    def command(self, job: Job, context: JobContext) -> list[str]:
        classifier, options = find(job.options["classifier"], context), job.options
        if "list" in options:
            context.of(job.id).listed.write_text(json.dumps(options["list"]), encoding="utf-8")
        return [
            "mp3tomidi.serve.background.sorting", str(context.places.folder(options["place"])), options["place"],
            classifier.task, str(classifier.weights), options["map"], str(context.of(job.id).path),
        ]  # fmt: skip


def read_list(text: str) -> list[tuple[str, str | None]]:
    """Paths and classes, each path once. Raises RefusalError."""
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(text.splitlines(), strict=True)]
    except csv.Error as error:
        raise RefusalError(422, f"list cannot be read as CSV: {error}") from error
    rows = [row for row in rows if row and row[0]]
    if not rows:
        raise RefusalError(422, "list names no recording")
    return list({row[0]: (row[0], row[1] if len(row) > 1 and row[1] else None) for row in rows}.values())
