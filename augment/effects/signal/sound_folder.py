"""A folder of sounds that an effect draws from: impulse responses, noises."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.folders import find_sounds
from mp3tomidi.transcribe.audio.reading import in_mono, read
from mp3tomidi.transcribe.errors import AudioError

CACHE_BYTES = 256_000_000


class SoundFolder:
    """The sounds below a folder, in one channel and at one rate. Raises AudioError for a folder without any."""

    def __init__(self, folder: str, sample_rate: int, effect: str) -> None:
        if not folder:
            raise AudioError(f'{effect} needs a folder of sounds: folder = "..."')
        if not Path(folder).is_dir():
            raise AudioError(f"{effect}: there is no folder {folder}")
        self._folder = Path(folder)
        self._sample_rate = sample_rate
        self._names = sorted(path.relative_to(self._folder).as_posix() for path in find_sounds(self._folder))
        if not self._names:
            raise AudioError(f"{effect}: the folder {folder} holds no sound")

    def draw(self, rng: np.random.Generator, n: int) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        """n names, and the checksum of each."""
        names = [self._names[index] for index in rng.integers(0, len(self._names), n)]
        return np.array(names, np.str_), np.array([_checksum(self._folder / name) for name in names], np.str_)

    def sound(self, name: str, sha256: str) -> NDArray[np.float32]:
        """The sound [frames] of this name. Raises AudioError if it is not there or has changed since it was drawn."""
        if _checksum(self._folder / name) != sha256:
            raise AudioError(f"{self._folder / name}: it has changed since it was drawn (its checksum differs)")
        return _decoded.get(self._folder / name, sha256, self._sample_rate)


@lru_cache(maxsize=4096)
def _checksum(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise AudioError(f"{path}: cannot be read ({error.strerror})") from error


class _Decoded:
    """Sounds that were read, the last ones used, up to CACHE_BYTES in each process."""

    def __init__(self) -> None:
        self._sounds: OrderedDict[tuple[Path, str, int], NDArray[np.float32]] = OrderedDict()

    def get(self, path: Path, sha256: str, sample_rate: int) -> NDArray[np.float32]:
        key = (path, sha256, sample_rate)
        if key not in self._sounds:
            samples = in_mono(read(path), sample_rate)
            if not samples.size or not np.abs(samples).max():
                raise AudioError(f"{path}: it is silent")
            self._sounds[key] = samples
        self._sounds.move_to_end(key)
        while len(self._sounds) > 1 and sum(sound.nbytes for sound in self._sounds.values()) > CACHE_BYTES:
            self._sounds.popitem(last=False)
        return self._sounds[key]


_decoded = _Decoded()
