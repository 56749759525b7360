"""A bank and passages so small that tests make them: decaying sines, noise bursts and two written songs."""

import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.banks import building
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music import corpora
from mp3tomidi.augment.music.corpora import PART, SCORE_NOTE, SONG, Corpora
from mp3tomidi.augment.sources.source import (
    DEFAULT_SAMPLE_RATE as SAMPLE_RATE,
)
from mp3tomidi.augment.sources.source import (
    DRUMS,
    SPEECH,
    RenderedInstrument,
    RenderedNote,
    RenderedPhrase,
)

# Started in the background of a shell, tests ignore Ctrl-C, and so would the programs that they start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def decaying_tone(pitch: int, length_s: float, tau_s: float, level: float) -> NDArray[np.float32]:
    """Four partials that begin after 5 ms and fall to 1/e in tau_s."""
    time_s = np.arange(round(length_s * SAMPLE_RATE)) / SAMPLE_RATE - 0.005
    pitch_hz = 440.0 * 2 ** ((pitch - 69) / 12)
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * time_s) / k for k in (1, 2, 3, 4) if k * pitch_hz < SAMPLE_RATE / 2)
    return (level * tone * np.exp(-np.maximum(time_s, 0) / tau_s) * (time_s >= 0)).astype(np.float32)


class Sines:
    """A piano, a bass, a singer, a drum kit and a speaker."""

    name = "sines"

    def instruments(self) -> Iterator[RenderedInstrument]:
        rng = np.random.default_rng(0)
        for name, family, program, pitches in (
            ("piano", "piano", 0, range(33, 97, 4)),
            ("bass", "bass", 33, range(28, 56, 4)),
        ):
            notes = [self._note(pitch, velocity) for pitch in pitches for velocity in (50, 100)]
            yield self._instrument(name, family, program, notes=notes)
        yield self._instrument("singer", "voice", 53, phrases=[self._phrase(pitch) for pitch in (60, 64)])
        yield self._instrument(
            "kit",
            DRUMS,
            0,
            notes=[RenderedNote(key, 100, self._noise(rng, 0.3, 0.05), 4800) for key in (36, 38, 42, 46, 49)],
        )
        yield self._instrument(
            "speaker", SPEECH, 0, phrases=[RenderedPhrase(self._noise(rng, 3.0, 1.0), np.zeros(0, NOTE))]
        )

    @staticmethod
    def _instrument(name: str, family: str, program: int, **sound: list) -> RenderedInstrument:
        return RenderedInstrument(f"sines/{name}", family, program, "CC0", "nobody", **sound)

    @staticmethod
    def _note(pitch: int, velocity: float) -> RenderedNote:
        return RenderedNote(
            pitch, velocity, decaying_tone(pitch, 1.2, 0.35, 10 ** ((velocity - 127) / 80)), 16000, 0.06
        )

    @staticmethod
    def _phrase(pitch: int) -> RenderedPhrase:
        """Two notes of a second, a fourth apart."""
        sound = np.concatenate([decaying_tone(p, 1.0, 2.0, 0.5) for p in (pitch, pitch + 5)])
        notes = np.array([(0, 0.005, 1.0, pitch, 80, 53), (0, 1.005, 2.0, pitch + 5, 80, 53)], NOTE)
        return RenderedPhrase(sound, notes)

    @staticmethod
    def _noise(rng: np.random.Generator, length_s: float, tau_s: float) -> NDArray[np.float32]:
        time_s = np.arange(round(length_s * SAMPLE_RATE)) / SAMPLE_RATE
        return (0.3 * rng.standard_normal(len(time_s)) * np.exp(-time_s / tau_s)).astype(np.float32)


@pytest.fixture(scope="session")
def tiny_corpora() -> Corpora:
    """A song of POP909's kind (melody and chords) and a drummer's, a minute each at 120 beats a minute."""
    beats_s = np.arange(120) * 0.5
    melody = [(t, t + 0.4, 60 + (i * 7) % 12, 60 + i % 40) for i, t in enumerate(beats_s)]
    chords = [(t, t + 0.9, p, 70) for t in beats_s[::2] for p in (48, 52, 55)]
    drums = [(t, t + 0.1, 36 if i % 2 else 42, 90) for i, t in enumerate(beats_s)]
    tables = [np.array(rows, SCORE_NOTE) for rows in (melody, chords, drums)]
    first = np.cumsum([0, *map(len, tables)])
    parts = [(0, first[0], 120, 0, False, 1.0), (0, first[1], 180, 0, False, 3.0), (1, first[2], 120, 0, True, 1.0)]
    songs = [
        (corpora.CORPORA.index("pop909"), 0, 2, 0, 120, 4, False),
        (corpora.CORPORA.index("groove"), 2, 1, 120, 120, 4, False),
    ]
    return Corpora(
        notes=np.concatenate(tables),
        parts=np.array(parts, PART),
        songs=np.array(songs, SONG),
        beats_s=np.concatenate([beats_s, beats_s]).astype(np.float32),
        names=np.array(["pop909/one", "groove/two"]),
    )


@pytest.fixture(scope="session")
def tiny_banks(tmp_path_factory: pytest.TempPathFactory, tiny_corpora: Corpora) -> Path:
    """A folder of banks with one, "sines", and the cache of the passages. Not to be written to."""
    folder = tmp_path_factory.mktemp("banks")
    building.build(Sines(), folder / "sines")
    np.savez(folder / corpora.CACHE_NAME, **vars(tiny_corpora))
    return folder


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """A program that ends ignores ctrl-c from then on, and so would all that a test starts in the same process."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)
