"""Writes a transcription as a Standard MIDI File of format 1.

The first track holds tempo map and bars, of which the first may be a short one, and ends where the recording ends.
Then comes a track for the melody, if one was looked for, and one for each program, named after it, all with channels
of their own (channels.py), and last the drums on channel 10. Notes that bend have pitch bend messages (pitch_bend.py):
in a plain file those that sound alone on their track, in one for MPE all of them.

Times are rounded to the tick under the very tempo map that is written, so errors never add up: half a tick at
most, 0.26 ms at 120 beats a minute, under 1 ms at any tempo over 32.
"""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import chain
from typing import BinaryIO

import mido

from mp3tomidi.transcribe.events import (
    MOST_BEATS_PER_BAR,
    EffectAmounts,
    MetreChange,
    Note,
    PedalEvent,
    TempoChange,
    Transcription,
)
from mp3tomidi.transcribe.instruments import PROGRAMS
from mp3tomidi.transcribe.outputs.channels import DRUM_CHANNEL, Place, most_at_once, places
from mp3tomidi.transcribe.outputs.files import write_bytes
from mp3tomidi.transcribe.outputs.lines import one_at_a_time, spread
from mp3tomidi.transcribe.outputs.parts import Part, by_part
from mp3tomidi.transcribe.outputs.pitch_bend import (
    BEND_RANGE,
    MPE_CONFIGURATION,
    MPE_RANGE_SEMITONES,
    bend_message,
    registered_parameter,
    smallest_range,
    steps,
)

TICKS_PER_BEAT = 960
UNKNOWN_TEMPO_BEATS_PER_MINUTE = 120.0  # what a MIDI file means that states none
UNKNOWN_SIGNATURE = 4, 4  # likewise; some programs want it stated
SUSTAIN_CONTROL = 64
BRIGHTNESS_CONTROL, REVERB_CONTROL, CHORUS_CONTROL = 74, 91, 93
_UNCHANGED_BRIGHTNESS = 64
# A drum rings as long as it likes whenever its note ends; this is long enough to be seen in a piano roll. Only a choked
# cymbal's note ends where its sound does.
DRUM_HIT_DURATION_S = 0.1


def write(transcription: Transcription, destination: str | os.PathLike[str] | BinaryIO, *, mpe: bool = False) -> None:
    """Write a MIDI file to a path, or into an open binary stream. See `to_midi`.

    Raises
    ------
    OutputError
        The destination cannot be written.
    """
    content = BytesIO()
    to_midi(transcription, mpe=mpe).save(file=content)
    write_bytes(content.getvalue(), destination)


def to_midi(transcription: Transcription, *, mpe: bool = False) -> mido.MidiFile:
    """The transcription as a mido file.

    Within a track notes of the same pitch never overlap, so that every note-off ends the note that it belongs
    to: a note is cut where its pitch is struck again, and notes struck at the same tick become one.

    mpe: tracks with notes that bend are zones of MIDI Polyphonic Expression, so that chords bend apart.
    """
    clock = Clock(transcription.tempo)
    midi = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT)
    midi.tracks.append(_tempo_track(clock, transcription.metre, transcription.duration_s))

    parts = by_part(transcription.notes)
    pedalled = pedalled_programs(part.program for part in parts) if transcription.pedal else set()
    if not pedalled.intersection(part.program for part in parts):
        parts.update((Part(True, program), []) for program in pedalled)
    bent = [part for part, notes in parts.items() if any(note.bend for note in notes)]
    zoned = {part: most_at_once(parts[part]) for part in bent} if mpe else {}
    for part, place in places(sorted(parts), zoned).items():
        head, events = _head(part, place) + _effect_messages(transcription.effects, place.channels), []
        notes = one_at_a_time(parts[part]) if part in bent and not mpe else parts[part]
        if any(note.bend for note in notes):
            semitones = MPE_RANGE_SEMITONES if place.members else smallest_range(notes)
            head += _bend_head(place, semitones)
            events = _bent_events(notes, place, semitones, clock)
        else:
            events = _note_events([_span(note, clock) for note in notes], place.channel)
        if part.program in pedalled:
            events += _pedal_events(transcription.pedal, place.channel, clock)
        midi.tracks.append(_track(head, events))

    if transcription.drum_hits:
        spans = [
            _Span(clock.tick(h.onset_s), clock.tick(h.offset_s or h.onset_s + DRUM_HIT_DURATION_S), h.key, h.velocity)
            for h in transcription.drum_hits
        ]
        head = [mido.MetaMessage("track_name", name="drums")]
        head += _effect_messages(transcription.effects, (DRUM_CHANNEL,))
        midi.tracks.append(_track(head, _note_events(spans, DRUM_CHANNEL)))
    return midi


