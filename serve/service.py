"""Everything that a running server is made of, and the operations that the API offers on it."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mp3tomidi.serve import document, store
from mp3tomidi.serve.background.helper import Helper
from mp3tomidi.serve.broadcast import Broadcast
from mp3tomidi.serve.decoder import Decoder
from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.engraving import Scores
from mp3tomidi.serve.errors import RefusalError
from mp3tomidi.serve.folder import Folder, is_id
from mp3tomidi.serve.jobs import Jobs
from mp3tomidi.serve.lab import Lab
from mp3tomidi.serve.limits import Limits
from mp3tomidi.serve.refinement import Gone, Refinement, still_wanted
from mp3tomidi.serve.store import Recording, Store
from mp3tomidi.serve.uploads import Uploads, checked_name, shown_name
from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.outputs import formats

_AT_WORK = (store.QUEUED, store.HEARING)


class Service:
    """Opens the folder and its database.

    data: folders that data sets may be read from; soundfont: what plays exported sound, if not plain tones.
    Raises FolderInUseError, StoreError or OSError if the folder cannot be used.
    """

    def __init__(
        self, path: Path, limits: Limits | None = None, data: Sequence[Path] = (), soundfont: Path | None = None
    ) -> None:
        self.limits = limits or Limits()
        self._soundfont = soundfont
        self.folder = Folder(path)
        self._lock = self.folder.prepare()
        try:
            self.store = Store(self.folder.database)
        except BaseException:
            self._lock.release()
            raise
        self.broadcast = Broadcast(self.limits.listeners)
        self.decoder = Decoder(self.folder)
        self.uploads = Uploads(self.folder, self.limits)
        self.jobs = Jobs(self.store, self.folder, self.broadcast, self.limits)
        self.helper = Helper(self.limits.question_s)
        self.scores = Scores(self.helper)
        self.refinement = Refinement(self.limits.job_s)
        self.lab = Lab(self.store, self.folder, self.uploads, self.broadcast, self.helper, self.limits, data)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """While the server is up: the queue is worked on."""
        self.jobs.recover()
        work = asyncio.create_task(self.jobs.run())
        warm_up = asyncio.create_task(asyncio.to_thread(self.decoder.warm_up))
        try:
            async with self.lab.running():
                yield
        finally:
            self.broadcast.close()
            self.helper.close()
            self.refinement.close()
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            await asyncio.gather(warm_up, return_exceptions=True)
            self.store.close()
            self._lock.release()

    def recording(self, id: str) -> Recording:
        """Raises RefusalError if there is none."""
        try:
            if is_id(id):
                return self.store.get(id)
        except KeyError:
            pass
        raise RefusalError(404, "there is no such recording")

    def done(self, id: str) -> Recording:
        """A recording that has been transcribed. Raises RefusalError if there is none, or it has not."""
        recording = self.recording(id)
        if recording.state != store.DONE:
            raise RefusalError(409, "it is not transcribed yet")
        return recording

    def described(self, recording: Recording) -> dict[str, Any]:
        """A recording as the API shows it."""
        shown = {
            "id": recording.id,
            "name": recording.name,
            "size_bytes": recording.size_bytes,
            "created_s": recording.created_s,
            "state": recording.state,
            "reason": recording.reason,
            "info": recording.info if recording.state == store.DONE else None,
        }
        if recording.state == store.QUEUED:
            shown["place"] = self.jobs.place(recording.id)
        progress = self.jobs.progress.get(recording.id)
        if progress is not None:
            shown["progress"] = {"stage": progress.stage, "fraction": progress.fraction}
        return shown

    async def upload(self, name: str, claimed_bytes: int | None, body: AsyncIterator[bytes]) -> dict[str, Any]:
        """Take a recording in and queue it."""
        if self.store.count() >= self.limits.recordings:
            raise RefusalError(507, f"{self.limits.recordings} recordings are here already; delete some first")
        id, size = await self.uploads.receive(claimed_bytes, body)
        try:
            self.store.add(id, shown_name(name), size)
        except BaseException:
            await asyncio.to_thread(self.folder.remove, id)
            raise
        self.jobs.add(id)
        return self.described(self.store.get(id))

    def rename(self, id: str, name: object) -> dict[str, Any]:
        self.recording(id)
        self.store.rename(id, checked_name(name))
        self.broadcast.send("recording", {"id": id})
        return self.described(self.store.get(id))

    async def delete(self, id: str) -> None:
        """Delete a recording and all that was made of it; one that is being transcribed is stopped first."""
        self.recording(id)
        self.jobs.cancel(id)
        while id in self.jobs.progress:
            await asyncio.sleep(0.02)
        self.store.delete(id)
        self.decoder.forget(id)
        await asyncio.to_thread(self.folder.remove, id)
        self.broadcast.send("deleted", {"id": id})

    def cancel(self, id: str) -> None:
        self.recording(id)
        if not self.jobs.cancel(id):
            raise RefusalError(409, "it is neither waiting nor being transcribed")

    def transcribe_again(self, id: str) -> None:
        """Queue a recording that was stopped or has failed."""
        if self.recording(id).state in (*_AT_WORK, store.DONE):
            raise RefusalError(409, "only what was stopped or has failed can be transcribed again")
        self.jobs.add(id)

    async def decoded(
        self, id: str, settings: Settings, gone: Gone = still_wanted, is_sketch: bool = False
    ) -> dict[str, Any]:
        """Notes, hits and pedal under some settings, before all editing; see `Decoder.sketch`."""
        recording = self.done(id)
        if is_sketch:
            with self._files_of(recording):
                transcription = await asyncio.to_thread(self.decoder.sketch, id, settings)
        else:
            transcription = await self._of_files(recording, settings, None, gone)
        return {
            "duration_s": transcription.duration_s,
            "tuning_cents": transcription.tuning_cents,
            **document.rows(transcription),
            **{name: [asdict(one) for one in getattr(transcription, name)] for name in ("pedal", "tempo", "metre")},
        }

    def document(self, id: str) -> dict[str, Any]:
        """Settings and edits."""
        recording = self.done(id)
        return {
            "revision": recording.revision,
            "settings": asdict(Settings.of(recording.settings)),
            "steps": self.store.steps(id),
            "position": recording.position,
        }

    def change(self, id: str, change: dict[str, Any]) -> dict[str, int]:
        """Change settings and edits of the document of one revision; RefusalError 409 if it is another by now."""
        self.done(id)
        unknown = set(change) - {"revision", "settings", "keep", "append", "position"}
        if unknown:
            raise RefusalError(422, f"there is no member {sorted(unknown)[0]!r}")
        append = change.get("append", [])
        try:
            for name in ("revision", "keep", "position"):
                if name in change and not (type(change[name]) is int and change[name] >= 0):
                    raise ValueError(f"{name} must be a whole number")
            settings = asdict(Settings.of(change["settings"])) if "settings" in change else None
            if not isinstance(append, list):
                raise ValueError("append must be a list of steps")
            steps = [document.check_step(step, self.limits.step_events) for step in append]
            if "revision" not in change:
                raise ValueError("revision is missing")
            revision = self.store.change(
                id,
                change["revision"],
                settings=settings,
                keep=change.get("keep"),
                append=steps,
                position=change.get("position"),
            )
        except (ValueError, IndexError) as error:
            raise RefusalError(422, str(error)) from error
        if revision is None:
            raise RefusalError(409, "it was changed elsewhere meanwhile; read it again")
        self.broadcast.send("document", {"id": id, "revision": revision})
        return {"revision": revision}

    async def result(self, id: str) -> Transcription:
        """The recording's notes and hits with its settings and edits."""
        recording = self.done(id)
        return await self._of_files(recording, Settings.of(recording.settings), self._steps(recording))

    async def export(self, id: str, name: str, mpe: bool = False) -> tuple[bytes, str]:
        """A file of a format of `formats.FORMATS`, and what it is called.

        mpe: whether notes that bend do so in MIDI by MPE, each on a channel of its own.
        """
        recording = self.done(id)
        format = formats.FORMATS.get(name)
        if format is None:
            raise RefusalError(404, f"there is no format {name!r}; there are {', '.join(formats.FORMATS)}")
        transcription = await self.result(id)
        return await asyncio.to_thread(self._exported, recording, format, transcription, mpe)

    async def score(self, id: str, width_px: int) -> dict[str, int]:
        """Engrave the result: how many pages it has, and of which revision they are."""
        recording = self.done(id)

        async def musicxml() -> bytes:
            content, _ = await self.export(id, "musicxml")
            return content

        pages = await self.scores.pages((id, recording.revision, width_px), musicxml)
        return {"revision": recording.revision, "pages": len(pages)}

    def _exported(
        self, recording: Recording, format: formats.Format, transcription: Transcription, mpe: bool
    ) -> tuple[bytes, str]:
        name = Path(recording.name).stem + format.suffix
        source = self.folder.of(recording.id).original
        try:
            formats.check([format], self._soundfont if format.suffix in formats.SOUND_SUFFIXES else None)
            analysis = self.decoder.analysis(recording.id) if format.needs_analysis else None
            with tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder:
                target = Path(folder, "result" + format.suffix)
                title = Path(recording.name).stem
                result = formats.Result(
                    source, transcription, analysis, soundfont=self._soundfont, title=title, mpe=mpe
                )
                formats.write(result, [format], [target])
                return target.read_bytes(), name
        except Mp3toMidiError as error:
            raise RefusalError(422, str(error).replace(str(source), recording.name)) from error

    async def _of_files(
        self, recording: Recording, settings: Settings, steps: Any, gone: Gone = still_wanted
    ) -> Transcription:
        with self._files_of(recording):
            if settings.bends or settings.melody:
                await asyncio.to_thread(self.decoder.analysis, recording.id)  # which says what is missing
                await self.refinement.prepare(self.folder.of(recording.id), settings, gone)
            if steps is None:
                return await asyncio.to_thread(self.decoder.decode, recording.id, settings)
            return await asyncio.to_thread(self.decoder.result, recording.id, settings, steps)

    @contextlib.contextmanager
    def _files_of(self, recording: Recording) -> Iterator[None]:
        """What cannot be read of a recording's files makes it one that must be transcribed again."""
        try:
            yield
        except (OSError, KeyError, ValueError) as error:
            self.store.set_state(recording.id, store.FAILED, "its files are missing or damaged; transcribe it again")
            self.broadcast.send("recording", {"id": recording.id})
            raise RefusalError(410, "its files are missing or damaged; transcribe it again") from error

    def _steps(self, recording: Recording) -> list[dict[str, Any]]:
        return self.store.steps(recording.id)[: recording.position]
