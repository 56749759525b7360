"""Written music: patterns that one hand or one player plays, inside an instrument's range.

Every pattern has the form `pattern(rng, setting, lowest, highest) -> WrittenNotes` and fills the whole setting.
Drafts are in beats; `perform` gives them tempo, touch and loudness.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mp3tomidi.augment.harmony import Setting
from mp3tomidi.augment.music.written_notes import Integers, WrittenNotes, draw_touch, join, write_notes
from mp3tomidi.transcribe.array_types import Float64Array

SHORTEST_STEP_S = 0.06  # between notes of a line: faster than any player


Pattern = Callable[[np.random.Generator, Setting, int, int], WrittenNotes]


def draw_rhythm(rng: np.random.Generator, setting: Setting, unit_beats: float) -> tuple[Float64Array, Float64Array]:
    """Onsets and lengths (up to the next onset) in beats, of whole units; bars come back with changes."""
    bar_beats = setting.beats_per_bar
    steps_per_bar = max(int(bar_beats / unit_beats), 1)
    plain = rng.random()  # how much of the rhythm is one unit after another
    weights = np.array([plain + 0.1, 0.6 * (1 - plain), 0.2 * (1 - plain), 0.2 * (1 - plain)])
    weights /= weights.sum()
    comes_back = rng.random()
    bars: list[Float64Array] = []
    cell = np.zeros(1)
    for bar in range(setting.bar_count):
        if bar == 0 or rng.random() > comes_back:
            lengths = rng.choice([1, 2, 3, 4], size=steps_per_bar, p=weights)
            starts = np.cumsum(lengths) - lengths
            cell = starts[starts < steps_per_bar] * unit_beats
        bars.append(cell + bar * bar_beats)
    onset = np.concatenate(bars)
    length = np.diff(onset, append=float(setting.bar_count * bar_beats))
    played = rng.random(len(onset)) >= rng.choice([0.0, 0.05, 0.2])
    played[0] = True
    return onset[played], length[played]


def draw_unit_beats(rng: np.random.Generator, setting: Setting, shortest_s: float, longest_s: float = 0.8) -> float:
    """The unit of a rhythm in beats: a note value about as long as one drawn evenly (in octaves of tempo)."""
    values = np.array([4.0, 2.0, 1.0, 0.5, 1 / 3, 0.25, 1 / 6, 0.125, 1 / 12, 0.0625])
    values = values[values * setting.beat_length_s >= shortest_s]
    wanted_s = np.exp(rng.uniform(np.log(shortest_s), np.log(longest_s)))
    return float(values[np.argmin(np.abs(np.log(values * setting.beat_length_s / wanted_s)))])


def draw_compass(rng: np.random.Generator, lowest: int, highest: int, span: int) -> tuple[int, int]:
    """A part of the range, at most span semitones wide, more often from its middle."""
    width = min(span, highest - lowest)
    bottom = lowest + round(rng.beta(1.6, 1.6) * (highest - lowest - width))
    return bottom, bottom + width


def walk(rng: np.random.Generator, steps: Integers, ladder: Integers) -> Integers:
    """Pitches of a walk on a ladder of pitches by given steps, turned back at both ends."""
    top = len(ladder) - 1
    if top == 0:
        return np.repeat(ladder, len(steps))
    place = (int(rng.integers(len(ladder))) + np.cumsum(steps)) % (2 * top)
    pitches: Integers = ladder[np.minimum(place, 2 * top - place)]
    return pitches


def melody(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """One line of steps, leaps and repeated notes."""
    onset, length = draw_rhythm(rng, setting, draw_unit_beats(rng, setting, 0.09))
    bottom, top = draw_compass(rng, lowest, highest, int(rng.integers(9, 25)))
    repeats, leaps = rng.choice([0.03, 0.15, 0.45]), rng.uniform(0.05, 0.4)
    kind = rng.choice(3, size=len(onset), p=[repeats, (1 - repeats) * (1 - leaps), (1 - repeats) * leaps])
    size = np.array([0, 1, 2])[kind] + (kind == 2) * rng.geometric(0.5, len(onset))
    pitch = walk(rng, size * rng.choice([-1, 1], size=len(onset)), setting.scale_pitches(bottom, top))
    beat_accent = rng.uniform(0, 12) * (onset % 1 == 0)
    return write_notes(onset, length * draw_touch(rng, len(onset)), pitch, accent=beat_accent)


def run(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Fast scales up and down, at times chromatic or in thirds."""
    unit = draw_unit_beats(rng, setting, SHORTEST_STEP_S, 0.2)
    onset = np.arange(0, setting.beat_count, unit)
    bottom, top = draw_compass(rng, lowest, highest, int(rng.integers(12, 37)))
    ladder = np.arange(bottom, top + 1) if rng.random() < 0.15 else setting.scale_pitches(bottom, top)
    turns = rng.random(len(onset)) < rng.uniform(0.02, 0.25)
    direction = np.where(np.cumsum(turns) % 2 == 0, 1, -1)
    size = np.where(rng.random(len(onset)) < rng.choice([0.0, 0.3]), 2, 1)
    pitch = walk(rng, direction * size, ladder)
    return write_notes(onset, unit * draw_touch(rng, len(onset)), pitch, accent=rng.uniform(0, 10) * (onset % 1 == 0))


