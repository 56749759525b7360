"""Draws the parts of one mix, of one song or independent ones, and renders their stems."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.harmony import find_setting
from mp3tomidi.augment.labels import empty_notes
from mp3tomidi.augment.mixing.levels import SILENCE, active_rms
from mp3tomidi.augment.mixing.mix_settings import MixSettings
from mp3tomidi.augment.mixing.roster import Player
from mp3tomidi.augment.music.doubling import double
from mp3tomidi.augment.music.ornaments import ornament
from mp3tomidi.augment.music.passages import Band, Passages
from mp3tomidi.transcribe.array_types import Samples


@dataclass(frozen=True)
class Performance:
    """Each player's stem [samples] before its level is set, the labels of all their notes, and a drum part to play."""

    players: Sequence[Player]
    stems: list[Samples]
    notes: NDArray[np.void]
    drum_part: NDArray[np.void]


def perform(
    players: Sequence[Player], passages: Passages, settings: MixSettings, rng: np.random.Generator, *, rock: bool
) -> Performance:
    """Draws what the players play, and renders it.

    Singers' phrases bring their own notes; every other instrument plays what belongs to the others, or its own.
    """
    duration_s = settings.duration_s
    tuning_cents = rng.uniform(-settings.tuning_cents, settings.tuning_cents)
    played = {i: p.sing(duration_s, tuning_cents, rng) for i, p in enumerate(players) if p.sings}
    sung = [notes for _, notes in played.values() if len(notes)]
    band = _parts(players, sung, passages, settings, rng, rock=rock)
    written = {i: passage for i, (_, passage) in enumerate(band.parts) if i not in played}
    if len(players) > 1 and written and rng.random() < settings.doubling_share:
        follower = int(rng.choice(list(written)))
        leader = int(rng.choice([i for i in range(len(players)) if i != follower]))
        line = played[leader][1] if leader in played else written[leader]
        player = players[follower]
        written[follower] = double(rng, line, player.family, *player.range, duration_s)
    for i, passage in written.items():
        ornamented = ornament(rng, passage, *players[i].range, duration_s) if settings.ornaments else passage
        played[i] = players[i].play(ornamented, duration_s, tuning_cents, rng)
    stems = [played[i][0] for i in range(len(players))]
    levels = [active_rms(stem, player.bank.sample_rate) for stem, player in zip(stems, players, strict=True)]
    notes = [played[i][1] if level > SILENCE else empty_notes() for i, level in enumerate(levels)]
    return Performance(players, stems, np.concatenate(notes), band.drum_hits)


def _parts(
    players: Sequence[Player],
    sung: Sequence[NDArray[np.void]],
    passages: Passages,
    settings: MixSettings,
    rng: np.random.Generator,
    *,
    rock: bool,
) -> Band:
    """What each instrument and the drums play: parts of one song, or each its own."""
    duration_s = settings.duration_s
    families, ranges = [player.family for player in players], [player.range for player in players]
    if rock or (len(players) > 1 and rng.random() < settings.ensemble_share):
        groove = rng.random() < settings.groove_share and not rock
        scale = None
        if sung and rng.random() < settings.in_key_share:
            scale = find_setting(sung[0], np.array([0.0, duration_s])).scale
        return passages.draw_ensemble(
            rng, families=families, duration_s=duration_s, ranges=ranges, scale=scale, groove=groove, rock=rock
        )
    parts = [
        (family, passages.draw(rng, family=family, lowest=lowest, highest=highest, duration_s=duration_s))
        for family, (lowest, highest) in zip(families, ranges, strict=True)
    ]
    return Band(parts, passages.draw_drums(rng, duration_s=duration_s))
