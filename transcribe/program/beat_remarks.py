"""Remarks on the beats that were found, as warnings for the user."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mp3tomidi.transcribe.events import BeatExplanation, Transcription

SURE = 0.5  # probability from which on there is no remark
CONTRADICTED = 0.05
WORTH_NAMING = 0.1
FEWEST_EVENTS = 8  # of which one would expect a beat


def remarks_on_beats(
    transcription: Transcription,
    tempo: float | tuple[float, float] | None = None,
    metre: str | None = None,
    *,
    all_notes: bool = True,
) -> Iterator[str]:
    """A line if no beat was found in more than a few events, or if it may well be another one.

    tempo, metre: what the user says of them; see `rhythm.tempo_map.with_tempo`.
    all_notes: whether the transcription holds every note that was found, so that a beat without any is that of clicks.
    """
    if len(transcription.notes) + len(transcription.drum_hits) < FEWEST_EVENTS:
        if transcription.metre and all_notes:
            rate = transcription.tempo[-1].beats_per_minute
            yield f"clicks were found that are no notes or drums: {rate:.1f} a minute"
        return
    if not transcription.tempo:
        where = f" between {tempo[0]:g} and {tempo[1]:g}" if isinstance(tempo, tuple) else ""
        known = f" in {metre}" if metre is not None else ""
        counted = "MIDI files and scores count 120 beats a minute, which means nothing here"
        yield f"no beat was found{where}{known}; {counted}"
        return
    if not transcription.metre and isinstance(tempo, float):
        yield f"no beats were found at {transcription.tempo[0].beats_per_minute:g} a minute; they are counted from 0 s"
        return
    found = transcription.beat_explanations
    if found and found[0].probability < CONTRADICTED and (metre is not None or isinstance(tempo, tuple)):
        yield f"the music contradicts the {'tempo' if metre is None else 'metre'} that was named: {_named(found[0])}"
        return
    if found and found[0].probability < SURE:
        named = [found[0], *(other for other in found[1:3] if other.probability >= WORTH_NAMING)]
        either = " or ".join(_named(explanation) for explanation in named)
        yield f"the beat is unsure: {either}; --tempo and --metre decide it"


def remark_on_move(transcription: Transcription, moved_s: float) -> str:
    """What --align did."""
    if not transcription.metre:
        return "not aligned, for no bars were found"
    return f"aligned: all is {abs(moved_s):.3f} s {'later' if moved_s > 0 else 'earlier'} than in the recording"


def _named(found: BeatExplanation) -> str:
    swung = ", swung" if found.swung else ""
    return (
        f"{found.beats_per_minute:.1f} quarters a minute in {found.beats_per_bar}/{found.beat_unit}{swung}, "
        f"a bar at {found.first_bar_s:.2f} s ({100 * found.probability:.0f} %)"
    )
