"""Drum machines in numpy: kits in the manner of the 808 (sine drums, square-wave metal), the 909 (harder, with noise)
and of frequency modulation, each with parameters of its own.

The circuits are those that Gordon Reid describes in "Synth Secrets" (Sound on Sound, 2002): a sine whose pitch falls
for skins, filtered noise for wires and hands, six square waves out of tune for cymbals and hats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray
from scipy.signal import butter, sosfilt

from mp3tomidi.augment.sources import drum_names as gm
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, DRUMS, RenderedInstrument, RenderedNote

STYLES = ("808", "909", "fm")
KITS_A_STYLE = 4
VELOCITIES = (45.0, 85.0, 122.0)
TOMS = (41, 43, 45, 47, 48, 50)
_RATE = 48000  # made higher and brought down: square waves alias
_SEED = 808
_DB_A_VELOCITY_STEP = 0.25
# The six oscillators of the 808's cymbal voice, in Hz.
_METAL_HZ = np.array([205.3, 304.4, 369.6, 522.7, 540.0, 800.0])

Sound = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DrumMachines:
    """Twelve kits, always the same."""

    name: str = "drum machines"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        for style_index, style in enumerate(STYLES):
            for kit in range(KITS_A_STYLE):
                yield RenderedInstrument(
                    name=f"machine-{style}/{kit + 1}",
                    family=DRUMS,
                    program=25,  # where General MIDI 2 has its 808
                    licence="CC0",
                    attribution="drum machines of mp3tomidi",
                    notes=_hits(style, np.random.default_rng([_SEED, style_index, kit]), self.sample_rate),
                    sample_rate=self.sample_rate,
                )


def _hits(style: str, rng: np.random.Generator, sample_rate: int) -> Iterator[RenderedNote]:
    machine = _Machine(style, rng)
    pieces = [gm.KICK, gm.SIDE_STICK, gm.SNARE, gm.CLAP, gm.CLOSED_HAT, gm.PEDAL_HAT, gm.OPEN_HAT, *TOMS]
    pieces += [gm.CRASH, gm.RIDE, gm.RIDE_BELL, gm.SPLASH, gm.COWBELL, gm.OPEN_CONGA, gm.LOW_CONGA, gm.MARACAS]
    pieces += [gm.CLAVES, gm.TAMBOURINE]
    for key in pieces:
        for velocity in VELOCITIES:
            samples = soxr.resample(machine.strike(key, velocity).astype(np.float32), _RATE, sample_rate)
            # Set here, not before: what lies above the bank's band would count, and the harder stroke has more of it.
            level = 0.5 * 10 ** ((velocity - 127) * _DB_A_VELOCITY_STEP / 20)
            samples *= np.float32(level / max(np.abs(samples).max(), 1e-9))
            yield RenderedNote(key, velocity, samples, len(samples))


class _Machine:
    """One kit: what is drawn for it at first, and how its pieces sound from that."""

    def __init__(self, style: str, rng: np.random.Generator) -> None:
        self._style, self._rng = style, rng
        hard = style == "909"
        self._kick_hz = rng.uniform(42, 62)
        self._kick_bend = rng.uniform(2.5, 6.0) if hard else rng.uniform(1.3, 3.0)
        self._kick_s = rng.uniform(0.08, 0.2) if hard else rng.uniform(0.12, 0.6)
        self._kick_click = rng.uniform(0.2, 0.6) if hard else rng.uniform(0.0, 0.25)
        self._snare_hz = rng.uniform(150, 230)
        self._snare_wires = rng.uniform(0.45, 0.85)
        self._snare_s = rng.uniform(0.06, 0.2)
        self._tom_hz = rng.uniform(70, 100)  # the lowest
        self._tom_step = rng.uniform(1.14, 1.3)
        self._tom_s = rng.uniform(0.08, 0.3)
        self._metal = _METAL_HZ * rng.uniform(0.8, 1.5) * rng.uniform(0.94, 1.06, 6)
        self._metal_noise = rng.uniform(0.3, 0.8) if hard else rng.uniform(0.0, 0.3)
        self._hat_hz = rng.uniform(4500, 6500)
        closed_s, open_s = rng.uniform(0.015, 0.05), rng.uniform(0.15, 0.45)
        crash_s, ride_s = rng.uniform(0.5, 1.1), rng.uniform(0.4, 0.9)
        self._cymbals_s = {
            gm.CLOSED_HAT: closed_s,
            gm.PEDAL_HAT: 0.8 * closed_s,
            gm.OPEN_HAT: open_s,
            gm.CRASH: crash_s,
            gm.RIDE: ride_s,
            gm.RIDE_BELL: 0.7 * ride_s,
            gm.SPLASH: 0.35 * crash_s,
        }
        self._conga_hz, self._conga_s = rng.uniform(120, 190), rng.uniform(0.05, 0.15)
        self._wood_hz = rng.uniform(2000, 2900)
        self._cowbell_hz = np.array([587.0, 845.0]) * rng.uniform(0.85, 1.2)
        self._cowbell_s = rng.uniform(0.06, 0.2)
        self._fm_ratio, self._fm_index = rng.uniform(1.3, 2.9), rng.uniform(2.0, 6.0)

    def strike(self, key: int, velocity: float) -> Sound:
        """A hit, peaks at any level: the caller sets it. Soft ones are duller."""
        force = velocity / 127
        if key in TOMS:
            return self._skin(self._tom_hz * self._tom_step ** TOMS.index(key), self._tom_s, 1.5, force, noise=0.1)
        if key in self._cymbals_s:
            return self._cymbal(key, self._cymbals_s[key], force)
        others: dict[int, Callable[[], Sound]] = {
            gm.KICK: lambda: self._kick(force),
            gm.SNARE: lambda: self._snare(force),
            gm.CLAP: self._clap,
            gm.OPEN_CONGA: lambda: self._skin(1.4 * self._conga_hz, self._conga_s, 1.15, force, noise=0.05),
            gm.LOW_CONGA: lambda: self._skin(self._conga_hz, self._conga_s, 1.15, force, noise=0.05),
            gm.SIDE_STICK: lambda: self._wood(0.7 * self._wood_hz, 0.006),
            gm.CLAVES: lambda: self._wood(self._wood_hz, 0.02),
            gm.COWBELL: self._cowbell,
            gm.MARACAS: lambda: self._shaken(0.02),
            gm.TAMBOURINE: lambda: self._shaken(0.09),
        }
        return others[key]()

    def _time_s(self, length_s: float) -> Sound:
        return np.arange(round(min(length_s, 2.8) * _RATE)) / _RATE

    def _noise(self, count: int) -> Sound:
        return self._rng.standard_normal(count)

    def _kick(self, force: float) -> Sound:
        time_s = self._time_s(0.05 + 6 * self._kick_s)
        hz = self._kick_hz * (1 + (self._kick_bend - 1) * np.exp(-time_s / 0.012))
        phase = 2 * np.pi * np.cumsum(hz) / _RATE
        body = np.sin(phase + self._modulation(phase, time_s, 0.02, force))
        click = _band(self._noise(len(time_s)), 800, 8000) * np.exp(-time_s / 0.003)
        return _rise(time_s) * (body * np.exp(-time_s / self._kick_s) + self._kick_click * force * click)

    def _skin(self, hz: float, decay_s: float, bend: float, force: float, *, noise: float) -> Sound:
        time_s = self._time_s(0.05 + 6 * decay_s)
        phase = 2 * np.pi * np.cumsum(hz * (1 + (bend - 1) * force * np.exp(-time_s / 0.03))) / _RATE
        body = np.sin(phase + self._modulation(phase, time_s, 0.05, force)) * np.exp(-time_s / decay_s)
        body += 0.3 * force * np.sin(1.59 * phase) * np.exp(-time_s / (0.4 * decay_s))  # a membrane's second mode
        skin = _band(self._noise(len(time_s)), 300, 5000) * np.exp(-time_s / 0.02)
        return _rise(time_s) * (body + noise * force * skin)

    def _snare(self, force: float) -> Sound:
        body = self._skin(self._snare_hz, 0.5 * self._snare_s, 1.3, force, noise=0.2)
        time_s = self._time_s(0.05 + 6 * self._snare_s)
        wires = _band(self._noise(len(time_s)), 1200, 5000 + 9000 * force) * np.exp(-time_s / self._snare_s)
        sound = self._snare_wires * wires * _rise(time_s)
        sound[: len(body)] += (1 - self._snare_wires) * body[: len(sound)]
        return sound

    def _clap(self) -> Sound:
        """Several hands within 30 ms and their room; the last stands for all, and the first is its onset."""
        time_s = self._time_s(0.5)
        envelope = np.zeros(len(time_s))
        for index, start_s in enumerate(np.cumsum([0, *self._rng.uniform(0.007, 0.011, 3)])):
            since = time_s - start_s
            decay_s = 0.07 if index == 3 else 0.005
            envelope = np.maximum(envelope, np.where(since >= 0, np.exp(-np.maximum(since, 0) / decay_s), 0))
        return _band(self._noise(len(time_s)), 800, 3500) * envelope

    def _wood(self, hz: float, decay_s: float) -> Sound:
        time_s = self._time_s(0.02 + 8 * decay_s)
        pair = np.sin(2 * np.pi * hz * time_s) + 0.6 * np.sin(2 * np.pi * 0.29 * hz * time_s)
        return _rise(time_s) * pair * np.exp(-time_s / decay_s)

    def _cowbell(self) -> Sound:
        time_s = self._time_s(0.6)
        pair = _square(self._cowbell_hz[0] * time_s) + _square(self._cowbell_hz[1] * time_s)
        decay = 0.6 * np.exp(-time_s / 0.015) + 0.4 * np.exp(-time_s / self._cowbell_s)
        sound: Sound = _band(pair, 500, 4000) * decay
        return sound

    def _shaken(self, decay_s: float) -> Sound:
        time_s = self._time_s(0.05 + 6 * decay_s)
        return _band(self._noise(len(time_s)), 5000, 14000) * np.exp(-time_s / decay_s) * _rise(time_s, 0.002)

    def _cymbal(self, key: int, decay_s: float, force: float) -> Sound:
        time_s = self._time_s(0.05 + 5 * decay_s)
        if self._style == "fm":
            modulator = np.sin(2 * np.pi * 1.37 * self._metal[:, None] * time_s) * self._fm_index
            metal = np.sin(2 * np.pi * 2.9 * self._metal[:, None] * time_s + modulator).mean(axis=0)
        else:
            metal = _square(self._metal[:, None] * time_s).mean(axis=0)
        lowest_hz = {gm.CRASH: 2500, gm.SPLASH: 3500, gm.RIDE: 3000, gm.RIDE_BELL: 900}.get(key, self._hat_hz)
        noise = self._metal_noise if key != gm.RIDE_BELL else 0.0
        noise += 0.4 if key in (gm.CRASH, gm.SPLASH) else 0.0
        sound = (1 - min(noise, 0.9)) * metal + 0.3 * noise * self._noise(len(time_s))
        sound = _band(sound, lowest_hz, 9000 + 10000 * force)
        stroke = np.exp(-time_s / decay_s)
        if key in (gm.RIDE, gm.RIDE_BELL):
            stroke = 0.35 * stroke + 0.65 * np.exp(-time_s / 0.04)  # the stick is audible over the wash
        return sound * stroke * _rise(time_s)

    def _modulation(self, phase: Sound, time_s: Sound, decay_s: float, force: float) -> Sound | float:
        if self._style != "fm":
            return 0.0
        modulation: Sound = self._fm_index * force * np.exp(-time_s / decay_s) * np.sin(self._fm_ratio * phase)
        return modulation


def _rise(time_s: Sound, rise_s: float = 0.0007) -> Sound:
    return np.minimum(1.0, time_s / rise_s)


def _square(cycles: Sound) -> Sound:
    return np.where(cycles % 1 < 0.5, 1.0, -1.0)


def _band(sound: Sound, lowest_hz: float, highest_hz: float) -> Sound:
    sections = butter(2, [lowest_hz, min(highest_hz, 0.45 * _RATE)], "bandpass", fs=_RATE, output="sos")
    filtered: Sound = sosfilt(sections, sound)
    return filtered
