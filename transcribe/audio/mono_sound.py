"""A recording in one channel at one rate that can be gone through more than once without being held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio, in_mono, stream
from mp3tomidi.transcribe.audio.resampling import resampled

HELD_SAMPLES = 16_000 * 60 * 20  # what is kept in memory: 77 MB; longer recordings are decoded again


class MonoSound:
    """`open_blocks` gives the sound from its start, in blocks of any length, each time it is called."""

    def __init__(self, open_blocks: Callable[[], Iterable[NDArray[np.float32]]]) -> None:
        self._open_blocks = open_blocks
        self._held: list[NDArray[np.float32]] | None = None
        self._fits = True  # as far as is known

    @classmethod
    def of(cls, samples: NDArray[np.float32]) -> MonoSound:
        """Sound [samples] that is in memory already."""
        return cls(lambda: [samples])

    @classmethod
    def of_file(cls, path: str | PathLike[str], sample_rate: int) -> MonoSound:
        """A file in any format; AudioError, if it cannot be read, comes with the first block."""
        return cls(lambda: (block.samples for block in stream(path, sample_rate=sample_rate, mono=True, declip=True)))

    @classmethod
    def of_source(cls, source: str | PathLike[str] | Audio, sample_rate: int) -> MonoSound:
        """A file, or sound in memory at any rate and in any number of channels."""
        if isinstance(source, Audio):
            return cls.of(in_mono(source, sample_rate, declip=True))
        return cls.of_file(source, sample_rate)

    @classmethod
    def at_rates(cls, source: str | PathLike[str] | Audio, sample_rates: Sequence[int]) -> tuple[MonoSound, ...]:
        """The same as `of_source` at each of several rates; a file that is not long is decoded once for all of them."""
        if isinstance(source, Audio) or len(set(sample_rates)) == 1:
            at_rate = {rate: cls.of_source(source, rate) for rate in sample_rates}
        else:
            decoded = _Decoded(source)
            at_rate = {rate: cls(partial(decoded.blocks, rate)) for rate in sample_rates}
        return tuple(at_rate[rate] for rate in sample_rates)

    @property
    def is_held(self) -> bool:
        """Whether it is in memory, so that going through it again costs nothing."""
        return self._held is not None

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """The sound in order. What `open_blocks` raises comes from here."""
        if self._held is not None:
            yield from self._held
            return
        held: list[NDArray[np.float32]] = []
        held_samples = 0
        for block in self._open_blocks():
            held_samples += len(block)
            if held_samples > HELD_SAMPLES:
                self._fits = False
                held.clear()
            if self._fits:
                held.append(block)
            yield block
        if self._fits:
            self._held = held


class _Decoded:
    """A file in one channel at its own rate."""

    def __init__(self, path: str | PathLike[str]) -> None:
        self._path = path
        self._sound = MonoSound(self._open)
        self._rate_hz = 0  # known with the first block

    def blocks(self, sample_rate: int) -> Iterator[NDArray[np.float32]]:
        """The sound at another rate."""
        blocks = self._sound.blocks()
        first = next(blocks)
        for chunk in resampled((block[None] for block in chain([first], blocks)), self._rate_hz, sample_rate):
            yield chunk[0]

    def _open(self) -> Iterator[NDArray[np.float32]]:
        for block in stream(self._path, mono=True, declip=True):
            self._rate_hz = block.sample_rate
            yield block.samples
