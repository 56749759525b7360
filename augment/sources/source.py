"""The one interface between whatever makes sound and the banks that keep it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DEFAULT_SAMPLE_RATE = 16000  # Hz, of banks where no other is asked for: that of NoteNet and of the classifiers
DRUMS = "drums"  # the family of drum kits: their "pitches" are General MIDI drum keys
# The kits whose keys are General MIDI's. Beyond lie timpani, marching bands and effects on the same keys.
KIT_PROGRAMS = range(48)
SPEECH = "speech"  # the family of sounds without any note


@dataclass(frozen=True, slots=True)
class RenderedNote:
    """One note alone: `samples` (float32 [n], at its instrument's rate) begin at the note or shortly before it.

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
    """Sound (float32 [n], at its instrument's rate) and the notes in it: dtype labels.NOTE, from its start."""

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
    sample_rate: int = DEFAULT_SAMPLE_RATE  # Hz, of all its sound


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
    # Of the folder of data, what gets a line for all that is missing, and the rate of the sound in Hz.
    open: Callable[[Path, Callable[[str], None], int], Source]