class Clock:
    """Turns seconds into ticks and back under a tempo map, as that map is once it is rounded to ticks itself."""

    def __init__(self, changes: Iterable[TempoChange]) -> None:
        self.beat_us: list[int] = []  # the length of a beat in each section, as the file states it
        self.ticks: list[int] = []  # where each section begins, in ticks
        self._starts_s: list[float] = []  # and at what time that tick falls
        for change in list(changes) or [TempoChange(0.0, UNKNOWN_TEMPO_BEATS_PER_MINUTE)]:
            beat_us = round(60e6 / change.beats_per_minute)
            tick = self.tick(change.time_s) if self.ticks else 0
            start_s = self.time_s(tick) if self.ticks else 0.0
            if self.ticks and tick == self.ticks[-1]:
                self.beat_us[-1] = beat_us
            else:
                self.beat_us.append(beat_us)
                self.ticks.append(tick)
                self._starts_s.append(start_s)

    def tick(self, time_s: float) -> int:
        """The tick nearest to a time."""
        section = max(bisect_right(self._starts_s, time_s) - 1, 0)
        ticks = (time_s - self._starts_s[section]) * 1e6 * TICKS_PER_BEAT / self.beat_us[section]
        return self.ticks[section] + round(ticks)

    def time_s(self, tick: int) -> float:
        """When a reader of the file plays a tick."""
        section = max(bisect_right(self.ticks, tick) - 1, 0)
        return self._starts_s[section] + (tick - self.ticks[section]) * self.beat_us[section] / (1e6 * TICKS_PER_BEAT)


@dataclass(slots=True)
class _Span:
    """A note in ticks."""

    onset: int
    offset: int
    pitch: int
    velocity: int


# Among events of one tick: what ends first, then the pedal, then how what begins is bent, then what begins.
_OFF, _PEDAL, _BEND, _ON = range(4)
_Timed = tuple[int, int, mido.Message]


def _tempo_track(clock: Clock, metre: Sequence[MetreChange], duration_s: float) -> mido.MidiTrack:
    signatures = [(clock.tick(change.time_s), change.beats_per_bar, change.beat_unit) for change in metre]
    if not signatures:
        signatures = [(0, *UNKNOWN_SIGNATURE)]
    else:
        signatures = _before_first_bar(signatures[0][0], signatures[0][2]) + signatures
    timed: list[_Timed] = [
        (tick, 0, mido.MetaMessage("time_signature", numerator=numerator, denominator=denominator))
        for tick, numerator, denominator in signatures
    ]
    timed += [
        (tick, 0, mido.MetaMessage("set_tempo", tempo=beat_us))
        for tick, beat_us in zip(clock.ticks, clock.beat_us, strict=True)
    ]
    last = max([clock.tick(duration_s), *(tick for tick, _, _ in timed)])
    return _track([], [*timed, (last, 1, mido.MetaMessage("end_of_track"))])


