"""Jobs that look at a folder of sounds: what `mp3tomidi-augment look` draws, as figures that the page draws itself."""

from __future__ import annotations

from typing import Any

from mp3tomidi.serve.background.kinds import PlainKind, Surroundings
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.table import Job


class Look(PlainKind):
    """options: place."""

    def check(self, options: object, around: Surroundings) -> dict[str, Any]:
        given = Options(options)
        place = given.text("place", longest=4000)
        given.end()
        around.places.folder(place)
        return {"place": place}

    def command(self, job: Job, around: Surroundings) -> list[str]:
        path = around.places.folder(job.options["place"])
        return ["mp3tomidi.serve.background.surveying", str(path), job.options["place"], str(around.of(job.id).path)]
