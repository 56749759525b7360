"""Songs of the MIDI corpora whose beats and bars are known, for the fit to see more than what is composed here.

Folk tunes with chords (nottingham), drummers who played to a click (groove) and whole bands (freedoom).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.rhythm.songs import Song
from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.rhythm.metres import METRES, Metre

EXCERPT_S = (20.0, 60.0)
SPEEDS = (0.75, 1.3)  # of folk tunes, which are all stored at 120
SHORTEST_EXCERPT_BARS = 6
# Hi-hat edges and a tom's rim of the drum module that groove was played on.
GROOVE_KEYS = {22: 42, 26: 46, 58: 43}
_OF_SIGNATURE = {metre.signature: metre for metre in reversed(METRES)}
SWUNG = ("swing", "shuffle", "jazz")


def files(midi: Path) -> list[Path]:
    """Those of `midi/` that songs are read of, the held out ones left out, in a fixed order."""
    found = [path for name in ("nottingham", "freedoom") for path in sorted((midi / name).rglob("*.mid"))[:-8]]
    with (midi / "groove" / "info.csv").open(encoding="utf-8", newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["beat_type"] == "beat" and row["split"] == "train"]
    return found + [midi / "groove" / row["midi_filename"] for row in rows]


def songs(rng: np.random.Generator, paths: list[Path]) -> Iterator[Song]:
    """An excerpt of every file whose bars are all alike and known."""
    for path in paths:
        song = excerpt(rng, path)
        if song is not None:
            yield song


def excerpt(rng: np.random.Generator, path: Path) -> Song | None:
    """An excerpt of a MIDI file; None if its metre changes, is none of METRES, or it is too short."""
    import symusic

    score: Any = symusic.Score(path)
    metre = _metre(score, swung=any(style in path.name for style in SWUNG))
    if metre is None:
        return None
    timed = score.to("second")
    is_folk = "nottingham" in path.parts
    speed = float(np.exp(rng.uniform(*np.log(SPEEDS)))) if is_folk else 1.0
    first_bar = _first_bar(score, metre) if is_folk else 0.0
    if first_bar is None:
        return None
    beats_s = _beat_times_s(score, metre.beat_quarters, first_bar) / speed
    length_s = rng.uniform(*EXCERPT_S)
    latest_s = max(0.0, float(beats_s[-1]) - length_s)
    start_s = float(rng.uniform(0.0, latest_s))
    inside = np.flatnonzero((beats_s >= start_s) & (beats_s <= start_s + length_s))
    if len(inside) < SHORTEST_EXCERPT_BARS * metre.beats:
        return None
    notes, hits = [], []
    for track in timed.tracks:
        for note in track.notes:
            onset_s = note.start / speed - start_s
            if not 0.0 <= onset_s <= length_s or note.velocity < 1:
                continue
            if track.is_drum:
                hits.append(DrumHit(onset_s, GROOVE_KEYS.get(note.pitch, note.pitch), note.velocity))
            else:
                ends_s = onset_s + max(0.03, note.duration / speed)
                notes.append(Note(onset_s, ends_s, note.pitch, note.velocity))
    found_s = beats_s[inside] - start_s
    beats_per_minute = 60.0 / float(np.median(np.diff(found_s)))
    first = int(-inside[0]) % metre.beats
    return Song(tuple(sorted(notes)), tuple(sorted(hits)), metre, beats_per_minute, found_s, first, length_s, False)


def _metre(score: Any, *, swung: bool) -> Metre | None:
    signatures = {f"{found.numerator}/{found.denominator}" for found in score.time_signatures} or {"4/4"}
    if len(signatures) != 1:
        return None
    signature = signatures.pop()
    if swung:
        return next((metre for metre in METRES if metre.signature == signature and metre.swung), None)
    return _OF_SIGNATURE.get(signature)


def _first_bar(score: Any, metre: Metre) -> float | None:
    """Where a bar of a folk tune begins, in quarters: its upbeat moves all of its bars, and chords tell by how much.

    None where they do not.
    """
    quarter = score.ticks_per_quarter
    tracks = score.tracks
    if len(tracks) < 2:
        return None
    bar = metre.beats * metre.beat_quarters
    at = np.rint(np.array([note.start for note in tracks[1].notes]) / quarter % bar * 2).astype(int) % round(bar * 2)
    if not len(at):
        return None
    counted = np.bincount(at, minlength=round(bar * 2))
    order = np.argsort(-counted)
    return float(order[0] / 2) if counted[order[0]] > 1.3 * counted[order[1]] else None


def _beat_times_s(score: Any, beat_quarters: float, first_bar: float) -> NDArray[np.float64]:
    """Of all beats from the first bar on that begins after the start."""
    quarter = score.ticks_per_quarter
    tempos = [(tempo.time, tempo.mspq) for tempo in score.tempos] or [(0, 500_000)]
    ticks = np.array([0] + [time for time, _ in tempos if time > 0], np.float64)
    s_per_tick = np.array([tempos[0][1]] + [us for time, us in tempos if time > 0]) * 1e-6 / quarter
    starts_s = np.concatenate([[0.0], np.cumsum(np.diff(ticks) * s_per_tick[:-1])])
    at = np.arange(first_bar * quarter, score.end(), beat_quarters * quarter)
    section = np.searchsorted(ticks, at, side="right") - 1
    return np.asarray(starts_s[section] + (at - ticks[section]) * s_per_tick[section])
