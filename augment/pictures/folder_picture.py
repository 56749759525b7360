"""Draws a folder of sounds: histograms of duration, level, pitch and class, and below them a sheet of spectrograms.

Needs matplotlib.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.pictures.analysis import BINS_PER_SEMITONE, LOWEST_PITCH, decibels
from mp3tomidi.augment.pictures.excerpt import read_excerpt
from mp3tomidi.augment.pictures.settings import AnalysisSettings
from mp3tomidi.augment.pictures.sound_picture import COLOURS
from mp3tomidi.augment.pictures.survey import Survey, Surveyed, spread
from mp3tomidi.transcribe.drum_kit import DRUM_PIECES, PIECE_OF_KEY
from mp3tomidi.transcribe.events import OTHER_DRUM
from mp3tomidi.transcribe.outputs.figures import save_png
from mp3tomidi.transcribe.outputs.picture import note_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEAD_IN, HISTOGRAMS_IN, GAP_IN, ROW_IN = 16.0, 0.65, 3.6, 0.7, 1.75
NUMBERS_IN, NAMES_IN, LETTER_IN, RIGHT_IN = 0.65, 0.35, 0.058, 0.2  # around a histogram: its axis, and at the end
MARGIN_IN, BETWEEN_IN, BELOW_IN, NAME_IN = 0.4, 0.4, 0.22, 0.2  # around a spectrogram
COLUMNS = 6
MOST_ON_SHEET = 48
SHOWN_S = 10.0  # of each sound on the sheet
MOST_CLASSES = 16  # that have a bar of their own
DOTS_PER_INCH = 100
_MOST_LETTERS, _TITLE_LETTERS = 36, 44
_BARS = 40


def write(survey: Survey, path: Path, settings: AnalysisSettings | None = None) -> None:
    """Draw a survey, and read again the sounds that stand on the sheet.

    Raises OutputError where the picture cannot be written, AudioError where a sound has gone since.
    """
    from matplotlib.figure import Figure

    shown = spread(survey.sounds, MOST_ON_SHEET)
    rows = math.ceil(len(shown) / COLUMNS)
    height_in = HEAD_IN + HISTOGRAMS_IN + ROW_IN * rows
    figure = Figure(figsize=(WIDTH_IN, height_in))
    top = 1.0 - 0.2 / height_in
    figure.text(0.01, top, _title(survey, len(shown)), fontsize=10, va="center", parse_math=False)
    _draw_histograms(figure, survey, 1.0 - HEAD_IN / height_in, 1.0 - (HEAD_IN + HISTOGRAMS_IN - GAP_IN) / height_in)
    for index, sound in enumerate(shown):
        row, column = divmod(index, COLUMNS)
        left = (MARGIN_IN + column * (WIDTH_IN - MARGIN_IN) / COLUMNS) / WIDTH_IN
        bottom = (ROW_IN * (rows - row - 1) + BELOW_IN) / height_in
        width = (WIDTH_IN - MARGIN_IN) / COLUMNS / WIDTH_IN - BETWEEN_IN / WIDTH_IN
        axes = figure.add_axes((left, bottom, width, (ROW_IN - BELOW_IN - NAME_IN) / height_in))
        _draw_sound(axes, sound, settings or AnalysisSettings())
    save_png(figure, path, DOTS_PER_INCH)


def _title(survey: Survey, shown: int) -> str:
    hours = sum(sound.duration_s for sound in survey.sounds) / 3600.0
    rates = Counter(sound.sample_rate for sound in survey.sounds)
    parts = [
        f"{survey.folder.resolve().name}:  {len(survey.sounds):,} sounds",
        f"{hours:.2f} h" if hours >= 0.1 else f"{3600 * hours:.1f} s",
        f"{len(survey.classes)} classes",
        ", ".join(f"{count:,} at {rate} Hz" for rate, count in rates.most_common(3)),
        f"{len(survey.pitches):,} notes, {len(survey.drum_keys):,} drum hits",
    ]
    if survey.failures:
        parts.append(f"{len(survey.failures)} unreadable")
    if shown < len(survey.sounds):
        parts.append(f"{shown} of them below, evenly from each class")
    return "   ".join(parts)


def _draw_histograms(figure: Figure, survey: Survey, top: float, bottom: float) -> None:
    """In one row between two heights of the figure, those of notes and drums only where there are any."""
    drawn: list[tuple[float, Callable[[Axes], None]]] = [
        (NUMBERS_IN, partial(_draw_durations, sounds=survey.sounds)),
        (NUMBERS_IN, partial(_draw_levels, sounds=survey.sounds)),
    ]
    if len(survey.pitches):
        drawn.append((NUMBERS_IN, partial(_draw_pitches, pitches=survey.pitches)))
    bars = _class_bars(survey.classes)
    drawn.append((_names_in(bars), partial(_draw_classes, bars=bars)))
    if len(survey.drum_keys):
        bars = _drum_bars(survey.drum_keys)
        drawn.append((_names_in(bars), partial(_draw_drums, bars=bars)))
    width_in = (WIDTH_IN - RIGHT_IN - sum(left_in for left_in, _ in drawn)) / len(drawn)
    place_in = 0.0
    for left_in, draw in drawn:
        axes = figure.add_axes(((place_in + left_in) / WIDTH_IN, bottom, width_in / WIDTH_IN, top - bottom))
        place_in += left_in + width_in
        draw(axes)
        axes.tick_params(labelsize=7)
        axes.title.set_fontsize(9)
        axes.xaxis.label.set_fontsize(8)
        axes.yaxis.label.set_fontsize(8)


def _names_in(bars: dict[str, int]) -> float:
    """How much room the names of bars take, in inches."""
    return NAMES_IN + LETTER_IN * max((len(_short(name)) for name in bars), default=0)


def _draw_durations(axes: Axes, sounds: Sequence[Surveyed]) -> None:
    """On a logarithmic axis where the longest is more than ten times as long as the shortest."""
    seconds = np.array([sound.duration_s for sound in sounds if sound.duration_s > 0.0])
    if len(seconds) and seconds.max() > 10.0 * seconds.min():
        edges = np.geomspace(seconds.min(), seconds.max() * 1.001, _BARS)
        axes.set_xscale("log")
        axes.minorticks_off()
        ticks = [tick for tick in _SECONDS if seconds.min() <= tick <= seconds.max()]
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    else:
        edges = np.linspace(0.0, (seconds.max() if len(seconds) else 1.0) * 1.001, _BARS)
    axes.hist(seconds, bins=edges.tolist(), color="C0")
    axes.set(title="duration", xlabel="s", ylabel="sounds")
    axes.locator_params(axis="y", integer=True)


_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)


def _draw_levels(axes: Axes, sounds: Sequence[Surveyed]) -> None:
    peaks = decibels(np.array([sound.peak for sound in sounds], np.float32))
    means = decibels(np.array([sound.rms for sound in sounds], np.float32))
    silent = int((peaks < _SILENT_DB).sum())
    edges = np.arange(_SILENT_DB, 7.0, 2.0).tolist()
    axes.hist(np.maximum(means, _SILENT_DB), bins=edges, color="C0", alpha=0.7, label="RMS")
    axes.hist(np.maximum(peaks, _SILENT_DB), bins=edges, color="C3", histtype="step", label="peak")
    lowest = float(np.percentile(means, 0.5)) if len(means) else _SILENT_DB
    axes.set_xlim(max(_SILENT_DB, 10.0 * math.floor(lowest / 10.0) - 2.0), 6.0)
    axes.legend(fontsize=7, loc="upper left")
    axes.set(title="level" + (f" ({silent} silent)" if silent else ""), xlabel="dBFS", ylabel="sounds")
    axes.locator_params(axis="y", integer=True)


_SILENT_DB = -100.0


def _draw_pitches(axes: Axes, pitches: NDArray[np.int32]) -> None:
    axes.set(title="pitch", xlabel="note (C4 = MIDI 60)", ylabel="notes")
    lowest, highest = int(pitches.min()), int(pitches.max())
    axes.hist(pitches, bins=(np.arange(lowest, highest + 2) - 0.5).tolist(), color="C0")
    step = 12 if highest - lowest >= 24 else 4
    ticks = [pitch for pitch in range(0, 128, step) if lowest <= pitch <= highest] or [lowest]
    axes.set_xticks(ticks, [note_name(pitch) for pitch in ticks])


def _class_bars(classes: dict[str, int]) -> dict[str, int]:
    """The classes with their counts, the rarest of many taken together."""
    if len(classes) <= MOST_CLASSES:
        return classes
    rest = list(classes.values())[MOST_CLASSES - 1 :]
    return {**dict(list(classes.items())[: MOST_CLASSES - 1]), f"{len(rest)} others": sum(rest)}


def _draw_classes(axes: Axes, bars: dict[str, int]) -> None:
    _draw_bars(axes, bars)
    axes.set(title="class", xlabel="sounds")


def _drum_bars(keys: NDArray[np.int32]) -> dict[str, int]:
    pieces = Counter(
        DRUM_PIECES[PIECE_OF_KEY[key]].name if key in PIECE_OF_KEY else OTHER_DRUM for key in keys.tolist()
    )
    names = (*(piece.name for piece in DRUM_PIECES), OTHER_DRUM)
    return {name: pieces[name] for name in names if name in pieces}


def _draw_drums(axes: Axes, bars: dict[str, int]) -> None:
    _draw_bars(axes, bars)
    axes.set(title="drums", xlabel="hits")


def _draw_bars(axes: Axes, counts: dict[str, int]) -> None:
    """Bars lying down, the first on top, each with its number."""
    places = np.arange(len(counts))
    bars = axes.barh(places, list(counts.values()), color="C0")
    axes.bar_label(bars, fontsize=6, padding=2)
    axes.set_yticks(places, [_short(name) for name in counts], parse_math=False)
    axes.set_ylim(max(len(counts), 4) - 0.5, -0.5)
    axes.set_xlim(0.0, 1.25 * max(counts.values(), default=1))  # room for the longest bar's number
    axes.locator_params(axis="x", integer=True, nbins=5)


def _draw_sound(axes: Axes, sound: Surveyed, settings: AnalysisSettings) -> None:
    excerpt = read_excerpt(sound.path, duration_s=SHOWN_S)
    analysis = excerpt.analysis(settings)
    is_log = settings.frequency == "log"
    level_db = decibels(analysis.log_frequency if is_log else analysis.spectrum)
    top_db = float(level_db.max()) if level_db.size else 0.0
    highest = float(len(analysis.band_pitches)) if is_log else excerpt.sample_rate / 2000.0
    axes.imshow(
        level_db.T,
        origin="lower",
        aspect="auto",
        cmap=COLOURS,
        vmin=top_db - settings.range_db,
        vmax=top_db,
        extent=(0.0, max(excerpt.duration_s, 1e-3), 0.0, highest),
    )
    if is_log:
        octaves = [12 * octave for octave in range(2, 11, 2)]
        places = [(pitch - LOWEST_PITCH) * BINS_PER_SEMITONE + 0.5 for pitch in octaves]
        axes.set_yticks(places, [note_name(pitch) for pitch in octaves])
        axes.set_ylim(0.0, highest)
    name = f"{sound.class_name.rpartition('/')[2]}/{sound.path.name}"
    of_all = f" (of {sound.duration_s:.1f} s)" if excerpt.more_follows else ""
    axes.set_title(_short(name, _TITLE_LETTERS - len(of_all)) + of_all, fontsize=7, pad=2, parse_math=False)
    axes.tick_params(labelsize=6, length=2, pad=1)
    axes.xaxis.set_major_formatter(lambda time_s, _: f"{time_s:g} s")
    axes.locator_params(axis="x", nbins=5)
    if not is_log:
        axes.locator_params(axis="y", nbins=4)
        axes.yaxis.set_major_formatter(lambda kilohertz, _: f"{kilohertz:g} kHz")


def _short(name: str, letters: int = _MOST_LETTERS) -> str:
    """A name that fits: its end, which tells files of a set apart, is kept; signs that are no text are replaced."""
    name = name.encode(errors="replace").decode()
    return name if len(name) <= letters else "…" + name[1 - letters :]
