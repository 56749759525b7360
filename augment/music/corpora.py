"""The MIDI corpora, read once into flat arrays and kept in a file; songs of mma_grooves.py and scores.py beside them.

A corpus is a folder of MIDI files below `midi/` of the data root; one file is a song, one track with notes a
part. The sustain pedal is applied while reading: a note lasts until the pedal lifts or its key is struck
again, because that is what sounds. The last songs of every corpus are held out: training never draws from
them, so that examples and tests can be made of music that no network has been taught.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import LabelsError

FOLDERS = ("pop909", "nottingham", "freedoom", "groove")
CORPORA = (*FOLDERS, "mma", "lieder", "openewld")  # caches hold indices into it: append only
HELD_OUT_SONGS = 8  # of each corpus, the last ones by name

# Raise the number when what is stored changes: older caches are then built again.
CACHE_NAME = "corpora-2.npz"
GROOVES_CACHE_NAME = "grooves-1.npz"
SCORES_CACHE_NAME = "scores-1.npz"
CACHE_NAMES = (CACHE_NAME, GROOVES_CACHE_NAME, SCORES_CACHE_NAME)

SCORE_NOTE = np.dtype(
    [
        ("onset_s", np.float32),
        ("offset_s", np.float32),  # with the pedal applied
        ("pitch", np.uint8),  # of a drum part: the General MIDI drum key
        ("velocity", np.uint8),
    ]
)
PART = np.dtype(
    [
        ("song", np.int32),
        ("first_note", np.int32),
        ("note_count", np.int32),
        ("program", np.int32),  # General MIDI, 0-based
        ("is_drums", np.bool_),
        ("polyphony", np.float32),  # mean number of notes sounding just after an onset
    ]
)
SONG = np.dtype(
    [
        ("corpus", np.int32),  # index into CORPORA
        ("first_part", np.int32),
        ("part_count", np.int32),
        ("first_beat", np.int32),
        ("beat_count", np.int32),
        ("beats_per_bar", np.int32),  # in quarter notes
        ("held_out", np.bool_),
    ]
)

# Roland TD-11 keys that General MIDI kits are mostly silent on: hi-hat edges (closed, open) and a tom's rim.
_GROOVE_KEYS = {22: 42, 26: 46, 58: 43}


@dataclass(frozen=True)
class Corpora:
    """All songs: parts of a song and notes of a part lie next to each other, notes sorted by onset.

    notes: SCORE_NOTE [notes]; parts: PART [parts]; songs: SONG [songs]; beats_s: float32 [beats], the times
    of the quarter notes of each song; names: "corpus/file" of each song.
    """

    notes: NDArray[np.void]
    parts: NDArray[np.void]
    songs: NDArray[np.void]
    beats_s: NDArray[np.float32]
    names: NDArray[np.str_]

    def part_notes(self, part: int) -> NDArray[np.void]:
        """The notes (SCORE_NOTE) of one part."""
        first = int(self.parts["first_note"][part])
        return self.notes[first : first + int(self.parts["note_count"][part])]

    def song_parts(self, song: int) -> range:
        """The indices of the parts of one song."""
        first = int(self.songs["first_part"][song])
        return range(first, first + int(self.songs["part_count"][song]))

    def song_beats_s(self, song: int) -> NDArray[np.float32]:
        """The times of the beats (quarter notes) of one song, ascending."""
        first = int(self.songs["first_beat"][song])
        return self.beats_s[first : first + int(self.songs["beat_count"][song])]


@dataclass(frozen=True)
class SongFile:
    """A MIDI file to be read: of which corpus, under which name, and whether training may see it."""

    corpus: str
    name: str
    path: Path
    held_out: bool


def load(data_root: Path, cache_folder: Path) -> Corpora:
    """Return the corpora from the cache, reading `data_root/midi` and writing the cache where there is none.

    Grooves and scores are part of them where `mp3tomidi-augment grooves` and `scores` have put theirs into the same
    folder.

    Raises
    ------
    LabelsError
        If there is no cache, and no MIDI file below `data_root/midi` or one that cannot be read.
    """
    cache = Path(cache_folder) / CACHE_NAME
    if cache.exists():
        corpora = _stored(cache)
    else:
        corpora = read(data_root)
        store(corpora, cache)
    for name in (GROOVES_CACHE_NAME, SCORES_CACHE_NAME):
        more = Path(cache_folder) / name
        corpora = join(corpora, _stored(more)) if more.exists() else corpora
    return corpora


def store(corpora: Corpora, cache: Path) -> None:
    """Write a cache; beside it and renamed, so that an interrupted or a second build never leaves half a file."""
    cache.parent.mkdir(parents=True, exist_ok=True)
    unfinished = cache.with_suffix(f".{os.getpid()}.part")
    with unfinished.open("wb") as file:
        np.savez(file, **{field.name: getattr(corpora, field.name) for field in fields(Corpora)})
    unfinished.replace(cache)


def _stored(cache: Path) -> Corpora:
    with np.load(cache) as stored:
        return Corpora(**{field.name: stored[field.name] for field in fields(Corpora)})


def join(first: Corpora, second: Corpora) -> Corpora:
    """The songs of both, those of the first before those of the second."""
    parts, songs = second.parts.copy(), second.songs.copy()
    parts["song"] += len(first.songs)
    parts["first_note"] += len(first.notes)
    songs["first_part"] += len(first.parts)
    songs["first_beat"] += len(first.beats_s)
    return Corpora(
        notes=np.concatenate([first.notes, second.notes]),
        parts=np.concatenate([first.parts, parts]),
        songs=np.concatenate([first.songs, songs]),
        beats_s=np.concatenate([first.beats_s, second.beats_s]),
        names=np.concatenate([first.names, second.names]),
    )


def read(data_root: Path) -> Corpora:
    """Read every MIDI file of the corpora below `data_root/midi`; see `load` for what is raised."""
    files = []
    for corpus in FOLDERS:
        folder = Path(data_root) / "midi" / corpus
        paths = sorted(folder.rglob("*.mid"))
        for index, path in enumerate(paths):
            name = path.relative_to(folder).with_suffix("").as_posix()
            files.append(SongFile(corpus, name, path, index >= len(paths) - HELD_OUT_SONGS))
    corpora = read_songs(files)
    if not len(corpora.songs):
        wanted = ", ".join(FOLDERS)
        raise LabelsError(f"{Path(data_root) / 'midi'}: no MIDI files in {wanted}; name the folder that holds midi/")
    return corpora


def read_songs(files: Iterable[SongFile]) -> Corpora:
    """Read MIDI files; those without a note are left out. Raises LabelsError for one that cannot be read."""
    import symusic

    notes: list[NDArray[np.void]] = [np.zeros(0, SCORE_NOTE)]
    parts: list[tuple[Any, ...]] = []
    songs: list[tuple[Any, ...]] = []
    beats: list[NDArray[np.float32]] = [np.zeros(0, np.float32)]
    names: list[str] = []
    note_total = beat_total = 0
    for file in files:
        try:
            score: Any = symusic.Score(file.path)
        except (RuntimeError, ValueError) as error:
            raise LabelsError(f"{file.path}: not a MIDI file ({error}); remove it or copy it again") from error
        first_part = len(parts)
        for track in score.to("second").tracks:
            if not len(track.notes):
                continue
            part = read_track(track, file.corpus)
            is_drums = bool(track.is_drum)
            parts.append((len(songs), note_total, len(part), track.program, is_drums, mean_polyphony(part)))
            notes.append(part)
            note_total += len(part)
        if len(parts) == first_part:
            continue
        song_beats = _beat_times_s(score)
        part_count, beat_count, metre = len(parts) - first_part, len(song_beats), _beats_per_bar(score)
        corpus = CORPORA.index(file.corpus)
        songs.append((corpus, first_part, part_count, beat_total, beat_count, metre, file.held_out))
        beats.append(song_beats)
        beat_total += len(song_beats)
        names.append(f"{file.corpus}/{file.name}")
    return Corpora(
        notes=np.concatenate(notes),
        parts=np.array(parts, PART),
        songs=np.array(songs, SONG),
        beats_s=np.concatenate(beats),
        names=np.array(names, np.str_),
    )


def apply_pedal(
    onset_s: NDArray[np.float64],
    offset_s: NDArray[np.float64],
    pitch: NDArray[np.int64],
    pedal_s: NDArray[np.float64],
    pedal_down: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return until when each note sounds, given the times and states of the sustain pedal.

    A key that is released while the pedal is down sounds on until the pedal lifts (at the latest until the
    last key of all is released) or until the same key is struck again.
    """
    if not len(onset_s):
        return offset_s
    order = np.argsort(pedal_s, kind="stable")
    pedal_s, pedal_down = pedal_s[order], pedal_down[order]
    sounding_until_s = offset_s.copy()
    if len(pedal_s):
        state = np.searchsorted(pedal_s, offset_s, side="right") - 1
        held = (state >= 0) & pedal_down[np.maximum(state, 0)]
        lifts_s = np.append(pedal_s[~pedal_down], np.inf)
        lift_s = lifts_s[np.searchsorted(lifts_s, offset_s, side="right")]
        lift_s = np.minimum(lift_s, max(float(offset_s.max()), float(pedal_s[-1])))
        sounding_until_s[held] = np.maximum(offset_s, lift_s)[held]
    by_key = np.lexsort((onset_s, pitch))
    same_key = pitch[by_key[1:]] == pitch[by_key[:-1]]
    earlier, later = by_key[:-1][same_key], by_key[1:][same_key]
    sounding_until_s[earlier] = np.minimum(sounding_until_s[earlier], onset_s[later])
    return sounding_until_s


