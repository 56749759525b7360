"""Scores a classifier of drum samples: accuracy by class and over the usual five, and a confusion table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.drums.kits import maker_of
from mp3tomidi.augment.drums.one_shots import Stroke
from mp3tomidi.transcribe.drum_kit import DRUM_CLASSES, ONE_SHOT_CLASSES
from mp3tomidi.transcribe.drums.one_shots import OneShotSorter

_NONE = len(DRUM_CLASSES)
_FIVE_OF = np.array([DRUM_CLASSES.index(drum.of_five) if drum.of_five else _NONE for drum in ONE_SHOT_CLASSES])


@dataclass(frozen=True)
class OneShotScores:
    """`confusion` [class, predicted class] counts samples; of_five and of_makers are shares of those that
    have a class among the five, right if the predicted class is among them."""

    confusion: NDArray[np.int64]
    of_makers: dict[str, float]
    sure_share: float
    """Of the samples, recognised with a confidence of .8 or more,"""
    sure_right: float
    """and how many of these are right."""

    @property
    def right(self) -> float:
        return float(self.confusion.trace() / self.confusion.sum())

    @property
    def five(self) -> NDArray[np.int64]:
        """[one of DRUM_CLASSES, one of DRUM_CLASSES or none]"""
        table = np.zeros((len(DRUM_CLASSES) + 1, len(DRUM_CLASSES) + 1), np.int64)
        np.add.at(table, (_FIVE_OF[:, None], _FIVE_OF), self.confusion)
        return table[:-1]

    @property
    def right_of_five(self) -> float:
        return float(self.five.trace() / self.five.sum())

    def to_card(self) -> dict[str, Any]:
        """The figures as a card holds them."""
        return {
            "samples": int(self.confusion.sum()),
            "right_of_13": round(self.right, 4),
            "right_of_5": round(self.right_of_five, 4),
            "right_of_5_by_maker": {maker: round(share, 4) for maker, share in self.of_makers.items()},
            "classes": [drum.name for drum in ONE_SHOT_CLASSES],
            "confusion": self.confusion.tolist(),
        }

    def table(self) -> str:
        """Both confusion matrices, a row for what it is, and the shares."""
        names = [drum.name for drum in ONE_SHOT_CLASSES]
        lines = [
            *_matrix(names, names, self.confusion),
            "",
            *_matrix(DRUM_CLASSES, [*DRUM_CLASSES, "none"], self.five),
            "",
        ]
        lines += [f"{maker:<24}{100.0 * share:6.1f} % of 5" for maker, share in self.of_makers.items()]
        lines.append(
            f"{self.confusion.sum()} samples: {100 * self.right:.1f} % right of 13 classes, "
            f"{100 * self.right_of_five:.1f} % of 5 (mean over makers {100 * np.mean([*self.of_makers.values()]):.1f} "
            f"%); {100 * self.sure_share:.0f} % with a confidence of .8 or more, {100 * self.sure_right:.1f} % "
            "of these right"
        )
        return "\n".join(lines)


def _matrix(rows: tuple[str, ...] | list[str], columns: list[str], counts: NDArray[np.int64]) -> list[str]:
    lines = [" " * 18 + "".join(f"{name[:7]:>8}" for name in columns) + "   recall"]
    for name, row, index in zip(rows, counts, range(len(rows)), strict=True):
        recall = row[index] / max(1, row.sum())
        lines.append(f"{name:<18}" + "".join(f"{count:>8}" for count in row) + f"{recall:>9.3f}")
    precision = [counts[index, index] / max(1, counts[:, index].sum()) for index in range(len(rows))]
    return [*lines, f"{'precision':<18}" + "".join(f"{value:>8.3f}" for value in precision)]


def measure_one_shots(sorter: OneShotSorter, strokes: list[Stroke]) -> OneShotScores:
    """What the weights as they are shipped say of strokes."""
    recognised = sorter.recognise_sounds([stroke.sound.astype(np.float32) for stroke in strokes])
    label = np.array([stroke.label for stroke in strokes])
    guess = np.array([ONE_SHOT_CLASSES.index(one.drum) for one in recognised])
    sure = np.array([one.confidence >= 0.8 for one in recognised])
    confusion = np.zeros((len(ONE_SHOT_CLASSES), len(ONE_SHOT_CLASSES)), np.int64)
    np.add.at(confusion, (label, guess), 1)
    of_kit = _FIVE_OF[label] < _NONE
    right = _FIVE_OF[label] == _FIVE_OF[guess]
    makers = np.array([maker_of(stroke.kit) for stroke in strokes])
    of_makers = {str(maker): float(right[of_kit & (makers == maker)].mean()) for maker in np.unique(makers[of_kit])}
    sure_right = float((label == guess)[sure].mean()) if sure.any() else 0.0
    return OneShotScores(confusion, of_makers, float(sure.mean()), sure_right)
