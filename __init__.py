"""mp3tomidi: recordings in, notes and drum hits out as MIDI, and the engine that makes and teaches what does it.

    from mp3tomidi import transcribe

    heard = transcribe("song.mp3")  # a Transcription: heard.notes, heard.drum_hits, heard.tempo

`mp3tomidi.transcribe` is a package, which can be called like its function `transcribe`. What is public is loaded when
it is first used, so that the command line's help does not wait for NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mp3tomidi.transcribe.lazy import lazily

if TYPE_CHECKING:
    from mp3tomidi.transcribe.classify.classifier import Classifier
    from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber
    from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
    from mp3tomidi.transcribe.transcriber import Transcriber

__all__ = ["Classifier", "DrumHit", "DrumTranscriber", "Note", "Transcriber", "Transcription", "transcribe"]

__version__: str


_public, __dir__ = lazily(__name__, dict.fromkeys([*__all__, "__version__"], "transcribe"))


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("mp3tomidi")
    return _public(name)
