"""Classifies every sound of a folder for the page: `... sorting FOLDER PLACE TASK WEIGHTS METHOD OUT`.

OUT/list.json, if it is there, says which of the sounds are meant, and their classes where these are known. Where
classes are known, or sounds lie in sub-folders named like classes of the task, the result has the confusion matrix too.
What is found goes to OUT/result.json. The map lays the embeddings out by their two principal components, or by UMAP
(extra "umap").
"""

from __future__ import annotations

import json
import sys
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mp3tomidi.serve.background.kinds import JobFolder
from mp3tomidi.serve.background.progress_file import Counter, write_json
from mp3tomidi.transcribe.errors import Mp3toMidiError

PCA, UMAP = "pca", "umap"
_FEWEST_FOR_UMAP = 15  # recordings: its neighbourhood

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mp3tomidi.transcribe.classify.classifier import Classification


def main() -> int:
    folder, place, task, weights, method, out = Path(sys.argv[1]), *sys.argv[2:]
    files = JobFolder(Path(out))
    from mp3tomidi.transcribe.audio.folders import find_sounds
    from mp3tomidi.transcribe.classify.classifier import Classifier

    listed = _listed(files.listed)
    paths = sorted(find_sounds(folder)) if listed is None else [folder / name for name in listed]
    if not paths:
        print(f"{place} holds no sound files; choose another folder", file=sys.stderr)
        return 1
    counter = Counter(files.progress, len(paths))
    classifier = Classifier(task, Path(weights))
    rows, embeddings, failures = [], [], []
    for path in paths:
        try:
            classification = classifier.classify(path)
        except Mp3toMidiError as error:
            failures.append(str(error).replace(f"{folder}/", ""))
        else:
            inside = path.relative_to(folder)
            rows.append(_row(inside, place, classification, (listed or {}).get(inside.as_posix())))
            embeddings.append(classification.embedding)
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
        "map": _map(embeddings, method),
    }
    write_json(result, files.result)
    return 0


def _listed(path: Path) -> dict[str, str | None] | None:
    """Class by name in the folder; None without a list."""
    if not path.exists():
        return None
    rows: list[tuple[str, str | None]] = json.loads(path.read_text(encoding="utf-8"))
    return {PurePosixPath(name).as_posix(): known for name, known in rows}


def _row(inside: Path, place: str, classification: Classification, known: str | None) -> dict[str, Any]:
    """`is` is the known class, or else the innermost folder that is called like one."""
    names = {name.lower(): name for name in classification.task.classes}
    parts = inside.parts[:-1] if known is None else (known,)
    folders = [names[part.lower()] for part in parts if part.lower() in names]
    return {
        "place": f"{place}/{inside.as_posix()}",
        "name": inside.as_posix(),
        "duration_s": round(classification.duration_s, 3),
        "silent": classification.is_silent,
        "is": folders[-1] if folders else None,
        "probabilities": [round(float(value), 4) for value in classification.probabilities],
    }


def _scores(classes: tuple[str, ...], answer: str, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Of the recordings whose class is known; None if there are none."""
    import numpy as np

    from mp3tomidi.train.evaluation.classification_scores import scores_of

    known = [row for row in rows if row["is"] is not None]
    if not known:
        return None
    target = np.zeros((len(known), len(classes)), np.float32)
    target[np.arange(len(known)), [classes.index(row["is"]) for row in known]] = 1.0
    classification = [np.array(row["probabilities"], np.float32) for row in known]
    return scores_of(classes, answer, target, classification).to_json()


def _map(embeddings: list[NDArray[np.float32]], method: str) -> dict[str, Any]:
    """Each recording's place, both coordinates from -1 to 1, and by principal components the share of the variance."""
    import numpy as np

    from mp3tomidi.transcribe.classify.embedding_map import laid_out

    points = np.stack(embeddings)
    places = laid_out(points, method if len(points) > _FEWEST_FOR_UMAP else PCA)
    variance = float(np.square(points.astype(np.float64) - points.mean(axis=0)).sum())
    share = float(np.square(places).sum()) / variance if method == PCA and variance else None
    places = places - (places.max(axis=0) + places.min(axis=0)) / 2.0
    places /= np.abs(places).max() or 1.0
    return {"points": places.round(4).tolist(), "share": share and round(share, 4), "method": method}


if __name__ == "__main__":
    sys.exit(main())
