"""Draws one sound, with its labels: waveform, spectrogram, peak spectrum, mel, constant-Q and MFCC, in this order.

Notes are outlined at their pitch from onset to offset, drum hits stand in lanes of their own below the waveform. All
panels over time share its axis. Needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.pictures.analysis import Analysis, decibels, pitch_hz
from mp3tomidi.augment.pictures.excerpt import Excerpt
from mp3tomidi.augment.pictures.settings import PANELS, AnalysisSettings
from mp3tomidi.transcribe.events import DrumHit
from mp3tomidi.transcribe.outputs import drum_lanes
from mp3tomidi.transcribe.outputs.figures import save_png
from mp3tomidi.transcribe.outputs.picture import note_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, HEAD_IN = 16.0, 0.5
PANEL_IN = {"waveform": 1.3, "spectrogram": 3.2, "peak": 2.2, "mel": 2.4, "constant-q": 3.4, "mfcc": 1.9}
LANE_IN = 0.16
DOTS_PER_INCH = 100
COLOURS = "magma"
NOTE_COLOUR = "#4de3ff"
MOST_POINTS = 4000  # of a waveform: its extremes are drawn, not all samples
_UNKNOWN_VELOCITY = 90
_LIMITS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001)  # of the waveform's axis
_ROUND_HZ = (50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


@dataclass(frozen=True)
class _Scene:
    """An excerpt and its analysis, which all panels draw from."""

    excerpt: Excerpt
    analysis: Analysis

    @property
    def start_s(self) -> float:
        return self.excerpt.start_s

    @property
    def stop_s(self) -> float:
        return self.excerpt.start_s + max(self.excerpt.duration_s, 1e-3)

    @cached_property
    def notes(self) -> NDArray[np.void]:
        """The notes that sound in the excerpt."""
        notes = self.excerpt.labels.notes
        inside: NDArray[np.void] = notes[(notes["offset_s"] > self.start_s) & (notes["onset_s"] < self.stop_s)]
        return inside

    @cached_property
    def hits(self) -> list[DrumHit]:
        rows = self.excerpt.labels.drum_hits
        rows = rows[(rows["onset_s"] >= self.start_s) & (rows["onset_s"] < self.stop_s)]
        return [DrumHit(row["onset_s"], row["key"], int(row["velocity"]) or _UNKNOWN_VELOCITY) for row in rows]


def write(
    excerpt: Excerpt, path: Path, settings: AnalysisSettings | None = None, panels: Sequence[str] = PANELS
) -> None:
    """Draw the named panels of an excerpt as a PNG; raises OutputError where it cannot be written."""
    settings = settings or AnalysisSettings()
    scene = _Scene(excerpt, excerpt.analysis(settings))
    save_png(_draw(scene, [name for name in PANELS if name in panels]), path, DOTS_PER_INCH)


def _draw(scene: _Scene, panels: Sequence[str]) -> Figure:
    from matplotlib.figure import Figure

    lanes = drum_lanes.lanes_of(scene.hits)
    names = [*panels]
    heights = {name: PANEL_IN[name] for name in panels}
    if lanes:
        names.insert(1 if names[0] == "waveform" else 0, "drums")
        heights["drums"] = 0.15 + LANE_IN * len(lanes)
    figure = Figure(figsize=(WIDTH_IN, HEAD_IN + sum(heights.values()) + 0.35 * len(names)), layout="constrained")
    figure.suptitle(_title(scene), fontsize=10, x=0.01, ha="left", parse_math=False)
    all_axes = figure.subplots(
        len(names), 1, squeeze=False, gridspec_kw={"height_ratios": [heights[name] for name in names]}
    )[:, 0]
    for name, axes in zip(names, all_axes, strict=True):
        _DRAWN_BY[name](axes, scene)
        axes.tick_params(labelsize=8)
        if name != "peak":
            axes.set_xlim(scene.start_s, scene.stop_s)
            axes.xaxis.set_major_formatter(lambda time_s, _: f"{time_s:g} s")
    return figure


def _title(scene: _Scene) -> str:
    excerpt, settings = scene.excerpt, scene.analysis.settings
    name = excerpt.path.name.encode(errors="replace").decode()  # a name need not be text
    level = np.abs(excerpt.samples).max(initial=0.0), float(np.sqrt(np.square(excerpt.samples).mean() or 0.0))
    peak_db, rms_db = (float(decibels(np.array(value, np.float32))) for value in level)
    channels = {1: "mono", 2: "stereo"}.get(len(excerpt.samples), f"{len(excerpt.samples)} channels")
    labels = excerpt.labels
    counted = ((labels.notes, "note"), (labels.drum_hits, "drum hit"))
    counts = [f"{len(rows):,} {what}{'' if len(rows) == 1 else 's'}" for rows, what in counted if len(rows)]
    more = ", more follows" if excerpt.more_follows else ""
    return (
        f"{name}:  {scene.start_s:.2f} to {scene.start_s + excerpt.duration_s:.2f} s{more}   "
        f"{excerpt.sample_rate} Hz, {channels}   peak {peak_db:.1f} dBFS, RMS {rms_db:.1f} dBFS   "
        f"{settings.window} window of {settings.window_samples}, hop {settings.hop_samples}   "
        f"{', '.join(counts) or 'no labels'}"
    )


def _waveform(axes: Axes, scene: _Scene) -> None:
    """Extremes of each stretch of samples; channels one above the other."""
    limit = _limit(float(np.abs(scene.excerpt.samples).max(initial=0.0)))
    samples = scene.excerpt.samples / np.float32(limit)
    together = max(1, -(-samples.shape[1] // MOST_POINTS))
    count = samples.shape[1] // together
    time_s = scene.start_s + np.arange(count) * together / scene.excerpt.sample_rate
    for number, channel in enumerate(samples):
        stretches = channel[: count * together].reshape(count, together)
        middle = -2.0 * number
        axes.fill_between(
            time_s,
            middle + stretches.min(axis=1, initial=0.0),
            middle + stretches.max(axis=1, initial=0.0),
            color="C0",
            linewidth=0.5,
        )
    axes.set_ylim(1.0 - 2.0 * len(samples), 1.0)  # in units of `limit`
    middles = [-2.0 * number for number in range(len(samples))]
    names = {1: [""], 2: ["left", "right"]}.get(len(samples), [str(number + 1) for number in range(len(samples))])
    axes.set_yticks(middles, names)
    axes.hlines(middles, scene.start_s, scene.stop_s, colors="0.7", linewidths=0.4)
    axes.set_ylabel(f"waveform\n±{limit:g} of full scale", fontsize=8)
    onsets_s = scene.notes["onset_s"]
    axes.vlines(onsets_s, *axes.get_ylim(), colors="C3", linewidths=0.4, alpha=0.6)


def _limit(peak: float) -> float:
    """The smallest of the limits that holds a peak; what is higher than full scale is seen to leave the panel."""
    return min((limit for limit in _LIMITS if limit >= peak), default=1.0)


def _drums(axes: Axes, scene: _Scene) -> None:
    lanes = drum_lanes.lanes_of(scene.hits)
    axes.set_xlim(scene.start_s, scene.stop_s)
    drum_lanes.draw(axes, scene.hits, {name: float(index) for index, name in enumerate(lanes)}, 1.0)
    axes.set_ylim(0.0, float(len(lanes)))
    axes.set_yticks(np.arange(len(lanes)) + 0.5, lanes)


def _spectrogram(axes: Axes, scene: _Scene) -> None:
    analysis = scene.analysis
    if analysis.settings.frequency == "log":
        _bands(axes, scene, analysis.log_frequency, "log-frequency bands", "dB")
        return
    half_bin = 0.5 * analysis.sample_rate / analysis.settings.window_samples
    _image(axes, scene, analysis.spectrum, -half_bin, analysis.sample_rate / 2 + half_bin, "dBFS")
    axes.set_ylim(0.0, analysis.sample_rate / 2)
    axes.yaxis.set_major_formatter(lambda hertz, _: f"{hertz / 1000:g}")
    axes.set_ylabel("spectrogram\nfrequency (kHz)", fontsize=8)
    pitches = scene.notes["pitch"]
    _outline(axes, scene.notes, pitch_hz(pitches - 0.5), pitch_hz(pitches + 0.5))


def _constant_q(axes: Axes, scene: _Scene) -> None:
    _bands(axes, scene, scene.analysis.constant_q, "constant-Q", "dBFS")


def _bands(axes: Axes, scene: _Scene, amplitude: NDArray[np.float32], name: str, unit: str) -> None:
    """A spectrogram at equal steps of pitch, its axis in MIDI numbers with names and hertz at the C's."""
    pitches = scene.analysis.band_pitches
    half = 0.5 * (pitches[1] - pitches[0]) if len(pitches) > 1 else 0.5
    _image(axes, scene, amplitude, pitches[0] - half, pitches[-1] + half, unit)
    octaves = [pitch for pitch in range(0, 200, 12) if pitches[0] <= pitch <= pitches[-1]]
    axes.set_yticks(octaves, [f"{note_name(pitch)}  {_hertz(float(pitch_hz(pitch)))}" for pitch in octaves])
    axes.set_ylabel(f"{name}\npitch", fontsize=8)
    _outline(axes, scene.notes, scene.notes["pitch"] - 0.5, scene.notes["pitch"] + 0.5)


