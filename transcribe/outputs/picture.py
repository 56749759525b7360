"""Draws the notes and drums over the recording's spectrogram, as a PNG.

Time runs in rows, seconds below each, note names (C4 is middle C) beside it. A note is a bar in its instrument's
colour, the fuller the louder; if it bends, a line shows its pitch; the melody is framed
in black. The spectrogram is in the recording's tuning, so
that its partials lie on the lines of their notes. Below stand lanes: one for the sustain pedal, and one for each piece
of the drum kit; where there are no notes the drums' lanes are laid over the spectrogram, which then shows more of time
than of pitch.

Needs matplotlib, which the extra "picture" brings.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.events import Note, Transcription, program_name
from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
from mp3tomidi.transcribe.front_end.long_sound import spectra
from mp3tomidi.transcribe.instruments import PIANO_HIGHEST_PITCH, PIANO_LOWEST_PITCH, PITCH_COUNT
from mp3tomidi.transcribe.outputs import drum_lanes
from mp3tomidi.transcribe.outputs.figures import save_png
from mp3tomidi.transcribe.outputs.original import mono_blocks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Seconds in a row at most, for recordings of up to so many seconds; beyond, MOST_ROWS have to be enough.
ROW_S = ((15.0, 60.0), (20.0, 240.0), (30.0, 1200.0))
MOST_ROWS = 40
COLUMNS = 1500  # of the spectrogram in a row, at most: as many as the picture has points there
WIDTH_IN, MARGIN_IN, HEAD_IN, GAP_IN = 17.0, 0.8, 0.6, 0.45
SEMITONE_IN, LANE_IN, WIDE_LANE_IN = 0.055, 0.16, 0.3
DOTS_PER_INCH = 100
RANGE_DB = 60.0
FEWEST_PITCHES = 24  # a row's height
BLOCK_S = 10.0
PEDAL_LANE = "pedal"
TICK_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
MOST_TICKS = 16

_BINS_PER_SEMITONE = 3
_SETTINGS = LogFrequencySettings(
    window_samples=(4096,),
    lowest_pitch=PIANO_LOWEST_PITCH - 1 / _BINS_PER_SEMITONE,
    bins_per_semitone=_BINS_PER_SEMITONE,
    bin_count=_BINS_PER_SEMITONE * PITCH_COUNT,
)
_LOWEST_OF_DRUMS, _HIGHEST_OF_DRUMS = 24, 117  # 33 Hz to 7 kHz
_DRUM_SETTINGS = LogFrequencySettings(
    window_samples=(1024,),
    lowest_pitch=_LOWEST_OF_DRUMS,
    bins_per_semitone=1,
    bin_count=_HIGHEST_OF_DRUMS - _LOWEST_OF_DRUMS + 1,
)


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the time of a recording and its pitches are laid out."""

    row_s: int
    row_count: int
    lowest: int
    highest: int  # pitches that are shown
    lanes: tuple[str, ...]  # of drums, the lowest first
    settings: LogFrequencySettings = _SETTINGS
    pedal_lane: bool = False  # above those of the drums

    @property
    def drums_alone(self) -> bool:
        """Lanes are laid over the spectrogram, not below it."""
        return self.settings is _DRUM_SETTINGS

    @property
    def row_in(self) -> float:
        if self.drums_alone:
            return WIDE_LANE_IN * len(self.lanes)
        return SEMITONE_IN * (self.highest - self.lowest + 1) + LANE_IN * (len(self.lanes) + self.pedal_lane)

    @property
    def lane_height(self) -> float:
        """In semitones, as all that is drawn."""
        if self.drums_alone:
            return (self.highest - self.lowest + 1) / len(self.lanes)
        return LANE_IN / SEMITONE_IN

    @property
    def lane_floors(self) -> dict[str, float]:
        below = 0 if self.drums_alone else len(self.lanes) + self.pedal_lane
        bottom = self.lowest - 0.5 - below * self.lane_height
        return {name: bottom + index * self.lane_height for index, name in enumerate(self.lanes)}

    @property
    def pedal_floor(self) -> float:
        return self.lowest - 0.5 - self.lane_height


def write(transcription: Transcription, source: str | os.PathLike[str] | Audio, path: str | os.PathLike[str]) -> None:
    """Draw a transcription over the spectrogram of the recording that it was made from.

    Raises
    ------
    OutputError
        The file cannot be written.
    AudioError
        The recording cannot be read.
    """
    layout = _laid_out(transcription)
    level_db = _level_db(mono_blocks(source, layout.settings.sample_rate, BLOCK_S), layout, transcription.tuning_cents)
    name = Path(source).name if isinstance(source, str | os.PathLike) else ""
    name = name.encode(errors="replace").decode()  # a name need not be text
    figure = _draw(transcription, level_db, layout, name)
    save_png(figure, path, DOTS_PER_INCH)


