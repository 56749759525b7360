"""Classifies every sound of a folder for the page: `... sorting FOLDER PLACE TASK WEIGHTS OUT` writes OUT/result.json.

Where sounds lie in sub-folders named like classes of the task, the confusion matrix and the scores come with it.
The map is the plane in which the embeddings differ most: the first two principal components.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.serve.background.counting import Counter, write_json
from mp3tomidi.serve.background.kinds import JobFolder
from mp3tomidi.transcribe.errors import Mp3toMidiError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mp3tomidi.transcribe.classify.classifier import Classification


def main() -> int:
    folder, place, task, weights, out = Path(sys.argv[1]), *sys.argv[2:]
    files = JobFolder(Path(out))
    from mp3tomidi.transcribe.audio.folders import find_sounds
    from mp3tomidi.transcribe.classify.classifier import Classifier

    paths = sorted(find_sounds(folder))
    if not paths:
        print(f"{place} holds no sound files; choose another folder", file=sys.stderr)
        return 1
    counter = Counter(files.progress, len(paths))
    classifier = Classifier(task, Path(weights))
    rows, embeddings, failures = [], [], []
    for path in paths:
        try:
            told = classifier.classify(path)
        except Mp3toMidiError as error:
            failures.append(str(error).replace(f"{folder}/", ""))
        else:
            rows.append(_row(path.relative_to(folder), place, told))
            embeddings.append(told.embedding)
        counter.advance()
    if not rows:
        print(f"no sound of {place} can be read: {failures[0]}", file=sys.stderr)
        return 1
    result = {
        "place": place,
        "task": {"name": classifier.task.name, "answer": classifier.task.answer},
        "classes": list(classifier.task.classes),
        "recordings": rows,
        "failures": failures,
        "scores": _scores(classifier.task.classes, classifier.task.answer, rows),
        "map": _map(embeddings),
    }
    write_json(result, files.result)
    return 0


def _row(inside: Path, place: str, told: Classification) -> dict[str, Any]:
    """`is` is the innermost folder that is called like a class."""
    names = {name.lower(): name for name in told.task.classes}
    folders = [names[part.lower()] for part in inside.parts[:-1] if part.lower() in names]
    return {
        "place": f"{place}/{inside.as_posix()}",
        "name": inside.as_posix(),
        "duration_s": round(told.duration_s, 3),
        "silent": told.is_silent,
        "is": folders[-1] if folders else None,
        "probabilities": [round(float(value), 4) for value in told.probabilities],
    }


def _scores(classes: tuple[str, ...], answer: str, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of the recordings whose class is known; None if there are none."""
    import numpy as np

    from mp3tomidi.train.scores.classification_scores import scores_of

    known = [row for row in rows if row["is"] is not None]
    if not known:
        return None
    target = np.zeros((len(known), len(classes)), np.float32)
    target[np.arange(len(known)), [classes.index(row["is"]) for row in known]] = 1.0
    told = [np.array(row["probabilities"], np.float32) for row in known]
    return scores_of(classes, answer, target, told).to_json()


def _map(embeddings: list[NDArray[np.float32]]) -> dict[str, Any]:
    """Each recording's place, both coordinates from -1 to 1, and the share of the variance that the plane shows."""
    import numpy as np

    points = np.stack(embeddings).astype(np.float64)
    centred = points - points.mean(axis=0)
    left, singular, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(points), 2))
    count = min(2, len(singular))
    plane[:, :count] = left[:, :count] * singular[:count]
    energy = float((singular**2).sum())
    shown = float((singular[:2] ** 2).sum()) / energy if energy else 1.0
    plane /= np.abs(plane).max() or 1.0
    return {"points": plane.round(4).tolist(), "share": round(shown, 4)}


if __name__ == "__main__":
    sys.exit(main())
