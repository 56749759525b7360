"""Jobs that make a data set: `mp3tomidi-augment apply` with a recipe of the page's form."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from mp3tomidi.serve.background.kinds import JobContext, Progress, count_rows, usual_outcome
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.table import Job
from mp3tomidi.serve.background.toml_writer import to_toml
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.places import Places, count_sounds
from mp3tomidi.serve.store import DONE, FAILED

FORMATS = ("wav", "flac", "ogg")
_SOME_FAILED = 1  # exit status


class Augment:
    """options: place, recipe (as TOML has it, its folders as places), copies, seed, format, rate_hz, tail_s."""

    def check(self, options: object, context: JobContext) -> dict[str, Any]:
        given = Options(options)
        place = given.text("place", longest=4000)
        checked = {
            "place": place,
            "recipe": given.take("recipe"),
            "copies": given.whole("copies", 1, 10_000, 1),
            "seed": given.whole("seed", 0, 2**31, 0),
            "format": given.choice("format", FORMATS, "wav"),
            "rate_hz": given.whole("rate_hz", 4000, 192_000, None),
            "tail_s": given.number("tail_s", 0.0, 60.0, 0.0),
        }
        given.end()
        with_paths(checked["recipe"], context.places)
        checked["sounds"] = count_sounds(context.places.folder(place))
        if not checked["sounds"]:
            raise RefusalError(422, f"{place} holds no sound files; choose another folder")
        return checked

    def command(self, job: Job, context: JobContext) -> list[str]:
        options = job.options
        recipe = context.of(job.id).path / "recipe.toml"
        recipe.write_text(to_toml(with_paths(options["recipe"], context.places)), encoding="utf-8")
        source = context.places.folder(options["place"])
        rate = ["--rate", str(options["rate_hz"])] if options["rate_hz"] else []
        return [
            "mp3tomidi.augment.cli", "apply", str(source), str(_out(job, context)), "--recipe", str(recipe),
            "--copies", str(options["copies"]), "--seed", str(options["seed"]), "--format", options["format"],
            "--tail", str(options["tail_s"]), *rate,
        ]  # fmt: skip

    def progress(self, job: Job, context: JobContext) -> Progress:
        done = max(0, count_rows(_out(job, context) / "manifest.jsonl") - 1)  # its head
        total = job.options["sounds"] * job.options["copies"]
        return Progress(min(1.0, done / total), f"{done:,} of {total:,} copies")

    def outcome(self, status: int, job: Job, context: JobContext) -> tuple[str, str | None]:
        state, reason = usual_outcome(status, context.of(job.id))
        made = any(_out(job, context).iterdir()) if _out(job, context).is_dir() else False
        if state == FAILED and status == _SOME_FAILED and made:
            return DONE, "not all sounds could be used; the log names the others"
        return state, reason

    def remove(self, job: Job, context: JobContext) -> None:
        shutil.rmtree(_out(job, context), ignore_errors=True)


def _out(job: Job, context: JobContext) -> Path:
    return context.folder.made / job.id


def with_paths(recipe: Any, places: Places) -> Any:
    """A recipe with its folders as paths instead of places. Raises RefusalError."""
    if isinstance(recipe, list):
        return [with_paths(each, places) for each in recipe]
    if not isinstance(recipe, dict):
        return recipe
    inner = {key: with_paths(each, places) for key, each in recipe.items()}
    if recipe.get("folder"):
        inner["folder"] = str(places.folder(recipe["folder"]))
    return inner
