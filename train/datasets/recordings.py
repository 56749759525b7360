"""A folder of recordings with labels beside them, for evaluation.

Anywhere below the folder, NAME.notes.tsv (onset s, offset s, MIDI pitch, velocity or 0) and NAME.drums.tsv
(time s, class KD SD HH TT CY) label the recording NAME.ANY_SUFFIX that lies beside them. The folder that
holds a recording is its set: scores are given per set.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.transcribe.errors import LabelsError

NOTES_ENDING = notes_tsv.ENDING
DRUMS_ENDING = drums_tsv.ENDING
NOT_SOUND = {".tsv", ".csv", ".mid", ".midi", ".json", ".txt", ".md", ".npz", ".png"}


@dataclass(frozen=True)
class Recording:
    """A sound file and where its labels lie; at least one of the two is there."""

    name: str
    set_name: str
    sound: Path
    notes: Path | None
    drums: Path | None


def find_recordings(folder: Path) -> list[Recording]:
    """All labelled recordings below a folder, sorted by set and name.

    Raises LabelsError where a label file has no recording or several, or nothing is found at all.
    """
    labels: dict[tuple[Path, str], dict[str, Path]] = defaultdict(dict)
    for ending in (NOTES_ENDING, DRUMS_ENDING):
        for path in folder.rglob(f"*{ending}"):
            labels[path.parent, path.name.removesuffix(ending)][ending] = path
    if not labels:
        raise LabelsError(
            f"{folder}: no NAME{NOTES_ENDING} or NAME{DRUMS_ENDING} below this folder; "
            "put one beside each recording (README, Evaluation)"
        )
    recordings = [
        Recording(
            name=name,
            set_name=parent.name,
            sound=_sound_beside(parent, name),
            notes=found.get(NOTES_ENDING),
            drums=found.get(DRUMS_ENDING),
        )
        for (parent, name), found in labels.items()
    ]
    return sorted(recordings, key=lambda recording: (recording.set_name, recording.name))


def _sound_beside(parent: Path, name: str) -> Path:
    """The only file NAME.SUFFIX whose suffix is not that of a table, score or picture."""
    found = sorted(
        path
        for path in parent.iterdir()
        if path.is_file() and path.stem == name and path.suffix and path.suffix.lower() not in NOT_SOUND
    )
    if len(found) != 1:
        what = "no recording" if not found else f"several recordings ({', '.join(p.name for p in found)})"
        raise LabelsError(f"{parent / name}: {what} for these labels; keep exactly one sound file beside them")
    return found[0]
