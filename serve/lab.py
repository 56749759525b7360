"""Data sets, runs and classifiers: the operations that the API offers on them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
import zipfile
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from mp3tomidi.serve.background import classifiers, recipes_of_training
from mp3tomidi.serve.background.augmenting import with_paths
from mp3tomidi.serve.background.classifiers import ClassifierFiles
from mp3tomidi.serve.background.helper import Helper
from mp3tomidi.serve.background.kinds import JobContext, JobFolder, log_lines, read_json
from mp3tomidi.serve.background.options import Options
from mp3tomidi.serve.background.registry import KINDS
from mp3tomidi.serve.background.runner import Runner
from mp3tomidi.serve.background.table import Job, JobTable
from mp3tomidi.serve.background.toml_writer import to_toml
from mp3tomidi.serve.background.training import rows_from
from mp3tomidi.serve.broadcast import Broadcast
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import Folder, is_id, new_id
from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.places import MADE, Places
from mp3tomidi.serve.store import Store
from mp3tomidi.serve.uploads import LONGEST_NAME, Uploads, checked_name, shown_name

LOG_BYTES = 32 << 10
_PREVIEWS = 6  # kept; what is older is deleted
_VERSIONS = ("before", "after", "replayed")
_LISTENED_S = 60.0  # of a sound that somebody plays


class Lab:
    """Belongs to one event loop, as its runner does."""

    def __init__(
        self,
        store: Store,
        folder: Folder,
        uploads: Uploads,
        broadcast: Broadcast,
        helper: Helper,
        limits: Limits,
        data: Sequence[Path],
    ) -> None:
        self._folder, self._uploads, self._limits, self._broadcast = folder, uploads, limits, broadcast
        self.places = Places(data, folder.made)
        self._context = JobContext(folder, self.places)
        self._jobs = JobTable(store)
        self._runner = Runner(self._jobs, self._context, broadcast, limits.background_jobs)
        self._helper = helper
        self._previews: deque[str] = deque()
        self._effects: list[dict[str, Any]] | None = None
        self._recipes: list[dict[str, Any]] | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server is up: jobs are worked on."""
        self._runner.recover()
        work = asyncio.create_task(self._runner.run())
        try:
            yield
        finally:
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work

    # Folders and sounds.

    async def listing(self, place: str) -> dict[str, Any]:
        """The folders that may be seen, or what one holds. Data sets of the server's own have their jobs' names."""
        names = {job.id: job.name for job in self._jobs.all()}
        if not place:
            return {"place": "", "folders": await asyncio.to_thread(self.places.roots), "sounds": [], "recipes": []}
        found = await asyncio.to_thread(self.places.listing, place)
        if place.strip("/") == MADE:
            for folder in found["folders"]:
                folder["name"] = names.get(folder["name"], folder["name"])
        return found

    async def sound(self, place: str) -> Path:
        """The beginning of a sound as FLAC."""
        path = self.places.sound(place)
        out = self._new_preview() / "sound.flac"
        await self._helper.ask("as_flac", str(path), str(out), _LISTENED_S)
        return out

    # Recipes of effects.

    async def effects(self) -> dict[str, Any]:
        """Effects with their parameters, and the recipes that come along."""
        if self._effects is None or self._recipes is None:
            self._effects = await self._helper.ask("effects")
            self._recipes = await self._helper.ask("recipes")
        return {"effects": self._effects, "recipes": self._recipes}

    async def recipe_as_toml(self, body: dict[str, Any]) -> str:
        """A recipe, checked, as `mp3tomidi-augment apply --recipe FILE` takes it."""
        await self._helper.ask("check_recipe", with_paths(body, self.places))
        return to_toml(with_paths(body, self.places))

    async def preview(self, body: dict[str, Any]) -> dict[str, Any]:
        """A sample before and after a recipe, and replayed."""
        given = Options(body)
        place, within = given.text("place", longest=4000), given.text("within", None, longest=4000)
        seed = given.whole("seed", 0, 2**31, 0)
        start_s = given.number("start_s", 0.0, 1e6, 0.0)
        recipe = with_paths(given.take("recipe"), self.places)
        given.end()
        sound = self.places.sound(place)
        name = sound.name
        if within is not None and sound.is_relative_to(self.places.folder(within)):
            name = sound.relative_to(self.places.folder(within)).as_posix()
        out = self._new_preview()
        shown: dict[str, Any] = await self._helper.ask(
            "preview", str(sound), name, recipe, seed, float(start_s), str(out)
        )
        return {"id": out.name, **shown}

    def preview_file(self, id: str, version: str, suffix: str) -> Path:
        if not is_id(id) or version not in _VERSIONS:
            raise RefusalError(404, "there is no such preview")
        return self._folder.previews / id / f"{version}.{suffix}"

    def _new_preview(self) -> Path:
        """A folder for passing files; the oldest one goes."""
        self._previews.append(new_id())
        while len(self._previews) > _PREVIEWS:
            shutil.rmtree(self._folder.previews / self._previews.popleft(), ignore_errors=True)
        path = self._folder.previews / self._previews[-1]
        path.mkdir()
        return path

    # Jobs.

    def jobs(self) -> list[dict[str, Any]]:
        return [self._runner.described(job) for job in self._jobs.all()]

    def job(self, id: str) -> Job:
        """Raises RefusalError if there is none."""
        with contextlib.suppress(KeyError):
            if is_id(id):
                return self._jobs.get(id)
        raise RefusalError(404, "there is no such job")

    def described(self, id: str) -> dict[str, Any]:
        return self._runner.described(self.job(id))

    async def add(self, body: dict[str, Any]) -> dict[str, Any]:
        """Check and queue a job."""
        given = Options(body)
        kind = given.choice("kind", list(KINDS))
        name = shown_name(given.text("name", kind, longest=LONGEST_NAME))
        options = given.take("options", {})
        given.end()
        if len(self._jobs.all()) >= self._limits.kept_jobs:
            raise RefusalError(507, f"{self._limits.kept_jobs} jobs are here already; delete some first")
        checked = await asyncio.to_thread(KINDS[kind].check, options, self._context)
        if kind == "augment":
            await self._helper.ask("check_recipe", with_paths(checked["recipe"], self.places))
        id = new_id()
        self._jobs.add(id, kind, name, checked)
        self._runner.add(id)
        return self.described(id)

    def cancel(self, id: str) -> None:
        self.job(id)
        if not self._runner.cancel(id):
            raise RefusalError(409, "it neither waits nor runs")

    def resume(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Queue a job again: it goes on where it was. A run may get another time or number of steps."""
        job = self.job(id)
        if self._runner.is_at_work(id):
            raise RefusalError(409, "it waits or runs already")
        given = Options(body)
        if job.kind == "train":
            minutes = given.number("minutes", 0.0, 100_000.0, job.options["minutes"])
            steps = given.whole("steps", 1, 10**9, job.options["steps"])
            self._jobs.set_options(id, {**job.options, "minutes": minutes, "steps": steps})
        given.end()
        self._runner.add(id)
        return self.described(id)

    async def clone(self, id: str) -> dict[str, Any]:
        """The same once more, from the beginning."""
        job = self.job(id)
        options = {key: value for key, value in job.options.items() if key not in ("sounds", "teaches")}
        return await self.add({"kind": job.kind, "name": job.name, "options": options})

    def rename(self, id: str, name: object) -> dict[str, Any]:
        self.job(id)
        self._jobs.rename(id, checked_name(name))
        self._broadcast.send("job", {"id": id})
        return self.described(id)

    async def delete(self, id: str) -> None:
        await self._runner.remove(self.job(id))

    def log(self, id: str) -> str:
        """The end of what a job has printed, with places instead of paths."""
        text = "\n".join(log_lines(self.files(id).log, LOG_BYTES))
        return text.replace(f"{self._folder.path}/", "")

    def rows(self, id: str, first: int) -> list[dict[str, float]]:
        """The figures of a run, from row `first` on."""
        return rows_from(self.files(id), first)

    def result(self, id: str) -> dict[str, Any]:
        """What a finished job has found."""
        found = read_json(self.files(id).result)
        if found is None:
            raise RefusalError(409, "it has no result yet")
        return found

    def files(self, id: str) -> JobFolder:
        return self._context.of(self.job(id).id)

    def weights(self, id: str) -> tuple[bytes, str]:
        """Weights and cards of a run, as a zip archive, and its name."""
        job = self.job(id)
        files = sorted((self._context.of(id).run / "weights").glob("*"))
        if not files:
            raise RefusalError(409, "it has no weights yet")
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, file.name)
        return content.getvalue(), f"{Path(job.name).stem}-weights.zip"

    # Training and classifying.

    def training_recipes(self) -> list[dict[str, Any]]:
        return recipes_of_training.shipped()

    def classifiers(self) -> list[dict[str, Any]]:
        """Those that come along, and those of runs that have taught one."""
        found = [one.described(one.task) for one in classifiers.shipped()]
        for job in self._jobs.all():
            if job.kind == "train" and (taught := classifiers.of_run(job.id, self._context)):
                found.append(taught.described(job.name))
        return found

    async def classify_upload(
        self, classifier: str, name: str, claimed_bytes: int | None, body: AsyncIterator[bytes], layers: bool
    ) -> dict[str, Any]:
        """What a classifier says of an upload, which is not kept."""
        chosen = classifiers.find(classifier, self._context)
        id, _ = await self._uploads.receive(claimed_bytes, body)
        try:
            return await self._classified(chosen, self._folder.of(id).original, shown_name(name), layers)
        finally:
            await asyncio.to_thread(self._folder.remove, id)

    async def classify_place(self, classifier: str, place: str, layers: bool) -> dict[str, Any]:
        """What a classifier says of a sound in one of the folders."""
        chosen = classifiers.find(classifier, self._context)
        return await self._classified(chosen, self.places.sound(place), place, layers)

    async def classify_recording(self, classifier: str, id: str, layers: bool) -> dict[str, Any]:
        """What a classifier says of a recording that was uploaded to be transcribed."""
        if not is_id(id) or not self._folder.of(id).original.is_file():
            raise RefusalError(404, "there is no such recording")
        original = self._folder.of(id).original
        return await self._classified(classifiers.find(classifier, self._context), original, "the recording", layers)

    async def _classified(self, chosen: ClassifierFiles, sound: Path, name: str, layers: bool) -> dict[str, Any]:
        answer: dict[str, Any] = await self._helper.ask(
            "classify", chosen.task, str(chosen.weights), str(sound), name, layers
        )
        return answer

    def reports(self, id: str) -> dict[str, Any]:
        """The settings of a run and how it scores, as far as they are there."""
        run = self.files(id).run
        return {"recipe": read_json(run / "recipe.json"), "report": read_json(run / "report.json")}
