"""Event dataclasses (Note, DrumHit, PedalEvent, tempo, metre) and `Transcription`, which holds those of a recording.

Times are seconds from the start of the sound, pitches and drum keys MIDI numbers, velocities 1 to 127,
confidences 0 to 1. Every field is checked where the event is made, and numbers of other types (NumPy's)
become Python's, so that no writer ever meets a NaN or a pitch of 200. What cannot be raises ValueError.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from mp3tomidi.transcribe.drum_kit import DRUM_PIECES, PIECE_OF_KEY
from mp3tomidi.transcribe.instruments import PROGRAMS

# A MIDI file stores a beat's length as 24 bits of microseconds, so nothing under 3.58 beats a minute fits.
SLOWEST_BEATS_PER_MINUTE = 4.0
FASTEST_BEATS_PER_MINUTE = 1000.0
MOST_BEATS_PER_BAR = 255  # a byte in a MIDI file
BEAT_UNITS = (1, 2, 4, 8, 16, 32)
MOST_BEND_CENTS = 12_700.0  # from the lowest key to the highest
OTHER_DRUM = "other"


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """A pitched note. It ends where its sound ends: one held by the sustain pedal lasts until damped."""

    onset_s: float
    offset_s: float
    pitch: int
    velocity: int
    program: int = 0
    """General MIDI program, 0-based; 0 (piano) where the instrument is not known."""
    confidence: float = 1.0
    """The estimated probability that a note of this pitch begins at this time, 0 to 1; see `notes.calibration`."""
    bend: tuple[tuple[float, float], ...] = ()
    """Where the pitch goes between keys: times in seconds, ascending, and cents from `pitch`, straight lines between.

    Empty of a note that stays on its key, or whose pitch was not followed.
    """
    attack_s: float | None = None
    """Time from the onset until the note is as loud as it becomes (within 1 dB); None where it was not measured."""
    sustain_db: float | None = None
    """The level that it holds, the mean over the second half of its time from there to its end: 0 dB is its loudest."""
    release_s: float | None = None
    """Time from the offset to silence (40 dB under its loudest, or no longer falling), or to the next note there."""
    melody: bool = False
    """Whether it is in the lead line; False where none was looked for."""

    def __post_init__(self) -> None:
        _set_real(self, "onset_s", 0.0, math.inf)
        _set_real(self, "offset_s", 0.0, math.inf)
        _set_whole(self, "pitch", 0, 127)
        _set_whole(self, "velocity", 1, 127)
        _set_whole(self, "program", 0, 127)
        _set_real(self, "confidence", 0.0, 1.0)
        if self.offset_s <= self.onset_s:
            raise ValueError(f"offset_s must be later than onset_s, but {self.offset_s} <= {self.onset_s}")
        if self.melody not in (True, False):
            raise ValueError(f"melody must be true or false, but is {self.melody!r}")
        object.__setattr__(self, "melody", bool(self.melody))
        object.__setattr__(self, "bend", _bend(self.bend))
        for name, highest in (("attack_s", math.inf), ("sustain_db", 0.0), ("release_s", math.inf)):
            if getattr(self, name) is not None:
                _set_real(self, name, -math.inf if highest == 0.0 else 0.0, highest)

    def cents_at(self, time_s: float) -> float:
        """How far from its key the note is, in cents; before its bend's first point and after its last as there."""
        if not self.bend:
            return 0.0
        index = bisect_right(self.bend, (time_s, math.inf))
        if index in (0, len(self.bend)):
            return self.bend[min(index, len(self.bend) - 1)][1]
        (before_s, before), (after_s, after) = self.bend[index - 1 : index + 1]
        return before + (after - before) * (time_s - before_s) / (after_s - before_s)

    @property
    def instrument(self) -> str:
        """The program's name, for people to read."""
        return program_name(self.program)


@dataclass(frozen=True, slots=True, order=True)
class DrumHit:
    """A stroke on a drum or cymbal; `key` is its General MIDI drum key."""

    onset_s: float
    key: int
    velocity: int
    confidence: float = 1.0
    """The estimated probability that the piece is hit at this time, 0 to 1."""
    offset_s: float | None = None
    """When its sound is cut off, of a cymbal that is choked; None of what rings out."""

    def __post_init__(self) -> None:
        _set_real(self, "onset_s", 0.0, math.inf)
        _set_whole(self, "key", 0, 127)
        _set_whole(self, "velocity", 1, 127)
        _set_real(self, "confidence", 0.0, 1.0)
        if self.offset_s is not None:
            _set_real(self, "offset_s", 0.0, math.inf)
            if self.offset_s <= self.onset_s:
                raise ValueError(f"offset_s must be later than onset_s, but {self.offset_s} <= {self.onset_s}")

    @property
    def instrument(self) -> str:
        """The piece of the kit, for people to read; "other" for what is none, a tambourine for instance."""
        return DRUM_PIECES[PIECE_OF_KEY[self.key]].name if self.key in PIECE_OF_KEY else OTHER_DRUM


