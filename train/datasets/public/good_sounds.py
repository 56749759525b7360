"""good-sounds (Romani Picas et al. 2015): single notes and scales of twelve instruments, well and badly played.

Licence: CC BY-SA 4.0. Split: none. Layout, as mirdata's ("good-sounds" may be missing from it):

    takes.json    sounds.json    packs.json    ratings.json    good-sounds/sound_files/PACK/MICROPHONE/0000.wav

Classes are the instruments. Single notes whose onset was marked are labelled as notes, too; the rate of the marks is
48 kHz, and the set's octaves are one below MIDI's.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.datasets.public.checked import checked_notes
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.public.mirdata_index import (
    index_of,
    metadata_of,
    open_mirdata,
    read_annotation,
    tracks_of,
)
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

MARK_RATE_HZ = 48_000
LOWEST_OCTAVE = 12  # semitones that MIDI counts before the set's octave 0
PROGRAMS = {
    "flute": 73,
    "piccolo": 72,
    "cello": 42,
    "violin": 40,
    "bass": 43,
    "clarinet": 71,
    "trumpet": 56,
    "oboe": 68,
    "sax_soprano": 64,
    "sax_alto": 65,
    "sax_tenor": 66,
    "sax_baritone": 67,
}


def read(folder: Path) -> Iterator[Recording]:
    """The takes of the set. Raises LabelsError where its tables are missing or damaged."""
    dataset = open_mirdata("good_sounds", found_folder(folder), {})
    table = metadata_of(dataset, folder / "takes.json")
    below = found_folder(folder, "good-sounds")
    sounds = {number: below / take["filename"] for number, take in table["takes"].items()}
    dataset._index["tracks"] = index_of({number: {"audio": path} for number, path in sounds.items()}, folder)
    for number, track in tracks_of(dataset, lambda number: sounds[number]):
        if not is_there(sounds[number]):
            continue
        try:
            about = read_annotation(folder / "sounds.json", lambda track=track: track.sound_info)  # type: ignore[misc]
        except LabelsError as error:
            leave_out(sounds[number], str(error))
            continue
        instrument = about["instrument"]
        notes = partial(_note, sounds[number], about) if _is_marked(about) else None
        yield Recording(f"{instrument}-{number}", "good_sounds", sounds[number], notes, classes=(instrument,))


def _is_marked(about: dict[str, Any]) -> bool:
    """Whether it is a single note whose start, end and pitch are known."""
    known = all(about.get(name) is not None for name in ("attack", "offset", "semitone"))
    return known and "scale" not in str(about.get("klass", ""))


def _note(sound: Path, about: dict[str, Any]) -> NDArray[np.void]:
    try:
        onset_s, offset_s = (float(about[name]) / MARK_RATE_HZ for name in ("attack", "offset"))
        row = (onset_s, offset_s, float(about["semitone"]) + LOWEST_OCTAVE, 0.0)
    except (TypeError, ValueError) as error:
        raise LabelsError(f"{sound}: sounds.json does not say where its note lies ({error})") from error
    return checked_notes(sound, np.array([row]), PROGRAMS.get(about["instrument"], -1))
