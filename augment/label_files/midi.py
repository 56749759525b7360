"""NAME.mid: all tracks, with their notes moved and transposed and the tempo changed; everything else is kept."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import mido
import numpy as np

from mp3tomidi.augment.label_files.label_file import hits_of, notes_of
from mp3tomidi.augment.label_files.probes import read_probes, with_probes
from mp3tomidi.augment.labels import Labels
from mp3tomidi.transcribe.errors import LabelsError

ENDINGS = (".mid", ".midi")
DRUM_CHANNEL = 9
USUAL_BEAT_US = 500_000
LONGEST_BEAT_US = (1 << 24) - 1


@dataclass(frozen=True)
class _Place:
    """A note: its two messages, by track and index, and their ticks. One that never ends lasts as long as its track."""

    track: int
    on: int
    off: int | None
    ticks: tuple[int, int]


@dataclass(frozen=True)
class MidiLabels:
    path: Path
    labels: Labels
    file: mido.MidiFile
    notes: list[_Place]
    hits: list[_Place]

    def moved(self, labels: Labels, duration_s: float) -> bytes:
        del duration_s
        done = read_probes(labels)
        clock = _Clock(self.file, done.speed)
        ticks = [_absolute_ticks(track) for track in self.file.tracks]
        pitch: dict[tuple[int, int], int] = {}
        dropped = {(p.track, i) for p in (*self.notes, *self.hits) for i in (p.on, p.off) if i is not None}
        for note in done.labels.notes:
            place = self.notes[int(note["program"])]
            self._put(place, clock, ticks, dropped, note["onset_s"], note["offset_s"])
            pitch |= {(place.track, i): int(note["pitch"]) for i in (place.on, place.off) if i is not None}
        for hit in done.labels.drum_hits:
            place = self.hits[int(hit["key"])]
            length_s = clock.seconds(place.ticks[1]) - clock.seconds(place.ticks[0])
            self._put(place, clock, ticks, dropped, hit["onset_s"], hit["onset_s"] + length_s)
        result = mido.MidiFile(type=self.file.type, ticks_per_beat=self.file.ticks_per_beat)
        for number, track in enumerate(self.file.tracks):
            messages = [
                (ticks[number][index], _changed(message, pitch.get((number, index)), done.speed))
                for index, message in enumerate(track)
                if (number, index) not in dropped
            ]
            if number == 0 and done.speed != 1.0 and not any(tick == 0 for tick in clock.ticks_given):
                messages.insert(0, (0, mido.MetaMessage("set_tempo", tempo=_beat_us(USUAL_BEAT_US, done.speed))))
            result.tracks.append(_track(messages))
        content = BytesIO()
        result.save(file=content)
        return content.getvalue()

    @staticmethod
    def _put(
        place: _Place,
        clock: _Clock,
        ticks: list[list[int]],
        dropped: set[tuple[int, int]],
        start_s: float,
        end_s: float,
    ) -> None:
        start = clock.tick(start_s)
        ticks[place.track][place.on] = start
        dropped.discard((place.track, place.on))
        if place.off is not None:
            ticks[place.track][place.off] = max(start + 1, clock.tick(end_s))
            dropped.discard((place.track, place.off))


class _Clock:
    """Ticks to seconds and back, by the tempo of a file that is played at another speed."""

    def __init__(self, file: mido.MidiFile, speed: float = 1.0) -> None:
        given = sorted(
            (tick, message.tempo)
            for track in file.tracks
            for tick, message in zip(_absolute_ticks(track), track, strict=True)
            if message.type == "set_tempo"
        )
        self.ticks_given = [tick for tick, _ in given]
        self._ticks, self._starts_s = [0], [0.0]
        self._tick_s: list[float] = [_beat_us(USUAL_BEAT_US, speed) / 1e6 / file.ticks_per_beat]
        for tick, beat_us in given:
            start_s = self.seconds(tick)
            self._ticks.append(tick)
            self._starts_s.append(start_s)
            self._tick_s.append(_beat_us(beat_us, speed) / 1e6 / file.ticks_per_beat)

    def seconds(self, tick: int) -> float:
        section = bisect_right(self._ticks, tick) - 1
        return self._starts_s[section] + (tick - self._ticks[section]) * self._tick_s[section]

    def tick(self, time_s: float) -> int:
        section = max(0, bisect_right(self._starts_s, time_s) - 1)
        return max(0, self._ticks[section] + round((time_s - self._starts_s[section]) / self._tick_s[section]))


def read(path: Path) -> MidiLabels:
    """Raises LabelsError."""
    try:
        file = mido.MidiFile(path)
    except Exception as error:  # damaged files raise whatever they meet in the parser
        reason = str(error) or "it ends too early"
        raise LabelsError(f"{path}: not a MIDI file that can be read ({reason})") from error
    if file.type == 2 or file.ticks_per_beat <= 0 or file.ticks_per_beat > 0x7FFF:
        raise LabelsError(f"{path}: type {file.type} or film time code; save it as a MIDI file of type 1 with beats")
    clock = _Clock(file)
    notes: list[_Place] = []
    hits: list[_Place] = []
    rows: list[tuple[float, float, float, float]] = []
    for number, track in enumerate(file.tracks):
        for place in _places(number, track):
            message = track[place.on]
            if message.channel == DRUM_CHANNEL:
                hits.append(place)
            else:
                notes.append(place)
                start_s, end_s = (clock.seconds(tick) for tick in place.ticks)
                rows.append((start_s, end_s, message.note, message.velocity))
    labels = notes_of(rows)
    labels.drum_hits = hits_of([clock.seconds(place.ticks[0]) for place in hits]).drum_hits
    return MidiLabels(path, with_probes(labels), file, notes, hits)


def _places(number: int, track: mido.MidiTrack) -> list[_Place]:
    places: list[_Place] = []
    sounding: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    ticks = _absolute_ticks(track)
    for index, (tick, message) in enumerate(zip(ticks, track, strict=True)):
        if message.type == "note_on" and message.velocity > 0:
            sounding[message.channel, message.note].append((index, tick))
        elif message.type in ("note_on", "note_off") and sounding[message.channel, message.note]:
            on, start = sounding[message.channel, message.note].pop(0)
            places.append(_Place(number, on, index, (start, tick)))
    last = ticks[-1] if ticks else 0
    places += [_Place(number, on, None, (start, last)) for each in sounding.values() for on, start in each]
    return sorted(places, key=lambda place: place.on)


def _absolute_ticks(track: mido.MidiTrack) -> list[int]:
    return [int(tick) for tick in np.cumsum([message.time for message in track], dtype=np.int64)]


def _beat_us(beat_us: float, speed: float) -> int:
    return min(LONGEST_BEAT_US, max(1, round(beat_us / speed)))


def _changed(message: Any, pitch: int | None, speed: float) -> Any:
    if message.type == "set_tempo":
        return message.copy(tempo=_beat_us(message.tempo, speed))
    return message if pitch is None else message.copy(note=pitch)


def _track(messages: list[tuple[int, Any]]) -> mido.MidiTrack:
    """Messages at absolute ticks, in the order of time; among those of one tick notes end before others begin."""
    ends = [(tick, message) for tick, message in messages if message.type == "end_of_track"]
    rest = [(tick, message) for tick, message in messages if message.type != "end_of_track"]
    rest.sort(key=lambda timed: (timed[0], 0 if _ends_note(timed[1]) else 1))
    last = max([tick for tick, _ in (*rest, *ends)], default=0)
    track, before = mido.MidiTrack(), 0
    for tick, message in [*rest, (last, mido.MetaMessage("end_of_track"))]:
        track.append(message.copy(time=tick - before))
        before = tick
    return track


def _ends_note(message: Any) -> bool:
    return bool(message.type == "note_off" or (message.type == "note_on" and message.velocity == 0))