def arpeggio(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Broken chords: up, down, to and fro, Alberti or without order."""
    unit = draw_unit_beats(rng, setting, 0.075, 0.4)
    bottom, top = draw_compass(rng, lowest, highest, int(rng.integers(10, 32)))
    per_bar = max(int(setting.beats_per_bar / unit), 1)
    order = int(rng.integers(5))
    pitches = []
    for bar in range(setting.bar_count):
        ladder = setting.chord_pitches(bar, bottom, top)
        place = np.arange(per_bar)
        last = len(ladder) - 1
        if order == 1:
            place = place[::-1]
        elif order == 2 and last:
            place = np.minimum(place % (2 * last), 2 * last - place % (2 * last))
        elif order == 3:
            place = np.array([0, 2, 1, 2])[place % 4]
        elif order == 4:
            place = rng.integers(0, len(ladder), per_bar)
        pitches.append(ladder[place % len(ladder)])
    onset = np.concatenate(
        [np.arange(per_bar) * unit + bar * setting.beats_per_bar for bar in range(setting.bar_count)]
    )
    rings = rng.choice([0.0, 0.0, 1.0, 3.0])
    length = unit * (draw_touch(rng, len(onset)) + rings)
    return write_notes(onset, length, np.concatenate(pitches), accent=rng.uniform(0, 10) * (onset % 1 == 0))


def voicing(rng: np.random.Generator, setting: Setting, bar: int, compass: tuple[int, int], size: int) -> Integers:
    """Pitches of a bar's chord, ascending: close where the range is narrow, otherwise close or open."""
    ladder = setting.chord_pitches(bar, *compass)
    size = min(size, len(ladder))
    if rng.random() < 0.6:
        start = int(rng.integers(len(ladder) - size + 1))
        return ladder[start : start + size]
    return np.sort(rng.choice(ladder, size=size, replace=False))


def _chords(
    rng: np.random.Generator,
    setting: Setting,
    rhythm: tuple[Float64Array, Float64Array],
    compass: tuple[int, int],
    sizes: tuple[int, int],
    *,
    voicings_per_bar: int = 1,
) -> tuple[WrittenNotes, Integers]:
    """A chord at every onset, and each note's place in its chord from below."""
    onset, length = rhythm
    voicings: dict[tuple[int, int], Integers] = {}
    pitches, counts = [], []
    for beat in onset:
        bar = int(beat // setting.beats_per_bar)
        key = (bar, int(rng.integers(voicings_per_bar)))
        if key not in voicings:
            voicings[key] = voicing(rng, setting, bar, compass, int(rng.integers(sizes[0], sizes[1] + 1)))
        pitches.append(voicings[key])
        counts.append(len(voicings[key]))
    repeats = np.array(counts)
    place = np.concatenate([np.arange(count) for count in counts])
    touch = np.repeat(length * draw_touch(rng, len(onset)), repeats)
    accent = np.repeat(rng.uniform(0, 10) * (onset % 1 == 0), repeats)
    return write_notes(np.repeat(onset, repeats), touch, np.concatenate(pitches), accent=accent), place


def block_chords(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Chords of two to five notes struck together, as evenly as fingers do."""
    onset, length = draw_rhythm(rng, setting, draw_unit_beats(rng, setting, 0.13))
    compass = draw_compass(rng, lowest, highest, int(rng.integers(10, 25)))
    written, _ = _chords(rng, setting, (onset, length), compass, (2, 5), voicings_per_bar=int(rng.integers(1, 4)))
    fingers_s = rng.uniform(0, 0.012, len(written.pitch))
    return write_notes(
        written.onset_beats, written.length_beats, written.pitch, accent=written.accent, delay_s=fingers_s
    )


def strum(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Chords of three to six strings, 3 to 30 ms from string to string, downwards or upwards."""
    onset, length = draw_rhythm(rng, setting, draw_unit_beats(rng, setting, 0.15))
    compass = draw_compass(rng, lowest, highest, 26)
    written, place = _chords(rng, setting, (onset, length), compass, (3, 6))
    stroke = np.cumsum(np.diff(written.onset_beats, prepend=-1.0) > 0) - 1
    last = np.bincount(stroke, minlength=len(onset)) - 1
    upwards = rng.random(len(onset)) < rng.choice([0.0, 0.4])
    string = np.where(upwards[stroke], last[stroke] - place, place)
    apart_s = np.exp(rng.uniform(np.log(0.003), np.log(0.03))) * rng.uniform(0.8, 1.25, len(onset))
    delay_s = string * np.clip(apart_s, 0.003, 0.03)[stroke]
    accent = written.accent - 6.0 * upwards[stroke]
    return write_notes(written.onset_beats, written.length_beats, written.pitch, accent=accent, delay_s=delay_s)


def pad(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Held chords of up to three seconds, one or a few to a bar, often bound to the next."""
    steps = [1, 2, setting.beats_per_bar, 2 * setting.beats_per_bar]
    step = int(rng.choice([step for step in steps if step * setting.beat_length_s <= 3.0]))
    onset = np.arange(0, setting.beat_count, step, dtype=np.float64)
    compass = draw_compass(rng, lowest, highest, int(rng.integers(12, 37)))
    written, _ = _chords(rng, setting, (onset, np.full(len(onset), float(step))), compass, (2, 5))
    length = step * rng.uniform(0.85, 1.05, len(written.pitch))
    return write_notes(written.onset_beats, length, written.pitch, delay_s=rng.uniform(0, 0.03, len(length)))


def trill(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Long notes of a slow line, each trilled with its neighbour or left plain."""
    step_beats = max(rng.uniform(0.06, 0.12) / setting.beat_length_s, 1e-3)
    line = melody(rng, setting, lowest, highest)
    notes = []
    for onset, length, pitch in zip(line.onset_beats, line.length_beats, line.pitch, strict=True):
        count = int(length / step_beats)
        if count < 4 or rng.random() < 0.3:
            notes.append(write_notes(np.array([onset]), length, np.array([pitch])))
            continue
        neighbour = pitch + int(rng.choice([1, 2])) * (1 if pitch + 2 <= highest else -1)
        turns = np.where(np.arange(count) % 2 == 0, pitch, max(neighbour, lowest))
        notes.append(write_notes(onset + np.arange(count) * step_beats, step_beats * 0.95, turns))
    return join(*notes)


def octaves(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """A line doubled an octave above."""
    line = melody(rng, setting, lowest, max(highest - 12, lowest))
    above = write_notes(line.onset_beats, line.length_beats, line.pitch + 12, accent=line.accent, delay_s=0.005)
    return join(line, above) if highest - lowest >= 12 else line


def tremolo(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """One pitch, two pitches or two halves of a chord again and again, fast."""
    step_beats = np.exp(rng.uniform(np.log(0.07), np.log(0.18))) / setting.beat_length_s
    onset = np.arange(0, setting.beat_count, step_beats)
    bar = (onset // setting.beats_per_bar).astype(np.int64)
    chosen = np.stack(
        [
            rng.choice(setting.chord_pitches(index, *draw_compass(rng, lowest, highest, 16)), 2)
            for index in range(setting.bar_count)
        ]
    )
    alternates = rng.random() < 0.4
    pitch = chosen[bar, np.arange(len(onset)) % 2 if alternates else 0]
    return write_notes(onset, step_beats * rng.uniform(0.4, 1.0), pitch)


def bass_line(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Roots with fifths and octaves, or a walking line, in even or dotted rhythm."""
    onset, length = draw_rhythm(rng, setting, draw_unit_beats(rng, setting, 0.14))
    bar = (onset // setting.beats_per_bar).astype(np.int64)
    bottom, top = draw_compass(rng, lowest, highest, 19)
    if rng.random() < 0.3:
        pitch = walk(rng, rng.choice([-2, -1, 1, 2], size=len(onset)), setting.scale_pitches(bottom, top))
    else:
        roots = np.array([setting.chord(index)[0] for index in range(setting.bar_count)])[bar]
        shift = rng.choice([0, 7, 12], size=len(onset), p=rng.dirichlet([6, 1.5, 1]))
        pitch = bottom + (roots - bottom) % 12 + shift
        pitch = np.where(pitch > top, pitch - 12, pitch)
        pitch = np.clip(pitch, lowest, highest)
    return write_notes(onset, length * draw_touch(rng, len(onset)), pitch, accent=rng.uniform(0, 12) * (onset % 1 == 0))


def scattered(rng: np.random.Generator, setting: Setting, lowest: int, highest: int) -> WrittenNotes:
    """Notes and clusters without key or metre: what no scale or habit predicts."""
    count = int(setting.beat_count * setting.beat_length_s * np.exp(rng.uniform(np.log(1.5), np.log(16)))) + 1
    onset = rng.uniform(0, setting.beat_count, count)
    if rng.random() < 0.5:
        onset = onset[rng.integers(0, count, count)]  # some of them together
    length = np.exp(rng.uniform(np.log(0.08), np.log(1.5), count)) / setting.beat_length_s
    return write_notes(onset, length, rng.integers(lowest, highest + 1, count), accent=rng.normal(0, 10, count))
