"""Plays a song: an instrument for each part, a level for each stem, and their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from mp3tomidi.augment.labels import DRUM_HIT, NOTE, Labels, by_onset
from mp3tomidi.augment.mixing.levels import STEM_LEVEL, active_rms
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.rendering.instruments import Ensemble, Instrument
from mp3tomidi.augment.rendering.songs import Part, Song, written_song
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

HIGHEST_PEAK = 0.89  # of the mix and of every stem: -1 dB of full scale
_SILENT = 1e-5
_LEVELS = MixSettings()
# Of written songs: how many pitched parts, and how often drums go with them.
_PART_WEIGHTS = (0.25, 0.25, 0.2, 0.15, 0.1, 0.05)
_DRUMS_SHARE = 0.6


@dataclass(frozen=True)
class Stem:
    """What one instrument plays in a mix: its sound [samples] as loud as it is there, and its labels."""

    part: Part
    instrument: Instrument
    sound: Samples
    labels: Labels
    gain_db: float


@dataclass(frozen=True)
class Rendered:
    """A song as it sounds: `mix` is the sum of the stems. `left_out`: parts that nobody could play, and why."""

    song: Song
    sample_rate: int
    stems: list[Stem]
    mix: Samples
    left_out: list[str]

    @property
    def labels(self) -> Labels:
        """The labels of the whole mix, in the order of onsets."""
        notes = np.concatenate([np.zeros(0, NOTE), *(stem.labels.notes for stem in self.stems)])
        hits = np.concatenate([np.zeros(0, DRUM_HIT), *(stem.labels.drum_hits for stem in self.stems)])
        return Labels(by_onset(notes), by_onset(hits))


def write_song(ensemble: Ensemble, rng: np.random.Generator, duration_s: float) -> tuple[Song, list[Instrument]]:
    """Music for instruments that are drawn first, and these, one for each part."""
    count = 1 + int(rng.choice(len(_PART_WEIGHTS), p=_PART_WEIGHTS))
    chosen = ensemble.draw(count, rng)
    kit = ensemble.kit_for(0, rng) if not chosen or rng.random() < _DRUMS_SHARE else None
    lines = [(instrument.family, instrument.program, instrument.range) for instrument in chosen]
    song = written_song(rng, lines, kit is not None, duration_s)
    return song, [*chosen, *([kit] if kit is not None else [])]


def cast(song: Song, ensemble: Ensemble, rng: np.random.Generator) -> list[Instrument | None]:
    """An instrument for each part, drawn among those of its program or family; one program has one throughout."""
    chosen: dict[tuple[bool, int], Instrument | None] = {}
    for part in song.parts:
        role = (part.is_drums, part.program)
        if role not in chosen:
            choose = ensemble.kit_for if part.is_drums else ensemble.for_program
            chosen[role] = choose(part.program, rng)
    return [chosen[part.is_drums, part.program] for part in song.parts]


def render(
    song: Song, instruments: Sequence[Instrument | None], sample_rate: int, rng: np.random.Generator
) -> Rendered:
    """Play a song, each part on its instrument, at levels as the training's mixes have them.

    Raises LabelsError if nothing of it sounds.
    """
    played: list[tuple[Part, Instrument, Samples, Labels]] = []
    left_out: list[str] = []
    for part, instrument in zip(song.parts, instruments, strict=True):
        # Of its own, so that a part sounds the same whatever else is played.
        own = np.random.default_rng(rng.integers(1 << 63))
        if instrument is None:
            left_out.append(f"{part.name or 'a part'}: no instrument for {_role(part)}")
            continue
        sound, sounding = instrument.play(part.hits if part.is_drums else part.notes, song.duration_s, own)
        if not len(sounding) or active_rms(sound) < _SILENT:
            left_out.append(f"{part.name or 'a part'}: {instrument.name} plays none of its notes")
            continue
        sound = soxr.resample(sound, instrument.sample_rate, sample_rate)
        length = round(song.duration_s * sample_rate)
        sound = np.pad(sound[:length], (0, max(0, length - len(sound))))
        played.append((part, instrument, sound, _as_labels(part, instrument, sounding)))
    if not played:
        raise LabelsError(f"{song.source}: none of its parts can be played; {'; '.join(left_out) or 'it has none'}")
    gains_db = _draw_gains_db(played, rng)
    levelled = [
        sound * np.float32(10.0 ** (gain / 20.0)) for (_, _, sound, _), gain in zip(played, gains_db, strict=True)
    ]
    mix: Samples = np.asarray(np.sum(levelled, axis=0), np.float32)
    peak = max(float(np.abs(sound).max()) for sound in (mix, *levelled))
    scale = np.float32(HIGHEST_PEAK / peak)
    scale_db = 20.0 * np.log10(scale)
    stems = [
        Stem(part, instrument, sound * scale, labels, float(gain + scale_db))
        for (part, instrument, _, labels), sound, gain in zip(played, levelled, gains_db, strict=True)
    ]
    return Rendered(song, sample_rate, stems, np.asarray(mix * scale, np.float32), left_out)


def _role(part: Part) -> str:
    return "drums" if part.is_drums else f"program {part.program}"


def _as_labels(part: Part, instrument: Instrument, sounding: NDArray[np.void]) -> Labels:
    if part.is_drums:
        return Labels(drum_hits=sounding)
    sounding = sounding.copy()
    sounding["program"] = max(0, instrument.program)
    return Labels(sounding)


def _draw_gains_db(played: Sequence[tuple[Part, Instrument, Samples, Labels]], rng: np.random.Generator) -> list[float]:
    """Pitched parts around one level, drums against the sum of the others, as Mixer does."""
    gains_db: list[float] = []
    for part, _, sound, _ in played:
        own_db = 20.0 * np.log10(active_rms(sound) / STEM_LEVEL)
        if part.is_drums and len(played) > 1:
            pitched = sum(not other.is_drums for other, *_ in played)
            level_db = rng.uniform(*_LEVELS.drum_level_db) + 10.0 * np.log10(max(1, pitched))
        else:
            level_db = rng.normal(0.0, _LEVELS.stem_level_db)
        gains_db.append(float(level_db - own_db))
    return gains_db
