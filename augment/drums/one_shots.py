"""Labelled single drum strokes: those of all kits, varied as samples of other libraries would sound.

A stroke is tuned, damped, cut off early, begun late; what rooms, studios and codecs do to it is the pipeline's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank, BankInstrument, common_rate
from mp3tomidi.augment.banks.player import stretch
from mp3tomidi.augment.drums.kits import maker_of
from mp3tomidi.augment.heldout import is_held_out_kit
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, DRUMS
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.drum_kit import ONE_SHOT_CLASSES, ONE_SHOT_OF_KEY
from mp3tomidi.transcribe.errors import LabelsError

_CLASS = {drum.name: index for index, drum in enumerate(ONE_SHOT_CLASSES)}
_TOMS = frozenset({_CLASS["low tom"], _CLASS["high tom"]})
_RINGING = frozenset({_CLASS["open hi-hat"], _CLASS["crash"], _CLASS["ride"]})
# General MIDI 2's brush kits strike snares where others clap; its electronic kit has a cymbal played backwards.
_OTHERWISE_NAMED = frozenset({(program, key) for program in (40, 41, 42) for key in (39, 40)} | {(24, 52)})

TUNED_SHARE = 0.7
TUNED_SEMITONES = 2.5  # standard deviation;
TOMS_SEMITONES = 1.0  # toms are distinguished by their pitch
DAMPED_SHARE = 0.3  # fall to 1/e on top of their own decay within
DAMPED_S = (0.05, 0.6)
CUT_SHARE = 0.25  # end, after a short fade, this long after their onset:
CUT_S = (0.08, 1.0)
RINGING_FACTOR = 4.0  # what is distinguished by its ringing keeps as much more of it
LATEST_S = 0.05  # of silence before a sample
FADE_S = 0.01
LEVEL = 0.3  # peak of what is drawn


@dataclass(frozen=True, slots=True)
class Stroke:
    """A banked stroke: `sound` as it is kept, its onset at `onset_samples`; `label` counts ONE_SHOT_CLASSES.

    `weight` is its bank's: how readily it is drawn.
    """

    kit: str
    label: int
    sound: NDArray[np.float16]
    onset_samples: int
    weight: float
    sample_rate: int = DEFAULT_SAMPLE_RATE  # Hz


def find_strokes(banks: Sequence[tuple[float, Bank]], *, held_out: bool = False) -> list[Stroke]:
    """All strokes of the kits in weighted banks that may teach, or of those that are kept back.

    Of equal ones of a class the first is taken. Raises LabelsError for banks of different sample rates.
    """
    common_rate(bank for _, bank in banks)
    found: dict[tuple[int, bytes], Stroke] = {}
    for weight, bank in banks:
        for kit in bank.instruments:
            if kit.family == DRUMS and is_held_out_kit(kit.name) == held_out:
                for row in bank.notes[kit.note_slice]:
                    if (stroke := _stroke(weight, bank, kit, row)) is not None:
                        found.setdefault((stroke.label, _print_of(stroke)), stroke)
    return list(found.values())


def _stroke(weight: float, bank: Bank, kit: BankInstrument, row: np.void) -> Stroke | None:
    key = int(row["pitch"])
    if key not in ONE_SHOT_OF_KEY or (kit.program, key) in _OTHERWISE_NAMED:
        return None
    sound = bank.samples[row["start"] : row["start"] + row["length"]]
    return Stroke(kit.name, ONE_SHOT_OF_KEY[key], sound, int(row["onset_samples"]), weight, bank.sample_rate)


def _print_of(stroke: Stroke) -> bytes:
    """Equal for sounds that differ in level only."""
    beginning = stroke.sound[: stroke.sample_rate // 2].astype(np.float32)
    return np.round(30.0 * beginning / max(float(np.abs(beginning).max(initial=0.0)), 1e-9)).astype(np.int8).tobytes()


class OneShotPool:
    """Draws strokes: all classes equally often, of a class makers of kits by the root of how many strokes they have."""

    def __init__(self, strokes: Sequence[Stroke]) -> None:
        """Raises LabelsError if a class has no strokes."""
        self._makers: list[list[list[Stroke]]] = []
        for label, drum in enumerate(ONE_SHOT_CLASSES):
            by_maker: dict[str, list[Stroke]] = {}
            for stroke in strokes:
                if stroke.label == label:
                    by_maker.setdefault(maker_of(stroke.kit), []).append(stroke)
            if not by_maker:
                raise LabelsError(f"the banks hold no {drum.name}: `mp3tomidi-augment bank drums` makes one that does")
            self._makers.append(list(by_maker.values()))

    def draw(self, rng: np.random.Generator) -> tuple[Samples, int]:
        """A stroke as a sample [samples] at its rate, its peak at LEVEL, and its class."""
        label = int(rng.integers(len(self._makers)))
        makers = self._makers[label]
        weights = np.array([strokes[0].weight * np.sqrt(len(strokes)) for strokes in makers])
        strokes = makers[int(rng.choice(len(makers), p=weights / weights.sum()))]
        stroke = strokes[int(rng.integers(len(strokes)))]
        sample = _played(stroke, rng)
        peak = float(np.abs(sample).max(initial=0.0))
        late = np.zeros(int(rng.uniform(0.0, LATEST_S) * stroke.sample_rate), np.float32)
        return np.concatenate([late, sample * np.float32(LEVEL / max(peak, 1e-9))]), label


def _played(stroke: Stroke, rng: np.random.Generator) -> Samples:
    """The stroke tuned, damped and cut off by chance."""
    semitones = rng.normal(0.0, TOMS_SEMITONES if stroke.label in _TOMS else TUNED_SEMITONES)
    ratio = 2.0 ** (semitones / 12.0) if rng.random() < TUNED_SHARE else 1.0
    sound = stroke.sound.astype(np.float32)
    if ratio != 1.0 and len(sound) > 4:
        sound = stretch(stroke.sound, np.arange(int((len(sound) - 3) / ratio)) * ratio)
    onset = round(stroke.onset_samples / ratio)
    longer = RINGING_FACTOR if stroke.label in _RINGING else 1.0
    if rng.random() < DAMPED_SHARE:
        since_s = np.maximum(np.arange(len(sound)) - onset, 0) / stroke.sample_rate
        sound = sound * np.exp(-since_s / (longer * _log_uniform(rng, DAMPED_S))).astype(np.float32)
    if rng.random() < CUT_SHARE:
        sound = sound[: onset + round(longer * _log_uniform(rng, CUT_S) * stroke.sample_rate)].copy()
        fade = min(len(sound), round(FADE_S * stroke.sample_rate))
        sound[len(sound) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return sound


def _log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(np.log(bounds[0]), np.log(bounds[1]))))