@dataclass(frozen=True, slots=True, order=True)
class PedalEvent:
    """The sustain pedal goes down or comes up."""

    time_s: float
    down: bool

    def __post_init__(self) -> None:
        _set_real(self, "time_s", 0.0, math.inf)
        if self.down not in (True, False):
            raise ValueError(f"down must be true or false, but is {self.down!r}")
        object.__setattr__(self, "down", bool(self.down))


@dataclass(frozen=True, slots=True, order=True)
class TempoChange:
    """From `time_s` on, until the next change, quarter notes go at this rate, as in a MIDI file."""

    time_s: float
    beats_per_minute: float

    def __post_init__(self) -> None:
        _set_real(self, "time_s", 0.0, math.inf)
        _set_real(self, "beats_per_minute", SLOWEST_BEATS_PER_MINUTE, FASTEST_BEATS_PER_MINUTE)


@dataclass(frozen=True, slots=True, order=True)
class MetreChange:
    """At `time_s` a bar begins, and from there on, until the next change, bars have this time signature.

    It is that of 6/8 with 6 beats per bar and a beat unit of 8, although two dotted quarters are what is tapped.
    """

    time_s: float
    beats_per_bar: int
    beat_unit: int = 4

    def __post_init__(self) -> None:
        _set_real(self, "time_s", 0.0, math.inf)
        _set_whole(self, "beats_per_bar", 1, MOST_BEATS_PER_BAR)
        _set_whole(self, "beat_unit", 1, max(BEAT_UNITS))
        if self.beat_unit not in BEAT_UNITS:
            raise ValueError(f"beat_unit must be one of {', '.join(map(str, BEAT_UNITS))}, but is {self.beat_unit}")

    @property
    def bar_quarters(self) -> float:
        """The length of a bar in quarter notes."""
        return 4.0 * self.beats_per_bar / self.beat_unit

    @property
    def tapped_quarters(self) -> float:
        """The length in quarter notes of a beat as one taps it: dotted in compound metres."""
        compound = self.beat_unit >= 8 and self.beats_per_bar > 3 and self.beats_per_bar % 3 == 0
        return (3.0 if compound else 1.0) * 4.0 / self.beat_unit


@dataclass(frozen=True, slots=True)
class BeatExplanation:
    """One way to count a recording's beats, and how likely it is against the others.

    Quarter notes go at `beats_per_minute` (the median over the recording), and a bar begins at `first_bar_s`.
    """

    probability: float
    beats_per_minute: float
    beats_per_bar: int
    beat_unit: int
    swung: bool
    first_bar_s: float

    def __post_init__(self) -> None:
        _set_real(self, "probability", 0.0, 1.0)
        _set_real(self, "beats_per_minute", SLOWEST_BEATS_PER_MINUTE, FASTEST_BEATS_PER_MINUTE)
        metre = MetreChange(self.first_bar_s, self.beats_per_bar, self.beat_unit)
        for name in ("beats_per_bar", "beat_unit"):
            object.__setattr__(self, name, getattr(metre, name))
        object.__setattr__(self, "first_bar_s", metre.time_s)
        object.__setattr__(self, "swung", bool(self.swung))


