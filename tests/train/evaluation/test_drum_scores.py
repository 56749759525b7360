"""Scores of drum hits by class and by piece, from hits that are given."""

import numpy as np
import pytest

from mp3tomidi.augment.labels import DRUM_HIT
from mp3tomidi.train.evaluation import drum_scores
from mp3tomidi.train.evaluation.drum_scores import Matches, by_piece, match_pieces, pieces_table
from mp3tomidi.train.evaluation.note_scores import Counts
from mp3tomidi.train.evaluation.report import Interval, RecordingScore, Report, sweep_table
from mp3tomidi.transcribe.drum_kit import DRUM_CLASSES
from mp3tomidi.transcribe.events import DrumHit


def test_the_table_has_precision_and_recall_of_each_class_and_hits_where_none_are_played() -> None:
    def recording(set_name: str, hits: int, drums: dict[str, Counts] | None) -> RecordingScore:
        return RecordingScore(set_name, set_name, 30.0, 0, hits, None, drums)

    nothing = dict.fromkeys(DRUM_CLASSES, Counts(0, 0, 0))
    report = Report(
        (
            recording("band", 5, nothing | {"KD": Counts(3, 4, 5)}),
            recording("band", 9, nothing | {"KD": Counts(3, 8, 3), "CY": Counts(0, 2, 6)}),
            recording("piano", 2, None),
        )
    )
    accuracy = report.drum_accuracy["band"]
    assert (accuracy["KD P"].mean, accuracy["KD R"].mean) == (6 / 8, 6 / 12)
    assert (accuracy["CY P"].mean, accuracy["CY R"].mean) == (0.0, 0.0)
    assert report.drum_ghosts == {"piano": {"hits/min": Interval(4.0, 4.0, 4.0)}}
    assert report.drum_figures()["piano"] == {"hits/min": 4.0}
    swept = sweep_table({"low": report, "high": Report(())}, "KD").splitlines()
    assert swept[0].split() == ["KD", "band", "mean"]
    assert swept[1].split() == ["low", "0.600*", "0.600*"]
    assert swept[2].split() == ["high", "0.000", "0.000"]


def test_a_piece_is_counted_once_where_two_of_its_keys_are_hit_at_once() -> None:
    hits = np.array([(0, 0.5, 38, 90), (0, 0.5, 39, 90), (0, 1.0, 36, 90), (0, 1.5, 54, 90)], DRUM_HIT)
    found = [DrumHit(0.52, 38, 80), DrumHit(1.06, 36, 80), DrumHit(1.5, 42, 80)]
    before = np.array([(0, -0.2, 36, 90)], DRUM_HIT)
    matches = match_pieces(by_piece(np.concatenate([before, hits]), 2.0), found)
    counts = [one.counts for one in matches]
    assert matches[1].error_s == pytest.approx([0.02])
    assert (matches[1].played.tolist(), matches[1].estimated.tolist()) == ([90.0], [80.0])
    assert counts[:2] == [Counts(0, 1, 1), Counts(1, 1, 1)]
    assert counts[4] == Counts(0, 0, 1)
    assert counts[7] == Counts(0, 0, 0)


def test_the_table_has_a_line_a_piece() -> None:
    velocities = np.array([-10.0, 0.0, 10.0])
    ride = Matches(Counts(3, 4, 6), np.array([0.002, 0.004, -0.001]), velocities, 0.5 * velocities)
    nothing = Matches(Counts(0, 0, 0), *np.zeros((3, 0)))
    lines = pieces_table([nothing] * 7 + [ride, nothing]).splitlines()
    assert len(lines) == 10
    assert lines[1].split() == ["kick", "0.000", "0.000", "1.000", "nan", "nan", "nan", "0"]
    assert lines[-2].split() == ["ride", "0.500", "0.750", "0.600", "1.7", "2.3", "1.000", "4"]


def test_velocities_of_all_pieces_are_counted_from_the_mean_of_each() -> None:
    """A soft hat and a loud kick whose strokes differ alike: against one mean for both they would say little."""
    steps = np.array([-10.0, 0.0, 10.0])
    hat = Matches(Counts(3, 3, 3), np.full(3, 0.001), 40.0 + steps, 80.0 + steps)
    kick = Matches(Counts(3, 3, 4), np.full(3, 0.003), 110.0 + steps, 30.0 + steps)
    together = drum_scores._joined([drum_scores._centred(one) for one in (hat, kick)])
    assert together.counts == Counts(6, 6, 7)
    assert together.error_s.tolist() == [0.001] * 3 + [0.003] * 3
    assert together.played.tolist() == together.estimated.tolist() == [*steps, *steps]
    nothing = drum_scores._centred(Matches(Counts(0, 1, 0), *np.zeros((3, 0))))
    assert (len(nothing.played), len(nothing.estimated)) == (0, 0)
