"""Solos: one banked instrument alone, in random phrases: what teaches to tell instruments apart.

A mix plays excerpts of songs, in which register and figures give an instrument away. A solo goes anywhere within its
instrument's range, every program of a family is drawn as often as the others, and half of the phrases are resampled by
up to some semitones, so that only the sound is left to go by.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank, common_rate
from mp3tomidi.augment.labels import NOTE, Labels, empty_drum_hits
from mp3tomidi.augment.mixing.levels import STEM_LEVEL, active_rms
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixer import Mixer
from mp3tomidi.augment.mixing.roster import Player
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import FAMILIES

CHORD_SHARES = {  # of the phrases
    "piano": 0.4,
    "keys": 0.3,
    "guitar": 0.35,
    "bass": 0.03,
    "strings": 0.15,
    "voice": 0.1,
    "winds": 0.05,
    "synth": 0.3,
}
RINGING_SHARES = {"piano": 0.6, "keys": 0.6, "guitar": 0.6, "bass": 0.2, "strings": 0.1, "synth": 0.3}
_CHORD_INTERVALS = (3, 4, 5, 7, 8, 9, 12, 15, 16, 19)  # semitones over the lowest note
_LEAP_SEMITONES = 5  # from one note to the next at most
_REST_SHARE = 0.15
_RINGS_S = 8.0  # of a note that is not stopped
_DRAWS = 20  # of a solo that sounds at all
_SILENT = 1e-3


@dataclass(frozen=True)
class SoloSettings:
    """Shares of what is drawn. Raises ValueError for an unknown family."""

    share: float = 0.0  # of the clips; the others are mixes
    family_weights: dict[str, float] = field(default_factory=lambda: dict.fromkeys(FAMILIES, 1.0))
    sung_share: float = 0.75  # of the voices: singers rather than instruments that imitate them
    beside_share: float = 0.12  # another instrument plays beside
    beside_level_db: tuple[float, float] = (-6.0, 6.0)
    resampled_share: float = 0.5
    most_semitones: float = 3.0  # by which it is resampled

    def __post_init__(self) -> None:
        unknown = set(self.family_weights) - set(FAMILIES)
        if unknown:
            raise ValueError(f"family_weights: there is no family {sorted(unknown)[0]!r}, only {', '.join(FAMILIES)}")


class SoloMixer:
    """Draws solos, and mixes by `mixer` in the share that is left.

    Raises LabelsError where no instrument is of a family with a weight, and for banks of another rate than the mixer's.
    """

    def __init__(self, mixer: Mixer, banks: Sequence[Bank], bank_weights: Sequence[float], solos: SoloSettings) -> None:
        self._mixer, self._solos = mixer, solos
        if (rate := common_rate(banks)) != mixer.sample_rate:
            raise LabelsError(f"the banks of solos are at {rate} Hz, those of the mixes at {mixer.sample_rate} Hz")
        self._by_program: dict[str, dict[int, list[tuple[float, Player]]]] = defaultdict(lambda: defaultdict(list))
        self._singers: list[tuple[float, Player]] = []
        for bank, weight in zip(banks, bank_weights, strict=True):
            for player in (Player(bank, instrument) for instrument in bank.instruments):
                if player.sings and player.family == "voice":
                    self._singers.append((weight, player))
                elif not player.sings and player.family in FAMILIES:
                    self._by_program[player.family][player.instrument.program].append((weight, player))
        there = [f for f in FAMILIES if f in self._by_program or (f == "voice" and self._singers)]
        self._families = [family for family in there if solos.family_weights.get(family)]
        if not self._families:
            raise LabelsError("the banks hold no instrument of a family that plays alone; name more of them")
        shares = np.array([solos.family_weights[family] for family in self._families])
        self._shares = shares / shares.sum()

    @property
    def sample_rate(self) -> int:
        """Of mixes and solos, in Hz."""
        return self._mixer.sample_rate

    @property
    def settings(self) -> MixSettings:
        """Those of the mixes, whose length the solos have, too."""
        return self._mixer.settings

    def clip(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """Sound float32 [duration_s * sample_rate] and the notes in it (clip index 0)."""
        if rng.random() >= self._solos.share:
            return self._mixer.clip(rng)
        sound, notes = self._solo(rng)
        if rng.random() < self._solos.beside_share:
            beside, other_notes = self._solo(rng)
            sound = sound + np.float32(10.0 ** (rng.uniform(*self._solos.beside_level_db) / 20.0)) * beside
            notes = np.concatenate([notes, other_notes])
        return sound, Labels(notes, empty_drum_hits())

    def _solo(self, rng: np.random.Generator) -> tuple[Samples, NDArray[np.void]]:
        duration_s = self.settings.duration_s
        for _ in range(_DRAWS):
            player = self._draw(str(rng.choice(self._families, p=self._shares)), rng)
            if player.sings:
                sound, notes = player.sing(duration_s, float(rng.normal(0.0, 10.0)), rng)
            else:
                cents = float(rng.normal(0.0, 10.0))
                if rng.random() < self._solos.resampled_share:
                    cents += 100.0 * float(rng.uniform(-1.0, 1.0)) * self._solos.most_semitones
                phrase = draw_phrase(rng, player.family, player.range, duration_s)
                sound, notes = player.play(phrase, duration_s, cents, rng)
            level = active_rms(sound, self.sample_rate)
            if level > _SILENT:
                return sound * np.float32(STEM_LEVEL / level), notes
        raise LabelsError(f"{player.instrument.name} and others play nothing within {duration_s:.1f} s")

    def _draw(self, family: str, rng: np.random.Generator) -> Player:
        programs = self._by_program.get(family, {})
        if family == "voice" and self._singers and (not programs or rng.random() < self._solos.sung_share):
            offers = self._singers
        else:
            offers = programs[int(rng.choice(list(programs)))]
        weights = np.array([weight for weight, _ in offers])
        return offers[int(rng.choice(len(offers), p=weights / weights.sum()))][1]


def draw_phrase(
    rng: np.random.Generator, family: str, pitch_range: tuple[int, int], duration_s: float
) -> NDArray[np.void]:
    """Notes (dtype NOTE) up and down by small steps, single or as chords, stopped or ringing on; with rests."""
    lowest, highest = pitch_range
    pitch = int(rng.integers(lowest, highest + 1))
    onset_s = float(rng.uniform(-0.6, 0.0) if rng.random() < 0.6 else rng.uniform(0.0, 0.1))
    shortest_s, longest_s = rng.uniform(0.12, 0.5), rng.uniform(0.5, 1.8)
    in_chords = rng.random() < CHORD_SHARES[family]
    rings = rng.random() < RINGING_SHARES.get(family, 0.0)
    velocity, spread = rng.uniform(40.0, 110.0), rng.uniform(0.0, 20.0)
    notes: list[tuple[int, float, float, int, float, int]] = []
    while onset_s < duration_s:
        length_s = float(np.exp(rng.uniform(np.log(shortest_s), np.log(longest_s))))
        if not notes or rng.random() >= _REST_SHARE:
            above = rng.choice(_CHORD_INTERVALS, int(rng.integers(1, 4)), replace=False) if in_chords else ()
            for key in (pitch, *(pitch + int(interval) for interval in above)):
                struck = float(np.clip(rng.normal(velocity, spread), 8, 127))
                if key <= highest:
                    notes.append((0, onset_s, onset_s + (_RINGS_S if rings else length_s), key, struck, 0))
        pitch = int(np.clip(pitch + rng.integers(-_LEAP_SEMITONES, _LEAP_SEMITONES + 1), lowest, highest))
        onset_s += length_s
    return np.array(notes, NOTE)
