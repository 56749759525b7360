"""The setting of a passage: its beats, scale and chords, drawn at random or found in given notes.

Everything that is written for one passage shares one setting, so that its parts belong together. Times of
written music are in beats; `Setting.seconds` turns them into seconds, tempo and rubato included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_SCALES: tuple[tuple[float, tuple[int, ...]], ...] = (
    (0.34, _MAJOR),
    (0.18, (0, 2, 3, 5, 7, 8, 10)),  # minor
    (0.10, (0, 2, 3, 5, 7, 8, 11)),  # harmonic minor
    (0.07, (0, 2, 3, 5, 7, 9, 10)),  # dorian
    (0.07, (0, 2, 4, 5, 7, 9, 10)),  # mixolydian
    (0.07, (0, 2, 4, 7, 9)),  # pentatonic
    (0.05, (0, 3, 5, 6, 7, 10)),  # blues
    (0.02, (0, 2, 4, 6, 8, 10)),  # whole tone
    (0.10, tuple(range(12))),  # chromatic
)
_SCALE_WEIGHTS = np.array([weight for weight, _ in _SCALES])
# Degrees on which the chords of one bar after another stand.
_PROGRESSIONS = (
    (0, 4, 5, 3),
    (0, 3, 4, 0),
    (0, 5, 3, 4),
    (5, 3, 0, 4),
    (1, 4, 0, 0),
    (0, 6, 5, 4),
    (0, 5, 1, 4),
    (0, 0, 3, 0, 4, 3),
)
_FREE_CHORDS = (
    (0, 4, 7),
    (0, 3, 7),
    (0, 4, 7, 10),
    (0, 3, 7, 10),
    (0, 3, 6, 9),
    (0, 4, 8),
    (0, 5, 7),
    (0, 2, 7),
)

# Krumhansl and Kessler 1982: how well each pitch class fits a major and a minor key on C.
_KEY_PROFILES = np.array(
    [
        [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
        [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
    ]
)
_ROTATION = (np.arange(12)[None, :] - np.arange(12)[:, None]) % 12
_KEYS = np.concatenate([profile[_ROTATION] for profile in _KEY_PROFILES])
_KEYS = (_KEYS - _KEYS.mean(1, keepdims=True)) / _KEYS.std(1, keepdims=True)
_TRIADS = np.zeros((24, 12))
for _root in range(12):
    _TRIADS[_root, [(_root + step) % 12 for step in (0, 4, 7)]] = 1
    _TRIADS[_root + 12, [(_root + step) % 12 for step in (0, 3, 7)]] = 1
_TRIADS[np.arange(24), np.arange(24) % 12] += 0.2  # a triad whose root sounds is the likelier one


@dataclass(frozen=True)
class Setting:
    """Beats, scale and chords of a passage.

    beats_s: the times of beat 0, 1, 2, … ascending (at least two); scale: pitch classes, ascending;
    chords: the pitch classes of each bar's chord, root first, repeated from the start where they run out.
    """

    beats_s: NDArray[np.float64]
    beats_per_bar: int
    scale: NDArray[np.int64]
    chords: tuple[NDArray[np.int64], ...]

    @property
    def beat_count(self) -> int:
        return len(self.beats_s) - 1

    @property
    def bar_count(self) -> int:
        return -(-self.beat_count // self.beats_per_bar)

    @property
    def beat_length_s(self) -> float:
        """The mean length of a beat."""
        return float(self.beats_s[-1] - self.beats_s[0]) / self.beat_count

    def seconds(self, beats: NDArray[np.float64]) -> NDArray[np.float64]:
        """The times of positions in beats; positions past the last beat go on at the mean tempo."""
        inside = np.interp(beats, np.arange(len(self.beats_s)), self.beats_s)
        return inside + np.maximum(beats - self.beat_count, 0) * self.beat_length_s

    def chord(self, bar: int) -> NDArray[np.int64]:
        return self.chords[bar % len(self.chords)]

    def transposed(self, semitones: int) -> Setting:
        """The same setting in another key."""
        scale = np.sort((self.scale + semitones) % 12)
        return replace(self, scale=scale, chords=tuple((chord + semitones) % 12 for chord in self.chords))

    def scale_pitches(self, lowest: int, highest: int) -> NDArray[np.int64]:
        """All pitches of the scale from lowest to highest; every pitch where the scale leaves none."""
        return pitches_of(self.scale, lowest, highest)

    def chord_pitches(self, bar: int, lowest: int, highest: int) -> NDArray[np.int64]:
        """All pitches of a bar's chord from lowest to highest; every pitch where the chord leaves none."""
        return pitches_of(self.chord(bar), lowest, highest)


