"""Compares the variants of an experiment with its baseline, in one table.

Figures are first averaged over the seeds that a variant and the baseline share, recording by recording. A variant's
threshold is the best on the mean of a set's recordings, for the baseline as well, so that thresholds as such are not
compared. Intervals are 95 % percentile bootstraps over recordings of the paired differences (Efron 1979); the mean
over sets draws within each set.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.evaluation.report import BOOTSTRAP_DRAWS, BOOTSTRAP_SEED, INTERVAL_PERCENT, Interval
from mp3tomidi.train.experiments.variants import Experiment, Variant, result_path
from mp3tomidi.train.recipe import RecipeError

OFFSET_SETS = ("piano_close", "singing")  # whose ends and
VELOCITY_SETS = ("piano_close",)  # whose loudness was written down with care

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Figures:
    """What was measured: arrays [recordings, thresholds]; nan where there is nothing to measure."""

    names: tuple[tuple[str, str], ...]  # set and name of each recording
    thresholds: tuple[float, ...]
    taught: tuple[int, str | None]  # for so many steps, from this run
    f1: Values
    precision: Values
    recall: Values
    onset_offset: Values
    velocity: Values

    @property
    def sets(self) -> list[str]:
        return sorted({set_name for set_name, _ in self.names})

    def of(self, values: Values, set_name: str) -> Values:
        """The rows of a set's recordings."""
        return values[[name == set_name for name, _ in self.names]]

    def at_best(self, values: Values, set_name: str) -> Values:
        """A set's [recordings] at the threshold that is best for the mean of their onset F1."""
        return self.of(values, set_name)[:, int(np.argmax(self.of(self.f1, set_name).mean(axis=0)))]

    def best_for_all(self) -> int:
        """The threshold, by index, that is best for the mean over sets."""
        return int(np.argmax(np.mean([self.of(self.f1, name).mean(axis=0) for name in self.sets], axis=0)))

    def at_best_for_all(self, values: Values) -> list[Values]:
        """One array [recordings] a set, at the one threshold that is best for the mean over sets."""
        return [self.of(values, name)[:, self.best_for_all()] for name in self.sets]


def paired_interval(groups: Sequence[Values]) -> Interval:
    """Mean over groups of the means of differences [recordings], and its interval; nan is left out."""
    rng = np.random.default_rng(BOOTSTRAP_SEED)
    finite = [group[np.isfinite(group)] for group in groups]
    finite = [group for group in finite if len(group)]
    if not finite:
        return Interval(np.nan, np.nan, np.nan)
    draws = [group[rng.integers(len(group), size=(BOOTSTRAP_DRAWS, len(group)))].mean(axis=1) for group in finite]
    low, high = np.percentile(np.mean(draws, axis=0), INTERVAL_PERCENT)
    return Interval(float(np.mean([group.mean() for group in finite])), float(low), float(high))


def read_results(out: Path, variant: Variant) -> dict[int, Figures]:
    """Seed -> figures of a variant, as far as it is finished. Raises RecipeError."""
    results = {}
    for path in out.glob(f"{variant.name}-*.json"):
        result = json.loads(path.read_text(encoding="utf-8"))
        if result["set"] != list(variant.set):
            raise RecipeError(f"{path}: made with other settings than the variant has now; move it or change that back")
        results[int(result["seed"])] = _figures(result)
    return dict(sorted(results.items()))


def _figures(result: dict[str, Any]) -> Figures:
    recordings = result["recordings"]

    def column(name: str) -> Values:
        return np.array([recording[name] for recording in recordings], dtype=np.float64)

    matched, estimate, reference = column("matched"), column("estimate"), column("reference")[:, None]
    return Figures(
        names=tuple((recording["set"], recording["name"]) for recording in recordings),
        thresholds=tuple(result["thresholds"]),
        taught=(result["steps"], result["start"]),
        f1=2.0 * matched / np.maximum(1.0, reference + estimate),
        precision=matched / np.maximum(1.0, estimate),
        recall=matched / np.maximum(1.0, reference),
        onset_offset=column("onset_offset_f1"),
        velocity=column("velocity_correlation"),
    )


def over_seeds(figures: Sequence[Figures]) -> Figures:
    """The mean over seeds of the same recordings and thresholds. Raises RecipeError where they are not the same."""
    first = figures[0]
    if any(other.taught != first.taught for other in figures):
        raise RecipeError("the results are of different steps or starts; keep each of these in a folder of its own")
    if any((other.names, other.thresholds) != (first.names, first.thresholds) for other in figures):
        raise RecipeError("the results were measured on different recordings; measure them all again")
    means = {
        name: np.mean([getattr(one, name) for one in figures], axis=0)
        for name in ("f1", "precision", "recall", "onset_offset", "velocity")
    }
    return Figures(first.names, first.thresholds, first.taught, **means)


