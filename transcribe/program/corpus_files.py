"""Files that lie on this machine or at an address: s3://, gs://, memory:// and whatever else fsspec opens."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from mp3tomidi.transcribe.errors import AudioError, OutputError, WorkerError
from mp3tomidi.transcribe.installing import install_command

TRIES = 3  # of what is read or written over a network
_PAUSE_S = 0.5  # before the second try, twice that before the third
_WHOLE_OR_NOT = {"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"}  # stores in which no half file is ever seen

Result = TypeVar("Result")


def is_url(text: str) -> bool:
    """Whether a name is an address, such as s3://bucket/folder."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", text) is not None


def open_store(url: str) -> tuple[Any, str]:
    """fsspec's file system of an address, and the path in it. Raises WorkerError where no package opens it."""
    try:
        import fsspec

        store, path = fsspec.core.url_to_fs(url)
    except ModuleNotFoundError as error:
        command = f"{install_command('mp3tomidi[ray]')} {error.name}"
        raise WorkerError(f"{url}: addresses need {error.name}: {command}") from error
    except (ImportError, ValueError) as error:  # ImportError: fsspec's own, which names the package
        raise WorkerError(f"{url}: cannot be opened ({error})") from error
    return store, path


def below(folder: str, relative: PurePosixPath) -> str:
    """The address of a file below a folder's."""
    return f"{folder.rstrip('/')}/{relative.as_posix()}"


def sounds_at(url: str) -> Iterator[tuple[str, PurePosixPath]]:
    """Address and place below `url` of the sounds there, by name; of a file its own and its name. Hidden ones are left
    out. Raises AudioError where there is nothing."""
    from mp3tomidi.transcribe.audio.folders import is_visible_sound  # with NumPy, for which --help does not wait

    store, root = open_store(url)
    try:
        if store.isfile(root):
            yield url, PurePosixPath(PurePosixPath(root).name)
            return
        found = sorted(store.find(root))
    except Exception as error:  # each store has errors of its own
        raise AudioError(f"cannot open {url}: {_reason(error)}") from error
    empty = True
    for path in found:
        relative = PurePosixPath(path).relative_to(PurePosixPath(root))
        if is_visible_sound(relative.name) and not any(part.startswith(".") for part in relative.parts):
            empty = False
            yield below(url, relative), relative
    if empty:
        raise AudioError(f"{url} holds no recordings (nothing that ends like .mp3)")


def files_at(url: str) -> set[str]:
    """The places below `url` of all files there."""
    store, root = open_store(url)
    try:
        return {PurePosixPath(path).relative_to(PurePosixPath(root)).as_posix() for path in store.find(root)}
    except FileNotFoundError:
        return set()
    except Exception as error:
        raise OutputError(f"cannot look into {url}: {_reason(error)}") from error


def fetch(url: str, file: Path) -> None:
    """Copies what lies at an address into a file. Raises AudioError."""
    store, path = open_store(url)
    try:
        _tried(lambda: store.get_file(path, str(file)))
    except Exception as error:
        raise AudioError(f"cannot open {url}: {_reason(error)}") from error


def put(file: Path, url: str) -> None:
    """Copies a file to an address, where it is seen whole or not at all. Raises OutputError."""
    store, path = open_store(url)
    protocols = {store.protocol} if isinstance(store.protocol, str) else set(store.protocol)

    def write() -> None:
        store.makedirs(store._parent(path), exist_ok=True)
        if protocols & _WHOLE_OR_NOT:
            store.put_file(str(file), path)
            return
        beside = f"{path}.{uuid.uuid4().hex}.part"
        store.put_file(str(file), beside)
        store.mv(beside, path)

    try:
        _tried(write)
    except Exception as error:
        raise OutputError(f"cannot write {url}: {_reason(error)}") from error


def remove(url: str) -> None:
    """Removes the file at an address, if there is one. Raises OutputError."""
    store, path = open_store(url)
    try:
        if store.exists(path):
            store.rm_file(path)
    except Exception as error:
        raise OutputError(f"cannot remove {url}: {_reason(error)}") from error


def _tried(work: Callable[[], Result]) -> Result:
    for pause_s in (_PAUSE_S * 2**attempt for attempt in range(TRIES - 1)):
        try:
            return work()
        except (FileNotFoundError, PermissionError, IsADirectoryError):
            raise  # another try changes nothing
        except Exception:
            time.sleep(pause_s)
    return work()


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    strerror = getattr(error, "strerror", None)
    return str(strerror or error or type(error).__name__).partition("\n")[0]