def pitches_of(pitch_classes: NDArray[np.int64], lowest: int, highest: int) -> NDArray[np.int64]:
    """All pitches from lowest to highest of the given classes; every pitch where there is none."""
    pitches = np.arange(lowest, max(highest, lowest) + 1)
    wanted = np.zeros(12, np.bool_)
    wanted[pitch_classes] = True
    chosen = pitches[wanted[pitches % 12]]
    return chosen if len(chosen) else pitches


def draw_setting(rng: np.random.Generator, start_s: float, end_s: float) -> Setting:
    """Draw tempo, rubato, metre, scale and chords for a passage from start_s to end_s."""
    beat_s = 60 / np.exp(rng.uniform(np.log(48), np.log(190)))
    count = int((end_s - start_s) / (0.7 * beat_s)) + 3
    rubato = 0.0 if rng.random() < 0.3 else rng.uniform(0.01, 0.12)
    swell = np.sin(np.arange(count) * rng.uniform(0.3, 1.2) + rng.uniform(0, 6.3))
    lengths_s = beat_s * np.exp(np.clip(rubato * (swell + rng.normal(0, 0.4, count)), -0.3, 0.3))
    beats_s = start_s - rng.uniform(0, beat_s) + np.concatenate([[0.0], np.cumsum(lengths_s)])
    beats_s = beats_s[: int(np.searchsorted(beats_s, end_s)) + 1]
    beats_per_bar = int(rng.choice([2, 3, 4, 6], p=[0.1, 0.25, 0.55, 0.1]))
    bars = -(-len(beats_s) // beats_per_bar)
    tonic = int(rng.integers(12))
    steps = np.array(_SCALES[int(rng.choice(len(_SCALES), p=_SCALE_WEIGHTS))][1])
    chords = _draw_chords(rng, tonic, steps, bars)
    return Setting(beats_s, beats_per_bar, np.sort((tonic + steps) % 12), chords)


def find_setting(notes: NDArray[np.void], beats_s: NDArray[np.float64], beats_per_bar: int = 4) -> Setting:
    """Find the key and a triad per bar in given notes (fields onset_s, offset_s, pitch), on given beats.

    The key is the one whose profile correlates best with the lengths of the pitch classes (Krumhansl 1990).
    """
    pitch_class = notes["pitch"].astype(np.int64) % 12
    length_s = np.minimum(notes["offset_s"] - notes["onset_s"], 2.0).astype(np.float64)
    overall = np.bincount(pitch_class, weights=length_s, minlength=12)
    key = int(np.argmax(_KEYS @ overall))
    steps = np.array(_MAJOR if key < 12 else (0, 2, 3, 5, 7, 8, 10))
    bar_starts_s = beats_s[::beats_per_bar]
    bar = np.clip(np.searchsorted(bar_starts_s, notes["onset_s"], side="right") - 1, 0, None)
    bars = -(-len(beats_s) // beats_per_bar)
    per_bar = np.bincount(bar * 12 + pitch_class, weights=length_s, minlength=bars * 12)[: bars * 12]
    # A little of the whole excerpt decides where a bar is empty or has one note only.
    fit = (per_bar.reshape(bars, 12) + 0.02 * overall) @ _TRIADS.T
    chords = tuple(
        np.array([best % 12, (best + (4 if best < 12 else 3)) % 12, (best + 7) % 12]) for best in np.argmax(fit, axis=1)
    )
    return Setting(np.asarray(beats_s, np.float64), beats_per_bar, np.sort((key + steps) % 12), chords)


def semitones_between(scale: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """By how many semitones, -6 to 5, a scale is best moved to share pitch classes with another."""
    shared = [
        len(np.intersect1d((scale + semitones) % 12, other)) - 0.01 * abs(semitones) for semitones in range(-6, 6)
    ]
    return int(np.argmax(shared)) - 6


def _draw_chords(
    rng: np.random.Generator, tonic: int, steps: NDArray[np.int64], bars: int
) -> tuple[NDArray[np.int64], ...]:
    if len(steps) != 7:
        roots = tonic + rng.choice(steps, size=bars)
        return tuple((root + np.array(_FREE_CHORDS[int(rng.integers(len(_FREE_CHORDS)))])) % 12 for root in roots)
    degrees = _PROGRESSIONS[int(rng.integers(len(_PROGRESSIONS)))]
    chords = []
    for bar in range(bars):
        degree = degrees[bar % len(degrees)] if rng.random() < 0.85 else int(rng.integers(7))
        size = int(rng.choice([3, 4, 5], p=[0.7, 0.25, 0.05]))
        chords.append((tonic + steps[(degree + 2 * np.arange(size)) % 7]) % 12)
    return tuple(chords)
