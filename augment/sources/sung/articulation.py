"""Renders a sung line: spectral envelope and aperiodicity of every frame, and its note labels.

A consonant is sung before the beat and the vowel on it, so a note's onset is where its vowel begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.sources.sung.melody import Attack, Line, LineNote, Words
from mp3tomidi.augment.sources.sung.pitch import SungPitch, smooth_noise
from mp3tomidi.augment.sources.sung.syllables import FRAME_S, Frames, Grid, Syllable
from mp3tomidi.augment.sources.sung.words import Repertoire

_SILENT_LOG_AMPLITUDE = -14.0
_FINAL_CONSONANTS = frozenset({"n", "m", "l", "s", "sh", "t", "k", "d", "f"})
_STOPS = frozenset({"t", "k", "d"})
_OFFSET_GAIN = 0.1  # -20 dB under the note: perceived as its end
_SEPARATING_GAIN = 0.2  # a dip this deep is perceived as a gap


@dataclass(frozen=True, slots=True)
class Diction:
    """How clearly one singer sets note from note."""

    consonant_db: float  # voiced consonants are louder by this than they are spoken
    restrike_gain: float  # of the shallowest check of the voice before a vowel that is struck again
    fade_frames: int  # half of the longest fade-in of a vowel after a rest
    unsteadiness: float  # of the level of a held note


CLEAR = Diction(consonant_db=0.0, restrike_gain=0.3, fade_frames=6, unsteadiness=1.0)


def draw_diction(rng: np.random.Generator) -> Diction:
    """Clear, or mumbled to some degree."""
    if rng.random() < 0.35:
        return CLEAR
    return Diction(
        consonant_db=float(rng.uniform(0, 8)),
        restrike_gain=float(rng.uniform(0.3, 0.5)),
        fade_frames=int(rng.integers(6, 22)),
        unsteadiness=float(rng.uniform(1, 2.5)),
    )


@dataclass(slots=True)
class Articulation:
    """Frames FRAME_S apart: cepstrum [frames, grid.cepstrum_count], aperiodicity [frames, grid.band_count] (0 to 1),
    gain and voiced (0 or 1) [frames]; and note labels, dtype NOTE."""

    cepstrum: Frames
    aperiodicity: Frames
    gain: Frames
    voiced: Frames
    grid: Grid
    notes: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, NOTE))


def articulate(
    rng: np.random.Generator,
    line: Line,
    pitch: SungPitch,
    repertoire: Repertoire,
    sung: Sequence[Syllable],
    *,
    program: int,
    dynamics_db: float,
    diction: Diction,
) -> Articulation:
    """Sing `sung` (choose_syllables) along `line`, whose onsets and offsets must be multiples of FRAME_S."""
    frames = _silence(len(pitch.curve), repertoire.grid)
    notes = line.notes
    onsets = [round(note.onset_s / FRAME_S) for note in notes]
    ends = [round(note.offset_s / FRAME_S) for note in notes]
    consonants = [_consonant_length(rng, index, onsets, ends, notes, sung) for index in range(len(notes))]
    gains_db = _dynamics(rng, len(notes), dynamics_db)
    labels = np.zeros(len(notes), NOTE)
    level = 1.0
    for index, (note, syllable) in enumerate(zip(notes, sung, strict=True)):
        onset, end = onsets[index], ends[index]
        after_rest = index == 0 or ends[index - 1] < onset
        before_rest = index + 1 == len(notes) or onsets[index + 1] > end
        level, before = 10 ** (gains_db[index] / 20), level
        if consonants[index]:
            _say_consonant(rng, frames, syllable, onset, consonants[index], level, diction)
        stop = end if before_rest else end - consonants[index + 1]
        slurred_from = before if note.attack is Attack.SLUR else None
        _hold_vowel(rng, frames, syllable, onset, stop, level, diction.unsteadiness, slurred_from=slurred_from)
        if note.attack is not Attack.SLUR and consonants[index] == 0:
            if after_rest:
                _fade_in(rng, frames, syllable, onset, onset - (ends[index - 1] if index else 0), level, diction)
            elif (gap_start := _restrike(rng, frames, onset, diction)) is not None:
                labels["offset_s"][index - 1] = gap_start * FRAME_S
        if before_rest:
            free = (onsets[index + 1] - consonants[index + 1] if index + 1 < len(notes) else len(frames.gain)) - end
            offset = _finish(rng, frames, repertoire, line.words, onset, end, free)
        else:
            offset = _voicing_end(frames, pitch, index + 1, onsets[index + 1], consonants[index + 1])
        labels["onset_s"][index] = onset * FRAME_S
        labels["offset_s"][index] = max(offset, onset + 6) * FRAME_S
        if after_rest:
            _inhale(rng, frames, syllable, ends[index - 1] if index else 0, onset - consonants[index])
    labels["pitch"] = [note.pitch for note in notes]
    labels["velocity"] = np.clip(80 + 4 * np.array(gains_db), 20, 127)
    labels["program"] = program
    _blend(frames, notes, onsets, consonants)
    frames.notes = labels
    return frames


def _silence(frame_count: int, grid: Grid) -> Articulation:
    cepstrum = np.zeros((frame_count, grid.cepstrum_count), np.float32)
    cepstrum[:, 0] = _SILENT_LOG_AMPLITUDE
    return Articulation(
        cepstrum,
        np.ones((frame_count, grid.band_count), np.float32),
        np.zeros(frame_count, np.float32),
        np.zeros(frame_count, np.float32),
        grid,
    )


def _consonant_length(
    rng: np.random.Generator,
    index: int,
    onsets: list[int],
    ends: list[int],
    notes: Sequence[LineNote],
    sung: Sequence[Syllable],
) -> int:
    """Frames before the beat, at most 45 % of the note before if it is sung into that."""
    if notes[index].attack is not Attack.SYLLABLE or sung[index].vowel_frame == 0:
        return 0
    wanted = max(3, int(sung[index].vowel_frame * rng.uniform(0.6, 1.2)))
    room = onsets[index]
    if index:
        room = int(0.45 * (ends[index - 1] - onsets[index - 1])) + onsets[index] - ends[index - 1]
        if ends[index - 1] < onsets[index]:  # a written rest stays one
            room = onsets[index] - ends[index - 1]
    return max(2, min(wanted, room))


def _dynamics(rng: np.random.Generator, count: int, deviation_db: float) -> list[float]:
    """An arch over the line, and every note a little off it."""
    arch = 2.0 * np.sin(np.pi * np.linspace(0, 1, count)) - 1.0
    return [float(gain) for gain in arch + rng.normal(0, deviation_db, count)]


def _say_consonant(
    rng: np.random.Generator,
    frames: Articulation,
    syllable: Syllable,
    onset: int,
    length: int,
    level: float,
    diction: Diction,
) -> None:
    source = (
        np.linspace(max(0, syllable.vowel_frame - 1.25 * length), syllable.vowel_frame - 1, length).round().astype(int)
    )
    place = slice(onset - length, onset)
    frames.cepstrum[place] = syllable.cepstrum[source]
    frames.aperiodicity[place] = syllable.aperiodicity[source]
    frames.voiced[place] = syllable.voiced[source]
    louder_db = diction.consonant_db if syllable.starts_voiced else 0.0
    frames.gain[place] = level * 10 ** ((rng.uniform(-6, 1) + louder_db) / 20)
    frames.gain[onset - length] *= 0.5
    # The last frames belong to the rise of the vowel: softening them would move the onset.
    frames.gain[max(onset - 3, onset - length) : onset] = level


def _hold_vowel(
    rng: np.random.Generator,
    frames: Articulation,
    syllable: Syllable,
    onset: int,
    stop: int,
    level: float,
    unsteadiness: float,
    *,
    slurred_from: float | None,
) -> None:
    """The vowel's own beginning, then back and forth through its steady part at a wandering speed."""
    length = stop - onset
    first, last = syllable.steady
    head = 0 if slurred_from is not None else min(first - syllable.vowel_frame, length)
    position = np.empty(length)
    position[:head] = syllable.vowel_frame + np.arange(head)
    speed = np.abs(0.3 + 0.15 * smooth_noise(rng, length - head, 0.1))
    travelled = np.cumsum(speed) % (2 * (last - first))
    position[head:] = first + np.minimum(travelled, 2 * (last - first) - travelled)
    below = np.clip(position.astype(int), 0, len(syllable.voiced) - 2)
    part = (position - below).astype(np.float32)[:, None]
    frames.cepstrum[onset:stop] = syllable.cepstrum[below] * (1 - part) + syllable.cepstrum[below + 1] * part
    # A held vowel is never still: the effort, and with it the brightness, changes.
    effort = smooth_noise(rng, length, 0.15)
    frames.cepstrum[onset:stop, 1] += (0.06 * effort).astype(np.float32)
    frames.aperiodicity[onset:stop] = np.where(syllable.voiced[below][:, None], syllable.aperiodicity[below], 0.3)
    frames.voiced[onset:stop] = 1
    swell = rng.normal(0, 0.1 * unsteadiness) * np.linspace(-1, 1, length)
    swell = np.clip(swell, -0.4, 0.4) + 0.15 * np.sin(np.pi * np.linspace(0, 1, length))
    tremor = 0.05 * effort + 0.03 * smooth_noise(rng, length, 0.08)
    gain = level * (1 + swell + np.clip(unsteadiness * tremor, -0.3, 0.3))
    if slurred_from is not None:
        blend = np.clip(np.arange(length) / 8, 0, 1)
        gain = gain * blend + slurred_from * (1 - blend)
    frames.gain[onset:stop] = np.maximum(gain, 0.1 * level)


