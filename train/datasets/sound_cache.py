"""Recordings decoded and resampled once, kept as float16: the features that every epoch draws from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import read
from mp3tomidi.transcribe.outputs.files import make_folder, written_beside


class SoundCache:
    """Mono sound at `sample_rate` in Hz, kept in a folder, one .npy file for each content of a recording."""

    def __init__(self, folder: Path, sample_rate: int) -> None:
        self.folder, self.sample_rate = folder, sample_rate

    def sound(self, path: Path) -> NDArray[np.float16]:
        """[samples], mapped rather than read. A file of the cache that is damaged is made anew.

        Raises AudioError where the recording cannot be read, OutputError where the cache cannot be written.
        """
        kept = self.place(path)
        try:
            sound = np.load(kept, mmap_mode="r")
            if sound.dtype == np.float16 and sound.ndim == 1:
                return np.asarray(sound)
        except (OSError, ValueError, EOFError):
            pass  # not there yet, or damaged
        samples = read(path, sample_rate=self.sample_rate, mono=True).samples.astype(np.float16)
        make_folder(self.folder)
        with written_beside(kept) as beside, beside.open("wb") as file:
            np.save(file, samples)
        return np.asarray(np.load(kept, mmap_mode="r"))

    def place(self, path: Path) -> Path:
        """Where a recording's sound is kept, named by what decides it: the file, its size and date, and the rate."""
        status = path.stat()
        key = f"{path.resolve()}|{status.st_size}|{status.st_mtime_ns}|{self.sample_rate}"
        return self.folder / f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.npy"
