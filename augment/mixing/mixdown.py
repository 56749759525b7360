"""Mixes stems: levels, the studio's strip on each, its room and its bus."""

from __future__ import annotations

import numpy as np

from mp3tomidi.augment.mixing.levels import STEM_LEVEL, active_rms, at_level
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.performance import Performance
from mp3tomidi.augment.mixing.studio import Studio
from mp3tomidi.augment.sources.source import DRUMS
from mp3tomidi.transcribe.array_types import Samples


class Mixdown:
    """One mix, to which stems are added in the order of the methods; each draws its level from `rng`.

    An object rather than a function of all stems, since drums and speech are rendered from the same generator between
    its steps, and only where they are drawn: another order would give other mixes for the same seeds.

    All stems are at the studio's rate. `rock`: as a rock band is mixed, `together`: of two parts or more.
    """

    def __init__(
        self, settings: MixSettings, studio: Studio, rng: np.random.Generator, *, rock: bool, together: bool
    ) -> None:
        self._settings, self._studio, self._rng = settings, studio, rng
        self._rate = studio.sample_rate
        self._rock, self._together = rock, together
        self._in_studio = rock or (together and rng.random() < settings.studio_share)
        self._stems: list[tuple[str, Samples]] = []
        self._sum: Samples = np.zeros(0, np.float32)

    def add_parts(self, performance: Performance) -> None:
        settings, rng = self._settings, self._rng
        for player, stem in zip(performance.players, performance.stems, strict=True):
            if player.sings and self._together:
                level_db = rng.uniform(*settings.sung_level_db)
            else:
                level_db = rng.normal(0.0, settings.stem_level_db)
            treated = self._studio.strip(stem, player.family, rng, rock=self._rock) if self._in_studio else stem
            self._stems.append((player.family, at_level(treated, STEM_LEVEL, level_db, self._rate)))
        self._sum = np.sum([stem for _, stem in self._stems], axis=0, dtype=np.float32)

    def add_drums(self, drums: Samples) -> None:
        settings, rng = self._settings, self._rng
        level_db = rng.uniform(*(settings.loud_drum_level_db if self._rock else settings.drum_level_db))
        treated = self._studio.strip(drums, DRUMS, rng) if self._in_studio else drums
        levelled = at_level(treated, self._own_level(), level_db, self._rate)
        self._stems.append((DRUMS, levelled))
        self._sum = self._sum + levelled

    def add_room(self) -> None:
        """The reverberation of one room that all stems are sent to, in a studio."""
        if self._in_studio:
            self._sum = self._sum + self._studio.room(self._stems, self._rng)

    def add_speech(self, speech: Samples, level_db: float) -> None:
        self._sum = self._sum + at_level(speech, self._own_level(), level_db, self._rate)

    def finished(self) -> Samples:
        """The mix [samples], pressed together and limited if it is a rock band's or so drawn."""
        if self._rock or (self._together and self._rng.random() < self._settings.bus_share):
            return self._studio.bus(self._sum, self._rng)
        return self._sum

    def _own_level(self) -> float:
        return active_rms(self._sum, self._rate) or STEM_LEVEL
