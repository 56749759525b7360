"""What is played: excerpts of the MIDI corpora and written music, fitted to an instrument's range.

A passage lasts from 0 to duration_s. Its onsets lie between -1.5 s and duration_s, so that notes which began
earlier sound at its start; a note that is held beyond the end keeps its true end, at most 1.5 s later, as a
key that is still down there must not be labelled as released. Every passage is tidy: sorted by onset, notes
of 30 ms or more, of one pitch at least 50 ms from onset to onset and never overlapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from mp3tomidi.transcribe.instruments import PROGRAMS
from numpy.typing import NDArray

from . import corpora as midi
from .corpora import Corpora
from .generators import draw_velocities
from .harmony import Setting, draw_setting, find_setting
from .labels import DRUM_HIT, NOTE, empty_notes
from .textures import press_pedal, write

LEAD_S = 1.5  # how long before and after the clip is played
SHORTEST_S = 0.03
REPEAT_S = 0.05  # the shortest time between two onsets of one pitch
_DAMPING_S = 0.005  # a key is released this long before it is struck again
_EXCERPT_SHARE = 0.5
_MONOPHONIC = {"bass": 0.93, "winds": 0.85, "voice": 0.85}  # share of passages that are single lines
_LINE_POLYPHONY = 1.15

# Where an ensemble's part lies when the caller names no instrument's range.
FAMILY_RANGES = {
    "piano": (24, 105),
    "keys": (36, 96),
    "guitar": (40, 86),
    "bass": (28, 58),
    "strings": (36, 96),
    "voice": (43, 84),
    "winds": (40, 90),
    "synth": (36, 96),
}


def tidy(notes: NDArray[np.void], lowest: int, highest: int, duration_s: float) -> NDArray[np.void]:
    """Return the notes within range and time, with every promise of a passage kept (see the module)."""
    low, high = max(lowest, 21), min(highest, 108)
    inside = (notes["pitch"] >= low) & (notes["pitch"] <= high)
    inside &= (notes["onset_s"] >= -LEAD_S) & (notes["onset_s"] < duration_s)
    notes = notes[inside]
    notes = notes[np.lexsort((notes["onset_s"], notes["pitch"]))]
    while True:
        close = (np.diff(notes["onset_s"]) < REPEAT_S) & (np.diff(notes["pitch"]) == 0)
        # Of a row of close onsets the second goes first: the third may be far enough from the first.
        close &= ~np.concatenate([[False], close[:-1]]) if len(close) else close
        if not close.any():
            break
        notes = notes[np.concatenate([[True], ~close])]
    longest_s = duration_s + LEAD_S
    offset_s = np.clip(notes["offset_s"], notes["onset_s"] + SHORTEST_S, longest_s)
    repeated = np.flatnonzero(np.diff(notes["pitch"]) == 0)
    offset_s[repeated] = np.minimum(offset_s[repeated], notes["onset_s"][repeated + 1] - _DAMPING_S)
    notes["offset_s"] = offset_s
    return notes[np.argsort(notes["onset_s"], kind="stable")]


def fold(pitch: NDArray[np.int64], lowest: int, highest: int) -> NDArray[np.int64]:
    """Move pitches outside the range into it by octaves (or close to it, where it is narrower than one)."""
    up = np.maximum(-((pitch - lowest) // 12), 0) * 12
    down = np.maximum(-((highest - pitch) // 12), 0) * 12
    return pitch + up - down


class Passages:
    """Draws passages from corpora and generators; the same generator state gives the same passage.

    held_out: draw only from the songs that training never sees, instead of from all others.
    """

    def __init__(self, corpora: Corpora, *, held_out: bool = False) -> None:
        self._corpora = corpora
        parts = corpora.parts
        drawable = corpora.songs["held_out"][parts["song"]] == held_out
        pitched = drawable & ~parts["is_drums"] & (parts["note_count"] >= 8)
        groove = corpora.songs["corpus"][parts["song"]] == midi.CORPORA.index("groove")
        line = parts["polyphony"] < _LINE_POLYPHONY
        family = np.array([PROGRAMS[p].family if p in PROGRAMS else "" for p in range(128)])[parts["program"]]
        self._lines = np.flatnonzero(pitched & line & (family != "bass"))
        self._bass_lines = np.flatnonzero(pitched & line & (family == "bass"))
        self._chords = np.flatnonzero(pitched & ~line)
        self._family = family
        self._drums = [np.flatnonzero(drawable & parts["is_drums"] & mask) for mask in (groove, ~groove)]
        songs = np.flatnonzero(corpora.songs["held_out"] == held_out)
        has_pitched = np.zeros(len(corpora.songs), np.bool_)
        has_pitched[parts["song"][pitched]] = True
        songs = songs[has_pitched[songs]]
        self._songs = [songs[corpora.songs["corpus"][songs] == index] for index in range(len(midi.CORPORA))]
        self._songs = [group for group in self._songs if len(group)]

    @classmethod
    def open(cls, data_root: Path, cache_folder: Path, *, held_out: bool = False) -> Passages:
        """Passages of the corpora below data_root/midi, read through the cache; see `corpora.load`."""
        return cls(midi.load(data_root, cache_folder), held_out=held_out)

    def draw(
        self, rng: np.random.Generator, *, family: str, lowest: int, highest: int, duration_s: float
    ) -> NDArray[np.void]:
        """Draw what one instrument plays: notes (dtype NOTE, clip 0) from lowest to highest MIDI pitch."""
        excerpt = empty_notes()
        if rng.random() < _EXCERPT_SHARE:
            excerpt = self._draw_excerpt(rng, family, duration_s)
        if len(excerpt):
            notes = _fit_range(rng, excerpt, lowest, highest)
        else:
            setting = draw_setting(rng, -LEAD_S, duration_s)
            notes = write(rng, family, setting, max(lowest, 21), min(highest, 108))
        return tidy(notes, lowest, highest, duration_s)

    def draw_ensemble(
        self,
        rng: np.random.Generator,
        *,
        families: Sequence[str],
        duration_s: float,
        ranges: Sequence[tuple[int, int]] | None = None,
    ) -> list[tuple[str, NDArray[np.void]]]:
        """Draw parts that belong together: (family, notes) in the order of the families.

        ranges: the (lowest, highest) pitch of each part's instrument; by default what suits the family.
        The parts are those of one moment of one song, in one tempo and key; families that the song lacks
        double another part or are written in the song's key, chords and beats.
        """
        ranges = [FAMILY_RANGES[family] for family in families] if ranges is None else ranges
        song_parts, setting = self._draw_song(rng, duration_s)
        semitones = int(rng.integers(-6, 7))
        setting = _transposed(setting, semitones)
        unused = dict(song_parts)
        drawn = []
        for family, (lowest, highest) in zip(families, ranges, strict=True):
            notes = self._choose_part(rng, family, unused, song_parts)
            if notes is None:
                notes = write(rng, family, setting, max(lowest, 21), min(highest, 108))
            else:
                notes["pitch"] += semitones
                notes = _fit_range(rng, notes, lowest, highest, octaves_only=True)
            drawn.append((family, tidy(notes, lowest, highest, duration_s)))
        return drawn

    def draw_drums(self, rng: np.random.Generator, *, duration_s: float) -> NDArray[np.void]:
        """Draw what a drummer plays: hits (dtype DRUM_HIT, clip 0), sorted, from -1.5 s to duration_s."""
        groups = [group for group in self._drums if len(group)]
        group = groups[0] if rng.random() < 0.75 else groups[-1]
        part = int(rng.choice(group))
        notes = self._cut(rng, self._corpora.part_notes(part), duration_s, rng.uniform(0.75, 1.35))
        hits = np.zeros(len(notes), DRUM_HIT)
        hits["onset_s"], hits["key"] = notes["onset_s"], notes["pitch"]
        hits["velocity"] = np.clip(np.round(notes["velocity"] * rng.uniform(0.7, 1.15)), 1, 127)
        return hits[(hits["onset_s"] >= -LEAD_S) & (hits["onset_s"] < duration_s)]

    def _cut(
        self,
        rng: np.random.Generator,
        score: NDArray[np.void],
        duration_s: float,
        speed: float,
        start_s: float | None = None,
    ) -> NDArray[np.void]:
        """Notes (dtype NOTE) around start_s of a score, or around one of its notes, played at the speed."""
        if start_s is None:
            start_s = (
                float(score["onset_s"][rng.integers(len(score))]) - rng.uniform(0, duration_s / 2) * speed
            )
        edges_s = (start_s - LEAD_S * speed, start_s + duration_s * speed)
        first, last = np.searchsorted(score["onset_s"], np.array(edges_s, np.float32))
        part = score[first:last]
        notes = np.zeros(len(part), NOTE)
        notes["onset_s"] = (part["onset_s"] - start_s) / speed
        notes["offset_s"] = (part["offset_s"] - start_s) / speed
        notes["pitch"], notes["velocity"] = part["pitch"], part["velocity"]
        return notes

    def _draw_excerpt(self, rng: np.random.Generator, family: str, duration_s: float) -> NDArray[np.void]:
        line = rng.random() < _MONOPHONIC.get(family, 0.25)
        speed = rng.uniform(0.7, 1.5)
        bass = family == "bass" and len(self._bass_lines) and rng.random() < 0.6
        parts = self._bass_lines if bass else self._lines if line else self._chords
        if not len(parts):
            return empty_notes()
        part = int(rng.choice(parts))
        corpora = self._corpora
        score = corpora.part_notes(part)
        start_s = float(score["onset_s"][rng.integers(len(score))]) - rng.uniform(0, duration_s / 2) * speed
        cuts = [self._cut(rng, score, duration_s, speed, start_s)]
        song = int(corpora.parts["song"][part])
        if family in ("piano", "keys") and not line and rng.random() < 0.6:
            # A pianist plays the tune as well: the song's other parts of a piano reduction.
            for other in corpora.song_parts(song):
                if other != part and not corpora.parts["is_drums"][other]:
                    cuts.append(self._cut(rng, corpora.part_notes(other), duration_s, speed, start_s))
        notes = _enliven(rng, np.concatenate(cuts))
        if not line and family in ("piano", "keys", "guitar", "synth") and rng.random() < 0.33:
            notes = press_pedal(
                notes, np.cumsum(np.append(-2.0, rng.uniform(0.4, 2.2, int(duration_s * 2) + 8)))
            )
        return notes

    def _draw_song(
        self, rng: np.random.Generator, duration_s: float
    ) -> tuple[dict[int, NDArray[np.void]], Setting]:
        """The parts (by index) that play in one moment of a song, and the setting found in them."""
        corpora = self._corpora
        songs = self._songs[int(rng.integers(len(self._songs)))]
        song = int(rng.choice(songs))
        parts = [part for part in corpora.song_parts(song) if not corpora.parts["is_drums"][part]]
        score = corpora.part_notes(parts[int(rng.integers(len(parts)))])
        speed = rng.uniform(0.7, 1.5)
        start_s = float(score["onset_s"][rng.integers(len(score))]) - rng.uniform(0, duration_s / 2) * speed
        cuts = {part: self._cut(rng, corpora.part_notes(part), duration_s, speed, start_s) for part in parts}
        cuts = {part: _enliven(rng, notes) for part, notes in cuts.items() if len(notes)}
        beats_s = (corpora.song_beats_s(song) - start_s) / speed
        inside = beats_s[(beats_s > -LEAD_S - 1.0) & (beats_s < duration_s + 1.0)].astype(np.float64)
        if len(inside) < 2:
            inside = np.arange(-LEAD_S, duration_s + 1.0, 0.5)
        heard = np.concatenate(list(cuts.values()))
        return cuts, find_setting(heard, inside)

    def _choose_part(
        self,
        rng: np.random.Generator,
        family: str,
        unused: dict[int, NDArray[np.void]],
        song_parts: dict[int, NDArray[np.void]],
    ) -> NDArray[np.void] | None:
        """One of the song's parts for a family, taken from the unused, a doubling of another, or nothing."""
        matching = [part for part in unused if self._family[part] == family]
        if not matching and family != "bass":
            matching = [part for part in unused if rng.random() < 0.7]
        if matching:
            notes = unused.pop(matching[int(rng.integers(len(matching)))])
        elif rng.random() < 0.4:
            notes = list(song_parts.values())[int(rng.integers(len(song_parts)))]
        else:
            return None
        notes = notes.copy()
        if rng.random() < _MONOPHONIC.get(family, 0.0):
            notes = _single_line(notes, lowest_notes=family == "bass")
        return notes


