"""Pianos that are played with the pedal: dampers of all makes, and strings that ring along while they are off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.signal import oaconvolve

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.mixing.roster import Player, Roster
from mp3tomidi.augment.music.pedalled_passages import PedalledPassages
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE
from mp3tomidi.transcribe.array_types import Samples

LEVEL = 0.1  # RMS of a clip
TUNING_CENTS = 12.0  # a clip is off by up to this
_DAMPING = (0.7, 3.0)  # times what the bank's own dampers take
_RESONANCE_SHARE, _RESONANCE_DB = 0.7, (-36.0, -18.0)  # of the clips; against the strings that are struck
_RESONANCE_TAU_S = (0.3, 1.5)  # it falls to 1/e in this time,
_LIFTED_S, _DAMPED_S = 0.02, 0.06  # rises in this time once the pedal is down, and is damped in that
_HIGHEST_HZ = (1500.0, 5000.0)  # and is duller than the strings


class PedalledPiano:
    """Draws clips of a piano alone. `bank_weights` says how readily each bank is drawn from.

    Raises LabelsError where the banks hold no piano, and for banks of different sample rates.
    """

    def __init__(self, banks: Sequence[Bank], bank_weights: Sequence[float], passages: PedalledPassages) -> None:
        self._roster = Roster(banks, bank_weights, {"piano": 1.0})
        self._passages = passages

    @property
    def sample_rate(self) -> int:
        """Of the clips, in Hz: that of the banks."""
        return self._roster.sample_rate

    def clip(self, rng: np.random.Generator, duration_s: float) -> tuple[Samples, NDArray[np.void]]:
        """Sound [duration_s * sample_rate] and the presses of the pedal in it (dtype PEDAL)."""
        player = self._roster.draw("piano", rng)
        lowest, highest = player.range
        played = self._passages.draw(rng, lowest=lowest, highest=highest, duration_s=duration_s)
        tuning_cents = rng.uniform(-TUNING_CENTS, TUNING_CENTS)
        strings, _ = _other_dampers(player, rng).play(played.sounding(), duration_s, tuning_cents, rng)
        if rng.random() < _RESONANCE_SHARE:
            strings = strings + ringing_along(strings, played.pedal, rng, self.sample_rate)
        rms = float(np.sqrt(np.square(strings).mean()))
        return strings * np.float32(LEVEL / max(rms, 1e-6)), played.pedal


def _other_dampers(player: Player, rng: np.random.Generator) -> Player:
    """The same piano with dampers that are quicker or slower."""
    notes = player.bank.notes.copy()
    notes["release_tau_s"] *= np.exp(rng.uniform(*np.log(_DAMPING)))
    return Player(replace(player.bank, notes=notes), player.instrument)


def ringing_along(
    strings: Samples, pedal: NDArray[np.void], rng: np.random.Generator, sample_rate: int = DEFAULT_SAMPLE_RATE
) -> Samples:
    """What the strings that are not struck add to those that are [samples], while the pedal (dtype PEDAL) is down.

    They take up the frequencies that are there, each its own, so that together they are like a dull room that is open
    only as long as the dampers are off (compare Lehtonen et al. 2007, "Analysis and modeling of piano sustain-pedal
    effects").
    """
    tau_s, highest_hz = rng.uniform(*_RESONANCE_TAU_S), rng.uniform(*_HIGHEST_HZ)
    time_s = np.arange(round(4.0 * tau_s * sample_rate)) / sample_rate
    spectrum = np.fft.rfft(rng.standard_normal(len(time_s)) * np.exp(-time_s / tau_s))
    spectrum /= 1.0 + (np.fft.rfftfreq(len(time_s), 1.0 / sample_rate) / highest_hz) ** 2
    response = np.fft.irfft(spectrum, len(time_s))
    is_open = _open(pedal, len(strings), sample_rate)
    rung = oaconvolve(strings * is_open, response)[: len(strings)] * is_open
    ratio = np.sqrt(np.square(strings).mean()) / max(float(np.sqrt(np.square(rung).mean())), 1e-9)
    gain = ratio * 10.0 ** (rng.uniform(*_RESONANCE_DB) / 20.0) if is_open.any() else 0.0
    return np.asarray(gain * rung, np.float32)


def _open(pedal: NDArray[np.void], sample_count: int, sample_rate: int) -> NDArray[np.float64]:
    """How far the dampers are off [samples], 0 to 1."""
    time_s = np.arange(sample_count) / sample_rate
    result = np.zeros(sample_count)
    for press in pedal:
        first, last = np.searchsorted(time_s, [press["down_s"], press["up_s"] + _DAMPED_S])
        inside = time_s[first:last]
        rise, fall = (inside - press["down_s"]) / _LIFTED_S, 1.0 - (inside - press["up_s"]) / _DAMPED_S
        result[first:last] = np.maximum(result[first:last], np.clip(np.minimum(rise, fall), 0.0, 1.0))
    return result
