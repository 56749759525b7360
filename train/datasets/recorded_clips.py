"""Clips cut at random from labelled recordings, for what is otherwise taught on rendered mixes.

Their labels are as the data set has them: played, not measured where the sound rises, and as exact as the set says.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import Labels, empty_drum_hits, empty_notes
from mp3tomidi.train.datasets.public.left_out import leave_out
from mp3tomidi.train.datasets.recordings import UNKNOWN_PROGRAM, Recording, note_labels
from mp3tomidi.train.datasets.sound_cache import SoundCache
from mp3tomidi.transcribe.errors import LabelsError, Mp3toMidiError, OutputError


class RecordedClips:
    """Clips of `duration_s` of recordings, each second of sound as likely as any other.

    Sound is decoded once, into the cache, from which clips are read; labels are read here. Recordings that have no
    labels of notes (drums: of drums), or that cannot be read, are named and left out.
    Raises LabelsError where none is left, and OutputError where the cache cannot be written.
    """

    def __init__(
        self, recordings: Sequence[Recording], cache: SoundCache, duration_s: float, *, drums: bool = False
    ) -> None:
        self.rate_hz, self.duration_s = cache.sample_rate, duration_s
        self._files: list[Path] = []
        self._labels: list[Labels] = []
        lengths_s = []
        for recording in recordings:
            try:
                labels = _labels(recording, drums=drums)
                sound = cache.sound(recording.sound)
            except OutputError:
                raise
            except Mp3toMidiError as error:
                leave_out(recording.sound, str(error))
                continue
            if not np.any(sound):
                leave_out(recording.sound, "it is silent")
                continue
            self._files.append(cache.place(recording.sound))
            self._labels.append(labels)
            lengths_s.append(len(sound) / self.rate_hz)
        if not lengths_s:
            raise LabelsError(f"no recording with labels of {'drums' if drums else 'notes'} can be read")
        self.sound_s = float(sum(lengths_s))
        self._lengths_s = np.array(lengths_s)
        self._share = self._lengths_s / self.sound_s

    @property
    def names_instruments(self) -> bool:
        """Whether it is known of every note who plays it."""
        return all((labels.notes["program"] != UNKNOWN_PROGRAM).all() for labels in self._labels)

    def clip(self, rng: np.random.Generator) -> tuple[NDArray[np.float32], Labels]:
        """Sound [samples] and the labels in it; what is shorter than a clip is filled up with silence."""
        number = int(rng.choice(len(self._files), p=self._share))
        start = round(max(0.0, self._lengths_s[number] - self.duration_s) * rng.random() * self.rate_hz)
        clip = np.zeros(round(self.duration_s * self.rate_hz), np.float32)
        sound = np.load(self._files[number], mmap_mode="r")[start : start + len(clip)]
        clip[: len(sound)] = sound
        return clip, _between(self._labels[number], start / self.rate_hz, self.duration_s)


def _labels(recording: Recording, *, drums: bool) -> Labels:
    """Of what is taught. Raises LabelsError, also where it is not labelled."""
    read = recording.drums if drums else recording.notes
    if read is None:
        raise LabelsError(f"its {'drums' if drums else 'notes'} are not labelled")
    rows = read()
    return Labels(empty_notes(), rows) if drums else Labels(note_labels(rows), empty_drum_hits())


def _between(labels: Labels, start_s: float, duration_s: float) -> Labels:
    """What sounds within a clip, times counted from its start; notes may have begun before it."""
    notes, hits = labels.notes, labels.drum_hits
    notes = notes[(notes["offset_s"] > start_s) & (notes["onset_s"] < start_s + duration_s)].copy()
    hits = hits[(hits["onset_s"] >= start_s) & (hits["onset_s"] < start_s + duration_s)].copy()
    notes["onset_s"] -= start_s
    notes["offset_s"] -= start_s
    hits["onset_s"] -= start_s
    return Labels(notes, hits)
