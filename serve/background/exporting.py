"""Jobs that turn a run of a network for notes or drums into weights with a card: `mp3tomidi-train export`."""

from __future__ import annotations

from typing import Any

from mp3tomidi.serve.background.kinds import JobContext, PlainKind
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.table import Job
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import is_id


class Export(PlainKind):
    """options: run (a job), banks (a place), last (the last weights instead of the averaged ones)."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        checked = {"run": given.text("run"), "banks": given.text("banks", longest=4000), "last": given.flag("last")}
        given.end()
        context.places.folder(checked["banks"])
        if not is_id(checked["run"]) or not (context.of(checked["run"]).run / "state.pt").exists():
            raise RefusalError(422, "run must be a run that has saved its state")
        return checked

    def command(self, job: Job, context: JobContext) -> list[str]:
        run, weights = context.of(job.options["run"]).run, context.of(job.id).run / "weights"
        banks = context.places.folder(job.options["banks"])
        last = ["--last"] if job.options["last"] else []
        return ["mp3tomidi.train.cli", "export", str(run), str(weights), "--banks", str(banks), *last]
