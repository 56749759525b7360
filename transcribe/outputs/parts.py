"""Parts of a transcription: its notes by instrument, as tracks of a MIDI file and staves of a score."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mp3tomidi.transcribe.events import Note, program_name

MELODY = "melody"


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """The melody, which comes first, or the notes of a General MIDI program that are not in it."""

    is_accompaniment: bool
    program: int

    @property
    def name(self) -> str:
        return program_name(self.program) if self.is_accompaniment else MELODY


def by_part(notes: Iterable[Note]) -> dict[Part, list[Note]]:
    """The notes of each part that has any. The melody's program is that of most of its notes."""
    melody: list[Note] = []
    others: defaultdict[Part, list[Note]] = defaultdict(list)
    for note in notes:
        (melody if note.melody else others[Part(True, note.program)]).append(note)
    if melody:
        program = Counter(note.program for note in melody).most_common(1)[0][0]
        others[Part(False, program)] = melody
    return {part: others[part] for part in sorted(others)}
