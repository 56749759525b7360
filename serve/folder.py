"""Paths of the files of recordings. Only ids that the server has made become part of a path."""

from __future__ import annotations

import hashlib
import re
import secrets
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.folder_lock import FolderLock

_ID = re.compile(r"[0-9a-f]{16}")


def new_id() -> str:
    return secrets.token_hex(8)


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class RecordingFolder:
    """The files of one recording: what was uploaded, and what was made of it."""

    path: Path

    @property
    def original(self) -> Path:
        """As it was uploaded, whatever its name was."""
        return self.path / "original"

    @property
    def analysis(self) -> Path:
        """The networks' activations, from which notes can be decided again."""
        return self.path / "heard.npz"

    @property
    def first(self) -> Path:
        """The transcription with the settings that mp3tomidi has by default, as JSON."""
        return self.path / "first.json"

    @property
    def pitch_track(self) -> Path:
        """The pitch that the lead line is looked for by; there once somebody has asked for the melody."""
        return self.path / "pitch_track.npz"

    def bent(self, settings: Settings) -> Path:
        """The notes under these settings with their bends, as JSON; there once somebody has asked for them."""
        key = repr(replace(settings, bends=True)).encode()
        return self.path / f"bent-{hashlib.sha256(key).hexdigest()[:16]}.json"

    def forget_refined(self) -> None:
        """Delete what was made of an earlier transcription at somebody's request."""
        for file in (self.pitch_track, *self.path.glob("bent-*.json")):
            file.unlink(missing_ok=True)

    @property
    def sound(self) -> Path:
        """The recording as browsers can play it; its time 0 is the transcription's."""
        return self.path / "sound.flac"

    @property
    def peaks(self) -> Path:
        """The recording's outline: npy, uint8 [columns]."""
        return self.path / "peaks.npy"

    @property
    def spectrogram(self) -> Path:
        """Levels: npy, uint8 [frames, bins]."""
        return self.path / "spectrogram.npy"


class Folder:
    """All that a server keeps."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.recordings = path / "recordings"
        self.incoming = path / "incoming"
        self.jobs = path / "jobs"
        self.made = path / "made"
        self.previews = path / "previews"

    def prepare(self) -> FolderLock:
        """Make the folders, for their owner only, and drop uploads that never ended.

        The folder is this server's until what is returned is released. Raises FolderInUseError and OSError.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FolderLock(self.path)
        for passing in (self.incoming, self.previews):
            shutil.rmtree(passing, ignore_errors=True)
        for kept in (self.recordings, self.jobs, self.made, self.incoming, self.previews):
            kept.mkdir(exist_ok=True)
        return lock

    @property
    def database(self) -> Path:
        return self.path / "mp3tomidi.sqlite"

    def of(self, id: str) -> RecordingFolder:
        """Raises ValueError for what is no id."""
        if not is_id(id):
            raise ValueError(f"{id!r} is no id")
        return RecordingFolder(self.recordings / id)

    def adopt(self, upload: Path, id: str) -> None:
        """Make a finished upload a recording's original."""
        recording = self.of(id)
        recording.path.mkdir()
        upload.replace(recording.original)

    def remove(self, id: str) -> None:
        shutil.rmtree(self.of(id).path, ignore_errors=True)
