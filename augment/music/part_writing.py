"""Written music of several hands or voices, and what each instrument family tends to play."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.harmony import Setting
from mp3tomidi.augment.music import hand_patterns as hand
from mp3tomidi.augment.music.arranging import press_pedal
from mp3tomidi.augment.music.hand_patterns import Pattern
from mp3tomidi.augment.music.written_notes import WrittenNotes, draw_touch, join, perform, write_notes

# How often a passage of the family is pedalled, and so rings on.
_PEDAL_SHARE = {"piano": 0.5, "keys": 0.25, "guitar": 0.1, "strings": 0.05, "synth": 0.15}


def figured_left_hand(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """A bar's chord as a figure: Alberti, broken octaves, bass and chords, wide arpeggio, octaves, fifths."""
    unit = hand.draw_unit_beats(rng, setting, 0.085, 0.35)
    per_bar = max(int(setting.beats_per_bar / unit), 2)
    figure = int(rng.integers(6))
    bars = []
    for bar in range(setting.bar_count):
        ladder = setting.chord_pitches(bar, lowest, highest)
        root = lowest + int((setting.chord(bar)[0] - lowest) % 12)
        step = np.arange(per_bar)
        beats = bar * setting.beats_per_bar + step * unit
        start = int(np.searchsorted(ladder, root))
        if figure == 0:
            pitch = ladder[np.minimum(start + np.array([0, 2, 1, 2])[step % 4], len(ladder) - 1)]
        elif figure == 1:
            pitch = np.minimum(root + 12 * (step % 2), highest)
        elif figure == 2:
            chord = ladder[ladder > root][:3]
            beat = np.arange(setting.beats_per_bar) + bar * setting.beats_per_bar
            beats = np.concatenate([beat[:1], np.repeat(beat[1:], len(chord))])
            pitch = np.concatenate([[root], np.tile(chord, len(beat) - 1)])
        elif figure == 3:
            wide = np.array([0, 2, 3, 4, 5, 4, 3, 2])[step % 8]
            pitch = ladder[np.minimum(start + wide, len(ladder) - 1)]
        elif figure == 4:
            beats = np.repeat(beats[::2], 2).astype(np.float64)
            pitch = np.minimum(np.tile([root, root + 12], len(beats) // 2), highest)
        else:
            pitch = np.minimum(root + np.array([0, 7, 12, 7])[step % 4], highest)
        bars.append(
            write_notes(
                np.asarray(beats, np.float64), 1.0 if figure == 2 else unit, pitch, accent=4.0 * (beats % 1 == 0)
            )
        )
    written = join(*bars)
    touch = draw_touch(rng, len(written.pitch))
    return write_notes(written.onset_beats, written.length_beats * touch, written.pitch, accent=written.accent - 8)


def _parallel(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """A line or run in parallel thirds or sixths of the scale."""
    line = (hand.run if rng.random() < 0.4 else hand.melody)(rng, setting, lowest, highest)
    ladder = setting.scale_pitches(lowest, highest)
    place = np.searchsorted(ladder, line.pitch) + int(rng.choice([2, 5]))
    fits = place < len(ladder)
    above = ladder[np.minimum(place, len(ladder) - 1)]
    return join(line, write_notes(line.onset_beats[fits], line.length_beats[fits], above[fits], delay_s=0.003))


def two_hands(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Dense piano writing: a left hand's pattern under a right hand's line, chords, octaves, thirds, runs."""
    lowest, highest = max(lowest, 26), min(highest, 103)
    middle = int(np.clip(rng.normal(58, 4), lowest + 12, max(highest - 12, lowest + 12)))
    left_patterns: tuple[Pattern, ...] = (
        figured_left_hand,
        hand.block_chords,
        hand.arpeggio,
        hand.octaves,
        hand.run,
    )
    right_patterns: tuple[Pattern, ...] = (
        hand.melody,
        hand.block_chords,
        hand.run,
        hand.octaves,
        _parallel,
        hand.arpeggio,
        hand.trill,
        counterpoint,
    )
    left = left_patterns[int(rng.choice(5, p=[0.5, 0.18, 0.16, 0.1, 0.06]))]
    right = right_patterns[int(rng.choice(8, p=[0.24, 0.22, 0.13, 0.11, 0.1, 0.1, 0.04, 0.06]))]
    bottom = max(lowest, middle - int(rng.integers(14, 30)))
    return join(left(rng, setting, bottom, middle - 1), right(rng, setting, middle, highest))


def counterpoint(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Two to four voices, each a line in its own register."""
    voices = int(rng.integers(2, 5)) if highest - lowest > 30 else 2
    bottom, top = hand.draw_compass(rng, lowest, highest, voices * 13)
    edges = np.linspace(bottom, top, voices + 1).astype(int)
    return join(*(hand.melody(rng, setting, int(edges[i]), int(edges[i + 1])) for i in range(voices)))


def accompanied(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """A bass, and a line or chords above it, on one instrument: finger picking, comping."""
    middle = lowest + (highest - lowest) // 3
    above = hand.melody if rng.random() < 0.4 else (hand.arpeggio if rng.random() < 0.5 else hand.block_chords)
    return join(hand.bass_line(rng, setting, lowest, middle), above(rng, setting, middle + 1, highest))


def wash(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Each bar's chord swept through several octaves, everything ringing on: harp, pedalled piano, bells."""
    unit = hand.draw_unit_beats(rng, setting, hand.SHORTEST_STEP_S, 0.18)
    bottom, top = hand.draw_compass(rng, lowest, highest, int(rng.integers(24, 49)))
    sweeps = []
    for bar in range(setting.bar_count):
        ladder = setting.chord_pitches(bar, bottom, top)
        onset = np.arange(0, setting.beats_per_bar, unit)
        up = 1 if rng.random() < 0.6 else -1
        pitch = hand.walk(rng, np.full(len(onset), up), ladder)
        sweeps.append(write_notes(onset + bar * setting.beats_per_bar, setting.beats_per_bar - onset, pitch))
    return join(*sweeps)


FAMILY_PATTERNS: dict[str, tuple[tuple[float, Pattern], ...]] = {
    "piano": (
        (0.46, two_hands),
        (0.08, counterpoint),
        (0.09, hand.block_chords),
        (0.08, hand.arpeggio),
        (0.08, hand.melody),
        (0.05, hand.run),
        (0.04, hand.octaves),
        (0.03, hand.trill),
        (0.02, hand.tremolo),
        (0.03, wash),
        (0.05, hand.scattered),
    ),
    "keys": (
        (0.25, hand.block_chords),
        (0.15, two_hands),
        (0.12, hand.pad),
        (0.13, hand.arpeggio),
        (0.15, hand.melody),
        (0.05, hand.run),
        (0.04, hand.tremolo),
        (0.03, counterpoint),
        (0.04, wash),
        (0.06, hand.scattered),
    ),
    "guitar": (
        (0.3, hand.strum),
        (0.22, hand.arpeggio),
        (0.15, accompanied),
        (0.2, hand.melody),
        (0.05, hand.run),
        (0.03, hand.tremolo),
        (0.05, hand.scattered),
    ),
    "bass": (
        (0.7, hand.bass_line),
        (0.15, hand.melody),
        (0.05, hand.run),
        (0.05, hand.octaves),
        (0.05, hand.arpeggio),
    ),
    "strings": (
        (0.28, hand.pad),
        (0.28, hand.melody),
        (0.16, counterpoint),
        (0.08, hand.block_chords),
        (0.06, hand.tremolo),
        (0.04, hand.trill),
        (0.05, hand.octaves),
        (0.03, wash),
        (0.04, hand.scattered),
    ),
    "voice": ((0.8, hand.melody), (0.12, hand.pad), (0.08, counterpoint)),
    "winds": (
        (0.62, hand.melody),
        (0.1, hand.run),
        (0.07, hand.trill),
        (0.06, hand.arpeggio),
        (0.08, hand.block_chords),
        (0.07, counterpoint),
    ),
    "synth": (
        (0.25, hand.pad),
        (0.25, hand.arpeggio),
        (0.25, hand.melody),
        (0.1, hand.block_chords),
        (0.05, hand.run),
        (0.05, hand.tremolo),
        (0.05, hand.scattered),
    ),
}
_PATTERNS = {family: tuple(pattern for _, pattern in habits) for family, habits in FAMILY_PATTERNS.items()}
_WEIGHTS = {
    family: np.array([weight for weight, _ in habits]) / sum(weight for weight, _ in habits)
    for family, habits in FAMILY_PATTERNS.items()
}


def write_keys(rng: np.random.Generator, family: str, setting: Setting, lowest: int, highest: int) -> NDArray[np.void]:
    """Write and play a passage without the pedal as the family tends to: notes (dtype NOTE), not yet tidied."""
    pattern = _PATTERNS[family][int(rng.choice(len(_PATTERNS[family]), p=_WEIGHTS[family]))]
    if highest - lowest < 24 and pattern in (two_hands, accompanied):
        pattern = hand.melody
    return perform(rng, pattern(rng, setting, lowest, highest), setting)


def write(rng: np.random.Generator, family: str, setting: Setting, lowest: int, highest: int) -> NDArray[np.void]:
    """As `write_keys`, and at times with the pedal: notes (dtype NOTE) as long as they sound."""
    notes = write_keys(rng, family, setting, lowest, highest)
    if rng.random() < _PEDAL_SHARE.get(family, 0.0):
        step = int(rng.choice([1, 2, setting.beats_per_bar, 2 * setting.beats_per_bar]))
        # The pedal is changed just after the beat, once the new harmony has been struck.
        changes_s = setting.beats_s[::step] + rng.uniform(0.02, 0.12)
        notes = press_pedal(notes, changes_s)
    return notes
