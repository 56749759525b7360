"""Scores of a classifier over recordings: figures by class, and the confusion matrix as table and picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from mp3tomidi.transcribe.classify.classifier import PRESENT
from mp3tomidi.transcribe.outputs.files import written_beside


@dataclass(frozen=True)
class ClassificationScores:
    """`target` [recording, class] of 0 and 1, and the `probabilities` [recording, class] that were predicted.

    answer: "one" if the classes exclude each other, so that the likeliest counts, or "many", so that all do that have
    a probability of .5 or more.
    """

    classes: tuple[str, ...]
    answer: str
    target: NDArray[np.float32]
    probabilities: NDArray[np.float32]

    @property
    def predicted(self) -> NDArray[np.bool_]:
        """[recording, class]: what it is taken for; nothing where all probabilities are zero, as of silence."""
        if self.answer == "many":
            return np.asarray(self.probabilities >= PRESENT)
        likeliest = np.eye(len(self.classes), dtype=np.bool_)[self.probabilities.argmax(axis=1)]
        return np.asarray(likeliest & (self.probabilities.max(axis=1, keepdims=True) > 0.0))

    @property
    def accuracy(self) -> float:
        """Share of the recordings with the right likeliest class; of many classes, with one that is there."""
        likeliest = self.probabilities.argmax(axis=1)
        right = self.target[np.arange(len(self.target)), likeliest] > 0
        return float((right & (self.probabilities.max(axis=1) > 0.0)).mean())

    @property
    def confusion(self) -> NDArray[np.float64]:
        """[class, class that was predicted]: counts; of many classes, how probable the second is on average where
        the first is present."""
        if self.answer == "one":
            return np.asarray(self.target.astype(np.float64).T @ self.predicted)
        counts = np.maximum(self.target.sum(axis=0), 1.0)[:, None]
        return np.asarray(self.target.astype(np.float64).T @ self.probabilities / counts)

    def of_classes(self) -> list[dict[str, Any]]:
        """Precision, recall, F1 and area under the ROC curve (None where it has none) of each class, and its count."""
        rows = []
        for index, name in enumerate(self.classes):
            there, predicted = self.target[:, index] > 0, self.predicted[:, index]
            hits = float((there & predicted).sum())
            rows.append(
                {
                    "class": name,
                    "recordings": int(there.sum()),
                    "precision": hits / max(1.0, float(predicted.sum())),
                    "recall": hits / max(1.0, float(there.sum())),
                    "f1": 2 * hits / max(1.0, float(there.sum() + predicted.sum())),
                    "auc": area_under_roc(there, self.probabilities[:, index]),
                }
            )
        return rows

    def to_json(self) -> dict[str, Any]:
        """All figures, rounded to four places."""
        rows = [
            {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
            for row in self.of_classes()
        ]
        return {
            "recordings": len(self.target),
            "accuracy": round(self.accuracy, 4),
            "mean_f1": round(self._mean("f1"), 4),
            "mean_auc": round(self._mean("auc"), 4),
            "classes": rows,
            "confusion": self.confusion.round(4).tolist(),
        }

    def table(self) -> str:
        """The figures of each class and over all, and the confusion matrix."""
        width = max(10, *(len(name) for name in self.classes)) + 2
        lines = [f"{'class':<{width}}{'n':>6}{'precision':>11}{'recall':>8}{'F1':>7}{'AUC':>7}"]
        for row in self.of_classes():
            auc = "" if row["auc"] is None else f"{row['auc']:.3f}"
            lines.append(
                f"{row['class']:<{width}}{row['recordings']:>6}{row['precision']:>11.3f}{row['recall']:>8.3f}"
                f"{row['f1']:>7.3f}{auc:>7}"
            )
        lines += [
            f"{len(self.target)} recordings: {100 * self.accuracy:.1f} % with a right likeliest class, "
            f"mean F1 {self._mean('f1'):.3f}, mean AUC {self._mean('auc'):.3f}",
            "",
            " " * width + "".join(f"{name[:8]:>10}" for name in self.classes),
        ]
        form = "10.0f" if self.answer == "one" else "10.2f"
        for name, counts in zip(self.classes, self.confusion, strict=True):
            lines.append(f"{name:<{width}}" + "".join(f"{count:{form}}" for count in counts))
        return "\n".join(lines)

    def draw(self, path: Path) -> None:
        """The confusion matrix as a PNG, each row as shares of what the class was predicted to be. Needs matplotlib."""
        from matplotlib.figure import Figure

        matrix = self.confusion
        shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1e-9) if self.answer == "one" else matrix
        size = 2.5 + 0.45 * len(self.classes)
        figure = Figure(figsize=(size + 1.0, size), layout="constrained")
        axes = figure.subplots()
        image = axes.imshow(shares, vmin=0.0, vmax=1.0, cmap="viridis")
        places = range(len(self.classes))
        axes.set_xticks(places, self.classes, rotation=90)
        axes.set_yticks(places, self.classes)
        axes.set_xlabel("predicted" if self.answer == "one" else "mean probability of")
        axes.set_ylabel("is" if self.answer == "one" else "where there is")
        figure.colorbar(image)
        with written_beside(path) as beside:
            figure.savefig(beside, format="png", dpi=100)

    def _mean(self, figure: str) -> float:
        """Over the classes that have such a figure and recordings."""
        values = [row[figure] for row in self.of_classes() if row["recordings"] and row[figure] is not None]
        return float(np.mean(values)) if values else 0.0


def area_under_roc(there: NDArray[np.bool_], score: NDArray[np.float32]) -> float | None:
    """The probability that one that is there scores higher than one that is not (ties count half); None without both.

    From the ranks, as Hanley and McNeil (1982), "The meaning and use of the area under a ROC curve", say it.
    """
    positive, negative = int(there.sum()), int((~there).sum())
    if not positive or not negative:
        return None
    ranks = rankdata(score)
    return float((ranks[there].sum() - positive * (positive + 1) / 2) / (positive * negative))


def scores_of(
    classes: Sequence[str], answer: str, target: NDArray[np.float32], probabilities: Sequence[NDArray[np.float32]]
) -> ClassificationScores:
    """Scores of recordings, one row of probabilities each."""
    return ClassificationScores(tuple(classes), answer, target, np.stack(probabilities))
