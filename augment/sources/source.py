"""The one interface between whatever makes sound and the banks that keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 16000  # Hz, of every sound that a source gives
DRUMS = "drums"  # the family of drum kits: their "pitches" are General MIDI drum keys
# The kits whose keys are General MIDI's. Beyond lie timpani, marching bands and effects on the same keys.
KIT_PROGRAMS = range(48)
SPEECH = "speech"  # the family of sounds without any note


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """One note alone: `samples` (float32 [n], 16 kHz) begin at the note or shortly before it.

    `release_samples` is where the key goes up, len(samples) if the note rings out. A source whose notes all ring
    out says with `release_tau_s` how fast they are to be damped, since there is no release to measure it from.
    """

    pitch: int
    velocity: float  # 1 to 127
    samples: NDArray[np.float32]
    release_samples: int
    release_tau_s: float | None = None


@dataclass(frozen=True, slots=True)
class RenderedPhrase:
    """Sound (float32 [n], 16 kHz) with any number of notes in it: dtype labels.NOTE, from its start."""

    samples: NDArray[np.float32]
    notes: NDArray[np.void]


@dataclass(frozen=True, slots=True)
class RenderedInstrument:
    """One instrument; `notes` and `phrases` are rendered only when they are iterated over, and only once."""

    name: str  # unique in its source, such as "FluidR3_GM/000"
    family: str  # one of instruments.FAMILIES, or DRUMS, or SPEECH
    program: int  # General MIDI, 0-based
    licence: str
    attribution: str
    notes: Iterable[RenderedNote] = ()
    phrases: Iterable[RenderedPhrase] = ()


class Source(Protocol):
    """Something that gives instruments, always the same ones in the same order."""

    @property
    def name(self) -> str: ...

    def instruments(self) -> Iterator[RenderedInstrument]: ...


@dataclass(frozen=True, slots=True)
class BankKind:
    """What `mp3tomidi-augment bank` can render: a source's module declares one as `BANK`."""

    name: str
    about: str  # in the help, with what it needs in the folder of data
    open: Callable[[Path, Callable[[str], None]], Source]  # of the folder of data; the other gets what is missing