def _fade_in(
    rng: np.random.Generator,
    frames: Articulation,
    syllable: Syllable,
    onset: int,
    rest_frames: int,
    level: float,
    diction: Diction,
) -> None:
    """Begin a note after a rest without a consonant: half of its level is reached at `onset`."""
    half = min(int(rng.integers(1, diction.fade_frames + 1)), rest_frames // 2)
    first = syllable.vowel_frame
    frames.cepstrum[onset - half : onset] = syllable.cepstrum[first]
    frames.aperiodicity[onset - half : onset] = syllable.aperiodicity[first]
    frames.voiced[onset - half : onset] = 1
    frames.gain[onset - half : onset] = level
    frames.gain[onset - half : onset + half] *= np.linspace(0, 1, 2 * half, dtype=np.float32)


def _restrike(rng: np.random.Generator, frames: Articulation, onset: int, diction: Diction) -> int | None:
    """Check the voice for a moment before `onset`; the first frame of the gap if it is perceived as one."""
    length = int(rng.integers(4, 16))
    floor = float(rng.uniform(0.02, diction.restrike_gain))
    frames.gain[onset - length : onset - 2] *= floor
    frames.gain[onset - 2 : onset + 2] *= np.linspace(max(floor, 0.2), 0.8, 4, dtype=np.float32)
    return onset - length if floor < _SEPARATING_GAIN else None


def _finish(
    rng: np.random.Generator,
    frames: Articulation,
    repertoire: Repertoire,
    words: Words,
    onset: int,
    end: int,
    free: int,
) -> int:
    """End the last note of a breath, perhaps on a consonant that needs some of the `free` frames; its offset."""
    finals = [s for s in repertoire.syllables if s.consonant in _FINAL_CONSONANTS and s.vowel_frame >= 6]
    length = min(24, free - 4)
    if words is Words.LYRICS and finals and length >= 8 and rng.random() < 0.35:
        final = finals[int(rng.integers(len(finals)))]
        source = np.arange(max(0, final.vowel_frame - length), final.vowel_frame)
        if final.consonant not in _STOPS:
            source = source[::-1]
        place = slice(end, end + len(source))
        frames.cepstrum[place] = final.cepstrum[source]
        frames.aperiodicity[place] = final.aperiodicity[source]
        frames.voiced[place] = final.voiced[source]
        frames.gain[place] = frames.gain[end - 1] * 10 ** (rng.uniform(-8, -1) / 20)
        frames.gain[place.stop - 5 : place.stop] *= np.linspace(0.9, 0.1, 5, dtype=np.float32)
        sounding = np.flatnonzero(final.voiced[source[:-1]] == 0)
        return end + (int(sounding[0]) if len(sounding) else len(source) - 2)
    fade = min(int(rng.integers(6, 30)), (end - onset) // 2)
    frames.gain[end - fade : end] *= np.linspace(1, 0, fade, dtype=np.float32) ** 1.2
    return end - int(fade * _OFFSET_GAIN ** (1 / 1.2))


def _voicing_end(frames: Articulation, pitch: SungPitch, following: int, onset: int, consonant: int) -> int:
    """Where the note before `following` ends: its voice stops, or the pitch leaves it, or the next note begins."""
    unvoiced = np.flatnonzero(frames.voiced[onset - consonant : onset] == 0)
    if consonant and len(unvoiced) >= 3:
        return onset - consonant + int(unvoiced[0])
    return min(onset, round(float(pitch.arrivals_s[following]) / FRAME_S)) if consonant else onset


def _inhale(rng: np.random.Generator, frames: Articulation, syllable: Syllable, earliest: int, until: int) -> None:
    """Now and then a breath comes before a line: noise through the open mouth, no note."""
    length = min(int(rng.integers(25, 70)), until - earliest - 12)
    if length < 20 or rng.random() > 0.4:
        return
    stop = until - int(rng.integers(2, 10))
    place = slice(stop - length, stop)
    frames.cepstrum[place] = syllable.cepstrum[syllable.vowel_frame :].mean(axis=0)
    frames.cepstrum[place, 1] *= 0.3  # no voice, so no fall towards the high frequencies
    frames.aperiodicity[place] = 1
    frames.voiced[place] = 0
    shape = np.sin(np.pi * np.linspace(0, 1, length)).astype(np.float32)
    frames.gain[place] = 10 ** (rng.uniform(-36, -20) / 20) * shape


def _blend(frames: Articulation, notes: Sequence[LineNote], onsets: list[int], consonants: list[int]) -> None:
    """Let the mouth take its time: 40 to 60 ms from vowel to vowel, 20 ms from a vowel into a consonant."""
    cepstrum = frames.cepstrum
    for index in range(1, len(notes)):
        if notes[index - 1].offset_s < notes[index].onset_s:
            continue
        middle, half = onsets[index] - consonants[index], 2 if consonants[index] else 5
        left, right = cepstrum[middle - half - 1].copy(), cepstrum[middle + half].copy()
        part = np.linspace(0, 1, 2 * half + 2, dtype=np.float32)[1:-1, None]
        cepstrum[middle - half : middle + half] = left * (1 - part) + right * part
    cepstrum[1:-1] = 0.25 * cepstrum[:-2] + 0.5 * cepstrum[1:-1] + 0.25 * cepstrum[2:]
