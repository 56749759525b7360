"""Moves a transcription in time so that a bar begins with the file, as editors and DAWs like it.

Only then are times those of the recording no longer; all events are moved alike.
"""

from __future__ import annotations

from dataclasses import replace

from mp3tomidi.transcribe.events import DrumHit, Note, TempoChange, Transcription
from mp3tomidi.transcribe.outputs.midi import TICKS_PER_BEAT, Clock
from mp3tomidi.transcribe.rhythm.tempo_map import EARLY_BEATS


def aligned(transcription: Transcription) -> tuple[Transcription, float]:
    """The transcription with a bar at 0 s, the one in which its first event begins, and by how much it was moved.

    That is in seconds, below 0 where events come earlier than in the recording. A bar of which only the end is in the
    recording becomes a whole one. Where bars are not known, nothing is moved.
    """
    if not transcription.metre:
        return transcription, 0.0
    start_s = _first_bar_s(transcription)
    later = [change for change in transcription.tempo if change.time_s > max(start_s, transcription.metre[0].time_s)]
    at_start = _rate_at(transcription, max(start_s, transcription.metre[0].time_s))

    def moved(time_s: float) -> float:
        return max(0.0, time_s - start_s)

    def bar_at(bar_s: float) -> float:
        return moved(bar_s) if bar_s > transcription.metre[0].time_s else 0.0

    def moved_note(note: Note) -> Note:
        onset_s = moved(note.onset_s)
        bend = tuple((time_s - start_s, cents) for time_s, cents in note.bend if time_s >= start_s)
        return replace(note, onset_s=onset_s, offset_s=max(note.offset_s - start_s, onset_s + 0.001), bend=bend)

    def moved_hit(hit: DrumHit) -> DrumHit:
        onset_s = moved(hit.onset_s)
        offset_s = None if hit.offset_s is None else max(hit.offset_s - start_s, onset_s + 0.001)
        return replace(hit, onset_s=onset_s, offset_s=offset_s)

    changed = replace(
        transcription,
        notes=tuple(map(moved_note, transcription.notes)),
        drum_hits=tuple(map(moved_hit, transcription.drum_hits)),
        pedal=tuple(replace(event, time_s=moved(event.time_s)) for event in transcription.pedal),
        tempo=(TempoChange(0.0, at_start), *(replace(change, time_s=change.time_s - start_s) for change in later)),
        metre=tuple(replace(bar, time_s=bar_at(bar.time_s)) for bar in transcription.metre),
        beat_explanations=tuple(
            replace(found, first_bar_s=moved(found.first_bar_s)) for found in transcription.beat_explanations
        ),
        duration_s=moved(transcription.duration_s),
    )
    return changed, -start_s


def _first_bar_s(transcription: Transcription) -> float:
    """Where the bar of the first event begins, which may be before the recording."""
    bar = transcription.metre[0]
    onsets_s = [events[0].onset_s for events in (transcription.notes, transcription.drum_hits) if events]
    clock = Clock(transcription.tempo)
    bar_ticks = round(bar.bar_quarters * TICKS_PER_BEAT)
    first_tick = clock.tick(bar.time_s)
    quarter_s = 60.0 / _rate_at(transcription, bar.time_s)
    first_s = min(onsets_s, default=bar.time_s) + EARLY_BEATS * quarter_s
    if first_s < bar.time_s:
        bar_s = bar.bar_quarters * quarter_s
        return bar.time_s - bar_s * -((first_s - bar.time_s) // bar_s)
    return clock.time_s(first_tick + (clock.tick(first_s) - first_tick) // bar_ticks * bar_ticks)


def _rate_at(transcription: Transcription, time_s: float) -> float:
    """The tempo from a time on, in quarters a minute."""
    rates = [change.beats_per_minute for change in transcription.tempo if change.time_s <= time_s + 1e-6]
    return rates[-1] if rates else transcription.tempo[0].beats_per_minute
