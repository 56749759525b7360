"""Mixes: which instruments play together, how loud, with what beside them that must not be heard as notes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks import Bank, BankInstrument
from mp3tomidi.augment.labels import Labels, empty_drum_hits, empty_notes
from mp3tomidi.augment.passages import FAMILY_RANGES, Band, Passages
from mp3tomidi.augment.player import Samples, play_drums, play_notes, play_phrase
from mp3tomidi.augment.sources.source import DRUMS, SAMPLE_RATE, SPEECH
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import FAMILIES, PROGRAMS

STEM_LEVEL = 0.1  # RMS of a stem's louder half before its own level is drawn
_FRAME_SAMPLES = 800


@dataclass(frozen=True)
class MixSettings:
    """Shares and levels of what is drawn. Weights need not add up to one."""

    duration_s: float = 4.0
    part_weights: tuple[float, ...] = (0.48, 0.18, 0.12, 0.08, 0.06, 0.04, 0.02, 0.02)  # one to eight parts
    ensemble_share: float = 0.6  # mixes whose parts belong together
    drums_share: float = 0.5  # of the mixes with two parts or more
    solo_drums_share: float = 0.12  # of the single parts
    empty_share: float = 0.05  # clips with drums, speech or noise only
    family_weights: dict[str, float] = field(
        default_factory=lambda: {
            "piano": 0.27,
            "keys": 0.11,
            "guitar": 0.14,
            "bass": 0.09,
            "strings": 0.11,
            "winds": 0.12,
            "voice": 0.10,
            "synth": 0.06,
        }
    )
    tuning_cents: float = 12.0  # a mix is off by up to this
    stem_level_db: float = 4.5  # standard deviation of the parts' levels
    sung_level_db: tuple[float, float] = (-2.0, 7.0)  # of a singer among other parts: mostly the lead
    drum_level_db: tuple[float, float] = (-14.0, 6.0)  # against the sum of the parts

    def __post_init__(self) -> None:
        unknown = set(self.family_weights) - set(FAMILIES)
        if unknown:
            raise ValueError(f"family_weights: there is no family {sorted(unknown)[0]!r}, only {', '.join(FAMILIES)}")


def loudness(stem: Samples) -> float:
    """RMS of the louder half of a stem's 50 ms frames: a few notes weigh as much as many. 0 for silence."""
    frames = stem[: len(stem) // _FRAME_SAMPLES * _FRAME_SAMPLES].reshape(-1, _FRAME_SAMPLES)
    power = np.square(frames).mean(axis=1)
    sounding = power[power > 1e-4 * power.max()] if len(power) else power
    return float(np.sqrt(np.sort(sounding)[len(sounding) // 2 :].mean())) if len(sounding) else 0.0


@dataclass(frozen=True)
class _Choice:
    bank: Bank
    instrument: BankInstrument

    @property
    def sings(self) -> bool:
        """Has phrases with their own notes rather than single notes to play a passage with."""
        return bool(self.instrument.phrase_slice.stop > self.instrument.phrase_slice.start)


class Mixer:
    """Draws labelled mixes from banks and passages.

    `bank_weights` says how readily each bank is drawn from where several have an instrument of a family.
    Raises LabelsError where there is nothing to play on.
    """

    def __init__(
        self,
        banks: Sequence[Bank],
        passages: Passages,
        settings: MixSettings | None = None,
        bank_weights: Sequence[float] | None = None,
    ) -> None:
        self.settings = settings or MixSettings()
        self.passages = passages
        weights = bank_weights or [1.0] * len(banks)
        self._by_family: dict[str, list[tuple[float, list[_Choice]]]] = defaultdict(list)
        for bank, weight in zip(banks, weights, strict=True):
            choices: dict[str, list[_Choice]] = defaultdict(list)
            for instrument in bank.instruments:
                choices[instrument.family].append(_Choice(bank, instrument))
            for family, found in choices.items():
                self._by_family[family].append((weight, found))
        self._families = [f for f in FAMILIES if f in self._by_family and self.settings.family_weights.get(f)]
        if not self._families:
            raise LabelsError("the banks hold no instrument of a family that the mix asks for; name more of them")
        shares = np.array([self.settings.family_weights[f] for f in self._families])
        self._family_shares = shares / shares.sum()

    def clip(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """One mix: sound float32 [duration_s * 16 kHz] and what is heard in it (clip index 0)."""
        settings = self.settings
        if rng.random() < settings.empty_share:
            return self._without_notes(rng)
        weights = np.array(settings.part_weights)
        parts = 1 + int(rng.choice(len(weights), p=weights / weights.sum()))
        tuning_cents = rng.uniform(-settings.tuning_cents, settings.tuning_cents)
        mix = np.zeros(round(settings.duration_s * SAMPLE_RATE), np.float32)
        heard = []
        families = [str(f) for f in rng.choice(self._families, parts, p=self._family_shares)]
        choices = [self._choose(family, rng) for family in families]
        band = self._band(choices, rng)
        for choice, (_, passage) in zip(choices, band.parts, strict=True):
            stem, notes = self._stem(choice, passage, tuning_cents, rng)
            level = loudness(stem)
            if level < 1e-5:
                continue
            if choice.sings and parts > 1:
                gain_db = rng.uniform(*settings.sung_level_db)
            else:
                gain_db = rng.normal(0.0, settings.stem_level_db)
            mix += stem * (STEM_LEVEL / level * 10.0 ** (gain_db / 20.0))
            heard.append(notes)
        drums_share = settings.drums_share if parts > 1 else settings.solo_drums_share
        hits = empty_drum_hits()
        if rng.random() < drums_share and self._by_family.get(DRUMS):
            drums, hits = self._drums(band.drum_hits, rng)
            mix += drums * ((loudness(mix) or STEM_LEVEL) * 10.0 ** (rng.uniform(*settings.drum_level_db) / 20.0))
        return mix, Labels(np.concatenate(heard) if heard else empty_notes(), hits)

    def _choose(self, family: str, rng: np.random.Generator) -> _Choice:
        offers = self._by_family[family]
        weights = np.array([weight for weight, _ in offers])
        _, found = offers[int(rng.choice(len(offers), p=weights / weights.sum()))]
        return found[int(rng.integers(len(found)))]

    def _band(self, choices: list[_Choice], rng: np.random.Generator) -> Band:
        """What each instrument and the drums play: parts of one song, or each its own."""
        duration_s = self.settings.duration_s
        families = [choice.instrument.family for choice in choices]
        ranges = [self._range(choice) for choice in choices]
        if len(choices) > 1 and rng.random() < self.settings.ensemble_share:
            return self.passages.draw_band(rng, families=families, duration_s=duration_s, ranges=ranges)
        parts = [
            (family, self.passages.draw(rng, family=family, lowest=lowest, highest=highest, duration_s=duration_s))
            for family, (lowest, highest) in zip(families, ranges, strict=True)
        ]
        return Band(parts, self.passages.draw_drums(rng, duration_s=duration_s))

    def _stem(
        self, choice: _Choice, passage: NDArray[np.void], tuning_cents: float, rng: np.random.Generator
    ) -> tuple[Samples, NDArray[np.void]]:
        """A singer's phrases bring their own notes; every other instrument plays the passage."""
        bank, instrument, duration_s = choice.bank, choice.instrument, self.settings.duration_s
        if choice.sings:
            return play_phrase(bank, instrument, duration_s, tuning_cents, rng)
        return play_notes(bank, instrument, passage, duration_s, tuning_cents, rng)

    @staticmethod
    def _range(choice: _Choice) -> tuple[int, int]:
        """Lowest and highest pitch that the instrument usually plays and that its notes reach."""
        if choice.sings:
            return FAMILY_RANGES[choice.instrument.family]
        pitches = choice.bank.notes[choice.instrument.note_slice]["pitch"]
        lowest, highest = int(pitches.min()) - 2, int(pitches.max()) + 2
        usual = PROGRAMS.get(choice.instrument.program)
        if usual is None or usual.lowest > highest or usual.highest < lowest:
            return lowest, highest
        return max(lowest, usual.lowest), min(highest, usual.highest)

    def _drums(self, hits: NDArray[np.void], rng: np.random.Generator) -> tuple[Samples, NDArray[np.void]]:
        """A drum stem of loudness one, and what is heard in it."""
        choice = self._choose(DRUMS, rng)
        stem, heard = play_drums(choice.bank, choice.instrument, hits, self.settings.duration_s)
        level = loudness(stem)
        return (stem / level if level > 1e-5 else stem), heard

    def _without_notes(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """Drums, speech or noise alone: what must give no notes."""
        kind = str(rng.choice([DRUMS, SPEECH, "noise"], p=[0.5, 0.3, 0.2]))
        if kind == DRUMS and self._by_family.get(DRUMS):
            hits = self.passages.draw_drums(rng, duration_s=self.settings.duration_s)
            drums, hits = self._drums(hits, rng)
            return drums * np.float32(STEM_LEVEL), Labels(drum_hits=hits)
        if kind == SPEECH and self._by_family.get(SPEECH):
            choice = self._choose(SPEECH, rng)
            speech, _ = play_phrase(choice.bank, choice.instrument, self.settings.duration_s, 0.0, rng)
            return speech, Labels()
        return self._noise(rng), Labels()

    def _noise(self, rng: np.random.Generator) -> Samples:
        """Noise between white and brown."""
        count = round(self.settings.duration_s * SAMPLE_RATE)
        spectrum = np.fft.rfft(rng.standard_normal(count))
        spectrum /= np.maximum(np.arange(len(spectrum)), 20.0) ** rng.uniform(0.0, 1.0)
        noise = np.fft.irfft(spectrum, count)
        return np.asarray(STEM_LEVEL * noise / noise.std(), np.float32)