def table(experiment: Experiment, out: Path) -> str:
    """The markdown table of what `out` holds. Raises RecipeError where the baseline is not finished once."""
    results = {variant: read_results(out, variant) for variant in experiment.variants}
    baseline = results[experiment.variants[0]]
    if not baseline:
        raise RecipeError(f"{result_path(out, experiment.variants[0], 1)}: missing; the others are compared with it")
    whole = over_seeds(list(baseline.values()))
    rows = [_heading(whole), _baseline_row(experiment.variants[0], whole, baseline)]
    notes = []
    for variant in experiment.variants[1:]:
        seeds = [seed for seed in results[variant] if seed in baseline]
        if seeds:
            pairs = [(results[variant][seed], baseline[seed]) for seed in seeds]
            rows.append(_row(variant, pairs))
            notes.append(f"- {variant.name}: {variant.why}" + "".join(f"; `{change}`" for change in variant.set))
    return "\n".join([*rows, "", _EXPLANATION, _seed_noise(baseline), "", *notes]) + "\n"


_EXPLANATION = (
    "First row: figures; below: differences to it in thousandths with their 95 % interval over recordings, bold "
    "where that excludes zero (one in twenty does by chance). Sets and their mean: onset F1 at each set's best "
    "threshold. One threshold: the best single one for all sets, with precision and recall there. OnOff: onset and "
    "offset F1; Vel: velocity correlation, both at the set's best threshold."
)


def _heading(figures: Figures) -> str:
    columns = [
        "variant",
        *figures.sets,
        "mean of sets",
        "by seed",
        "one threshold",
        "at",
        "P",
        "R",
        *(f"OnOff {name}" for name in OFFSET_SETS if name in figures.sets),
        *(f"Vel {name}" for name in VELOCITY_SETS if name in figures.sets),
    ]
    return _line(columns) + "\n" + _line(["---", *["---:"] * (len(columns) - 1)])


def _compared(figures: Figures) -> list[list[Values]]:
    """What is compared with the baseline, in the order of the columns: one array [recordings] a set."""
    at_best = [figures.at_best(figures.f1, name) for name in figures.sets]
    return [
        *([values] for values in at_best),
        at_best,
        figures.at_best_for_all(figures.f1),
        *([figures.at_best(figures.onset_offset, name)] for name in OFFSET_SETS if name in figures.sets),
        *([figures.at_best(figures.velocity, name)] for name in VELOCITY_SETS if name in figures.sets),
    ]


def _mean_of_sets(figures: Figures) -> float:
    return float(np.mean([figures.at_best(figures.f1, name).mean() for name in figures.sets]))


def _baseline_row(variant: Variant, figures: Figures, by_seed: dict[int, Figures]) -> str:
    cells = [_figure(paired_interval(groups).mean) for groups in _compared(figures)]
    seeds = " ".join(_figure(_mean_of_sets(one)) for one in by_seed.values())
    return _full_line(variant, cells, seeds, figures)


def _row(variant: Variant, pairs: Sequence[tuple[Figures, Figures]]) -> str:
    figures, baseline = (over_seeds(side) for side in zip(*pairs, strict=True))
    over_seeds([figures, baseline])  # of the same recordings
    cells = [
        _difference(paired_interval([mine - other for mine, other in zip(changed, before, strict=True)]))
        for changed, before in zip(_compared(figures), _compared(baseline), strict=True)
    ]
    seeds = " ".join(_thousandths(_mean_of_sets(mine) - _mean_of_sets(other)) for mine, other in pairs)
    return _full_line(variant, cells, seeds, figures)


def _full_line(variant: Variant, cells: Sequence[str], seeds: str, figures: Figures) -> str:
    """A row: the compared cells, with what is not compared between them."""
    at = figures.best_for_all()
    precision, recall = (
        _figure(float(np.mean([values.mean() for values in figures.at_best_for_all(each)])))
        for each in (figures.precision, figures.recall)
    )
    split = len(figures.sets) + 1
    one_threshold = [cells[split], f"{figures.thresholds[at]:.2f}".lstrip("0"), precision, recall]
    return _line([variant.name, *cells[:split], seeds, *one_threshold, *cells[split + 1 :]])


def _seed_noise(baseline: dict[int, Figures]) -> str:
    """How much the seed alone moves the baseline: the intervals know nothing of it."""
    means = [_mean_of_sets(figures) for figures in baseline.values()]
    if len(means) < 2:
        return "One seed: nothing is known of what the seed alone moves."
    deviation = 1000.0 * float(np.std(means, ddof=1))
    return (
        f"Between seeds the baseline's mean of sets has a standard deviation of {deviation:.1f} thousandths, "
        "which the intervals do not hold."
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _figure(value: float) -> str:
    return f"{value:.3f}".removeprefix("0") if np.isfinite(value) else "-"


def _thousandths(value: float) -> str:
    return f"{round(1000.0 * value):+d}" if np.isfinite(value) else "-"


def _difference(interval: Interval) -> str:
    if not np.isfinite(interval.mean):
        return "-"
    mean, low, high = (_thousandths(value) for value in (interval.mean, interval.low, interval.high))
    marked = f"**{mean}**" if interval.low > 0 or interval.high < 0 else mean
    return f"{marked} ({low}, {high})"
