"""Plays a transcription with plain tones, without any other program or samples.

A note is a handful of partials whose upper ones die away first; drums are sine sweeps and noise. All is added up block
by block, so that an hour of sound is never in memory whole. The same transcription gives the same samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import OTHER_DRUM, DrumHit, Note, Transcription
from mp3tomidi.transcribe.front_end.filters import A4_HZ, A4_PITCH

SAMPLE_RATE = 44_100  # Hz
BLOCK_S = 5.0

_TABLE = 1 << 14  # points of a period: read without interpolation, 80 dB clean
_MELLOW = (1.0, 0.4, 0.15)  # amplitudes of the partials that last
_BRIGHT = (0.0, 0.3, 0.3, 0.25, 0.2, 0.15, 0.1, 0.08)  # and of those that mark the beginning
_LAST_S, _MARK_S = 1.6, 0.25  # time in which they fall to 1/e at middle C; it halves every two octaves up
_ATTACK_S = 0.004
_RELEASE_S = 0.05  # to 1/e after the offset
_INAUDIBLE = math.log(10_000.0)  # time constants until a tone is 80 dB down
_LONGEST_DRUM_S = 1.5

Wave = NDArray[np.float32]


def play(transcription: Transcription) -> Iterator[Wave]:
    """Blocks [frames] of the sound, SAMPLE_RATE a second, as long as the recording in all.

    Its level is arbitrary, its pitch that of the recording: `tuning_cents` is put back. Loudness follows velocity
    as in sampled instruments (DLS and SoundFont 2): amplitude with its square. Notes that bend do.
    """
    drums = _Drums(np.random.default_rng(0))
    tones = _Tones(transcription.tuning_cents)
    events: list[Note | DrumHit] = sorted([*transcription.notes, *transcription.drum_hits], key=lambda e: e.onset_s)
    total, block = round(transcription.duration_s * SAMPLE_RATE), round(BLOCK_S * SAMPLE_RATE)
    ringing, done = np.zeros(block, np.float32), 0
    for start in range(0, total, block):
        while done < len(events) and events[done].onset_s * SAMPLE_RATE < start + block:
            event = events[done]
            wave = drums.hit(event) if isinstance(event, DrumHit) else tones.note(event)
            at = int(event.onset_s * SAMPLE_RATE) - start
            if at + len(wave) > len(ringing):
                ringing = np.pad(ringing, (0, at + len(wave) - len(ringing)))
            ringing[at : at + len(wave)] += wave
            done += 1
        yield ringing[: min(block, total - start)]
        ringing = np.pad(ringing[block:], (0, max(0, 2 * block - len(ringing))))


class _Tones:
    def __init__(self, tuning_cents: float) -> None:
        self._tuning_cents = tuning_cents
        self._tables: dict[int, tuple[float, Wave, Wave]] = {}

    def note(self, note: Note) -> Wave:
        hz, mellow, bright = self._table(note.pitch)
        slower = 2.0 ** ((60 - note.pitch) / 24)
        last_s, mark_s = _LAST_S * slower, _MARK_S * slower
        held_s = note.offset_s - note.onset_s
        length_s = min(held_s + _INAUDIBLE * _RELEASE_S, _INAUDIBLE * last_s)
        time = np.arange(round(length_s * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)
        phase = _cycles(note, hz, len(time)) * _TABLE
        place = phase.astype(np.int64) & (_TABLE - 1)
        wave = mellow[place] * np.exp(time * np.float32(-1.0 / last_s))
        marked = round(min(length_s, _INAUDIBLE * mark_s) * SAMPLE_RATE)
        wave[:marked] += bright[place[:marked]] * np.exp(time[:marked] * np.float32(-1.0 / mark_s))
        attack = min(len(wave), round(_ATTACK_S * SAMPLE_RATE))
        wave[:attack] *= np.linspace(0.0, 1.0, attack, dtype=np.float32)
        released = round(held_s * SAMPLE_RATE)
        wave[released:] *= np.exp((time[released:] - np.float32(held_s)) * np.float32(-1.0 / _RELEASE_S))
        return np.asarray(wave * np.float32(_amplitude(note.velocity)), np.float32)

    def _table(self, pitch: int) -> tuple[float, Wave, Wave]:
        """Frequency in Hz, and a period each of the partials that last and those that do not."""
        if pitch not in self._tables:
            hz = A4_HZ * 2.0 ** ((pitch - A4_PITCH) / 12 + self._tuning_cents / 1200)
            angle = 2.0 * np.pi * np.arange(_TABLE) / _TABLE
            mellow, bright = (
                sum(
                    (a * np.sin(k * angle) for k, a in enumerate(amplitudes, start=1) if k * hz < 0.45 * SAMPLE_RATE),
                    np.zeros(_TABLE),
                ).astype(np.float32)
                for amplitudes in (_MELLOW, _BRIGHT)
            )
            self._tables[pitch] = hz, mellow, bright
        return self._tables[pitch]


def _cycles(note: Note, hz: float, count: int) -> NDArray[np.float64]:
    """How many periods have gone by before each of `count` samples of a note whose key is at `hz`."""
    if not note.bend:
        return np.asarray(np.arange(count) * (hz / SAMPLE_RATE), np.float64)
    point_s, cents = zip(*note.bend, strict=True)
    bent = np.interp(note.onset_s + np.arange(count) / SAMPLE_RATE, point_s, cents)
    return np.asarray(np.cumsum(hz / SAMPLE_RATE * 2.0 ** (bent / 1200.0)), np.float64)


class _Drums:
    """Each piece of the kit as one of three kinds of sound."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._time = np.arange(round(_LONGEST_DRUM_S * SAMPLE_RATE), dtype=np.float32) / np.float32(SAMPLE_RATE)
        self._noise = rng.standard_normal(len(self._time)).astype(np.float32)
        self._hiss = np.diff(self._noise, prepend=np.float32(0.0))
        self._waves: dict[str, Wave] = {}

    def hit(self, hit: DrumHit) -> Wave:
        piece = hit.instrument
        if piece not in self._waves:
            self._waves[piece] = _KIT[piece](self)
        return np.asarray(self._waves[piece] * np.float32(_amplitude(hit.velocity)), np.float32)

    def _drum(self, hz: float, tau_s: float) -> Wave:
        """A skin that is struck an octave higher than it rings."""
        cycles = hz * (self._time - 0.03 * np.exp(-self._time / np.float32(0.03)))
        return self._fading(np.sin(2.0 * np.pi * cycles), tau_s)

    def _snare(self, tau_s: float) -> Wave:
        return self._fading(0.4 * self._noise + np.sin(2.0 * np.pi * 190.0 * self._time), tau_s)

    def _cymbal(self, tau_s: float) -> Wave:
        return self._fading(0.25 * self._hiss, tau_s)

    def _fading(self, wave: NDArray[np.floating], tau_s: float) -> Wave:
        audible = round(_INAUDIBLE * tau_s * SAMPLE_RATE)
        return np.asarray((wave * np.exp(-self._time / np.float32(tau_s)))[:audible], np.float32)


_KIT: dict[str, Callable[[_Drums], Wave]] = {
    "kick": lambda drums: drums._drum(50.0, 0.12),
    "snare": lambda drums: drums._snare(0.08),
    "low tom": lambda drums: drums._drum(90.0, 0.2),
    "high tom": lambda drums: drums._drum(140.0, 0.2),
    "closed hi-hat": lambda drums: drums._cymbal(0.03),
    "open hi-hat": lambda drums: drums._cymbal(0.2),
    "crash": lambda drums: drums._cymbal(0.5),
    "ride": lambda drums: drums._cymbal(0.5),
    OTHER_DRUM: lambda drums: drums._snare(0.03),
}


def _amplitude(velocity: int) -> float:
    return (velocity / 127.0) ** 2
