"""Jobs that look at a folder of sounds: what `mp3tomidi-augment look` draws, as figures that the page draws itself."""

from __future__ import annotations

from typing import Any

from mp3tomidi.serve.background.kinds import JobContext, PlainKind
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.table import Job


class Look(PlainKind):
    """options: place."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        place = given.text("place", longest=4000)
        given.end()
        context.places.folder(place)
        return {"place": place}

    def command(self, job: Job, context: JobContext) -> list[str]:
        path = context.places.folder(job.options["place"])
        return ["mp3tomidi.serve.background.surveying", str(path), job.options["place"], str(context.of(job.id).path)]
