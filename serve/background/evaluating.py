"""Jobs that score weights on labelled recordings: `mp3tomidi-train evaluate`."""

from __future__ import annotations

import re
from typing import Any

from mp3tomidi.serve.background.kinds import JobContext, PlainKind, Progress, log_lines
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.table import Job
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import is_id

_COUNT = re.compile(r"(\d+)/(\d+) ")


class Evaluate(PlainKind):
    """options: place, weights (a job that has some; none: the shipped ones), drums."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        checked = {
            "place": given.text("place", longest=4000),
            "weights": given.text("weights", None),
            "drums": given.flag("drums"),
        }
        given.end()
        context.places.folder(checked["place"])
        weights = checked["weights"]
        if weights is not None and not (is_id(weights) and (context.of(weights).run / "weights").is_dir()):
            raise RefusalError(422, "weights must be a job that has exported some")
        return checked

    def command(self, job: Job, context: JobContext) -> list[str]:
        options = job.options
        weights = ["--weights", str(context.of(options["weights"]).run / "weights")] if options["weights"] else []
        drums = ["--drums"] if options["drums"] else []
        data, result = context.places.folder(options["place"]), context.of(job.id).result
        return ["mp3tomidi.train.cli", "evaluate", "--data", str(data), *weights, *drums, "--json", str(result)]

    def progress(self, job: Job, context: JobContext) -> Progress:
        for line in reversed(log_lines(context.of(job.id).log, 4096)):
            if found := _COUNT.match(line):
                done, total = int(found[1]), int(found[2])
                return Progress(done / total, f"{done} of {total} recordings")
        return Progress()
