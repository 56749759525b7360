"""The clicks of a metronome, with and without an accent on the first of each bar: the barest music that has a beat."""

from __future__ import annotations

import numpy as np

from mp3tomidi.train.rhythm.songs import Song
from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.metres import METRES

SLOWEST, FASTEST = 50.0, 200.0  # beats a minute
TYPICAL, SPREAD = 105.0, 0.35  # spread in natural logarithms
KEYS = (76, 77, 42, 37, 36)  # woodblocks, hat, side stick, kick
ACCENTED = {"4/4": 0.6, "3/4": 0.3, "2/4": 0.1}


def clicks(rng: np.random.Generator) -> Song:
    """A metronome, by notes or by hits; half of them accent no beat, and their bars are not known."""
    signature = str(rng.choice(list(ACCENTED), p=list(ACCENTED.values())))
    accented = rng.random() < 0.5
    metre = next(metre for metre in METRES if metre.signature == (signature if accented else "4/4"))
    beats_per_minute = float(np.clip(np.exp(rng.normal(np.log(TYPICAL), SPREAD)), SLOWEST, FASTEST))
    beats_s = rng.uniform(0.0, 1.0) + np.arange(0.0, rng.uniform(15.0, 45.0), 60.0 / beats_per_minute)
    strong = (np.arange(len(beats_s)) % metre.beats == 0) & accented
    notes, hits = [], []
    if rng.random() < 0.5:
        pitch, length_s = int(rng.integers(60, 96)), rng.uniform(0.04, 0.2)
        notes = [
            Note(float(time_s), float(time_s + length_s), pitch + (7 if first else 0), 100 if first else 80)
            for time_s, first in zip(beats_s, strong, strict=True)
        ]
    else:
        key, accent = rng.choice(KEYS, 2, replace=False)
        hits = [
            DrumHit(float(time_s), int(accent if first else key), 100 if first else 80)
            for time_s, first in zip(beats_s, strong, strict=True)
        ]
    end_s = float(beats_s[-1]) + 0.5
    return Song(tuple(notes), tuple(hits), metre, beats_per_minute, beats_s, 0, end_s, True, bars_known=accented)