def _laid_out(transcription: Transcription) -> _Layout:
    duration_s = max(transcription.duration_s, 1.0)
    longest_s = next((row for row, up_to in ROW_S if duration_s <= up_to), duration_s / MOST_ROWS)
    row_s = math.ceil(duration_s / math.ceil(duration_s / longest_s))  # whole seconds, all rows as full as can be
    row_count = math.ceil(duration_s / row_s)
    lanes = drum_lanes.lanes_of(transcription.drum_hits)
    if lanes and not transcription.notes:
        lanes = (*drum_lanes.ALL_LANES, *(lane for lane in lanes if lane not in drum_lanes.ALL_LANES))
        return _Layout(row_s, row_count, _LOWEST_OF_DRUMS, _HIGHEST_OF_DRUMS, lanes, _DRUM_SETTINGS)
    pitches = [note.pitch for note in transcription.notes] or [60]
    lowest, highest = max(PIANO_LOWEST_PITCH, min(pitches) - 2), min(PIANO_HIGHEST_PITCH, max(pitches) + 2)
    missing = max(0, FEWEST_PITCHES - (highest - lowest + 1))
    lowest = max(PIANO_LOWEST_PITCH, lowest - missing // 2)
    highest = min(PIANO_HIGHEST_PITCH, max(highest, lowest + FEWEST_PITCHES - 1))
    return _Layout(row_s, row_count, lowest, highest, lanes, pedal_lane=bool(transcription.pedal_presses))


def _level_db(blocks: Iterable[NDArray[np.float32]], layout: _Layout, tuning_cents: float) -> NDArray[np.float16]:
    """Levels [row, column, bin] of sound, in dB; what has no sound is at -200."""
    settings = layout.settings
    row_frames = round(layout.row_s / settings.hop_s)
    together = math.ceil(row_frames / COLUMNS)  # frames to a column: the loudest is shown
    columns = math.ceil(row_frames / together)
    per_pitch = settings.bins_per_semitone
    first = (layout.lowest - math.ceil(settings.lowest_pitch)) * per_pitch
    bins = slice(first, first + (layout.highest - layout.lowest + 1) * per_pitch)
    level_db = np.full((layout.row_count, columns, bins.stop - bins.start), -200.0, np.float16)
    start = 0
    for amplitude in spectra(blocks, settings, tuning_cents):
        shown = (20.0 * np.log10(amplitude[:, bins] + 1e-10)).astype(np.float16)
        frame = start + np.arange(len(shown))
        in_picture = frame < layout.row_count * row_frames
        row, column = np.divmod(frame[in_picture], row_frames)
        np.maximum.at(level_db, (row, column // together), shown[in_picture])
        start += len(shown)
    return level_db


def _draw(transcription: Transcription, level_db: NDArray[np.float16], layout: _Layout, name: str) -> Figure:
    from matplotlib.figure import Figure

    row_in = layout.row_in
    height_in = HEAD_IN + layout.row_count * (row_in + GAP_IN)
    figure = Figure(figsize=(WIDTH_IN, height_in))
    programs = sorted({note.program for note in transcription.notes})
    colours = {program: f"C{index % 10}" for index, program in enumerate(programs)}
    loudest_db = float(np.percentile(level_db, 99.9)) if level_db.size else 0.0
    for row in range(layout.row_count):
        bottom_in = height_in - HEAD_IN - (row + 1) * (row_in + GAP_IN) + GAP_IN
        place = (MARGIN_IN / WIDTH_IN, bottom_in / height_in, 1.0 - 1.3 * MARGIN_IN / WIDTH_IN, row_in / height_in)
        axes = figure.add_axes(place)
        _draw_row(
            axes, transcription, level_db[row].astype(np.float32) - loudest_db, row * layout.row_s, layout, colours
        )
    counts = [f"{len(transcription.notes):,} notes"] if not layout.drums_alone else []
    counts += [f"{len(transcription.drum_hits):,} drum hits"] if transcription.drum_hits else []
    top = 1.0 - 0.35 / height_in
    figure.text(
        MARGIN_IN / WIDTH_IN,
        top,
        f"{name}   {', '.join(counts)}",
        fontsize=11,
        parse_math=False,  # a name may hold dollars
    )
    if len(programs) > 1:
        for index, program in enumerate(programs):
            place_x = 0.5 + 0.12 * (index % 4)
            place_y = top - 0.17 * (index // 4) / height_in
            figure.text(place_x, place_y, f"■ {program_name(program)}", color=colours[program], fontsize=9)
    return figure


def _draw_row(
    axes: Axes,
    transcription: Transcription,
    level_db: NDArray[np.float32],
    start_s: float,
    layout: _Layout,
    colours: dict[int, str],
) -> None:
    stop_s, low, high = start_s + layout.row_s, layout.lowest - 0.5, layout.highest + 0.5
    axes.imshow(
        np.clip(level_db.T, -RANGE_DB, 0.0),
        origin="lower",
        aspect="auto",
        cmap="Greys",
        vmin=-RANGE_DB,
        vmax=0.3 * RANGE_DB,  # leaves the darkest shades to the notes' edges
        extent=(start_s, stop_s, low, high),
        interpolation="nearest",
    )
    notes = [note for note in transcription.notes if note.onset_s < stop_s and note.offset_s > start_s]
    _draw_notes(axes, notes, start_s, colours)
    axes.set_xlim(start_s, stop_s)
    floors = layout.lane_floors
    drum_lanes.draw(axes, transcription.drum_hits, floors, layout.lane_height)
    if layout.pedal_lane:
        _draw_pedal(axes, transcription, layout)
        floors = {PEDAL_LANE: layout.pedal_floor, **floors}
    axes.set_ylim(min([low, *floors.values()]), high)
    _name_axes(axes, layout, floors, start_s)


def _draw_notes(axes: Axes, notes: Sequence[Note], start_s: float, colours: dict[int, str]) -> None:
    """Bars from onset to offset, a line where each begins, and the pitch of those that bend."""
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    fill = [to_rgba(colours[note.program], 0.25 + 0.65 * note.velocity / 127.0) for note in notes]
    edge = [to_rgba("black" if note.melody else colours[note.program]) for note in notes]
    axes.add_collection(
        PolyCollection([_bar(note) for note in notes], facecolors=fill, edgecolors=edge, linewidths=0.6)
    )
    for note in notes:
        if note.bend:
            axes.plot(
                [time_s for time_s, _ in note.bend],
                [note.pitch + cents / 100.0 for _, cents in note.bend],
                color="black",
                linewidth=0.7,
            )
    onsets = [note for note in notes if note.onset_s >= start_s]
    axes.vlines(
        [note.onset_s for note in onsets],
        [note.pitch - 0.5 for note in onsets],
        [note.pitch + 0.5 for note in onsets],
        colors="black",
        linewidths=1.2,
    )


def _name_axes(axes: Axes, layout: _Layout, floors: Mapping[str, float], start_s: float) -> None:
    """Seconds below, on the left every C, smaller every G and what each lane holds."""
    stop_s = start_s + layout.row_s
    tick_s = next((step for step in TICK_S if layout.row_s / step <= MOST_TICKS), TICK_S[-1])
    ticks_s = range(math.ceil(start_s / tick_s) * tick_s, math.floor(stop_s) + 1, tick_s)
    axes.set_xticks(ticks_s, [f"{time_s} s" for time_s in ticks_s])
    named = [] if layout.drums_alone else range(layout.lowest, layout.highest + 1)
    names = [pitch for pitch in named if pitch % 12 == 0]
    axes.set_yticks(names, [note_name(pitch) for pitch in names])
    smaller = {float(pitch): note_name(pitch) for pitch in named if pitch % 12 == 7}
    smaller |= {floor + 0.5 * layout.lane_height: name for name, floor in floors.items()}
    axes.set_yticks([*smaller], [*smaller.values()], minor=True)
    axes.tick_params(axis="y", which="minor", labelsize=7)
    axes.tick_params(axis="both", which="major", labelsize=8)
    axes.hlines(names, start_s, stop_s, colors="0.6", linewidths=0.4)


def _draw_pedal(axes: Axes, transcription: Transcription, layout: _Layout) -> None:
    """A bar for each press of the sustain pedal."""
    start_s, stop_s = axes.get_xlim()
    shown = [(down_s, up_s) for down_s, up_s in transcription.pedal_presses if up_s > start_s and down_s < stop_s]
    height = layout.lane_height
    bars = [(down_s, up_s - down_s) for down_s, up_s in shown]
    axes.broken_barh(bars, (layout.pedal_floor + 0.2 * height, 0.6 * height), facecolors="0.35", edgecolors="white")
    axes.hlines([layout.pedal_floor], start_s, stop_s, colors="black", linewidths=0.3)


def _bar(note: Note) -> list[tuple[float, float]]:
    low, high = note.pitch - 0.4, note.pitch + 0.4
    return [(note.onset_s, low), (note.onset_s, high), (note.offset_s, high), (note.offset_s, low)]


def note_name(pitch: int) -> str:
    """As musicians write it: 60 is C4."""
    return ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")[pitch % 12] + str(pitch // 12 - 1)
