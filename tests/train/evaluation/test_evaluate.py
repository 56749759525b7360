"""A made-up folder of recordings and a made-up transcriber, so that every figure is known."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.label_files import drums_tsv, notes_tsv
from mp3tomidi.train.datasets.recordings import find_recordings
from mp3tomidi.train.evaluation.evaluate import evaluate, sweep
from mp3tomidi.train.evaluation.note_scores import NoteScore
from mp3tomidi.train.evaluation.report import RecordingScore, Report, sweep_table
from mp3tomidi.transcribe.errors import AudioError, LabelsError
from mp3tomidi.transcribe.events import DrumHit, Note, Transcription

NOTES = [Note(k * 0.5, k * 0.5 + 0.4, 60, 40 + 4 * k) for k in range(12)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """piano/a and piano/b with 12 notes each, drums/c with drum labels only; the sound files are empty."""
    piano, drums = tmp_path / "deep" / "piano", tmp_path / "drums"
    piano.mkdir(parents=True)
    drums.mkdir()
    lines = [f"{n.onset_s}\t{n.offset_s}\t{n.pitch}\t{n.velocity}" for n in NOTES]
    for name, suffix in (("a", ".wav"), ("b", ".MP3")):
        (piano / f"{name}{suffix}").touch()
        (piano / f"{name}.notes.tsv").write_text("# onset\toffset\tpitch\tvelocity\n\n" + "\n".join(lines) + "\n")
    (piano / "a.ref.mid").touch()
    (drums / "c.ogg").touch()
    (drums / "c.drums.tsv").write_text("0.5\tKD\n1.0\tSD\n")
    return tmp_path


def half_right(sound: Path) -> Transcription:
    """Everything of a, half of b, three ghosts in the half minute of c."""
    notes = {"a": NOTES, "b": NOTES[:6], "c": NOTES[:3]}[sound.stem]
    return Transcription(notes=tuple(notes), duration_s=30.0)


def test_recordings_are_found_at_any_depth_with_their_labels(folder: Path) -> None:
    found = {r.name: r for r in find_recordings(folder)}
    assert [(r.set_name, r.sound.name) for r in found.values()] == [
        ("drums", "c.ogg"),
        ("piano", "a.wav"),
        ("piano", "b.MP3"),
    ]
    assert found["a"].drums is None
    assert found["c"].notes is None


def test_figures_of_a_set_are_means_over_its_recordings(folder: Path) -> None:
    report = evaluate(folder, half_right)
    piano = report.notes["piano"]
    assert piano["On"].mean == pytest.approx((1.0 + 2 * 6 / 18) / 2)
    assert piano["P"].mean == 1.0
    assert piano["R"].mean == pytest.approx(0.75)
    assert piano["Vel"].mean == pytest.approx(1.0)  # b has too few matched notes for one
    assert report.mean("On") == piano["On"].mean
    assert list(report.notes) == ["piano"]


def test_pitched_notes_where_only_drums_are_labelled_are_counted_a_minute(folder: Path) -> None:
    report = evaluate(folder, half_right)
    assert report.ghosts["drums"]["notes/min"].mean == pytest.approx(6.0)
    assert report.drums == {}  # no drums were looked for


def test_drums_are_scored_where_drums_were_heard(folder: Path) -> None:
    def drummer(sound: Path) -> Transcription:
        hits = (DrumHit(0.5, 36, 90), DrumHit(2.0, 38, 90))
        return Transcription(drum_hits=hits if sound.stem == "c" else (), duration_s=30.0)

    drums = evaluate(folder, drummer).drums["drums"]
    assert drums["KD"].mean == 1.0
    assert drums["SD"].mean == 0.0
    assert drums["5-class"].mean == pytest.approx(0.5)


def test_a_recording_that_fails_counts_as_nothing_heard_and_is_named(folder: Path) -> None:
    def fails_on_b(sound: Path) -> Transcription:
        if sound.stem == "b":
            raise AudioError("b.MP3 is empty; export it again")
        return half_right(sound)

    report = evaluate(folder, fails_on_b)
    assert report.notes["piano"]["On"].mean == pytest.approx(0.5)
    assert [failure.name for failure in report.failures] == ["b"]
    assert "piano/b: b.MP3 is empty" in report.table()


def test_of_recordings_that_are_given_some_must_have_labels(folder: Path) -> None:
    recordings = find_recordings(folder)
    without = [replace(recording, notes=None, drums=None) for recording in recordings]
    with pytest.raises(LabelsError, match="none of the recordings has labels"):
        evaluate(without, half_right)
    assert len(evaluate([*without, *recordings], half_right).recordings) == 3


def test_other_errors_are_not_swallowed(folder: Path) -> None:
    def broken(sound: Path) -> Transcription:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        evaluate(folder, broken)


def test_progress_is_told_recording_by_recording(folder: Path) -> None:
    told: list[tuple[int, int, str]] = []
    evaluate(folder, half_right, progress=lambda *news: told.append(news))
    assert told == [(1, 3, "drums/c"), (2, 3, "piano/a"), (3, 3, "piano/b")]


def test_table_and_json_hold_the_same_figures(folder: Path) -> None:
    report = evaluate(folder, half_right)
    lines = report.table().splitlines()
    assert lines[0].split() == ["set", "n", "On", "P", "R", "OnOff", "Frame", "Vel", "short"]
    assert lines[1].split()[:5] == ["piano", "2", "0.833", "1.000", "0.750"]
    assert "0.667–1.000" in lines[2]
    content = json.loads(report.to_json())
    assert content["notes"]["piano"]["On"]["mean"] == pytest.approx(0.8333333)
    by_name = {recording["name"]: recording for recording in content["recordings"]}
    assert by_name["b"]["notes"]["velocity_correlation"] is None
    assert by_name["c"]["notes"] is None
    assert by_name["c"]["drums"]["KD"] == {"matched": 0, "reference": 1, "estimate": 0}


def scored(value: float, k: int) -> RecordingScore:
    score = NoteScore(value, value, value, value, value, math.nan, 0.0, 10, 10)
    return RecordingScore(f"{k:03}", "many", 60.0, 10, 0, score, None)


def test_intervals_are_as_wide_as_the_error_of_the_mean() -> None:
    values = np.random.default_rng(0).normal(0.6, 0.1, 200).clip(0, 1)
    report = Report(tuple(scored(float(value), k) for k, value in enumerate(values)))
    figure = report.notes["many"]["On"]
    expected = 1.96 * values.std() / math.sqrt(len(values))
    assert figure.mean - figure.low == pytest.approx(expected, rel=0.1)
    assert figure.high - figure.mean == pytest.approx(expected, rel=0.1)
    assert math.isnan(report.notes["many"]["Vel"].mean)
    assert Report(report.recordings).notes["many"]["On"] == figure  # the same scores, the same interval
    assert "mean of sets" not in report.table()  # there is one


def test_the_mean_of_sets_counts_each_once() -> None:
    few = replace(scored(0.2, 0), set_name="few")
    report = Report((few, *(scored(0.8, k) for k in range(9))))
    assert report.mean("On") == pytest.approx(0.5)
    assert "mean of sets          2        0.500" in report.table()


def test_a_sweep_hears_once_and_decodes_every_setting(folder: Path) -> None:
    heard: list[str] = []

    def hear(sound: Path) -> list[Note]:
        heard.append(sound.stem)
        return list(half_right(sound).notes)

    def decode(notes: list[Note], lowest_velocity: int) -> Transcription:
        return Transcription(notes=tuple(n for n in notes if n.velocity >= lowest_velocity), duration_s=30.0)

    reports = sweep(folder, hear, decode, {"all": 0, "loud": 80})
    assert sorted(heard) == ["a", "b", "c"]
    assert reports["all"].to_json() == evaluate(folder, half_right).to_json()
    assert reports["loud"].notes["piano"]["On"].mean == pytest.approx((2 * 2 / 14 + 0) / 2)
    assert [line.split() for line in sweep_table(reports, "R").splitlines()] == [
        ["R", "piano", "mean"],
        ["all", "0.750*", "0.750*"],
        ["loud", "0.083", "0.083"],
    ]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("0.0\t1.0\t60\n0.5\t1.0\n", "line 2"),
        ("0.0\tone\t60\t64\n", "line 1"),
        ("0.0\t1.0\t200\t64\n", "line 1: pitch 200"),
        ("nan\t1.0\t60\t64\n", "line 1"),
        ("0.0\t1.0\tinf\t64\n", "line 1"),
        ("0.0\t1.0\t60\tnan\n", "line 1"),
    ],
)
def test_a_bad_line_of_notes_is_named(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "a.notes.tsv"
    path.write_text(content)
    with pytest.raises(LabelsError, match=complaint):
        notes_tsv.read_rows(path)


@pytest.mark.parametrize("content", ["0.5\tXX\n", "half\tKD\n", "0.5\n", "nan\tKD\n"])
def test_a_bad_line_of_drums_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.drums.tsv"
    path.write_text("0.1\tKD\n" + content)
    with pytest.raises(LabelsError, match="line 2"):
        drums_tsv.read_times(path)


def test_labels_without_a_recording_or_with_two_are_errors(folder: Path) -> None:
    (folder / "drums" / "c.wav").touch()
    with pytest.raises(LabelsError, match=r"c\.ogg, c\.wav"):
        evaluate(folder, half_right)
    for sound in ("c.wav", "c.ogg"):
        (folder / "drums" / sound).unlink()
    with pytest.raises(LabelsError, match="no recording"):
        evaluate(folder, half_right)


def test_labels_that_are_no_text_or_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.notes.tsv"
    path.write_bytes("0.5\t1.0\t60\t0 # Flügel\n".encode("latin-1"))
    with pytest.raises(LabelsError, match=r"a\.notes\.tsv: not text in UTF-8"):
        notes_tsv.read_rows(path)
    with pytest.raises(LabelsError, match=r"b\.drums\.tsv: cannot be read"):
        drums_tsv.read_times(tmp_path / "b.drums.tsv")


def test_a_folder_without_labels_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"notes\.tsv"):
        evaluate(tmp_path, half_right)