def _single_line(notes: NDArray[np.void], *, lowest_notes: bool) -> NDArray[np.void]:
    """The upper (or lowest) notes of a part, each ending where the next begins."""
    notes = notes[np.argsort(notes["onset_s"], kind="stable")]
    if not len(notes):
        return notes
    group = np.concatenate([[0], np.cumsum(np.diff(notes["onset_s"]) > 0.04)])
    order = np.lexsort((notes["pitch"] if lowest_notes else -notes["pitch"], group))
    line = notes[order[np.unique(group[order], return_index=True)[1]]]
    line["offset_s"][:-1] = np.minimum(line["offset_s"][:-1], line["onset_s"][1:])
    return line


def _enliven(rng: np.random.Generator, notes: NDArray[np.void]) -> NDArray[np.void]:
    """Give an excerpt its own loudness and touch, and phrases where the corpus has none."""
    if not len(notes):
        return notes
    velocity = notes["velocity"].astype(np.float64)
    shape = draw_velocities(rng, notes["onset_s"])
    notes["velocity"] = np.clip(
        np.round(shape + rng.uniform(0.6, 1.1) * (velocity - np.median(velocity))), 12, 126
    )
    jitter_s = rng.uniform(0, 0.008)
    notes["onset_s"] += rng.normal(0, jitter_s, len(notes))
    return notes


def _fit_range(
    rng: np.random.Generator,
    notes: NDArray[np.void],
    lowest: int,
    highest: int,
    *,
    octaves_only: bool = False,
) -> NDArray[np.void]:
    """Transpose notes so that they lie about the middle of the range, and fold what is still outside."""
    if not len(notes):
        return notes
    pitch = notes["pitch"].astype(np.int64)
    semitones = 0 if octaves_only else int(rng.integers(-6, 7))
    aim = np.clip(
        rng.normal((lowest + highest) / 2, (highest - lowest) / 6), lowest + 5, max(highest - 5, lowest + 5)
    )
    octaves = round(float(aim - np.median(pitch) - semitones) / 12)
    notes["pitch"] = fold(pitch + semitones + 12 * octaves, lowest, highest)
    return notes


def _transposed(setting: Setting, semitones: int) -> Setting:
    scale = np.sort((setting.scale + semitones) % 12)
    chords = tuple((chord + semitones) % 12 for chord in setting.chords)
    return Setting(setting.beats_s, setting.beats_per_bar, scale, chords)
