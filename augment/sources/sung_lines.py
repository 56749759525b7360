"""Sung lines: spoken syllables re-sung with drawn pitch curves, by women, men, children and choirs.

Half of the singers are amateurs: off pitch, off the key they began in, unsteady on long notes, sloppy in time. The
labels are what a listener would write down all the same.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, BankKind, RenderedInstrument, RenderedPhrase
from mp3tomidi.augment.sources.sung.choir import (
    CHOIR_PROGRAM,
    Section,
    draw_choir_phrase,
    draw_mixed_phrase,
)
from mp3tomidi.augment.sources.sung.performance import SOLO_PROGRAM, draw_performance
from mp3tomidi.augment.sources.sung.speakers import SPEAKERS, Speaker, Timbre, repertoires, timbres

_CHOIR_MEMBERS = ((0.92, 0.0), (0.95, 1.5), (0.98, -1.5), (1.02, 2.0), (1.05, -1.0), (1.08, 0.5))  # warp, tilt_db
_SECTION_MEMBERS = _CHOIR_MEMBERS[1:5]
_CHOIR_WEIGHT = 0.35  # against one timbre: most singing in recordings is one voice, and many take long to render


@dataclass(frozen=True, slots=True)
class Sung:
    """The source of sung phrases: `minutes` in all, shared among the timbres by weight, and choirs.

    The same `seed` gives the same phrases, each instrument by itself. Raises SpeechEngineError, when an instrument
    is iterated over, if the program that speaks its syllables is missing.
    """

    minutes: float = 155.0
    seed: int = 0
    speakers: tuple[Speaker, ...] = SPEAKERS
    name: str = "sung"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        solos, mixed = timbres(self.speakers), _mixed_choirs(self.speakers)
        weights = [timbre.speaker.weight for timbre in solos]
        weights += [_CHOIR_WEIGHT * speaker.weight for speaker in self.speakers]
        weights += [_CHOIR_WEIGHT * max(women.weight, men.weight) for women, men in mixed]
        budgets_s = [60 * self.minutes * weight / sum(weights) for weight in weights]
        # Each has a generator of its own, so that a bank that goes on where it stopped ends up the same.
        drawn = [(np.random.default_rng([self.seed, index]), seconds) for index, seconds in enumerate(budgets_s)]
        for timbre in solos:
            rng, seconds = drawn.pop(0)
            yield self._instrument(
                timbre.name, SOLO_PROGRAM, (timbre.speaker,), self._solo_phrases(timbre, rng, seconds)
            )
        for speaker in self.speakers:
            rng, seconds = drawn.pop(0)
            phrases = self._choir_phrases(speaker, rng, seconds)
            yield self._instrument(f"choir/{speaker.name}", CHOIR_PROGRAM, (speaker,), phrases)
        for women, men in mixed:
            rng, seconds = drawn.pop(0)
            phrases = self._mixed_phrases(women, men, rng, seconds)
            yield self._instrument(f"choir/{women.name}+{men.name}", CHOIR_PROGRAM, (women, men), phrases)

    def _instrument(
        self, name: str, program: int, speakers: Sequence[Speaker], phrases: Iterator[RenderedPhrase]
    ) -> RenderedInstrument:
        return RenderedInstrument(
            name=name,
            family="voice",
            program=program,
            licence="; ".join(dict.fromkeys(speaker.licence for speaker in speakers)),
            attribution="; ".join(dict.fromkeys(speaker.attribution for speaker in speakers)),
            phrases=phrases,
            sample_rate=self.sample_rate,
        )

    def _solo_phrases(self, timbre: Timbre, rng: np.random.Generator, seconds: float) -> Iterator[RenderedPhrase]:
        repertoire = timbre.repertoire(self.sample_rate)
        yield from self._until(seconds, lambda: draw_performance(rng, repertoire, timbre.voice_range).phrase)

    def _choir_phrases(self, speaker: Speaker, rng: np.random.Generator, seconds: float) -> Iterator[RenderedPhrase]:
        section = self._section(speaker, float(rng.uniform(0.95, 1.15)), _CHOIR_MEMBERS)
        yield from self._until(seconds, lambda: draw_choir_phrase(rng, section.singers, section.voice_range))

    def _mixed_phrases(
        self, women: Speaker, men: Speaker, rng: np.random.Generator, seconds: float
    ) -> Iterator[RenderedPhrase]:
        upper = self._section(women, float(rng.uniform(0.95, 1.1)), _SECTION_MEMBERS)
        lower = self._section(men, float(rng.uniform(0.92, 1.02)), _SECTION_MEMBERS)
        yield from self._until(seconds, lambda: draw_mixed_phrase(rng, upper, lower))

    def _section(self, speaker: Speaker, middle: float, members: Sequence[tuple[float, float]]) -> Section:
        singers = repertoires([Timbre(speaker, middle * factor, tilt) for factor, tilt in members], self.sample_rate)
        return Section(singers, Timbre(speaker, middle, 0.0).voice_range)

    def _until(self, seconds: float, draw: Callable[[], RenderedPhrase]) -> Iterator[RenderedPhrase]:
        sung_s = 0.0
        while sung_s < seconds:
            phrase = draw()
            sung_s += len(phrase.samples) / self.sample_rate
            yield phrase


BANK = BankKind(
    "sung",
    "sung lines, solo and choirs (needs nothing in DIR; flite, espeak-ng, htsengine and the extra `sung`)",
    lambda _data, _progress, rate: Sung(sample_rate=rate),
)


def _mixed_choirs(speakers: Sequence[Speaker]) -> list[tuple[Speaker, Speaker]]:
    """Every speaker with a high voice beside one with a low voice, as far as these go."""
    high = [speaker for speaker in speakers if speaker.formant_scale > 1]
    low = [speaker for speaker in speakers if speaker.formant_scale <= 1]
    return list(zip(high, itertools.cycle(low), strict=False)) if low else []
