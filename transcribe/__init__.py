"""Transcription of sound: decoding, networks, notes, drum hits, beats, and the writers of their files.

`from mp3tomidi import transcribe` must give the function that users call, and that name is this package's, too: Python
sets it on `mp3tomidi` whenever a module below is imported. So the package can be called: its class is a `ModuleType`
with `__call__`, the way of "Customizing module attribute access" in Python's data model.

The names below are loaded when they are first used, so that importing the package, and with it the command
line's help, does not wait for NumPy and SciPy.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mp3tomidi.transcribe.lazy import lazily

if TYPE_CHECKING:
    from mp3tomidi.transcribe.audio.reading import Audio
    from mp3tomidi.transcribe.classify.classifier import Classification, Classifier
    from mp3tomidi.transcribe.drums.one_shots import OneShotSorter
    from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
    from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
    from mp3tomidi.transcribe.notes.thresholds import Thresholds
    from mp3tomidi.transcribe.transcriber import Transcriber, transcribe

__all__ = [
    "Audio",
    "Classification",
    "Classifier",
    "DrumHit",
    "DrumTranscriber",
    "Note",
    "OneShotSorter",
    "Thresholds",
    "Transcriber",
    "Transcription",
    "transcribe",
]

_HOMES = {
    "Audio": "audio.reading",
    "Classification": "classify.classifier",
    "Classifier": "classify.classifier",
    "DrumHit": "events",
    "DrumTranscriber": "drums.transcriber",
    "Note": "events",
    "OneShotSorter": "drums.one_shots",
    "Thresholds": "notes.thresholds",
    "Transcriber": "transcriber",
    "Transcription": "events",
    "transcribe": "transcriber",
}


__getattr__, __dir__ = lazily(__name__, _HOMES)


class _CallablePackage(ModuleType):
    """A package that is called as its function `transcribe`."""

    def __call__(self, *args: Any, **settings: Any) -> Transcription:
        """See `transcriber.transcribe`."""
        transcription: Transcription = self.transcribe(*args, **settings)
        return transcription


sys.modules[__name__].__class__ = _CallablePackage
