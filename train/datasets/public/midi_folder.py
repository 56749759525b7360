"""Any folder in which NAME.mid or NAME.midi lies beside NAME.wav, .flac, .mp3, ..., at any depth.

Licence and split: whatever yours are; folders called train, valid (or validation) and test part it. Of each MIDI file
the pitched tracks are notes, as long as the sustain pedal lets them sound, and those on channel 10 drum hits.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mp3tomidi.augment.label_files import midi
from mp3tomidi.train.datasets.public.checked import hits_of_midi, notes_of_midi
from mp3tomidi.train.datasets.public.left_out import found_folder, is_there, leave_out
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.audio.folders import find_sounds
from mp3tomidi.transcribe.errors import LabelsError

SPLIT_FOLDERS = {"train": "train", "valid": "valid", "validation": "valid", "test": "test"}


def read(folder: Path) -> Iterator[Recording]:
    """The recordings that have a MIDI file. Raises LabelsError where there are none."""
    found = False
    for sound in find_sounds(found_folder(folder)):
        score = label_beside(sound, midi.ENDINGS)
        if score is not None:
            found = True
            if is_there(sound) and is_there(score):
                notes, drums = partial(notes_of_midi, score), partial(hits_of_midi, score)
                yield Recording(
                    sound.stem, sound.parent.name, sound, notes, drums, split=split_of(sound.relative_to(folder))
                )
    if not found:
        raise LabelsError(f"{folder}: no NAME.mid beside a sound of that name, in it or below")


def label_beside(sound: Path, endings: tuple[str, ...]) -> Path | None:
    """The file of the sound's name with one of these endings; where several are, the first counts, the others are
    named."""
    there = [path for ending in endings if (path := sound.with_suffix(ending)).is_file()]
    for path in there[1:]:
        leave_out(path, f"{there[0].name} labels the same sound")
    return there[0] if there else None


def split_of(relative: Path) -> str:
    """The split that one of the folders of a path names; "" where none does."""
    return next((SPLIT_FOLDERS[part] for part in relative.parts[:-1] if part in SPLIT_FOLDERS), "")
