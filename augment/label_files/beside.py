"""The label files that lie beside a sound: all of them to be moved, or only their notes and drum hits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from mp3tomidi.augment.label_files import beats_tsv, drums_tsv, jams, midi, midi_tracks, notes_tsv
from mp3tomidi.augment.label_files.label_file import LabelFile
from mp3tomidi.augment.labels import Labels

READERS: dict[str, Callable[[Path], LabelFile]] = {
    notes_tsv.ENDING: notes_tsv.read,
    drums_tsv.ENDING: drums_tsv.read,
    **dict.fromkeys(beats_tsv.ENDINGS, beats_tsv.read),
    **dict.fromkeys(midi.ENDINGS, midi.read),
    jams.ENDING: jams.read,
}


def ending_of(name: str) -> str | None:
    """The ending that makes a name that of a label file, as it is written there; None if it is no such name."""
    known = next((ending for ending in READERS if name.lower().endswith(ending)), None)
    return None if known is None else name[len(name) - len(known) :]


def read(paths: Iterable[Path]) -> list[LabelFile]:
    """Raises LabelsError for a file that cannot be read."""
    files = []
    for path in paths:
        ending = ending_of(path.name)
        if ending is not None:
            files.append(READERS[ending.lower()](path))
    return files


def read_labels(sound: Path) -> Labels:
    """The notes and drum hits labelled beside a sound, as those of clip 0; none where there is no label file.

    Tables count before a MIDI file, which is read for what has no table. Beats and JAMS are not read. Raises
    LabelsError for a file that cannot be read.
    """
    notes, drums, *scores = (
        sound.with_name(sound.stem + ending) for ending in (notes_tsv.ENDING, drums_tsv.ENDING, *midi.ENDINGS)
    )
    score = next((path for path in scores if path.is_file()), None)
    played = Labels() if score is None else midi_tracks.read_labels(score)
    return Labels(
        notes_tsv.read_notes(notes) if notes.is_file() else played.notes,
        drums_tsv.read_hits(drums) if drums.is_file() else played.drum_hits,
    )
