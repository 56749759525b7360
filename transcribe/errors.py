"""One error class per domain: the message says what happened, to which file, and what to do about it."""

from __future__ import annotations

import traceback
from pathlib import Path


class Mp3toMidiError(Exception):
    """Anything that the user can put right. The command line prints its one line and exits non-zero."""


class AudioError(Mp3toMidiError):
    """A sound that cannot be opened, decoded or understood."""


class WeightsError(Mp3toMidiError):
    """Weights that are missing, damaged or made for another network."""


class LabelsError(Mp3toMidiError):
    """Labels (notes, drum hits, a MIDI file) that cannot be read or contradict themselves."""


class TaskError(Mp3toMidiError):
    """A classification task that is unknown, or a table of one that contradicts itself."""


class OutputError(Mp3toMidiError):
    """A result that cannot be written where it was asked for."""


class DeviceError(Mp3toMidiError):
    """A device (CPU, GPU) that is not there or cannot do the work."""


class WorkerError(Mp3toMidiError):
    """A process that works for this one and has died."""


def explain(error: Exception) -> str:
    """One line for an error: its own words if it is ours, else what is needed to find the fault."""
    if isinstance(error, Mp3toMidiError):
        return str(error)
    if isinstance(error, MemoryError) or "allocate memory" in str(error) or "out of memory" in str(error):
        return "not enough memory; try fewer --jobs, close other programs, or cut the recording into parts"
    innermost = traceback.extract_tb(error.__traceback__)[-1]
    return (
        f"unexpected {type(error).__name__}: {error} "
        f"({Path(innermost.filename).name}, line {innermost.lineno}); please report this"
    )
