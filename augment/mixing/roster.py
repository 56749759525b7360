"""Roster: draws the instruments of a mix from banks, family by family, freely or as a band's line-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank, BankInstrument, common_rate
from mp3tomidi.augment.banks.player import play_notes, play_phrase
from mp3tomidi.augment.heldout import is_held_out_kit
from mp3tomidi.augment.music.passages import FAMILY_RANGES
from mp3tomidi.augment.sources.source import DRUMS, KIT_PROGRAMS
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS

# A band has at most so many instruments of a family, and so often any of these at all.
_MOST_IN_BAND = {"piano": 1, "keys": 2, "guitar": 3, "bass": 1, "strings": 3, "winds": 3, "voice": 1, "synth": 2}
_SHARE_OF_BANDS = {"voice": 0.75, "bass": 0.8}
_SHARE_OF_ROCK_BANDS = {"guitar": 1.0, "bass": 0.85, "voice": 0.4}


@dataclass(frozen=True)
class Player:
    """An instrument of a bank."""

    bank: Bank
    instrument: BankInstrument

    @property
    def family(self) -> str:
        return self.instrument.family

    @property
    def sings(self) -> bool:
        """Has phrases with their own notes rather than single notes to play a passage with."""
        return bool(self.instrument.phrase_slice.stop > self.instrument.phrase_slice.start)

    @property
    def range(self) -> tuple[int, int]:
        """Lowest and highest pitch that the instrument usually plays and that its notes reach."""
        if self.sings:
            return FAMILY_RANGES[self.family]
        pitches = self.bank.notes[self.instrument.note_slice]["pitch"]
        lowest, highest = int(pitches.min()) - 2, int(pitches.max()) + 2
        usual = PROGRAMS.get(self.instrument.program)
        if usual is None or usual.lowest > highest or usual.highest < lowest:
            return lowest, highest
        return max(lowest, usual.lowest), min(highest, usual.highest)

    def sing(
        self, duration_s: float, tuning_cents: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        """Stem and notes of an excerpt of one of its phrases."""
        return play_phrase(self.bank, self.instrument, duration_s, tuning_cents, rng)

    def play(
        self, passage: NDArray[np.void], duration_s: float, tuning_cents: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        """Stem and notes of a passage."""
        return play_notes(self.bank, self.instrument, passage, duration_s, tuning_cents, rng)


class Roster:
    """All instruments of some banks, by family; `sample_rate` (Hz) is that of the banks.

    `bank_weights` says how readily each bank is drawn from where several have an instrument of a family.
    `held_out`: the drum kits are those that training never has, instead of all others.
    Raises LabelsError where no instrument is of a family with a weight, and for banks of different sample rates.
    """

    def __init__(
        self,
        banks: Sequence[Bank],
        bank_weights: Sequence[float],
        family_weights: dict[str, float],
        *,
        held_out: bool = False,
    ) -> None:
        self.sample_rate = common_rate(banks)
        self._by_family: dict[str, list[tuple[float, list[Player]]]] = defaultdict(list)
        for bank, weight in zip(banks, bank_weights, strict=True):
            players: dict[str, list[Player]] = defaultdict(list)
            for instrument in bank.instruments:
                if instrument.family == DRUMS and (
                    instrument.program not in KIT_PROGRAMS or is_held_out_kit(instrument.name) != held_out
                ):
                    continue
                players[instrument.family].append(Player(bank, instrument))
            for family, found in players.items():
                self._by_family[family].append((weight, found))
        self._families = [family for family in FAMILIES if family in self and family_weights.get(family)]
        if not self._families:
            raise LabelsError("the banks hold no instrument of a family that the mix asks for; name more of them")
        shares = np.array([family_weights[family] for family in self._families])
        self._shares = shares / shares.sum()

    def __contains__(self, family: str) -> bool:
        return bool(self._by_family.get(family))

    def draw(self, family: str, rng: np.random.Generator) -> Player:
        offers = self._by_family[family]
        weights = np.array([weight for weight, _ in offers])
        _, found = offers[int(rng.choice(len(offers), p=weights / weights.sum()))]
        return found[int(rng.integers(len(found)))]

    def draw_players(self, count: int, rng: np.random.Generator, *, band_share: float, rock: bool) -> list[Player]:
        """`count` instruments: a rock band, or in `band_share` of the cases a band, or each for itself."""
        if rock:
            families = self.draw_rock_line_up(count, rng)
        elif count > 2 and rng.random() < band_share:
            families = self.draw_line_up(count, rng)
        else:
            families = self.draw_families(count, rng)
        return [self.draw(family, rng) for family in families]

    def players(self, family: str) -> list[tuple[float, Player]]:
        """All instruments of a family, each with the weight of its bank, shared by the bank's instruments of it."""
        return [(weight / len(found), player) for weight, found in self._by_family[family] for player in found]

    def draw_families(self, count: int, rng: np.random.Generator) -> list[str]:
        """Families of `count` instruments, each for itself."""
        return [str(family) for family in rng.choice(self._families, count, p=self._shares)]

    def draw_line_up(self, count: int, rng: np.random.Generator) -> list[str]:
        """Families of `count` instruments as in a band: mostly a singer and a bass, of no family too many."""
        return self._line_up(_SHARE_OF_BANDS, count, rng)

    def draw_rock_line_up(self, count: int, rng: np.random.Generator) -> list[str]:
        """The same for a rock band: a guitar, mostly a bass, then whoever else there is."""
        return self._line_up(_SHARE_OF_ROCK_BANDS, count, rng)

    def _line_up(self, first: dict[str, float], count: int, rng: np.random.Generator) -> list[str]:
        band = [f for f, share in first.items() if f in self._families and rng.random() < share][:count]
        while len(band) < count:
            free = [band.count(family) < _MOST_IN_BAND[family] for family in self._families]
            shares = self._shares * free if any(free) else self._shares
            band.append(str(rng.choice(self._families, p=shares / shares.sum())))
        return band
