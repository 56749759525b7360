"""Scores of a folder of recordings, gathered into a table per set with intervals.

A set's figure is the mean over its recordings (drums: F1 of the summed counts). The intervals are 95 %
percentile bootstraps over recordings (Efron 1979): how far the figure might move with others of their kind.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.evaluation.note_scores import Counts, DrumScore, NoteScore, f1
from mp3tomidi.transcribe.drum_kit import DRUM_CLASSES, THREE_CLASSES

BOOTSTRAP_DRAWS = 2000
BOOTSTRAP_SEED = 0  # the same scores always give the same intervals
INTERVAL_PERCENT = (2.5, 97.5)

# Column heading -> field of NoteScore.
NOTE_COLUMNS = {
    "On": "onset_f1",
    "P": "precision",
    "R": "recall",
    "OnOff": "onset_offset_f1",
    "Frame": "frame_f1",
    "Vel": "velocity_correlation",
    "short": "short_share",
}
GHOSTS = "notes/min"
DRUM_COLUMNS = {
    "5-class": DRUM_CLASSES,
    "3-class": THREE_CLASSES,
    **{name: (name,) for name in DRUM_CLASSES},
}
DRUM_GHOSTS = "hits/min"


@dataclass(frozen=True, slots=True)
class Interval:
    """A set's figure and its 95 % interval; nan where there is nothing to measure."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class RecordingScore:
    """The transcription of one recording, scored against the labels that it has."""

    name: str
    set_name: str
    duration_s: float
    note_count: int
    drum_hit_count: int
    notes: NoteScore | None  # None without note labels
    drums: DrumScore | None  # None without drum labels
    error: str = ""  # why it could not be transcribed; it is then scored as an empty transcription


Summary = dict[str, dict[str, Interval]]  # set -> column -> figure


@dataclass(frozen=True)
class Report:
    """The scores of all recordings, sorted by set and name, and what follows from them."""

    recordings: tuple[RecordingScore, ...]

    @cached_property
    def notes(self) -> Summary:
        """Set -> column of NOTE_COLUMNS -> mean over its recordings, for sets with note labels."""
        return {
            set_name: {
                column: _mean(np.array([getattr(score, field) for score in scores], dtype=np.float64))
                for column, field in NOTE_COLUMNS.items()
            }
            for set_name, members in self._sets().items()
            if (scores := [member.notes for member in members if member.notes])
        }

    @cached_property
    def ghosts(self) -> Summary:
        """Set -> pitched notes detected a minute, for sets with drum labels only.

        Where the drums play alone, each is a ghost.
        """
        return {
            set_name: {GHOSTS: _ratio(np.array([(60 * m.note_count, m.duration_s) for m in members]))}
            for set_name, members in self._sets().items()
            if not any(member.notes for member in members)
        }

    @cached_property
    def drums(self) -> Summary:
        """Set -> column of DRUM_COLUMNS -> F1 of summed counts; empty if no drum was detected anywhere."""
        if not any(recording.drum_hit_count for recording in self.recordings):
            return {}
        return {
            set_name: {column: _drum_f1(scores, classes) for column, classes in DRUM_COLUMNS.items()}
            for set_name, members in self._sets().items()
            if (scores := [member.drums for member in members if member.drums])
        }

    @cached_property
    def drum_accuracy(self) -> Summary:
        """Set -> class and P or R -> precision and recall of summed counts."""
        return {
            set_name: {
                f"{name} {letter}": _bootstrap(
                    np.array([(score[name].matched, getattr(score[name], side)) for score in scores], dtype=np.float64),
                    lambda drawn: drawn[..., 0].sum(axis=1) / np.maximum(1.0, drawn[..., 1].sum(axis=1)),
                )
                for name in DRUM_CLASSES
                for letter, side in (("P", "estimate"), ("R", "reference"))
            }
            for set_name in self.drums
            if (scores := [member.drums for member in self._sets()[set_name] if member.drums])
        }

    @cached_property
    def drum_ghosts(self) -> Summary:
        """Set -> drum hits detected a minute, for sets with note labels only; empty if there was none anywhere.

        Where no drum plays, each is a ghost.
        """
        if not self.drums:
            return {}
        return {
            set_name: {DRUM_GHOSTS: _ratio(np.array([(60 * m.drum_hit_count, m.duration_s) for m in members]))}
            for set_name, members in self._sets().items()
            if not any(member.drums for member in members)
        }

    @property
    def failures(self) -> list[RecordingScore]:
        return [recording for recording in self.recordings if recording.error]

    def mean(self, column: str) -> float:
        """A column of NOTE_COLUMNS averaged over sets, each counted once; nan without any."""
        values = [figures[column].mean for figures in self.notes.values()]
        values = [value for value in values if math.isfinite(value)]
        return float(np.mean(values)) if values else math.nan

    def table(self) -> str:
        """All figures as text, the interval below each."""
        blocks = [self._block(figures) for figures in (self.notes, self.ghosts, self.drums) if figures]
        if len(self.notes) > 1:
            means = "".join(f"{_number(self.mean(column)):>13}" for column in NOTE_COLUMNS)
            blocks[0] += f"\n{'mean of sets':<20}{len(self.notes):>3}{means}"
        return "\n\n".join([*blocks, *self._failed()])

    def drum_table(self) -> str:
        """The figures of the drums as text, the interval below each."""
        summaries = (self.drums, self.drum_accuracy, self.drum_ghosts)
        blocks = [self._block(figures) for figures in summaries if figures] or ["no drum hit was detected"]
        return "\n\n".join([*blocks, *self._failed()])

    def _failed(self) -> list[str]:
        return [f"failed: {failure.set_name}/{failure.name}: {failure.error}" for failure in self.failures]

    def _block(self, summary: Summary) -> str:
        columns = list(next(iter(summary.values())))
        lines = [f"{'set':<20}{'n':>3}" + "".join(f"{column:>13}" for column in columns)]
        for set_name, figures in summary.items():
            numbers = "".join(f"{_number(figure.mean):>13}" for figure in figures.values())
            lines.append(f"{set_name:<20.20}{len(self._sets()[set_name]):>3}{numbers}")
            lines.append(" " * 23 + "".join(f"{_span(figure):>13}" for figure in figures.values()))
        return "\n".join(lines)

    def to_json(self) -> str:
        """Sets with intervals and every recording, as JSON; what cannot be measured is null."""
        content = {
            "notes": self.notes,
            "ghosts": self.ghosts,
            "drums": self.drums,
            "drum_accuracy": self.drum_accuracy,
            "drum_ghosts": self.drum_ghosts,
            "recordings": self.recordings,
        }
        return json.dumps(_plain(content), indent=1, allow_nan=False)

    def figures(self) -> dict[str, dict[str, float | None]]:
        """Set -> column -> figure, rounded to three places, for a card: notes and ghosts."""
        return _plain_figures(self.notes, self.ghosts)

    def drum_figures(self) -> dict[str, dict[str, float | None]]:
        """The same for the card of a drum network: F1 and ghosts."""
        return _plain_figures(self.drums, self.drum_ghosts)

    def _sets(self) -> dict[str, list[RecordingScore]]:
        sets: dict[str, list[RecordingScore]] = {}
        for recording in self.recordings:
            sets.setdefault(recording.set_name, []).append(recording)
        return sets


