"""GTZAN (Tzanetakis and Cook 2002): 1,000 excerpts of half a minute, a hundred for each of ten genres.

Licence: none is stated; the excerpts are of commercial recordings. Split: none by its authors. List files beside the
genres (train*.txt, valid*.txt, test*.txt, as those of Kereliuk et al. 2015, which keep artists apart) make one.
Layout: genres/blues/blues.00000.wav or .au or .mp3; "genres" may be called genres_original or be the folder itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mp3tomidi.train.datasets.class_folders import GTZAN_FOLDERS
from mp3tomidi.train.datasets.labelled_recordings import PARTS, find_lists
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.public.mirdata_index import open_mirdata, tracks_of
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.audio.folders import is_visible_sound
from mp3tomidi.transcribe.errors import LabelsError

_NOT_READ = ("beats", "tempo")


def read(folder: Path) -> Iterator[Recording]:
    """The excerpts of the set. Raises LabelsError where there are none, or where a list file cannot be read."""
    root = found_folder(folder, "gtzan_genre")
    for name in GTZAN_FOLDERS:
        root = found_folder(root, name)
    sounds = {path.stem: path for path in sorted(root.glob("*/*")) if is_visible_sound(path.name)}
    if not sounds:
        raise LabelsError(f"{folder}: no GENRE/GENRE.NUMBER.wav in it; name the folder of the genres")
    split_of = _listed(root) or _listed(folder)
    unlisted = sorted(split_of.keys() - sounds.keys())
    for name in unlisted:
        leave_out(root / name, "it is listed, but there is no such file")
    tracks = {name: {"audio": path, **dict.fromkeys(_NOT_READ)} for name, path in sounds.items()}
    for name, track in tracks_of(open_mirdata("gtzan_genre", folder, tracks), lambda name: sounds[name]):
        if split_of and name not in split_of:
            continue  # the lists leave out what is damaged or twice there
        sound = sounds[name]
        if is_there(sound):
            genre = sound.parent.name if track.genre == "hip-hop" else track.genre  # as the folders and tasks say it
            yield Recording(name, "gtzan", sound, classes=(genre,), split=split_of.get(name, ""))


def _listed(root: Path) -> dict[str, str]:
    """The split of each name that the list files say; empty where there are none. Raises LabelsError."""
    lists = find_lists(root)
    if lists is None:
        return {}
    try:
        lines = {part: lists[part].read_text(encoding="utf-8").split() for part in PARTS}
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{root}: a list file cannot be read ({error})") from error
    return {Path(line).stem: part for part in PARTS for line in lines[part]}
