"""Instruments of banks: single notes rendered or recorded before, at the rate of their bank."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank, BankInstrument
from mp3tomidi.augment.banks.player import play_notes
from mp3tomidi.augment.drums.kits import KitPool
from mp3tomidi.augment.drums.player import play_drums
from mp3tomidi.augment.mixing.roster import Player
from mp3tomidi.augment.sources.source import DRUMS, KIT_PROGRAMS
from mp3tomidi.transcribe.array_types import Samples


@dataclass(frozen=True)
class BankPlayer:
    """A pitched instrument of a bank."""

    bank: Bank
    instrument: BankInstrument

    @property
    def sample_rate(self) -> int:
        return self.bank.sample_rate

    @property
    def name(self) -> str:
        return self.instrument.name

    @property
    def family(self) -> str:
        return self.instrument.family

    @property
    def program(self) -> int:
        return self.instrument.program

    @property
    def licence(self) -> str:
        return self.instrument.licence

    @property
    def attribution(self) -> str:
        return self.instrument.attribution

    @property
    def range(self) -> tuple[int, int]:
        return Player(self.bank, self.instrument).range

    def play(
        self, rows: NDArray[np.void], duration_s: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        return play_notes(self.bank, self.instrument, rows, duration_s, 0.0, rng)


@dataclass(frozen=True)
class BankKit(BankPlayer):
    """A drum kit of a bank, played as it was recorded."""

    _pool: KitPool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_pool", KitPool([(1.0, self.bank, self.instrument)], whole_share=1.0))

    def play(
        self, rows: NDArray[np.void], duration_s: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        return play_drums(self._pool.draw(rng), rows, duration_s, rng)


def bank_players(bank: Bank) -> tuple[list[BankPlayer], list[BankKit]]:
    """The pitched instruments with single notes, and the kits with General MIDI's keys, of a bank."""
    pitched, kits = [], []
    for instrument in bank.instruments:
        has_notes = instrument.note_slice.stop > instrument.note_slice.start
        if instrument.family == DRUMS and instrument.program in KIT_PROGRAMS:
            kits.append(BankKit(bank, instrument))
        elif instrument.family != DRUMS and has_notes:
            pitched.append(BankPlayer(bank, instrument))
    return pitched, kits