def sweep_table(reports: Mapping[str, Report], column: str = "On") -> str:
    """One line a setting, one column a set and their mean; the best of each column is starred.

    `column` is one of NOTE_COLUMNS or DRUM_COLUMNS.
    """
    summaries = [report.drums if column in DRUM_COLUMNS else report.notes for report in reports.values()]
    sets = max((list(summary) for summary in summaries), key=len)
    figures = np.array(
        [[summary[name][column].mean if name in summary else 0.0 for name in sets] for summary in summaries]
    )
    figures = np.column_stack([figures, [_mean(row).mean for row in figures]])
    heading = f"{column:<16}" + "".join(f"{name:>16.15}" for name in [*sets, "mean"])
    best = [np.nanmax(values) if np.isfinite(values).any() else math.inf for values in figures.T]
    lines = [
        f"{name:<16}"
        + "".join(
            f"{_number(value) + ('*' if value == top else ' '):>16}" for value, top in zip(row, best, strict=True)
        )
        for name, row in zip(reports, figures, strict=True)
    ]
    return "\n".join([heading, *lines])


def _plain_figures(*summaries: Summary) -> dict[str, dict[str, float | None]]:
    return {
        set_name: {column: _rounded(interval.mean) for column, interval in columns.items()}
        for summary in summaries
        for set_name, columns in summary.items()
    }


def _rounded(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


def _mean(values: NDArray[np.float64]) -> Interval:
    """Mean over recordings, those left out where it cannot be measured."""
    values = values[np.isfinite(values)]
    return _bootstrap(values, lambda drawn: drawn.mean(axis=1))


def _ratio(pairs: NDArray[np.float64]) -> Interval:
    """Sum of the first column by sum of the second."""
    pairs = pairs[pairs[:, 1] > 0]
    return _bootstrap(pairs, lambda drawn: drawn[..., 0].sum(axis=1) / drawn[..., 1].sum(axis=1))


def _drum_f1(scores: list[DrumScore], classes: tuple[str, ...]) -> Interval:
    """Micro-averaged F1 of some classes over recordings."""
    counts = [sum((score[name] for name in classes), Counts(0, 0, 0)) for score in scores]
    totals = np.array([(c.matched, c.reference, c.estimate) for c in counts], dtype=np.float64)
    return _bootstrap(totals, lambda drawn: np.array([f1(*row) for row in drawn.sum(axis=1)]))


def _bootstrap(
    values: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]]
) -> Interval:
    """`statistic` maps [draws, recordings, …] to [draws]."""
    if not len(values):
        return Interval(math.nan, math.nan, math.nan)
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    chosen = rng.integers(len(values), size=(BOOTSTRAP_DRAWS, len(values)))
    low, high = np.percentile(statistic(values[chosen]), INTERVAL_PERCENT)
    return Interval(float(statistic(values[None])[0]), float(low), float(high))


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _span(figure: Interval) -> str:
    if not math.isfinite(figure.mean):
        return ""
    digits = 3 if figure.high < 10 else 1
    return f"{figure.low:.{digits}f}–{figure.high:.{digits}f}"


def _plain(value: object) -> object:
    """The same with dataclasses as dictionaries and nan as None."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (Interval, RecordingScore)):
        return _plain(asdict(value))
    return None if isinstance(value, float) and not math.isfinite(value) else value
