"""Drum kits to play on: whole ones as they were recorded, and kits put together from the pieces of several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank, BankInstrument
from mp3tomidi.augment.drums.player import Kit, Piece
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE

WHOLE_SHARE = 0.5  # of the kits stay together: their own balance, and drums that were made for each other
_STAYS_SHARE = 0.4  # of a mixed kit's groups are the main kit's
_TUNED_SHARE = 0.6  # of the groups are tuned,
_TUNED_SEMITONES = 3.0  # by up to this: more, and a tom is no longer the tom that it was
_DAMPED_SHARE = 0.25  # of the skins and cymbals are damped (tape, cloth), to fall to 1/e within
_DAMPED_S = (0.06, 0.5)
_LEVEL_DB = 3.0  # standard deviation of a group's level in a mixed kit
_WHOLE_LEVEL_DB = 1.5  # and in one that stays together
_STOPPING_S = (0.006, 0.03)
_LOUD_VELOCITY = 115.0  # levels are compared there

# The keys that one musician would buy together: what is mixed are whole groups, so that hats open and close on one
# sound and toms are a set. With each group what it must have to be drawn, and its level against the kick in dB (median
# of 47 font kits at 16 kHz, hats and rides taken 4 dB up, since recorded bands have them nearer).
_GROUPS: tuple[tuple[tuple[int, ...], frozenset[int], float], ...] = (
    ((35, 36), frozenset(), 0.0),
    ((38, 40), frozenset(), -3.0),
    ((37,), frozenset(), -5.0),
    ((39,), frozenset(), -5.5),
    ((42, 44, 46), frozenset({42, 46}), -15.0),
    ((41, 43, 45, 47, 48, 50), frozenset(), -5.0),
    ((49, 57), frozenset(), -9.0),
    ((51, 53, 59), frozenset(), -12.0),
    ((52,), frozenset(), -10.0),
    ((54,), frozenset(), -11.0),
    ((55,), frozenset(), -11.0),
    ((56,), frozenset(), -8.0),
    ((58,), frozenset(), -8.0),
    ((60, 61), frozenset(), -3.0),
    ((62, 63, 64), frozenset(), -4.0),
    ((65, 66), frozenset(), -4.0),
    ((67, 68), frozenset(), -12.0),
    ((69,), frozenset(), -16.0),
    ((70,), frozenset(), -15.0),
    ((71, 72), frozenset(), -5.0),
    ((73, 74), frozenset(), -6.0),
    ((75,), frozenset(), -2.0),
    ((76, 77), frozenset(), -4.0),
    ((78, 79), frozenset(), -2.0),
    ((80, 81), frozenset(), -20.0),
)
# What lies above 8 kHz makes these groups, by their first key, louder by so many dB in banks of higher rates.
_ABOVE_8_KHZ_DB = {42: 2.5, 49: 1.5, 51: 1.5, 52: 1.5, 54: 2.0, 55: 2.0}
TOMS = (41, 43, 45, 47, 48, 50)
_FEWEST_TOMS = 2
_TOM_STEP_SEMITONES = 2.0  # from one tom to the next, where a kit has fewer than are played
# A stroke on a key that the kit lacks is played on its nearest relative.
_RELATIVES = {
    35: (36,),
    36: (35,),
    38: (40,),
    40: (38,),
    44: (42,),
    49: (57,),
    57: (49,),
    51: (59,),
    59: (51,),
    53: (51, 59),
}
_CYMBAL_GROUPS = frozenset({49, 51, 52, 55})  # by their first key
_WHOLE_NEEDS = frozenset({36, 38, 42, 46, 49, 51})  # what makes a kit one that may stay together


@dataclass(frozen=True)
class _Recorded:
    """A banked kit, its strokes by key."""

    bank: Bank
    strokes: dict[int, NDArray[np.void]]

    def has(self, keys: tuple[int, ...], needed: frozenset[int]) -> bool:
        there = [key for key in keys if key in self.strokes]
        if keys == TOMS:
            return len(there) >= _FEWEST_TOMS
        return bool(there) and needed <= set(there)

    def level_db(self, keys: Sequence[int]) -> float:
        """Median over keys of the level of what is nearest to a loud stroke."""
        levels: list[float] = []
        for key in keys:
            if key in self.strokes:
                rows = self.strokes[key]
                levels.append(float(rows["level"][np.argmin(np.abs(rows["velocity"] - _LOUD_VELOCITY))]))
        return float(20.0 * np.log10(np.median(levels)))


# Makers whose kits hold mostly the same strokes (nine tenths and more correlate by over .97).
_SAME_MAKERS = {
    "MuseScore_General": "FluidR3_GM",
    "Airfont_340": "Airfont_380",
    "The Black Pearl 1.0": "GMRockKit",
}


class KitPool:
    """All kits of some banks, given as (weight, bank, kit).

    Kits of one maker (what stands before the slash of their names) share most of their sounds: their weights fall
    with the root of how many they are. `whole_share` of those that have all that a kit needs stay together.
    """

    def __init__(self, kits: Sequence[tuple[float, Bank, BankInstrument]], *, whole_share: float = WHOLE_SHARE) -> None:
        self._whole_share = whole_share
        makers = Counter(maker_of(kit.name) for _, _, kit in kits)
        self._kits = [_recorded(bank, instrument) for _, bank, instrument in kits]
        self._weights = np.array([weight / np.sqrt(makers[maker_of(one.name)]) for weight, _, one in kits])
        self._weights /= self._weights.sum()
        self._offers: list[tuple[NDArray[np.int64], NDArray[np.float64]]] = []
        for keys, needed, _ in _GROUPS:
            able = np.flatnonzero([kit.has(keys, needed) for kit in self._kits])
            if not len(able) and needed:  # no kit has it all: then whoever has some
                able = np.flatnonzero([kit.has(keys, frozenset()) for kit in self._kits])
            shares = np.cumsum(self._weights[able])
            self._offers.append((able, shares / shares[-1] if len(able) else shares))
        self._whole = [kit.strokes.keys() >= _WHOLE_NEEDS for kit in self._kits]

    def draw(self, rng: np.random.Generator) -> Kit:
        """A kit with every group of keys that any kit has."""
        main = int(rng.choice(len(self._kits), p=self._weights))
        together = self._whole[main] and rng.random() < self._whole_share
        kit = self._kits[main]
        kick_db = kit.level_db((35, 36)) if self._whole[main] else -9.0
        pieces: dict[int, Piece] = {}
        for (keys, needed, below_kick_db), (able, shares) in zip(_GROUPS, self._offers, strict=True):
            # Drawn for every group, used or not, so that one kit more moves nothing but itself.
            stays, drawn, level = rng.random(), rng.random(), rng.standard_normal()
            tuned, semitones = rng.random(), rng.uniform(-_TUNED_SEMITONES, _TUNED_SEMITONES)
            damped, damping = rng.random(), rng.random()
            if not len(able):
                continue
            own = kit.has(keys, needed) and (together or stays < _STAYS_SHARE)
            source = kit if own else self._kits[able[int(np.searchsorted(shares, drawn, side="right"))]]
            if own and self._whole[main]:
                gain_db = _WHOLE_LEVEL_DB * level
            else:
                gain_db = kick_db + below_kick_db + _LEVEL_DB * level - source.level_db(keys)
                if source.bank.sample_rate > DEFAULT_SAMPLE_RATE:
                    gain_db += _ABOVE_8_KHZ_DB.get(keys[0], 0.0)
            semitones = semitones if tuned < _TUNED_SHARE and not together else 0.0
            damping_s = float(_DAMPED_S[0] * (_DAMPED_S[1] / _DAMPED_S[0]) ** damping)
            if keys[0] in _CYMBAL_GROUPS:
                damping_s *= 4.0
            is_damped = damped < _DAMPED_SHARE and keys != (42, 44, 46)
            for key in keys:
                found, moved = _nearest(source.strokes, key, keys)
                if found is not None:
                    pieces[key] = Piece(
                        source.bank,
                        source.strokes[found],
                        float(10.0 ** (gain_db / 20.0)),
                        float(semitones + moved),
                        damping_s if is_damped else None,
                    )
        return Kit(pieces, float(rng.uniform(*_STOPPING_S)))


def maker_of(name: str) -> str:
    """Whose sounds a kit of this name has."""
    maker = name.partition("/")[0]
    return _SAME_MAKERS.get(maker, maker)


def _recorded(bank: Bank, kit: BankInstrument) -> _Recorded:
    rows = bank.notes[kit.note_slice]
    return _Recorded(bank, {int(key): rows[rows["pitch"] == key] for key in np.unique(rows["pitch"])})


def _nearest(strokes: dict[int, NDArray[np.void]], key: int, group: tuple[int, ...]) -> tuple[int | None, float]:
    """The key whose strokes are played for `key` (None where there is none), moved by how many semitones."""
    if key in strokes:
        return key, 0.0
    if group == TOMS:
        there = [tom for tom in TOMS if tom in strokes]
        found = min(there, key=lambda tom: abs(TOMS.index(tom) - TOMS.index(key)))
        return found, _TOM_STEP_SEMITONES * (TOMS.index(key) - TOMS.index(found))
    return next((relative for relative in _RELATIVES.get(key, ()) if relative in strokes), None), 0.0
