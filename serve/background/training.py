"""Jobs that teach: `mp3tomidi-train classify` and `mp3tomidi-train run`, begun, stopped and gone on with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mp3tomidi.serve.background import classifiers, recipes_of_training
from mp3tomidi.serve.background.kinds import (
    INTERRUPTED_STATUS,
    JobContext,
    JobFolder,
    PlainKind,
    Progress,
    count_rows,
    read_json,
    usual_outcome,
)
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.recipes_of_training import CLASSIFIER
from mp3tomidi.serve.background.table import Job
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import is_id
from mp3tomidi.serve.store import FAILED
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER

LOG = "log.jsonl"
_DEVICES = ("cpu", "cuda")


class Train(PlainKind):
    """options: recipe, data, banks (places), minutes, steps, changes (as --set takes them), start (a run), device."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        recipe = given.text("recipe", longest=4000)
        teaches, _ = recipes_of_training.find(recipe, context.places)
        checked = {
            "recipe": recipe,
            "teaches": teaches,
            "data": given.text("data", None, longest=4000),
            "banks": given.text("banks", None, longest=4000),
            "minutes": given.number("minutes", 0.0, 100_000.0, None),
            "steps": given.whole("steps", 1, 10**9, None),
            "changes": given.texts("changes", most=50),
            "start": given.text("start", None),
            "device": given.choice("device", _DEVICES, "cpu"),
        }
        given.end()
        for name in ("data", "banks"):
            if checked[name]:
                context.places.folder(checked[name])
        if teaches == CLASSIFIER and (checked["data"] is None) == (checked["banks"] is None):
            raise RefusalError(422, "give data, a folder with a sub-folder for each class, or banks")
        if teaches != CLASSIFIER and checked["banks"] is None:
            raise RefusalError(422, "name the folder of banks that the sound is rendered from")
        if checked["start"] is not None:
            _weights_of(checked["start"], context)
        return checked

    def command(self, job: Job, context: JobContext) -> list[str]:
        options, run = job.options, context.of(job.id).run
        teaches, recipe = recipes_of_training.find(options["recipe"], context.places)
        goes_on = (run / "state.pt").exists()
        arguments = ["--resume", str(run)] if goes_on else [recipe, "--out", str(run)]
        for name in ("data", "banks"):
            if options[name]:
                arguments += [f"--{name}", str(context.places.folder(options[name]))]
        if options["minutes"] is not None:
            arguments += ["--minutes", str(options["minutes"])]
        if not goes_on:
            for change in options["changes"]:
                arguments += ["--set", change]
        if teaches == CLASSIFIER:
            if options["start"] and not goes_on:
                arguments += ["--start", str(_weights_of(options["start"], context))]
            return ["mp3tomidi.train.cli", "classify", *arguments]
        if options["steps"] is not None:
            arguments += ["--steps", str(options["steps"])]
        return ["mp3tomidi.train.cli", "run", *arguments, "--device", options["device"]]

    def progress(self, job: Job, context: JobContext) -> Progress:
        folder = context.of(job.id)
        rows = count_rows(folder.run / LOG)
        wanted = _wanted_rows(job, folder)
        if wanted is None:
            return Progress(None, f"{rows:,} rows", rows)
        return Progress(min(1.0, rows / wanted), f"epoch {rows:,} of {wanted:,}", rows)

    def outcome(self, status: int, job: Job, context: JobContext) -> tuple[str, str | None]:
        if status == INTERRUPTED_STATUS:
            return FAILED, "it was interrupted; resume it"
        return usual_outcome(status, context.of(job.id))


def rows_from(folder: JobFolder, first: int) -> list[dict[str, float]]:
    """The rows of a run's log from number `first` on."""
    try:
        lines = (folder.run / LOG).read_text(encoding="utf-8").split("\n")
    except OSError:
        return []
    return [json.loads(line) for line in lines[first:-1]]


def _wanted_rows(job: Job, folder: JobFolder) -> int | None:
    """The epochs of a classifier; it may end earlier. None of what runs until its time is over."""
    recipe = read_json(folder.run / "recipe.json") if job.options["teaches"] == CLASSIFIER else None
    return int(recipe["training"]["epochs"]) if recipe else None


def _weights_of(run: object, context: JobContext) -> Path:
    """The weights of a classifier's run. Raises RefusalError."""
    if isinstance(run, str) and is_id(run):
        taught = classifiers.of_run(run, context)
        if taught is not None:
            return taught.weights / SEGMENT_CLASSIFIER.for_task(taught.task).name
    raise RefusalError(422, "start must be a finished run of a classifier")
