"""Mixes: which instruments play together, how loud, with what beside them that must not be heard as notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.banks.player import Samples, play_phrase
from mp3tomidi.augment.drums.kits import WHOLE_SHARE, KitPool
from mp3tomidi.augment.drums.player import play_drums
from mp3tomidi.augment.drums.timekeeping import keep_time_otherwise
from mp3tomidi.augment.harmony import find_setting
from mp3tomidi.augment.labels import Labels, empty_drum_hits, empty_notes
from mp3tomidi.augment.mixing.roster import Player, Roster
from mp3tomidi.augment.mixing.studio import Studio
from mp3tomidi.augment.music.doubling import double, merge_unisons
from mp3tomidi.augment.music.ornaments import ornament
from mp3tomidi.augment.music.passages import Band, Passages
from mp3tomidi.augment.sources.source import DRUMS, SAMPLE_RATE, SPEECH
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import FAMILIES

STEM_LEVEL = 0.1  # RMS of a stem's louder half before its own level is drawn
_FRAME_SAMPLES = 800
_SILENCE = 1e-5


@dataclass(frozen=True)
class MixSettings:
    """Shares and levels of what is drawn. Weights need not add up to one."""

    duration_s: float = 4.0
    part_weights: tuple[float, ...] = (0.48, 0.18, 0.12, 0.08, 0.06, 0.04, 0.02, 0.02)  # one part, two, ...
    ensemble_share: float = 0.6  # mixes whose parts belong together
    band_share: float = 0.0  # of the mixes with three parts or more: a band's line-up, with one singer and one bass
    groove_share: float = 0.0  # of the ensembles: an accompaniment of mma, where the banks' folder has them
    loud_share: float = 0.0  # of the mixes with two parts or more: a rock band, guitars distorted, all of it limited
    in_key_share: float = 0.0  # of the ensembles with a singer: the others play in the singer's key
    doubling_share: float = 0.0  # of the mixes with two parts or more: one plays what another plays
    unisons_merged: bool = False  # what several instruments play at one pitch is labelled as it is heard: as one note
    drums_share: float = 0.5  # of the mixes with two parts or more
    solo_drums_share: float = 0.12  # of the single parts
    other_timekeeper_share: float = 0.0  # of the drum parts (of rock bands, twice that): cymbals or nothing for hi-hats
    speech_share: float = 0.0  # of all mixes: somebody talks beside the music
    empty_share: float = 0.05  # clips with drums, speech or noise only
    empty_weights: tuple[float, float, float] = (0.5, 0.3, 0.2)  # of these: drums, speech, noise
    studio_share: float = 0.0  # of the mixes with two parts or more: stems with effects of their own, and one room
    bus_share: float = 0.0  # of the mixes with two parts or more: pressed together and limited, as masters are
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
    ornaments: bool = False  # octave doublings and fast repeats in a few of the passages
    tuning_cents: float = 12.0  # a mix is off by up to this
    stem_level_db: float = 4.5  # standard deviation of the parts' levels
    sung_level_db: tuple[float, float] = (-2.0, 7.0)  # of a singer among other parts: mostly the lead
    drum_level_db: tuple[float, float] = (-14.0, 6.0)  # against the sum of the parts
    loud_drum_level_db: tuple[float, float] = (-16.0, 0.0)  # the same in a rock band
    speech_level_db: tuple[float, float] = (-20.0, -3.0)  # against the sum of the parts and drums

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


class Mixer:
    """Draws labelled mixes from banks and passages.

    `bank_weights` says how readily each bank is drawn from where several have an instrument of a family;
    `held_out`: on the drum kits that training never hears, as they are, instead of on all others and their mixtures.
    Raises LabelsError where there is nothing to play on, or no groove where the settings ask for grooves.
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
        self._studio = Studio(SAMPLE_RATE)

    def clip(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """One mix: sound float32 [duration_s * 16 kHz] and what is heard in it (clip index 0)."""
        settings = self.settings
        if rng.random() < settings.empty_share:
            return self._without_notes(rng)
        weights = np.array(settings.part_weights)
        count = 1 + int(rng.choice(len(weights), p=weights / weights.sum()))
        together = count > 1
        loud = together and bool(settings.loud_share) and rng.random() < settings.loud_share
        players = self._draw_players(count, rng, loud=loud)
        stems, heard, hits = self._play(players, rng, loud=loud)
        in_studio = loud or (together and rng.random() < settings.studio_share)
        levelled: list[tuple[str, Samples]] = []
        for player, stem in zip(players, stems, strict=True):
            if player.sings and together:
                level_db = rng.uniform(*settings.sung_level_db)
            else:
                level_db = rng.normal(0.0, settings.stem_level_db)
            treated = self._studio.strip(stem, player.family, rng, loud=loud) if in_studio else stem
            levelled.append((player.family, _at_level(treated, STEM_LEVEL, level_db)))
        mix: Samples = np.sum([stem for _, stem in levelled], axis=0, dtype=np.float32)
        drum_hits = empty_drum_hits()
        if rng.random() < (settings.drums_share if together else settings.solo_drums_share) and self._kits:
            drums, drum_hits = self._drums(self._kits, hits, rng, loud=loud)
            level_db = rng.uniform(*(settings.loud_drum_level_db if loud else settings.drum_level_db))
            treated = self._studio.strip(drums, DRUMS, rng) if in_studio else drums
            levelled.append((DRUMS, _at_level(treated, loudness(mix) or STEM_LEVEL, level_db)))
            mix = mix + levelled[-1][1]
        if in_studio:
            mix = mix + self._studio.room(levelled, rng)
        if rng.random() < settings.speech_share and SPEECH in self._roster:
            level_db = rng.uniform(*settings.speech_level_db)
            mix = mix + _at_level(self._speech(rng), loudness(mix) or STEM_LEVEL, level_db)
        if loud or (together and rng.random() < settings.bus_share):
            mix = self._studio.bus(mix, rng)
        notes = np.concatenate(heard)
        return mix, Labels(merge_unisons(notes) if settings.unisons_merged else notes, drum_hits)

    def _draw_players(self, count: int, rng: np.random.Generator, *, loud: bool) -> list[Player]:
        if loud:
            return [self._roster.draw(family, rng) for family in self._roster.draw_rock_band(count, rng)]
        as_band = count > 2 and rng.random() < self.settings.band_share
        families = self._roster.draw_band(count, rng) if as_band else self._roster.draw_families(count, rng)
        return [self._roster.draw(family, rng) for family in families]

    def _play(
        self, players: list[Player], rng: np.random.Generator, *, loud: bool
    ) -> tuple[list[Samples], list[NDArray[np.void]], NDArray[np.void]]:
        """The stem of each player and what is heard in it, and what the drums are to play.

        Singers' phrases bring their own notes; every other instrument plays what belongs to the others, or its own.
        """
        settings, duration_s = self.settings, self.settings.duration_s
        tuning_cents = rng.uniform(-settings.tuning_cents, settings.tuning_cents)
        played = {i: p.sing(duration_s, tuning_cents, rng) for i, p in enumerate(players) if p.sings}
        sung = [notes for _, notes in played.values() if len(notes)]
        band = self._band(players, sung, rng, loud=loud)
        passages = {i: passage for i, (_, passage) in enumerate(band.parts) if i not in played}
        if len(players) > 1 and passages and rng.random() < settings.doubling_share:
            follower = int(rng.choice(list(passages)))
            leader = int(rng.choice([i for i in range(len(players)) if i != follower]))
            line = played[leader][1] if leader in played else passages[leader]
            player = players[follower]
            passages[follower] = double(rng, line, player.family, *player.range, duration_s)
        for i, passage in passages.items():
            written = ornament(rng, passage, *players[i].range, duration_s) if settings.ornaments else passage
            played[i] = players[i].play(written, duration_s, tuning_cents, rng)
        audible = [loudness(played[i][0]) > _SILENCE for i in range(len(players))]
        stems = [played[i][0] for i in range(len(players))]
        heard = [played[i][1] if audible[i] else empty_notes() for i in range(len(players))]
        return stems, heard, band.drum_hits

    def _band(
        self, players: list[Player], sung: list[NDArray[np.void]], rng: np.random.Generator, *, loud: bool
    ) -> Band:
        """What each instrument and the drums play: parts of one song, or each its own."""
        settings, duration_s = self.settings, self.settings.duration_s
        families, ranges = [player.family for player in players], [player.range for player in players]
        if loud or (len(players) > 1 and rng.random() < settings.ensemble_share):
            groove = rng.random() < settings.groove_share and not loud
            scale = None
            if sung and rng.random() < settings.in_key_share:
                scale = find_setting(sung[0], np.array([0.0, duration_s])).scale
            return self.passages.draw_band(
                rng, families=families, duration_s=duration_s, ranges=ranges, scale=scale, groove=groove, rock=loud
            )
        parts = [
            (family, self.passages.draw(rng, family=family, lowest=lowest, highest=highest, duration_s=duration_s))
            for family, (lowest, highest) in zip(families, ranges, strict=True)
        ]
        return Band(parts, self.passages.draw_drums(rng, duration_s=duration_s))

    def _drums(
        self, kits: KitPool, hits: NDArray[np.void], rng: np.random.Generator, *, loud: bool = False
    ) -> tuple[Samples, NDArray[np.void]]:
        """A drum stem, and what is heard in it."""
        kit, share = kits.draw(rng), self.settings.other_timekeeper_share
        if share and rng.random() < (2.0 * share if loud else share):
            hits = keep_time_otherwise(rng, hits, kit.pieces)
        return play_drums(kit, hits, self.settings.duration_s, rng)

    def _speech(self, rng: np.random.Generator) -> Samples:
        speaker = self._roster.draw(SPEECH, rng)
        return play_phrase(speaker.bank, speaker.instrument, self.settings.duration_s, 0.0, rng)[0]

    def _without_notes(self, rng: np.random.Generator) -> tuple[Samples, Labels]:
        """Drums, speech or noise alone: what must give no notes."""
        weights = np.array(self.settings.empty_weights)
        kind = str(rng.choice([DRUMS, SPEECH, "noise"], p=weights / weights.sum()))
        if kind == DRUMS and self._kits:
            drums, hits = self._drums(
                self._kits, self.passages.draw_drums(rng, duration_s=self.settings.duration_s), rng
            )
            return _at_level(drums, STEM_LEVEL, 0.0), Labels(drum_hits=hits)
        if kind == SPEECH and SPEECH in self._roster:
            return self._speech(rng), Labels()
        return self._noise(rng), Labels()

    def _noise(self, rng: np.random.Generator) -> Samples:
        """Noise between white and brown."""
        count = round(self.settings.duration_s * SAMPLE_RATE)
        spectrum = np.fft.rfft(rng.standard_normal(count))
        spectrum /= np.maximum(np.arange(len(spectrum)), 20.0) ** rng.uniform(0.0, 1.0)
        noise = np.fft.irfft(spectrum, count)
        return np.asarray(STEM_LEVEL * noise / noise.std(), np.float32)


def _at_level(stem: Samples, level: float, level_db: float) -> Samples:
    """The stem as loud as `level` and so many dB more; silence stays as it is."""
    own = loudness(stem)
    return np.asarray(stem * (level / own * 10.0 ** (level_db / 20.0)), np.float32) if own > _SILENCE else stem
