"""Piano passages whose pedal is known: excerpts of POP909 with its own pedal, and any music with a drawn one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.harmony import draw_setting
from mp3tomidi.augment.labels import NOTE, by_onset
from mp3tomidi.augment.music.arranging import LEAD_S, enliven, fit_range, tidy, transpose
from mp3tomidi.augment.music.corpora import HELD_OUT_SONGS
from mp3tomidi.augment.music.excerpts import cut, draw_start_s
from mp3tomidi.augment.music.part_writing import write_keys
from mp3tomidi.augment.music.pedalling import PEDAL, Performance, draw_pedal, held_by_hands, tidy_presses
from mp3tomidi.transcribe.errors import LabelsError

_CORPUS = "pop909"
_PIANO, _TUNE = "PIANO", "MELODY"
_OWN_PEDAL_SHARE, _SONG_SHARE = (
    0.35,
    0.25,
)  # of the passages: songs with their own pedal, with a drawn one; else written
_NO_PEDAL_SHARE = 0.18  # of the passages with drawn pedalling: none at all
_SUSTAIN_CONTROL, _HALF = 64, 64


@dataclass(frozen=True)
class _Song:
    piano: Performance
    tune: NDArray[np.void]  # dtype NOTE


class PedalledPassages:
    """Draws performances on the piano; the same state of the generator gives the same one.

    held_out: from the songs that training never sees, instead of from all others.
    Raises LabelsError where there are no songs below `data_root`/midi.
    """

    def __init__(self, data_root: Path, *, held_out: bool = False) -> None:
        folder = data_root / "midi" / _CORPUS
        paths = sorted(folder.rglob("*.mid"))
        chosen = paths[-HELD_OUT_SONGS:] if held_out else paths[:-HELD_OUT_SONGS]
        self._songs = [song for path in chosen if (song := _read(path)) is not None]
        if not self._songs:
            raise LabelsError(f"{folder}: no songs with a piano; name the folder that holds midi/ by --data")

    def draw(self, rng: np.random.Generator, *, lowest: int, highest: int, duration_s: float) -> Performance:
        """Keys from lowest to highest MIDI pitch and pedal from -LEAD_S to duration_s, a held note's end behind it."""
        kind = rng.random()
        if kind < _OWN_PEDAL_SHARE + _SONG_SHARE:
            drawn = self._excerpt(rng, duration_s, own_pedal=kind < _OWN_PEDAL_SHARE)
        else:
            keys = by_onset(write_keys(rng, "piano", draw_setting(rng, -LEAD_S, duration_s), lowest, highest))
            keys = held_by_hands(rng, keys)
            drawn = Performance(keys, _drawn_pedal(rng, keys))
        keys = tidy(fit_range(rng, drawn.keys, lowest, highest), lowest, highest, duration_s)
        pedal = drawn.pedal[drawn.pedal["up_s"] > -LEAD_S]
        return Performance(keys, pedal[pedal["down_s"] < duration_s])

    def _excerpt(self, rng: np.random.Generator, duration_s: float, *, own_pedal: bool) -> Performance:
        song = self._songs[int(rng.integers(len(self._songs)))]
        speed = rng.uniform(0.7, 1.5)
        start_s = draw_start_s(rng, song.piano.keys, duration_s, speed)
        played = [song.piano.keys, song.tune] if rng.random() < 0.5 else [song.piano.keys]
        keys = np.concatenate([cut(notes, start_s, duration_s, speed) for notes in played])
        keys = held_by_hands(rng, by_onset(enliven(rng, transpose(keys, int(rng.integers(-6, 7))))))
        if not own_pedal:
            return Performance(keys, _drawn_pedal(rng, keys))
        pedal = song.piano.pedal.copy()
        for edge in ("down_s", "up_s"):
            pedal[edge] = (pedal[edge] - start_s) / speed
        return Performance(keys, pedal)


def _drawn_pedal(rng: np.random.Generator, keys: NDArray[np.void]) -> NDArray[np.void]:
    return np.zeros(0, PEDAL) if rng.random() < _NO_PEDAL_SHARE else draw_pedal(rng, keys)


def _read(path: Path) -> _Song | None:
    """A song's piano and tune; None where it has no piano. Raises LabelsError where it cannot be read."""
    import symusic

    try:
        opened: Any = symusic.Score(path)
    except (RuntimeError, ValueError) as error:
        raise LabelsError(f"{path}: not a MIDI file ({error}); remove it or copy it again") from error
    tracks = {track.name: track for track in opened.to("second").tracks if len(track.notes)}
    if _PIANO not in tracks:
        return None
    piano = Performance(_keys(tracks[_PIANO]), _presses(tracks[_PIANO]))
    return _Song(piano, _keys(tracks[_TUNE]) if _TUNE in tracks else piano.keys[:0])


def _keys(track: Any) -> NDArray[np.void]:
    columns = track.notes.numpy()
    keys = np.zeros(len(columns["time"]), NOTE)
    keys["onset_s"] = columns["time"]
    keys["offset_s"] = columns["time"].astype(np.float64) + columns["duration"]
    keys["pitch"], keys["velocity"] = columns["pitch"], columns["velocity"]
    return keys[np.argsort(keys["onset_s"], kind="stable")]


def _presses(track: Any) -> NDArray[np.void]:
    controls = track.controls.numpy()
    of_pedal = controls["number"] == _SUSTAIN_CONTROL
    times_s, is_down = controls["time"][of_pedal].astype(np.float64), controls["value"][of_pedal] >= _HALF
    order = np.argsort(times_s, kind="stable")
    times_s, is_down = times_s[order], is_down[order]
    changed = np.flatnonzero(np.diff(is_down, prepend=False))
    downs, ups = changed[::2], changed[1::2]
    presses = np.zeros(len(ups), PEDAL)
    presses["down_s"], presses["up_s"] = times_s[downs[: len(ups)]], times_s[ups]
    return tidy_presses(presses)
