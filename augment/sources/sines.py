"""Tones with few overtones or none, computed: 808s, sub basses, pure sines, whistles and organs of a few sines.

Soundfonts and samples hardly have them, and a network trained without any takes a lone sine for leakage of something
else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, BankKind, RenderedInstrument, RenderedNote
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH

HELD_S, RUNG_S = 2.4, 3.0  # until the key goes up, and until the sound is cut
RELEASE_TAU_S = 0.03
GLIDE_TAU_S = 0.02
LEVEL = 0.5
VELOCITY = 90.0
FOREVER_S = 60.0  # as a time of decay: a tone that does not fade while its key is down


@dataclass(frozen=True, slots=True)
class Tone:
    """How an instrument of sines sounds."""

    name: str
    family: str
    program: int
    pitches: range
    harmonics: tuple[float, ...]  # amplitudes, from the fundamental on
    attack_s: float
    decay_s: float = FOREVER_S  # time constant
    glide: float = 0.0  # how much too high it begins, in parts of its frequency
    drive: float = 0.0  # of a soft clipper; 0 is none


def _tones() -> list[Tone]:
    """Every instrument of the bank."""
    eights = [
        Tone(
            f"808/{i}",
            "bass",
            38,
            range(24, 56),
            (1.0, (0.02, 0.1, 0.2)[i % 3]),
            attack_s=0.002,
            decay_s=(0.4, 0.8, 1.5, 3.0)[i % 4],
            glide=(0.0, 0.5, 1.5, 3.0)[i % 4],
            drive=(0.0, 0.0, 1.5, 4.0)[i // 2 % 4],
        )
        for i in range(10)
    ]
    subs = [
        Tone(f"sub/{i}", "bass", 39, range(24, 60), harmonics, attack_s)
        for i, (harmonics, attack_s) in enumerate(
            [((1.0,), 0.005), ((1.0, 0.03), 0.01), ((1.0, 0.0, 0.03), 0.02), ((1.0, 0.1), 0.04)]
        )
    ]
    sines = [
        Tone(f"sine/{i}", "synth", 80, range(30, 97), harmonics, attack_s, decay_s)
        for i, (harmonics, attack_s, decay_s) in enumerate(
            [
                ((1.0,), 0.005, FOREVER_S),
                ((1.0, 0.01), 0.02, FOREVER_S),
                ((1.0, 0.05), 0.003, 2.0),
                ((1.0,), 0.01, 1.0),
            ]
        )
    ]
    whistles = [
        Tone(f"whistle/{i}", "winds", 78, range(67, 105), (1.0, 0.01), attack_s)
        for i, attack_s in enumerate((0.03, 0.06))
    ]
    organs = [
        Tone(f"sine_organ/{i}", "keys", 16, range(30, 97), harmonics, attack_s=0.006)
        for i, harmonics in enumerate([(1.0, 0.5, 0.3, 0.3), (1.0, 0.1, 0.0, 0.3), (1.0, 0.7, 0.1), (1.0, 0.0, 0.4)])
    ]
    return [*eights, *subs, *sines, *whistles, *organs]


@dataclass(frozen=True, slots=True)
class Sines:
    """Two dozen instruments, each at every one of its pitches; the seed draws the tones' phases."""

    seed: int = 5
    name: str = "sines"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        rng = np.random.default_rng(self.seed)
        for tone in _tones():
            notes = _notes(tone, rng, self.sample_rate)
            yield RenderedInstrument(
                tone.name, tone.family, tone.program, "CC0-1.0", "computed", notes, sample_rate=self.sample_rate
            )


BANK = BankKind(
    "sines",
    "808s, sub basses, whistles and organs of few sines, computed (needs nothing in DIR)",
    lambda _data, _progress, rate: Sines(sample_rate=rate),
)


def _notes(tone: Tone, rng: np.random.Generator, sample_rate: int) -> Iterator[RenderedNote]:
    for pitch in tone.pitches:
        samples = LEVEL * sound(tone, pitch, rng, sample_rate)
        yield RenderedNote(pitch, VELOCITY, samples, round(HELD_S * sample_rate))


def sound(tone: Tone, pitch: int, rng: np.random.Generator, sample_rate: int = DEFAULT_SAMPLE_RATE) -> Samples:
    """One note, float32 [RUNG_S * sample_rate], as loud as its fundamental's amplitude of 1 makes it."""
    time_s = np.arange(round(RUNG_S * sample_rate)) / sample_rate
    hz = A4_HZ * 2.0 ** ((pitch - A4_PITCH) / 12.0) * (1.0 + tone.glide * np.exp(-time_s / GLIDE_TAU_S))
    phase = 2.0 * np.pi * np.cumsum(hz) / sample_rate + rng.uniform(0.0, 2.0 * np.pi)
    wave = np.zeros(len(time_s))
    for number, amplitude in enumerate(tone.harmonics, start=1):
        if number * hz.min() < 0.47 * sample_rate:  # below half the rate, with room for the filters behind
            wave += amplitude * np.sin(number * phase)
    wave *= np.exp(-time_s / tone.decay_s) * np.minimum(1.0, time_s / tone.attack_s)
    if tone.drive:
        wave = np.tanh(tone.drive * wave) / tone.drive
    released_s = np.maximum(time_s - HELD_S, 0.0)
    return np.asarray(wave * np.exp(-released_s / RELEASE_TAU_S), np.float32)
