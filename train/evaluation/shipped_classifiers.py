"""Measures the classifiers that come along: on sound and recordings that never taught a network.

The folder of data holds heldout_samples/ (single notes of a library that is kept back) and valid/ (recordings with
labels), each task says below what it is measured on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr

from mp3tomidi.train.datasets.labelled_recordings import LabelledRecording
from mp3tomidi.train.datasets.segment_targets import EFFECT_CLASSES
from mp3tomidi.train.datasets.solos import solos
from mp3tomidi.train.datasets.sox_effects import REVERBS, processed
from mp3tomidi.train.evaluation.classification_scores import ClassificationScores, scores_of
from mp3tomidi.transcribe.audio.reading import Audio, read
from mp3tomidi.transcribe.classify.classifier import PRESENT, Classification, Classifier
from mp3tomidi.transcribe.classify.effect_amounts import reverb_amount
from mp3tomidi.transcribe.classify.merging import merge
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS

HELD_OUT = "heldout_samples"
SOLO_S = 3.0
SOLOS_PER_INSTRUMENT = 20
CLEAN_S = 6.0
CLEAN_PER_INSTRUMENT = 2
CLEAN_SETS = ("piano_software", "piano_close", "singing", "drums_solo")
PIANO_SETS = ("piano_close", "piano_ambient", "piano_software")
NOT_SUNG_SETS = (*PIANO_SETS, "drums_solo", "band")
_SEED = 14

Scores = dict[str, Any]


def measure_task(classifier: Classifier, data: Path) -> Scores:
    """What the card of a task's network says of how good it is. Raises LabelsError for a task without measures."""
    measure = MEASURES.get(classifier.task.name)
    if measure is None:
        raise LabelsError(
            f"{classifier.task.name}: measured by the parts of its own data when it is taught; "
            f"only {', '.join(MEASURES)} are measured on {data}"
        )
    return measure(classifier, data)


def measure_instruments(classifier: Classifier, data: Path) -> Scores:
    """Share of the solos, and of the recordings of real sets, whose likeliest family is right."""
    answers: dict[str, list[tuple[str, str]]] = {}
    for solo in solos(data / HELD_OUT, per_instrument=SOLOS_PER_INSTRUMENT, seconds=SOLO_S, seed=_SEED):
        answers.setdefault(solo.instrument, []).append((solo.family, _likeliest(classifier.classify(solo.sound))))
    everything = [pair for pairs in answers.values() for pair in pairs]
    sets = dict.fromkeys(PIANO_SETS, "piano") | {"singing": "voice"}
    return {
        "solos": len(everything),
        "solos_right": _share_right(everything),
        "solos_right_by_family": {
            family: _share_right([pair for pair in everything if pair[0] == family])
            for family in sorted({family for family, _ in everything})
        },
        "solos_right_by_instrument": {name: _share_right(pairs) for name, pairs in answers.items()},
        "recordings_right": {
            name: _share_right([(family, _likeliest(classifier.classify(path))) for path in _recordings(data, name)])
            for name, family in sets.items()
        },
    }


def measure_programs(classifier: Classifier, data: Path) -> Scores:
    """Share of the solos whose likeliest program is right, of all programs and of those of the right family."""
    classes = classifier.task.classes
    family_of = {program.name: program.family for program in PROGRAMS.values()}
    by_itself, within, families = [], [], []
    for solo in solos(data / HELD_OUT, per_instrument=SOLOS_PER_INSTRUMENT, seconds=SOLO_S, seed=_SEED):
        name = PROGRAMS[solo.program].name
        answer = classifier.classify(solo.sound)
        of_family = [index for index, each in enumerate(classes) if family_of[each] == solo.family]
        by_itself.append((name, _likeliest(answer)))
        within.append((name, classes[max(of_family, key=answer.probabilities.__getitem__)]))
        families.append((solo.family, family_of.get(_likeliest(answer), "")))
    return {
        "solos": len(by_itself),
        "programs_right": _share_right(by_itself),
        "programs_right_within_the_family": _share_right(within),
        "families_right": _share_right(families),
    }


def measure_singing(classifier: Classifier, data: Path) -> Scores:
    """F1 of recordings and of their sounding segments: amateurs singing, against pianos, drums and rendered bands."""
    sung = [classifier.classify(path) for path in _recordings(data, "singing")]
    others = {name: [classifier.classify(path) for path in _recordings(data, name)] for name in NOT_SUNG_SETS}
    not_sung = [classification for of_set in others.values() for classification in of_set]
    segments = [
        np.concatenate([_sounding(classification)[:, 0] for classification in group]) for group in (sung, not_sung)
    ]
    return {
        "recordings": len(sung) + len(not_sung),
        "recordings_f1": _f1(
            [classification.probabilities[0] for classification in sung], [h.probabilities[0] for h in not_sung]
        ),
        "segments_f1": _f1(*segments),
        "segments_taken_for_singing": {
            name: round(float((np.concatenate([_sounding(h)[:, 0] for h in classification]) >= PRESENT).mean()), 4)
            for name, classification in (("singing", sung), *others.items())
        },
    }


