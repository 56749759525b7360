import json

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.train.datasets.class_folders import read_class_folders
from mp3tomidi.train.datasets.performances import GRADES, draw_faults, write_performances
from mp3tomidi.transcribe.errors import LabelsError

COUNTS = {"train": 6, "valid": 3, "test": 3}


@pytest.fixture(scope="module")
def written(tiny_banks, tmp_path_factory):
    """Performances of 6 s, those that measure by the bass. Not to be written to."""
    out = tmp_path_factory.mktemp("graded") / "performances"
    passages = Passages.open(tiny_banks, tiny_banks)
    banks = [Bank.open(tiny_banks / "sines")]
    write_performances(out, banks, {False: passages, True: passages}, ("bass",), counts=COUNTS, seconds=6.0, seed=1)
    return out


def test_each_part_has_every_grade_and_can_be_read_as_classes(written):
    parts = read_class_folders(written, GRADES, seed=1)
    assert [parts.targets(part).sum(axis=0).tolist() for part in (parts.train, parts.valid, parts.test)] == [
        [2.0, 2.0, 2.0],
        [1.0, 1.0, 1.0],
        [1.0, 1.0, 1.0],
    ]
    sound, rate = soundfile.read(parts.train[0].path)
    assert (len(sound), rate) == (96_000, 16_000)
    assert np.abs(sound).max() == pytest.approx(0.5, abs=1e-3)


def test_what_measures_is_played_on_other_instruments_and_goes_wrong_in_other_ways(written):
    rows = [json.loads(line) for line in (written / "performances.jsonl").read_text().splitlines()]
    teaching = [row for row in rows if "train" in row["file"]]
    testing = [row for row in rows if "test" in row["file"]]
    assert {row["family"] for row in teaching} == {"piano"}
    assert {row["family"] for row in testing} == {"bass"}
    assert not any(row["faults"]["restarts"] or row["faults"]["slips"] for row in teaching)
    assert all(row["faults"]["restarts"] > 0 for row in testing if not row["file"].startswith("A"))


def test_a_worse_grade_is_worse_in_each_fault():
    rng = np.random.default_rng(1)
    drawn = {grade: [draw_faults(grade, rng, beyond_training=True) for _ in range(50)] for grade in GRADES}
    for fault in ("restarts", "drift", "slips"):
        worst = {grade: max(getattr(faults, fault) for faults in drawn[grade]) for grade in GRADES}
        least = {grade: min(getattr(faults, fault) for faults in drawn[grade]) for grade in GRADES}
        assert worst["A"] < least["B"]
        assert worst["B"] < least["C"]


def test_what_is_there_is_not_written_over(written, tiny_banks):
    with pytest.raises(LabelsError, match="is there already"):
        write_performances(written, [], {}, (), counts=COUNTS, seconds=6.0, seed=1)