def mean_polyphony(notes: NDArray[np.void]) -> float:
    """Return how many notes sound on average 30 ms after an onset, so that legato does not count as two."""
    at_s = notes["onset_s"] + 0.03
    begun = np.searchsorted(np.sort(notes["onset_s"]), at_s, side="right")
    ended = np.searchsorted(np.sort(notes["offset_s"]), at_s, side="right")
    return float(np.mean(np.maximum(begun - ended, 1)))


def read_track(track: Any, corpus: str) -> NDArray[np.void]:
    """The notes (SCORE_NOTE) of one of symusic's tracks in seconds, pedal applied, sorted by onset.

    `corpus`: the drums of "groove" are given General MIDI's keys; any other name leaves all as they are.
    """
    columns = track.notes.numpy()
    onset_s = columns["time"].astype(np.float64)
    offset_s = onset_s + columns["duration"]
    pitch = columns["pitch"].astype(np.int64)
    if track.is_drum:
        if corpus == "groove":
            for roland_key, key in _GROOVE_KEYS.items():
                pitch[pitch == roland_key] = key
    else:
        controls = track.controls.numpy()
        is_pedal = controls["number"] == 64
        pedal_s = controls["time"][is_pedal].astype(np.float64)
        offset_s = apply_pedal(onset_s, offset_s, pitch, pedal_s, controls["value"][is_pedal] >= 64)
    notes = np.zeros(len(onset_s), SCORE_NOTE)
    notes["onset_s"], notes["offset_s"] = onset_s, offset_s
    notes["pitch"], notes["velocity"] = pitch, columns["velocity"]
    return notes[np.lexsort((pitch, onset_s))]


def _beats_per_bar(score: Any) -> int:
    """Quarter notes in the first bar; four where the file says nothing or, as POP909 mostly does, 1/4."""
    for signature in score.time_signatures[:1]:
        quarters = round(4 * signature.numerator / signature.denominator)
        if 2 <= quarters <= 8:
            return int(quarters)
    return 4


def _beat_times_s(score: Any) -> NDArray[np.float32]:
    """The times of all quarter notes from the start to the end of a score in ticks."""
    changes = {0: 120.0} | {int(tempo.time): float(tempo.qpm) for tempo in score.tempos}
    ticks = np.array(sorted(changes), dtype=np.float64)
    s_per_tick = np.array([60.0 / changes[int(tick)] / score.ticks_per_quarter for tick in ticks])
    change_s = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * s_per_tick[:-1])])
    beat_ticks = np.arange(0, score.end() + 1, score.ticks_per_quarter)
    change = np.searchsorted(ticks, beat_ticks, side="right") - 1
    beats: NDArray[np.float32] = change_s[change] + (beat_ticks - ticks[change]) * s_per_tick[change]
    return beats.astype(np.float32)
