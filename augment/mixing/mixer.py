"""Mixes of labelled sound, as training draws them; `Mixer.clip` makes one: players, performance, mixdown.

The steps lie in the files of their names, in this order: `roster`, `performance`, `mixdown`. Clips become batches and
get their effects in `train/datasets/rendered.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.banks.player import play_phrase
from mp3tomidi.augment.drums.choking import draw_chokes
from mp3tomidi.augment.drums.kits import WHOLE_SHARE, KitPool
from mp3tomidi.augment.drums.player import play_drums
from mp3tomidi.augment.drums.timekeeping import keep_time_otherwise
from mp3tomidi.augment.labels import Labels, empty_drum_hits, empty_instants
from mp3tomidi.augment.mixing.levels import STEM_LEVEL, at_level
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.mixdown import Mixdown
from mp3tomidi.augment.mixing.performance import perform
from mp3tomidi.augment.mixing.roster import Roster
from mp3tomidi.augment.mixing.studio import Studio
from mp3tomidi.augment.music.doubling import merge_unisons
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.augment.sources.source import DRUMS, SPEECH
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError


class Mixer:
    """Draws labelled mixes from banks and passages.

    `bank_weights` says how readily each bank is drawn from where several have an instrument of a family;
    `held_out`: on the drum kits that training never has, as they are, instead of on all others and their mixtures.
    Mixes have the sample rate of the banks. Raises LabelsError where these have different ones or there is nothing to
    play on, and where there is no groove and the settings ask for grooves.
    """

    def __init__(
        self,
        banks: Sequence[Bank],
        passages: Passages,
        settings: MixSettings | None = None,
        bank_weights: Sequence[float] | None = None,
        *,
        held_out: bool = False,
    ) -> None:
        self.settings = settings or MixSettings()
        if self.settings.groove_share and not passages.has_grooves:
            raise LabelsError("there are no grooves for groove_share; make them with `mp3tomidi-augment grooves BANKS`")
        self.passages = passages
        bank_weights = bank_weights or [1.0] * len(banks)
        self._roster = Roster(banks, bank_weights, self.settings.family_weights, held_out=held_out)
        kits = [(weight, kit.bank, kit.instrument) for weight, kit in self._roster.players(DRUMS)]
        self._kits = KitPool(kits, whole_share=1.0 if held_out else WHOLE_SHARE) if kits else None
        self._studio = Studio(self.sample_rate)

    @property
    def sample_rate(self) -> int:
        """Of the mixes, in Hz: that of the banks."""
        return self._roster.sample_rate

    def clip(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """One mix: sound float32 [duration_s * sample_rate] and the notes, hits and choked cymbals in it (clip 0).

        The instants of its labels are chokes: see `drums.choking`.
        """
        settings = self.settings
        if rng.random() < settings.empty_share:
            return self._without_notes(rng)
        weights = np.array(settings.part_weights)
        count = 1 + int(rng.choice(len(weights), p=weights / weights.sum()))
        together = count > 1
        rock = together and bool(settings.loud_share) and rng.random() < settings.loud_share
        players = self._roster.draw_players(count, rng, band_share=settings.band_share, rock=rock)
        performance = perform(players, self.passages, settings, rng, rock=rock)
        mixdown = Mixdown(settings, self._studio, rng, rock=rock, together=together)
        mixdown.add_parts(performance)
        drum_hits, chokes = empty_drum_hits(), empty_instants()
        if rng.random() < (settings.drums_share if together else settings.solo_drums_share) and self._kits:
            drums, drum_hits, chokes = self._drums(self._kits, performance.drum_part, rng, rock=rock)
            mixdown.add_drums(drums)
        mixdown.add_room()
        if rng.random() < settings.speech_share and SPEECH in self._roster:
            level_db = rng.uniform(*settings.speech_level_db)
            mixdown.add_speech(self._speech(rng), level_db)
        notes = merge_unisons(performance.notes) if settings.unisons_merged else performance.notes
        return mixdown.finished(), Labels(notes, drum_hits, chokes)

    def _drums(
        self, kits: KitPool, hits: NDArray[np.void], rng: np.random.Generator, *, rock: bool = False
    ) -> tuple[Samples, NDArray[np.void], NDArray[np.void]]:
        """A drum stem, its labels, and where its cymbals are choked."""
        kit, share = kits.draw(rng), self.settings.other_timekeeper_share
        if share and rng.random() < (2.0 * share if rock else share):
            hits = keep_time_otherwise(rng, hits, kit.pieces)
        choked_share = self.settings.choked_share
        chokes = draw_chokes(rng, hits, choked_share) if choked_share else empty_instants()
        stem, labels = play_drums(kit, hits, self.settings.duration_s, rng, chokes)
        return stem, labels, chokes[np.isin(chokes["number"], list(kit.pieces))]

    def _speech(self, rng: np.random.Generator) -> Samples:
        speaker = self._roster.draw(SPEECH, rng)
        return play_phrase(speaker.bank, speaker.instrument, self.settings.duration_s, 0.0, rng)[0]

    def _without_notes(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """Drums, speech or noise alone: what must give no notes."""
        weights = np.array(self.settings.empty_weights)
        kind = str(rng.choice([DRUMS, SPEECH, "noise"], p=weights / weights.sum()))
        if kind == DRUMS and self._kits:
            drums, hits, chokes = self._drums(
                self._kits, self.passages.draw_drums(rng, duration_s=self.settings.duration_s), rng
            )
            return at_level(drums, STEM_LEVEL, 0.0, self.sample_rate), Labels(drum_hits=hits, instants=chokes)
        if kind == SPEECH and SPEECH in self._roster:
            return self._speech(rng), Labels()
        return self._noise(rng), Labels()

    def _noise(self, rng: np.random.Generator) -> Samples:
        """Noise between white and brown.

        Not by the effect `noise`, which draws with torch's generators: mixes of recorded seeds would be others.
        """
        count = round(self.settings.duration_s * self.sample_rate)
        spectrum = np.fft.rfft(rng.standard_normal(count))
        spectrum /= np.maximum(np.arange(len(spectrum)), 20.0) ** rng.uniform(0.0, 1.0)
        noise = np.fft.irfft(spectrum, count)
        return np.asarray(STEM_LEVEL * noise / noise.std(), np.float32)