def _before_first_bar(ticks: int, beat_unit: int) -> list[tuple[int, int, int]]:
    """Where bars before the first whole one begin, and their signatures.

    What is no whole number of the first bar's units comes first, in a bar of its own, if a signature can say it; then a
    pickup of whole units, so that those who count beats find them on the lines.
    """
    pickup, lead = divmod(ticks, 4 * TICKS_PER_BEAT // beat_unit)
    signature = _signature(lead) if lead else None
    if lead and signature is None:
        return []
    bars = [(0, *signature)] if signature is not None else []
    return [*bars, (lead, pickup, beat_unit)] if 0 < pickup <= MOST_BEATS_PER_BAR else bars


def _signature(ticks: int) -> tuple[int, int] | None:
    """A time signature for a bar of some length; None if no signature can say it."""
    for denominator in (4, 8, 16, 32):
        numerator, rest = divmod(ticks * denominator, 4 * TICKS_PER_BEAT)
        if rest == 0 and 0 < numerator <= MOST_BEATS_PER_BAR:
            return numerator, denominator
    return None


def beat_times_s(transcription: Transcription) -> tuple[list[float], int]:
    """When the beats fall by the tempo map (120 a minute without one), seconds, and which of them begins the first bar.

    They are what is tapped in the last metre: dotted quarters in 6/8. From the first in the recording on; the last
    ones are behind its end.
    """
    bar = transcription.metre[-1] if transcription.metre else MetreChange(0.0, 4)
    return _grid_s(transcription, bar, bar.tapped_quarters)


def quarter_times_s(transcription: Transcription) -> list[float]:
    """When quarter notes fall by the tempo map (120 a minute without one), seconds, from a first that begins a bar."""
    bar = transcription.metre[-1] if transcription.metre else MetreChange(0.0, 4)
    times_s, first_bar = _grid_s(transcription, bar, 1.0)
    return times_s[first_bar:]


def _grid_s(transcription: Transcription, bar: MetreChange, quarters: float) -> tuple[list[float], int]:
    """Times so many quarters apart, from the first in the recording, one of which begins a bar; and which does."""
    clock = Clock(transcription.tempo)
    bar_ticks, step_ticks = round(bar.bar_quarters * TICKS_PER_BEAT), round(quarters * TICKS_PER_BEAT)
    first_bar = clock.tick(bar.time_s) % bar_ticks if transcription.metre else 0
    before, first = divmod(first_bar, step_ticks)
    count = 2 + clock.tick(transcription.duration_s) // step_ticks
    return [clock.time_s(first + step * step_ticks) for step in range(max(count, before + 2))], before


def _head(part: Part, place: Place) -> list[mido.Message]:
    head = [mido.MetaMessage("track_name", name=part.name)]
    if place.port:
        head.append(mido.MetaMessage("midi_port", port=place.port))
    return [
        *head,
        *(mido.Message("program_change", channel=channel, program=part.program) for channel in place.channels),
    ]


def _effect_messages(effects: EffectAmounts | None, channels: Iterable[int]) -> list[mido.Message]:
    """Sends to reverb and chorus (General MIDI's controls 91 and 93), and how dark the sound is (74, 64: unchanged)."""
    if effects is None:
        return []
    values = {
        REVERB_CONTROL: round(127 * effects.reverb),
        CHORUS_CONTROL: round(127 * effects.chorus),
        BRIGHTNESS_CONTROL: round(_UNCHANGED_BRIGHTNESS * (1.0 - effects.low_pass)),
    }
    return [
        mido.Message("control_change", channel=channel, control=control, value=value)
        for channel in channels
        for control, value in values.items()
    ]


def _bend_head(place: Place, semitones: int) -> list[mido.Message]:
    """Says how far bends go, and which channels are a zone."""
    if not place.members:
        return registered_parameter(place.channel, BEND_RANGE, semitones)
    zone = registered_parameter(place.channel, MPE_CONFIGURATION, len(place.members))
    ranges = (registered_parameter(channel, BEND_RANGE, semitones) for channel in place.members)
    return [*zone, *chain.from_iterable(ranges)]


def _bent_events(notes: Sequence[Note], place: Place, semitones: int, clock: Clock) -> list[_Timed]:
    """Notes of a track and their bends, each on a channel that no other sounds on at the time, if it bends."""
    spread_out = spread(notes, place.members) if place.members else [(note, place.channel) for note in notes]
    timed: list[_Timed] = []
    for channel in sorted({channel for _, channel in spread_out}):
        own = [note for note, on in spread_out if on == channel]
        timed += _note_events([_span(note, clock) for note in own], channel)
        timed += _bend_events(own, channel, semitones, clock)
    return timed


def _bend_events(notes: Iterable[Note], channel: int, semitones: int, clock: Clock) -> list[_Timed]:
    """Of one channel's notes, by onset. Nothing is repeated."""
    timed: list[_Timed] = []
    now = 0.0
    for note in notes:
        for time_s, cents in steps(note):
            if cents != now:
                timed.append((clock.tick(time_s), _BEND, bend_message(channel, cents, semitones)))
                now = cents
    return timed


def _pedal_events(pedal: Iterable[PedalEvent], channel: int, clock: Clock) -> list[_Timed]:
    down = mido.Message("control_change", channel=channel, control=SUSTAIN_CONTROL, value=127)
    up = down.copy(value=0)
    return [(clock.tick(event.time_s), _PEDAL, down if event.down else up) for event in pedal]


def pedalled_programs(programs: Iterable[int]) -> set[int]:
    """Whose tracks carry the pedal: the pianos; without one a track of its own, to hold nothing else."""
    pianos = {number for number, program in PROGRAMS.items() if program.family == "piano"}
    return pianos.intersection(programs) or {0}


def _span(note: Note, clock: Clock) -> _Span:
    return _Span(clock.tick(note.onset_s), clock.tick(note.offset_s), note.pitch, note.velocity)


def _note_events(spans: Iterable[_Span], channel: int) -> list[_Timed]:
    timed: list[_Timed] = []
    for span in _without_overlaps(spans):
        on = mido.Message("note_on", channel=channel, note=span.pitch, velocity=span.velocity)
        off = mido.Message("note_off", channel=channel, note=span.pitch)
        timed += [(span.onset, _ON, on), (span.offset, _OFF, off)]
    return timed


def _without_overlaps(spans: Iterable[_Span]) -> list[_Span]:
    """Notes of one track, at least a tick long, such that no two of the same pitch sound at once."""
    kept: list[_Span] = []
    sounding: dict[int, _Span] = {}
    for span in sorted(spans, key=lambda s: s.onset):
        offset = max(span.offset, span.onset + 1)
        before = sounding.get(span.pitch)
        if before is not None and before.onset == span.onset:
            before.offset = max(before.offset, offset)
            before.velocity = max(before.velocity, span.velocity)
            continue
        if before is not None:
            before.offset = min(before.offset, span.onset)
        sounding[span.pitch] = _Span(span.onset, offset, span.pitch, span.velocity)
        kept.append(sounding[span.pitch])
    return kept


def _track(head: Iterable[mido.Message], timed: Iterable[_Timed]) -> mido.MidiTrack:
    """A track of `head` at tick 0 and then the events, whose ticks become distances."""
    track = mido.MidiTrack(head)
    before = 0
    for tick, _, message in sorted(timed, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - before))
        before = tick
    return track
