"""One error class per domain: the message says what happened, to which file, and what to do about it."""

from __future__ import annotations


class Mp3toMidiError(Exception):
    """Anything that the user can put right. The command line prints its one line and exits non-zero."""


class AudioError(Mp3toMidiError):
    """A sound that cannot be opened, decoded or understood."""


class WeightsError(Mp3toMidiError):
    """Weights that are missing, damaged or made for another network."""


class LabelsError(Mp3toMidiError):
    """Labels (notes, drum hits, a MIDI file) that cannot be read or contradict themselves."""


class OutputError(Mp3toMidiError):
    """A result that cannot be written where it was asked for."""


class DeviceError(Mp3toMidiError):
    """A device (CPU, GPU) that is not there or cannot do the work."""