def _mel(axes: Axes, scene: _Scene) -> None:
    analysis = scene.analysis
    count = analysis.settings.mel_bands
    _image(axes, scene, analysis.mel, -0.5, count - 0.5, "dB")
    hertz = [value for value in _ROUND_HZ if analysis.mel_hz[0] <= value <= analysis.mel_hz[-1]]
    places = np.interp(hertz, analysis.mel_hz, np.arange(count))
    apart = [index for index in range(len(hertz)) if index == 0 or places[index] - places[index - 1] > count / 20]
    axes.set_yticks(places[apart], [_hertz(hertz[index]) for index in apart])
    axes.set_ylabel(f"{count} mel bands\ncentre", fontsize=8)


def _mfcc(axes: Axes, scene: _Scene) -> None:
    """All but coefficient 0, the level; 1, the slope of the spectrum, may be darker than the colours tell apart."""
    cepstra = scene.analysis.mfcc[:, 1:]
    largest = float(np.percentile(np.abs(cepstra[:, 1:]), 98.0)) if cepstra[:, 1:].size else 1.0
    shown = axes.imshow(
        cepstra.T,
        origin="lower",
        aspect="auto",
        cmap="RdBu_r",
        vmin=-largest,
        vmax=largest,
        extent=(*_edges_s(scene, len(cepstra)), 0.5, cepstra.shape[1] + 0.5),
    )
    _colour_bar(axes, shown, "dB")
    axes.set_yticks([1, *range(5, cepstra.shape[1] + 1, 5)])
    axes.set_ylabel("MFCC\ncoefficient", fontsize=8)


