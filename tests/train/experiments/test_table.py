"""Comparing variants: figures by hand, intervals against the analytic ones."""

import json
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.train.experiments.table import Figures, over_seeds, paired_interval, read_results, table
from mp3tomidi.train.experiments.variants import Experiment, Variant
from mp3tomidi.train.recipe import RecipeError

VARIANTS = (Variant("baseline"), Variant("more", "to see", ("training.seed=2",)), Variant("later"))
EXPERIMENT = Experiment("none.toml", VARIANTS)


def test_the_interval_is_that_of_a_mean_of_differences() -> None:
    values = np.random.default_rng(1).normal(0.02, 0.1, 400)
    interval = paired_interval([values])
    half = 1.96 * values.std() / 20
    assert interval.mean == pytest.approx(values.mean())
    assert (interval.low, interval.high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.1 * half)


def test_groups_are_drawn_each_in_itself_and_weigh_the_same() -> None:
    rng = np.random.default_rng(2)
    groups = [rng.normal(1.0, 0.2, 300), rng.normal(3.0, 0.1, 50)]
    interval = paired_interval(groups)
    half = 1.96 * 0.5 * np.sqrt(sum(group.var() / len(group) for group in groups))
    assert interval.mean == pytest.approx((groups[0].mean() + groups[1].mean()) / 2)
    assert (interval.high - interval.low) / 2 == pytest.approx(half, rel=0.1)


def test_equal_differences_have_no_width_and_what_was_not_measured_is_left_out() -> None:
    interval = paired_interval([np.array([0.25, 0.25, np.nan])])
    assert (interval.mean, interval.low, interval.high) == (0.25, 0.25, 0.25)
    assert np.isnan(paired_interval([np.array([np.nan])]).mean)


def recording(set_name: str, name: str, matched: list[int], velocity: float | None = 0.5) -> dict:
    """Ten notes to be found; estimates 10 and 5 at the two thresholds."""
    return {
        "set": set_name,
        "name": name,
        "reference": 10,
        "estimate": [10, 5],
        "matched": matched,
        "onset_offset_f1": [0.4, 0.2],
        "velocity_correlation": [velocity, velocity],
    }


def write(out: Path, variant: Variant, seed: int, recordings: list[dict], steps: int = 120) -> None:
    out.mkdir(exist_ok=True)
    taught = {"variant": variant.name, "seed": seed, "set": list(variant.set), "steps": steps, "start": "run"}
    result = taught | {"thresholds": [0.3, 0.6], "recordings": recordings}
    (out / f"{variant.name}-{seed}.json").write_text(json.dumps(result))


def test_a_threshold_is_chosen_for_each_set_and_one_for_all(tmp_path: Path) -> None:
    recordings = [
        recording("band", "a", [8, 3]),  # F1 .8 and .4
        recording("band", "b", [6, 3]),  # .6 and .4
        recording("singing", "c", [5, 5]),  # .5 and .667
    ]
    write(tmp_path, EXPERIMENT.variants[0], 1, recordings)
    figures = read_results(tmp_path, EXPERIMENT.variants[0])[1]
    assert figures.sets == ["band", "singing"]
    assert figures.at_best(figures.f1, "band") == pytest.approx([0.8, 0.6])
    assert figures.at_best(figures.f1, "singing") == pytest.approx([10 / 15])
    assert figures.best_for_all() == 0  # .6 against .533
    assert [values.tolist() for values in figures.at_best_for_all(figures.precision)] == [[0.8, 0.6], [0.5]]


def test_the_table_compares_by_seed_and_marks_what_excludes_zero(tmp_path: Path) -> None:
    baseline, more, _ = EXPERIMENT.variants
    for seed, plus in ((1, 0), (2, 1)):
        write(tmp_path, baseline, seed, [recording("band", "a", [6, 3]), recording("band", "b", [7, 3])])
        # band: +.1 and +.1 for seed 1, +.2 and -.2 for seed 2
        first, second = (7, 8) if not plus else (8, 5)
        write(tmp_path, more, seed, [recording("band", "a", [first, 3]), recording("band", "b", [second, 3])])
    write(tmp_path, more, 3, [recording("band", "a", [0, 0]), recording("band", "b", [0, 0])])  # no baseline of it
    heading, rule, first_row, second_row, _, _, noise, _, note = table(EXPERIMENT, tmp_path).splitlines()
    assert heading == "| variant | band | mean of sets | by seed | one threshold | at | P | R |"
    assert rule.count("|") == heading.count("|")
    assert first_row == "| baseline | .650 | .650 | .650 .650 | .650 | .30 | .650 | .650 |"
    # a: +.15, b: -.05
    assert second_row == "| more | +50 (-50, +150) | +50 (-50, +150) | +100 +0 | +50 (-50, +150) | .30 | .700 | .700 |"
    assert "0.0 thousandths" in noise
    assert note == "- more: to see; `training.seed=2`"


def test_equal_gains_are_bold_and_sets_with_offsets_and_loudness_have_columns(tmp_path: Path) -> None:
    baseline, more, _ = EXPERIMENT.variants
    write(tmp_path, baseline, 1, [recording("piano_close", "a", [6, 3]), recording("singing", "b", [5, 1], None)])
    write(tmp_path, more, 1, [recording("piano_close", "a", [7, 3]), recording("singing", "b", [5, 1], None)])
    lines = table(EXPERIMENT, tmp_path).splitlines()
    assert lines[0].endswith("| R | OnOff piano_close | OnOff singing | Vel piano_close |")
    assert lines[2].endswith("| .600 | .500 | .550 | .550 | .550 | .30 | .550 | .550 | .400 | .400 | .500 |"[9:])
    cells = [cell.strip() for cell in lines[3].split("|")]
    assert cells[2:5] == ["**+100** (+100, +100)", "+0 (+0, +0)", "**+50** (+50, +50)"]
    assert cells[-4:-1] == ["+0 (+0, +0)"] * 3
    assert any(line.startswith("One seed") for line in lines)


def test_results_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    baseline, more, _ = EXPERIMENT.variants
    with pytest.raises(RecipeError, match=r"baseline-1\.json: missing"):
        table(EXPERIMENT, tmp_path)
    write(tmp_path, baseline, 1, [recording("band", "a", [6, 3])])
    write(tmp_path, more, 1, [recording("band", "b", [6, 3])])
    with pytest.raises(RecipeError, match="different recordings"):
        table(EXPERIMENT, tmp_path)
    write(tmp_path, more, 1, [recording("band", "a", [6, 3])], steps=60)
    with pytest.raises(RecipeError, match="different steps"):
        table(EXPERIMENT, tmp_path)
    write(tmp_path, Variant("more", set=("training.seed=9",)), 1, [recording("band", "a", [6, 3])])
    with pytest.raises(RecipeError, match=r"more-1\.json: made with other settings"):
        table(EXPERIMENT, tmp_path)


def test_seeds_are_averaged_recording_by_recording() -> None:
    def figures(value: float) -> Figures:
        values = np.array([[value, 0.0]])
        return Figures((("band", "a"),), (0.3, 0.6), (120, None), values, values, values, values, values)

    assert over_seeds([figures(0.2), figures(0.6)]).f1 == pytest.approx(np.array([[0.4, 0.0]]))
