"""Sound that shows a network's whole range, to choose steps for its numbers by: made up, and always the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio, resample
from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH
from mp3tomidi.transcribe.outputs import synthesis

PASSAGE_S = 5.0
NOTES_A_SECOND = (1.0, 3.0, 6.0, 12.0, 24.0, 48.0)  # of the passages
DRUM_HITS_A_SECOND = (0.0, 4.0)
NOISE_DB = (-80.0, -50.0, -35.0)  # below full scale
_DRUM_KEYS = (36, 38, 42, 45, 46, 49)
_LONGEST_S = 2.5


def passages(sample_rate: int) -> list[NDArray[np.float32]]:
    """Passages of sound [samples]: notes all over the keyboard, from few to many, drums, and noise."""
    rng = np.random.default_rng(0)
    made = []
    for number, notes_a_second in enumerate(NOTES_A_SECOND):
        hits_a_second = DRUM_HITS_A_SECOND[number % len(DRUM_HITS_A_SECOND)]
        noise_db = NOISE_DB[number % len(NOISE_DB)]
        played = np.concatenate(list(synthesis.play(_transcription(rng, notes_a_second, hits_a_second))))
        sound = resample(Audio(played, synthesis.SAMPLE_RATE), sample_rate).samples
        sound = sound / max(1e-6, np.abs(sound).max()) + 10 ** (noise_db / 20) * rng.standard_normal(len(sound))
        made.append(sound.astype(np.float32))
    return made


def _transcription(rng: np.random.Generator, notes_a_second: float, hits_a_second: float) -> Transcription:
    def onsets_s(a_second: float) -> NDArray[np.float64]:
        return np.sort(rng.uniform(0.0, PASSAGE_S, round(a_second * PASSAGE_S)))

    notes = [
        Note(
            float(onset_s),
            float(onset_s + rng.uniform(0.05, _LONGEST_S)),
            int(rng.integers(PIANO_LOWEST_PITCH, PIANO_HIGHEST_PITCH + 1)),
            int(rng.integers(20, 128)),
        )
        for onset_s in onsets_s(notes_a_second)
    ]
    hits = [
        DrumHit(float(onset_s), int(rng.choice(_DRUM_KEYS)), int(rng.integers(40, 128)))
        for onset_s in onsets_s(hits_a_second)
    ]
    return Transcription(notes=tuple(notes), drum_hits=tuple(hits), duration_s=PASSAGE_S)