def measure_effects(classifier: Classifier, data: Path) -> Scores:
    """F1 of each effect by SoX on clean sound, and how its reverberance and the estimated amount are ranked."""
    targets, answers, amounts = [], [], []
    for index, clean in enumerate(_clean_sound(data)):
        for each in processed(clean, np.random.default_rng([_SEED, index])):
            classification = classifier.classify(each.sound).probabilities
            targets.append(np.array([name in each.effects for name in EFFECT_CLASSES], np.float32))
            answers.append(classification)
            if not each.effects or each.effects[0] in REVERBS:
                amounts.append((each.reverberance, reverb_amount(classification, classifier.task)))
    scores = scores_of(EFFECT_CLASSES, "many", np.stack(targets), answers)
    reverberance, estimated = np.array(amounts).T
    return {
        "recordings": len(targets),
        "f1": _by_class(scores, "f1"),
        "auc": _by_class(scores, "auc"),
        "any_reverb_f1": _f1(*_any_reverb(scores)),
        "reverb_rank_correlation": round(float(spearmanr(reverberance, estimated).statistic), 4),
    }


def compare_mergings(classifier: Classifier, recordings: Sequence[LabelledRecording]) -> dict[str, float]:
    """Share of recordings, each of one class, that are right by mean, by vote and, where it is taught, attention.

    Raises AudioError for a recording that cannot be read.
    """
    right: dict[str, list[bool]] = {}
    for recording in recordings:
        classification = classifier.classify(recording.path)
        merged = {
            way: merge(classification.segment_probabilities, classification.silent, way, classifier.task.answer)
            for way in ("mean", "vote")
        }
        for way, probabilities in (merged | {classifier.task.merging: classification.probabilities}).items():
            answers = classifier.task.classes[int(probabilities.argmax())]
            right.setdefault(way, []).append(answers in recording.classes)
    return {way: round(float(np.mean(of_way)), 4) for way, of_way in right.items()}


MEASURES: dict[str, Callable[[Classifier, Path], Scores]] = {
    "instrument": measure_instruments,
    "program": measure_programs,
    "singing": measure_singing,
    "effects": measure_effects,
}


def _clean_sound(data: Path) -> Iterable[Audio]:
    """Solos, and the first seconds of real recordings."""
    for solo in solos(data / HELD_OUT, per_instrument=CLEAN_PER_INSTRUMENT, seconds=CLEAN_S, seed=_SEED + 1):
        yield solo.sound
    for name in CLEAN_SETS:
        for path in _recordings(data, name):
            audio = read(path)
            yield Audio(audio.samples[..., : round(CLEAN_S * audio.sample_rate)], audio.sample_rate)


def _recordings(data: Path, name: str) -> list[Path]:
    folder = data / "valid" / name
    found = sorted(folder.glob("*.ogg"))
    if not found:
        raise LabelsError(f"{folder}: no recordings; --data must hold valid/ and heldout_samples/")
    return found


def _likeliest(classification: Classification) -> str:
    top = classification.top(1)
    return top[0][0] if top else ""


def _share_right(pairs: Sequence[tuple[str, str]]) -> float:
    return round(sum(is_of == answers for is_of, answers in pairs) / max(1, len(pairs)), 4)


def _sounding(classification: Classification) -> np.ndarray:
    return classification.segment_probabilities[~classification.silent]


def _f1(there: Iterable[float], not_there: Iterable[float]) -> float:
    hits, false = (int((np.asarray(list(p)) >= PRESENT).sum()) for p in (there, not_there))
    return round(2 * hits / max(1, hits + false + len(list(there))), 4)


def _any_reverb(scores: ClassificationScores) -> tuple[list[float], list[float]]:
    columns = [EFFECT_CLASSES.index(name) for name in REVERBS]
    there = scores.target[:, columns].any(axis=1)
    probability = scores.probabilities[:, columns].max(axis=1)
    return probability[there].tolist(), probability[~there].tolist()


def _by_class(scores: ClassificationScores, figure: str) -> dict[str, float | None]:
    return {row["class"]: None if row[figure] is None else round(row[figure], 4) for row in scores.of_classes()}