@dataclass(frozen=True, slots=True)
class EffectAmounts:
    """How much of an effect lies over a whole recording, each from 0, none, to 1."""

    reverb: float
    chorus: float
    low_pass: float

    def __post_init__(self) -> None:
        for name in ("reverb", "chorus", "low_pass"):
            _set_real(self, name, 0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcription:
    """All events of one recording. They may be given in any order and are kept sorted by time."""

    notes: tuple[Note, ...] = ()
    drum_hits: tuple[DrumHit, ...] = ()
    pedal: tuple[PedalEvent, ...] = ()
    tempo: tuple[TempoChange, ...] = ()
    """Empty where the tempo is not known. The first change's rate also counts before its time."""
    metre: tuple[MetreChange, ...] = ()
    """Empty where the bars are not known. What comes before the first change is part of a bar, of any length."""
    beat_explanations: tuple[BeatExplanation, ...] = ()
    """What tempo and metre may be, the likeliest first, which is what they say. Empty where none is known."""
    tuning_cents: float = 0.0
    """The recording's deviation from A = 440 Hz: positive is sharp. Pitches have it taken out."""
    effects: EffectAmounts | None = None
    """None where they were not estimated."""
    duration_s: float
    """Of the recording. Nothing begins after it; an offset may lie behind it."""

    def __post_init__(self) -> None:
        _set_real(self, "tuning_cents", -100.0, 100.0)
        _set_real(self, "duration_s", 0.0, math.inf)
        _set_sorted(self, "notes", Note)
        _set_sorted(self, "drum_hits", DrumHit)
        _set_sorted(self, "pedal", PedalEvent)
        _set_sorted(self, "tempo", TempoChange)
        _set_sorted(self, "metre", MetreChange)
        if self.effects is not None and type(self.effects) is not EffectAmounts:
            raise ValueError(f"effects must be EffectAmounts, but is {self.effects!r}")
        likeliest_first = sorted(self.beat_explanations, key=lambda explanation: -explanation.probability)
        object.__setattr__(self, "beat_explanations", tuple(likeliest_first))
        starts_s = [event[-1].onset_s for event in (self.notes, self.drum_hits) if event]
        starts_s += [event[-1].time_s for event in (self.pedal, self.tempo, self.metre) if event]
        if max(starts_s, default=0.0) > self.duration_s:
            raise ValueError(f"an event at {max(starts_s)} s begins after the end at {self.duration_s} s")

    @property
    def pedal_presses(self) -> tuple[tuple[float, float], ...]:
        """From when until when the pedal is down, seconds; a pedal that never comes up is down until the end."""
        presses: list[tuple[float, float]] = []
        down_s: float | None = None
        for event in self.pedal:
            if event.down and down_s is None:
                down_s = event.time_s
            elif not event.down and down_s is not None:
                presses.append((down_s, event.time_s))
                down_s = None
        if down_s is not None and down_s < self.duration_s:
            presses.append((down_s, self.duration_s))
        return tuple((start_s, stop_s) for start_s, stop_s in presses if stop_s > start_s)


def program_name(program: int) -> str:
    """The name of a General MIDI program (0-based), as a track of it is called."""
    return PROGRAMS[program].name if program in PROGRAMS else f"program {program}"


def _bend(points: object) -> tuple[tuple[float, float], ...]:
    """The points of a bend as pairs of floats. Raises ValueError."""
    try:
        bend = tuple((float(time_s), float(cents)) for time_s, cents in points)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        raise ValueError(f"bend must be pairs of a time and cents, but is {points!r}") from None
    if not all(0.0 <= time_s < math.inf and abs(cents) <= MOST_BEND_CENTS for time_s, cents in bend):
        raise ValueError(f"bend must be at times from 0 on, and of {MOST_BEND_CENTS:g} cents at most, but is {bend}")
    if any(after[0] <= before[0] for before, after in pairwise(bend)):
        raise ValueError("bend must be in the order of time")
    return bend


def _set_real(event: object, name: str, lowest: float, highest: float) -> None:
    value = getattr(event, name)
    try:
        fits = math.isfinite(value) and lowest <= value <= highest
    except TypeError:
        fits = False
    if not fits:
        raise ValueError(f"{name} must be a number from {lowest:g} to {highest:g}, but is {value!r}")
    object.__setattr__(event, name, float(value))


def _set_whole(event: object, name: str, lowest: int, highest: int) -> None:
    value = getattr(event, name)
    try:
        number = operator.index(value)
    except TypeError:
        number = lowest - 1
    if not lowest <= number <= highest:
        raise ValueError(f"{name} must be a whole number from {lowest} to {highest}, but is {value!r}")
    object.__setattr__(event, name, number)


def _set_sorted(
    transcription: Transcription,
    name: str,
    kind: type[Note] | type[DrumHit] | type[PedalEvent] | type[TempoChange] | type[MetreChange],
) -> None:
    events = tuple(getattr(transcription, name))
    for event in events:
        if type(event) is not kind:
            raise ValueError(f"{name} must hold {kind.__name__} only, but holds {event!r}")
    object.__setattr__(transcription, name, tuple(sorted(events)))
