"""Assigns ports and MIDI channels to the tracks of a file.

A channel of its own for each; where fifteen are not enough, further tracks go to a second port (meta event 0x21), a
third and so on. With MIDI Polyphonic Expression (MPE, MIDI Association 2018) a track that bends is a zone: a master
channel and, next to it, a member channel for each note that sounds at a time. A port has room for two zones, one from
the lowest channel up, one from the highest down; neither reaches the drums' channel.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TypeVar

from mp3tomidi.transcribe.events import Note

DRUM_CHANNEL = 9  # the tenth, counted from 0
MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
_ZONES = ((0, tuple(range(1, DRUM_CHANNEL))), (15, tuple(range(14, DRUM_CHANNEL, -1))))  # masters, and members at most
FEWEST_MEMBERS = 3
SPARE_MEMBERS = 1  # beyond the notes that sound at a time: what still dies away is not bent by the next note

Track = TypeVar("Track", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Place:
    """Port and channel of a track's messages: its one channel, or the master channel of its zone."""

    port: int
    channel: int
    members: tuple[int, ...] = ()
    """The channels of a zone's notes."""

    @property
    def channels(self) -> tuple[int, ...]:
        return (self.channel, *self.members)


def places(tracks: Sequence[Track], voices: Mapping[Track, int]) -> dict[Track, Place]:
    """A place for each track; a zone for those in `voices`, for so many notes at a time as far as there is room."""
    result: dict[Track, Place] = {}
    zones = ((port, *zone) for port in count() for zone in _ZONES)
    for track, (port, master, members) in zip([track for track in tracks if track in voices], zones, strict=False):
        size = min(len(members), max(FEWEST_MEMBERS, voices[track] + SPARE_MEMBERS))
        result[track] = Place(port, master, members[:size])
    taken = {(place.port, channel) for place in result.values() for channel in place.channels}
    free = (Place(port, channel) for port in count() for channel in MELODIC_CHANNELS if (port, channel) not in taken)
    for track, place in zip([track for track in tracks if track not in voices], free, strict=False):
        result[track] = place
    return {track: result[track] for track in tracks}


def most_at_once(notes: Iterable[Note]) -> int:
    """Largest number of notes that sound at a time."""
    sounding = most = 0
    ends = chain.from_iterable(((note.onset_s, 1), (note.offset_s, -1)) for note in notes)
    for _, change in sorted(ends):
        sounding += change
        most = max(most, sounding)
    return most