def _peak(axes: Axes, scene: _Scene) -> None:
    """Highest and mean level of every bin over the excerpt."""
    analysis = scene.analysis
    hertz = analysis.spectrum_hz
    peak_db, mean_db = decibels(analysis.peak_spectrum), decibels(analysis.mean_spectrum)
    top_db = float(peak_db.max(initial=-200.0))
    axes.plot(hertz, peak_db, linewidth=0.9, color="C3", label="peak (held)")
    axes.plot(hertz, mean_db, linewidth=0.9, color="C0", label="mean (RMS)")
    lowest_hz = max(20.0, float(hertz[1]))
    if analysis.settings.frequency == "log":
        axes.set_xscale("log")
        ticks = [value for value in (20, *_ROUND_HZ) if lowest_hz <= value <= hertz[-1]]
        axes.set_xticks(ticks, [_hertz(value) for value in ticks])
        axes.minorticks_off()
        axes.set_xlim(lowest_hz, hertz[-1])
    else:
        axes.set_xlim(0.0, hertz[-1])
        axes.xaxis.set_major_formatter(lambda value, _: _hertz(value))
    axes.set_ylim(top_db - 1.2 * analysis.settings.range_db, top_db + 5.0)
    axes.grid(linewidth=0.3)
    axes.legend(fontsize=8, loc="upper right")
    axes.set_xlabel("frequency", fontsize=8, labelpad=1)
    axes.set_ylabel("spectrum\nlevel (dBFS)", fontsize=8)


_DRAWN_BY: dict[str, Callable[[Axes, _Scene], None]] = {
    "waveform": _waveform,
    "drums": _drums,
    "spectrogram": _spectrogram,
    "peak": _peak,
    "mel": _mel,
    "constant-q": _constant_q,
    "mfcc": _mfcc,
}


def _image(axes: Axes, scene: _Scene, amplitude: NDArray[np.float32], low: float, high: float, unit: str) -> None:
    range_db = scene.analysis.settings.range_db
    level_db = decibels(amplitude)
    top_db = float(level_db.max()) if level_db.size else 0.0
    shown = axes.imshow(
        level_db.T,
        origin="lower",
        aspect="auto",
        cmap=COLOURS,
        vmin=top_db - range_db,
        vmax=top_db,
        extent=(*_edges_s(scene, len(amplitude)), low, high),
    )
    _colour_bar(axes, shown, unit)


def _edges_s(scene: _Scene, frames: int) -> tuple[float, float]:
    """Frames are centred on their times, so the first reaches half a hop ahead of the sound."""
    hop_s = scene.analysis.hop_s
    return scene.start_s - 0.5 * hop_s, scene.start_s + (max(frames, 1) - 0.5) * hop_s


def _colour_bar(axes: Axes, shown: object, unit: str) -> None:
    figure = axes.get_figure()
    bar = figure.colorbar(shown, ax=axes, pad=0.005, fraction=0.02, aspect=30)  # type: ignore[union-attr, arg-type]
    bar.ax.tick_params(labelsize=7)
    bar.set_label(unit, fontsize=8)


def _outline(axes: Axes, notes: NDArray[np.void], low: NDArray[np.floating], high: NDArray[np.floating]) -> None:
    from matplotlib.collections import PolyCollection

    corners = [
        [(on, bottom), (on, top), (off, top), (off, bottom)]
        for on, off, bottom, top in zip(notes["onset_s"], notes["offset_s"], low, high, strict=True)
    ]
    axes.add_collection(PolyCollection(corners, facecolors="none", edgecolors=NOTE_COLOUR, linewidths=0.8))


def _hertz(value: float) -> str:
    return f"{value / 1000:.3g} kHz" if value >= 1000 else f"{value:.3g} Hz"
