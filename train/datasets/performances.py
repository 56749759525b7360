"""Performances that are graded by how they were made worse: a folder that `mp3tomidi-train classify` can be taught on.

OUT/A, OUT/B and OUT/C hold sound, train_list.txt, valid_list.txt and test_list.txt say what is for which, and
performances.jsonl what went wrong in each. What measures (valid and test) is other music on other instruments; in test
it also goes wrong in other ways.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.mixing.roster import Roster
from mp3tomidi.augment.music.misplaying import Faults, misplay
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.train.datasets.labelled_recordings import PARTS
from mp3tomidi.transcribe.errors import LabelsError

GRADES = ("A", "B", "C")
LISTING = "performances.jsonl"
FAMILY_WEIGHTS = {"piano": 0.4, "keys": 0.1, "guitar": 0.2, "strings": 0.15, "bass": 0.05, "winds": 0.1}
_FEWEST_NOTES_PER_S = 0.8  # what is emptier shows nothing of how it is played
_MARGIN_S = 0.5
# How bad each fault is, at its least and at its worst, in a performance of each grade.
_SEVERITY = {"A": (0.0, 0.12), "B": (0.35, 0.55), "C": (0.85, 1.25)}
_TRAINING_FAULTS = ("timing_s", "wrong_share", "missed_share", "hesitations", "velocity")
_TEST_FAULTS = ("restarts", "drift", "slips")
_SCALE = {  # of each fault at a severity of 1
    "timing_s": 0.07,
    "wrong_share": 0.16,
    "missed_share": 0.15,
    "hesitations": 0.35,
    "velocity": 24.0,
    "restarts": 0.25,
    "drift": 0.22,
    "slips": 0.25,
}


def draw_faults(grade: str, rng: np.random.Generator, *, beyond_training: bool) -> Faults:
    """What goes wrong in a performance of a grade: most of the usual faults, or (`beyond_training`) also others."""
    kinds = [kind for kind in _TRAINING_FAULTS if rng.random() < 0.75] or ["timing_s"]
    if beyond_training:
        kinds = [*_TEST_FAULTS, *rng.choice(_TRAINING_FAULTS, 2, replace=False).tolist()]
    lowest, highest = _SEVERITY[grade]
    drawn: dict[str, Any] = {kind: _SCALE[kind] * float(rng.uniform(lowest, highest)) for kind in kinds}
    return Faults(**drawn)


def write_performances(
    out: Path,
    banks: Sequence[Bank],
    passages: dict[bool, Passages],
    held_out: Sequence[str],
    *,
    counts: dict[str, int],
    seconds: float,
    seed: int,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Writes as many performances of each part (train, valid, test) as `counts` says, equally many of each grade.

    passages: of the songs that teach (False) and of those that are kept back (True); held_out: the sources whose
    instruments only play what measures.
    Raises LabelsError if the folder is there already, and for banks of different sample rates.
    """
    if out.exists():
        raise LabelsError(f"{out}: is there already; name another folder")
    weights = [1.0] * len(banks)
    rosters = {
        False: Roster([bank.without(held_out) for bank in banks], weights, FAMILY_WEIGHTS),
        True: Roster([bank.only(held_out) for bank in banks], weights, FAMILY_WEIGHTS, held_out=True),
    }
    for grade in GRADES:
        (out / grade).mkdir(parents=True)
    done = 0
    with (out / LISTING).open("w", encoding="utf-8") as listing:
        for number, part in enumerate(PARTS):
            names = []
            measures = part != "train"
            for index in range(counts[part]):
                grade = GRADES[index % len(GRADES)]
                rng = np.random.default_rng([seed, number, index])
                faults = draw_faults(grade, rng, beyond_training=part == "test")
                family, sound = _performance(rosters[measures], passages[measures], faults, seconds, rng)
                name = f"{grade}/{part}-{index:05}.flac"
                soundfile.write(out / name, sound, rosters[measures].sample_rate)
                listing.write(json.dumps({"file": name, "family": family, "faults": asdict(faults)}) + "\n")
                names.append(name)
                done += 1
                progress(done)
            (out / f"{part}_list.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")


def _performance(
    roster: Roster, passages: Passages, faults: Faults, seconds: float, rng: np.random.Generator
) -> tuple[str, np.ndarray]:
    """The family of an instrument and what it plays, float32 [seconds * sample_rate], at a peak of a half."""
    while True:
        family = roster.draw_families(1, rng)[0]
        player = roster.draw(family, rng)
        if player.sings:
            continue
        band = passages.draw_ensemble(rng, families=[family], duration_s=seconds, ranges=[player.range])
        notes = band.parts[0][1]
        notes = notes[notes["onset_s"] >= _MARGIN_S]
        if len(notes) < _FEWEST_NOTES_PER_S * seconds:
            continue
        played = misplay(notes, faults, rng)
        sound, _ = player.play(played[played["onset_s"] < seconds], seconds, 0.0, rng)
        peak = float(np.abs(sound).max())
        if peak > 0.0:
            return family, np.asarray(0.5 * sound / peak, np.float32)
