"""Passages: excerpts of the MIDI corpora and generated music, fitted to an instrument's range.

A passage lasts from 0 to duration_s. Its onsets lie between -1.5 s and duration_s, so that notes which began
earlier sound at its start; a note that is held beyond the end keeps its true end, at most 1.5 s later, as a
key that is still down there must not be labelled as released. Every passage is tidy: sorted by onset, notes
of 30 ms or more, of one pitch at least 50 ms from onset to onset and never overlapping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.patterns import write_drums
from mp3tomidi.augment.harmony import Setting, draw_setting, find_setting, semitones_between
from mp3tomidi.augment.labels import empty_drum_hits, empty_notes
from mp3tomidi.augment.music import corpora as midi
from mp3tomidi.augment.music.arranging import LEAD_S, enliven, fit_range, press_pedal, single_line, tidy, transpose
from mp3tomidi.augment.music.corpora import Corpora
from mp3tomidi.augment.music.excerpts import as_hits, cut, draw_start_s, within
from mp3tomidi.augment.music.part_writing import write
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH, PROGRAMS

EXCERPT_SHARE = 0.5  # of the passages; the others are written
_MONOPHONIC_SHARE = {"bass": 0.93, "winds": 0.85, "voice": 0.85}  # of the family's excerpts
_OTHER_MONOPHONIC_SHARE = 0.25
_LINE_POLYPHONY = 1.15  # up to here a part counts as a single line
_CORPUS_WEIGHTS = {"pop909": 0.55, "nottingham": 0.15, "freedoom": 0.3, "lieder": 0.3, "openewld": 0.15}
_ROCK_CORPUS, _ROCK_CORPUS_SHARE = "freedoom", 0.7  # of rock bands: most of its songs are rock and metal
_NAMES_INSTRUMENTS = ("freedoom", "mma", "lieder", "openewld")
# Drummers play mostly kick, snare and hats (see drums/patterns.py, STYLE_SHARES): half is written.
_DRUM_WEIGHTS = {"groove": 0.45, "freedoom": 0.15, "written": 0.4}
_PEDAL_FAMILIES = ("piano", "keys", "guitar", "strings", "synth")
_PEDAL_SHARE = 0.33  # of their chords: notes ring on, by a pedal that changes every so many seconds
_PEDAL_CHANGE_S = (0.4, 2.2)
_BASS_LINE_SHARE = 0.6  # of a bass's excerpts: from a part that a bass plays in its song, where there are such
_WITH_TUNE_SHARE = 0.6  # of excerpts for keyboards: the tune with its chords, as pianists play songs
_EXCERPT_SPEED = (0.7, 1.5)  # songs at three quarters of their tempo and half as fast again are still music
_DRUM_SPEED = (0.75, 1.35)  # a drummer's performance less: its fills would no longer be playable
_TRANSPOSED = (-6, 7)  # semitones, the last one excluded: all twelve keys
_DOUBLED_SHARE = 0.4  # of instruments for which a song has no part: they double one, the others are written

# Where a part of an ensemble lies when the caller names no instrument's range.
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
# How well a line and chords suit a family, in songs that name no instruments.
_SUITS_LINE = {"voice": 1.0, "winds": 1.0, "strings": 0.6, "synth": 0.5, "guitar": 0.4, "keys": 0.4, "piano": 0.3}
_SUITS_CHORDS = {"piano": 1.0, "keys": 0.8, "guitar": 0.7, "strings": 0.4, "synth": 0.4, "bass": 0.4}


@dataclass(frozen=True)
class Band:
    """Parts that belong together, (family, notes), and the drums that go with them."""

    parts: list[tuple[str, NDArray[np.void]]]
    drum_hits: NDArray[np.void]


@dataclass(frozen=True)
class _Moment:
    """An excerpt of a whole song: notes of each part that plays in it, drum hits (or none), its setting."""

    parts: dict[int, NDArray[np.void]]
    drum_hits: NDArray[np.void]
    setting: Setting
    duration_s: float


class Passages:
    """Draws passages from corpora and generators; the same state of the generator gives the same passage.

    held_out: draw from the songs that training never sees, instead of from all others.
    """

    def __init__(self, corpora: Corpora, *, held_out: bool = False) -> None:
        self._corpora = corpora
        parts, songs = corpora.parts, corpora.songs
        drawable = songs["held_out"][parts["song"]] == held_out
        pitched = drawable & ~parts["is_drums"] & (parts["note_count"] >= 8)
        self._family = np.array([PROGRAMS[n].family if n in PROGRAMS else "" for n in range(128)])[parts["program"]]
        line = parts["polyphony"] < _LINE_POLYPHONY
        self._lines = self._by_corpus(pitched & line & (self._family != "bass"))
        self._bass_lines = self._by_corpus(pitched & line & (self._family == "bass"))
        self._chords = self._by_corpus(pitched & ~line)
        self._drums = self._by_corpus(drawable & parts["is_drums"])
        self._pitched = self._by_corpus(pitched)
        self._grooves = np.flatnonzero(pitched & (songs["corpus"][parts["song"]] == midi.CORPORA.index("mma")))

    @property
    def has_grooves(self) -> bool:
        """Whether `draw_ensemble` may be asked for a groove."""
        return bool(len(self._grooves))

    @classmethod
    def open(cls, data_root: Path, cache_folder: Path, *, held_out: bool = False) -> Passages:
        """Passages of the corpora below data_root/midi, read through the cache; see `corpora.load`."""
        return cls(midi.load(data_root, cache_folder), held_out=held_out)

    def draw(
        self, rng: np.random.Generator, *, family: str, lowest: int, highest: int, duration_s: float
    ) -> NDArray[np.void]:
        """Draw what one instrument plays: notes (dtype NOTE, clip 0) from lowest to highest MIDI pitch.

        Raises
        ------
        ValueError
            If the range holds no pitch of a piano.
        """
        lowest, highest = _playable(lowest, highest)
        if rng.random() < EXCERPT_SHARE:
            excerpt = transpose(self._draw_excerpt(rng, family, duration_s), int(rng.integers(*_TRANSPOSED)))
            notes = tidy(fit_range(rng, excerpt, lowest, highest), lowest, highest, duration_s)
            if len(notes):
                return notes
        setting = draw_setting(rng, -LEAD_S, duration_s)
        return tidy(write(rng, family, setting, lowest, highest), lowest, highest, duration_s)

    def draw_ensemble(
        self,
        rng: np.random.Generator,
        *,
        families: Sequence[str],
        duration_s: float,
        ranges: Sequence[tuple[int, int]] | None = None,
        scale: NDArray[np.int64] | None = None,
        groove: bool = False,
        rock: bool = False,
    ) -> Band:
        """Draw parts that belong together, in the order of the families, and their drums.

        ranges: the (lowest, highest) pitch of each part's instrument; by default what suits the family.
        scale: pitch classes of someone else's music, to whose key the parts are transposed; groove: the song is
        a groove rather than of another corpus; rock: mostly a song of the corpus that holds rock.
        The parts are those of one moment of one song, in one tempo and key. Families that the song lacks double
        another part or are written in the song's key, chords and beats. The drums are the song's own, or written
        ones on its beats.
        """
        moment = self._draw_moment(rng, duration_s, groove=groove, rock=rock)
        parts = self._arrange(rng, moment, families, ranges, scale)
        hits = moment.drum_hits if len(moment.drum_hits) else write_drums(rng, moment.setting)
        return Band(parts, within(hits, duration_s))

    def draw_drums(self, rng: np.random.Generator, *, duration_s: float) -> NDArray[np.void]:
        """Draw what a drummer plays: hits (dtype DRUM_HIT, clip 0), sorted, from -1.5 s to duration_s."""
        source = _choose(
            rng, [name for name in _DRUM_WEIGHTS if name in self._drums or name == "written"], _DRUM_WEIGHTS
        )
        if source == "written":
            return within(write_drums(rng, draw_setting(rng, -LEAD_S, duration_s)), duration_s)
        score = self._corpora.part_notes(int(rng.choice(self._drums[source])))
        speed = rng.uniform(*_DRUM_SPEED)
        hits = as_hits(rng, cut(score, draw_start_s(rng, score, duration_s, speed), duration_s, speed))
        return within(hits, duration_s)

    def _by_corpus(self, chosen: NDArray[np.bool_]) -> dict[str, NDArray[np.int64]]:
        """The indices of the chosen parts, by the name of their corpus; no empty ones, and no grooves."""
        corpus = self._corpora.songs["corpus"][self._corpora.parts["song"]]
        groups = {name: np.flatnonzero(chosen & (corpus == i)) for i, name in enumerate(midi.CORPORA) if name != "mma"}
        return {name: group for name, group in groups.items() if len(group)}

    def _draw_excerpt(self, rng: np.random.Generator, family: str, duration_s: float) -> NDArray[np.void]:
        line = rng.random() < _MONOPHONIC_SHARE.get(family, _OTHER_MONOPHONIC_SHARE)
        groups = self._lines if line else self._chords
        if family == "bass" and self._bass_lines and rng.random() < _BASS_LINE_SHARE:
            groups = self._bass_lines
        if not groups:
            return empty_notes()
        corpora = self._corpora
        corpus = _choose(rng, list(groups), _CORPUS_WEIGHTS)
        part = int(rng.choice(groups[corpus]))
        speed = rng.uniform(*_EXCERPT_SPEED)
        start_s = draw_start_s(rng, corpora.part_notes(part), duration_s, speed)
        played = [part]
        if family in ("piano", "keys") and not line and corpus != "freedoom" and rng.random() < _WITH_TUNE_SHARE:
            played = list(corpora.song_parts(int(corpora.parts["song"][part])))  # with the tune, as pianists do
        cuts = [cut(corpora.part_notes(index), start_s, duration_s, speed) for index in played]
        notes = enliven(rng, np.concatenate(cuts))
        if not line and family in _PEDAL_FAMILIES and rng.random() < _PEDAL_SHARE:
            changes_s = np.cumsum(np.append(-2.0, rng.uniform(*_PEDAL_CHANGE_S, int(duration_s * 2) + 12)))
            notes = press_pedal(notes, changes_s)
        return notes

    def _draw_moment(
        self, rng: np.random.Generator, duration_s: float, *, groove: bool = False, rock: bool = False
    ) -> _Moment:
        corpora = self._corpora
        if groove:
            anchor = int(rng.choice(self._grooves))
        elif rock and _ROCK_CORPUS in self._pitched and rng.random() < _ROCK_CORPUS_SHARE:
            anchor = int(rng.choice(self._pitched[_ROCK_CORPUS]))
        else:
            anchor = int(rng.choice(self._pitched[_choose(rng, list(self._pitched), _CORPUS_WEIGHTS)]))
        song = int(corpora.parts["song"][anchor])
        speed = rng.uniform(*_EXCERPT_SPEED)
        start_s = draw_start_s(rng, corpora.part_notes(anchor), duration_s, speed)
        parts, hits = {}, empty_drum_hits()
        for part in corpora.song_parts(song):
            notes = cut(corpora.part_notes(part), start_s, duration_s, speed)
            if corpora.parts["is_drums"][part]:
                hits = np.concatenate([hits, as_hits(rng, notes)])
            elif len(notes):
                parts[part] = enliven(rng, notes)
        metre = int(corpora.songs["beats_per_bar"][song])
        beats_s = (corpora.song_beats_s(song).astype(np.float64) - start_s) / speed
        first, last = np.searchsorted(beats_s, [-LEAD_S, duration_s + 1.0])
        beats_s = beats_s[max(int(first) - 1, 0) // metre * metre : last + 1]
        if len(beats_s) < 2:  # a note after the last beat of its song
            beats_s = np.arange(-LEAD_S, duration_s + 1.0, 0.5)
        sounding = np.concatenate(list(parts.values()))
        return _Moment(parts, hits[np.argsort(hits["onset_s"])], find_setting(sounding, beats_s, metre), duration_s)

    def _arrange(
        self,
        rng: np.random.Generator,
        moment: _Moment,
        families: Sequence[str],
        ranges: Sequence[tuple[int, int]] | None,
        scale: NDArray[np.int64] | None = None,
    ) -> list[tuple[str, NDArray[np.void]]]:
        ranges = [FAMILY_RANGES[family] for family in families] if ranges is None else ranges
        semitones = int(rng.integers(*_TRANSPOSED))
        if scale is not None:
            semitones = semitones_between(moment.setting.scale, scale)
        setting = moment.setting.transposed(semitones)
        unused = dict(moment.parts)
        arranged = []
        for family, (low, high) in zip(families, ranges, strict=True):
            lowest, highest = _playable(low, high)
            notes = self._choose_part(rng, family, unused, moment.parts)
            if len(notes):
                notes = fit_range(rng, transpose(notes, semitones), lowest, highest)
            else:
                notes = write(rng, family, setting, lowest, highest)
            arranged.append((family, tidy(notes, lowest, highest, moment.duration_s)))
        return arranged

    def _choose_part(
        self,
        rng: np.random.Generator,
        family: str,
        unused: dict[int, NDArray[np.void]],
        song_parts: dict[int, NDArray[np.void]],
    ) -> NDArray[np.void]:
        """A part of the song for a family: of the unused (and then used), or a doubling, or no notes."""
        suits = np.array([self._suits(part, family) for part in unused])
        if len(suits) and rng.random() < suits.max():
            part = list(unused)[int(np.argmax(suits + rng.uniform(0, 0.3, len(suits))))]
            notes = unused.pop(part)
        elif rng.random() < _DOUBLED_SHARE:
            notes = list(song_parts.values())[int(rng.integers(len(song_parts)))]
        else:
            return empty_notes()
        if rng.random() < _MONOPHONIC_SHARE.get(family, 0.0):
            notes = single_line(notes, lowest_notes=family == "bass")
        return notes

    def _suits(self, part: int, family: str) -> float:
        """How well (0 to 1) a song's part suits a family."""
        row = self._corpora.parts[part]
        line = row["polyphony"] < _LINE_POLYPHONY
        suits = (_SUITS_LINE if line else _SUITS_CHORDS).get(family, 0.2)
        if midi.CORPORA[self._corpora.songs["corpus"][row["song"]]] not in _NAMES_INSTRUMENTS:
            return suits
        # These songs name their instruments.
        return 1.0 if self._family[part] == family else 0.4 * suits


def _playable(lowest: int, highest: int) -> tuple[int, int]:
    """The part of an instrument's range that a piano has."""
    if highest < max(lowest, PIANO_LOWEST_PITCH) or lowest > PIANO_HIGHEST_PITCH:
        raise ValueError(f"no pitch from {lowest} to {highest} lies on a piano (21 to 108)")
    return max(lowest, PIANO_LOWEST_PITCH), min(highest, PIANO_HIGHEST_PITCH)


def _choose(rng: np.random.Generator, names: Sequence[str], weights: dict[str, float]) -> str:
    shares = np.cumsum([weights[name] for name in names])
    return names[int(np.searchsorted(shares, rng.random() * shares[-1], side="right"))]
