"""MixSettings: the shares, weights and levels that mixes are drawn by."""

from __future__ import annotations

from dataclasses import dataclass, field

from mp3tomidi.transcribe.instruments import FAMILIES


@dataclass(frozen=True)
class MixSettings:
    """Shares and levels of what is drawn. Weights need not add up to one.

    `loud_share` and `loud_drum_level_db` are of rock bands: cards of shipped weights record them by these names.
    """

    duration_s: float = 4.0
    part_weights: tuple[float, ...] = (0.48, 0.18, 0.12, 0.08, 0.06, 0.04, 0.02, 0.02)  # one part, two, ...
    ensemble_share: float = 0.6  # mixes whose parts belong together
    band_share: float = 0.0  # of the mixes with three parts or more: a band's line-up, with one singer and one bass
    groove_share: float = 0.0  # of the ensembles: an accompaniment of mma, where the banks' folder has them
    loud_share: float = 0.0  # of the mixes with two parts or more: a rock band, guitars distorted, all of it limited
    in_key_share: float = 0.0  # of the ensembles with a singer: the others play in the singer's key
    doubling_share: float = 0.0  # of the mixes with two parts or more: one plays what another plays
    unisons_merged: bool = False  # what several instruments play at one pitch is labelled as one note
    drums_share: float = 0.5  # of the mixes with two parts or more
    solo_drums_share: float = 0.12  # of the single parts
    other_timekeeper_share: float = 0.0  # of the drum parts (of rock bands, twice that): cymbals or nothing for hi-hats
    choked_share: float = 0.0  # of the strokes on cymbals: caught by hand a moment later
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
