"""Decodes notes again from the analysis that is kept of a recording: what the sliders of the page do."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from mp3tomidi.serve import analysis_file, document
from mp3tomidi.serve.document import Settings
from mp3tomidi.serve.folder import Folder
from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.events import DrumHit, Transcription
from mp3tomidi.transcribe.notes.melody import PitchTrack
from mp3tomidi.transcribe.outputs import json as json_writer
from mp3tomidi.transcribe.transcriber import Analysis

MOST_BYTES = 400 << 20  # of analyses in memory: an hour of music and more; the one in use is always held


class Decoder:
    """Transcriptions of recordings that have been analysed. May be used from any thread; one at a time is decoded."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[Analysis, Transcription]] = OrderedDict()
        self._transcriber: Transcriber | None = None
        self._last_hits: tuple[tuple[str, float | None], tuple[DrumHit, ...]] | None = None

    def warm_up(self) -> None:
        """Load the networks before they are needed. Raises WeightsError."""
        with self._lock:
            self._load()

    def decode(self, id: str, settings: Settings) -> Transcription:
        """For a melody or bends `Refinement.prepare` must have been waited for.

        Raises OSError, KeyError or ValueError where the recording's files are missing or damaged.
        """
        files = self._folder.of(id)
        with self._lock:
            transcriber = self._load()
            analysis, first = self._open(id)
            if settings == Settings():
                return first
            if settings.bends:
                events = json_writer.from_json(files.bent(settings).read_text(encoding="utf-8"))
            else:
                if settings.melody:
                    analysis = replace(analysis, melody=analysis_file.read(PitchTrack, files.pitch_track))
                events = transcriber.events(analysis, settings.thresholds, settings.drum_thresholds)
        # The beat does not change with a threshold, and a person may have set it.
        return replace(events, tempo=first.tempo, metre=first.metre, beat_explanations=first.beat_explanations)

    def sketch(self, id: str, settings: Settings) -> Transcription:
        """What `decode` gives, without instruments, envelopes, bends and melody, for sliders. Raises as it does."""
        with self._lock:
            transcriber = self._load()
            analysis, first = self._open(id)
            if settings == Settings():
                return first
            notes = transcriber.bare_notes(analysis, settings.thresholds)
            hits = self._hits_of(id, settings)
        return replace(first, notes=tuple(notes), drum_hits=hits)

    def result(self, id: str, settings: Settings, steps: Any) -> Transcription:
        """What is exported: decoded with the settings, and edited. Raises as `decode` does."""
        return document.edited(self.decode(id, settings), steps)

    def analysis(self, id: str) -> Analysis:
        """The kept analysis. Raises as `decode` does."""
        with self._lock:
            return self._open(id)[0]

    def forget(self, id: str) -> None:
        with self._lock:
            self._held.pop(id, None)
            self._last_hits = None

    def _hits_of(self, id: str, settings: Settings) -> tuple[DrumHit, ...]:
        """The drum hits, which stay while another slider moves."""
        key = id, settings.drums
        if self._last_hits is None or self._last_hits[0] != key:
            self._last_hits = key, self._load().hits(self._open(id)[0], settings.drum_thresholds)
        return self._last_hits[1]

    def _load(self) -> Transcriber:
        if self._transcriber is None:
            self._transcriber = Transcriber(melody=True)
        return self._transcriber

    def _open(self, id: str) -> tuple[Analysis, Transcription]:
        if id not in self._held:
            files = self._folder.of(id)
            first = json_writer.from_json(files.first.read_text(encoding="utf-8"))
            self._held[id] = analysis_file.read(Analysis, files.analysis), first
        self._held.move_to_end(id)
        while len(self._held) > 1 and sum(_bytes(analysis) for analysis, _ in self._held.values()) > MOST_BYTES:
            self._held.popitem(last=False)
        return self._held[id]


def _bytes(value: Any) -> int:
    """Of all arrays in a dataclass."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(_bytes(getattr(value, field.name)) for field in fields(value)) if is_dataclass(value) else 0
