"""Scores against cases counted by hand, a MIDI file's own state machine and mir_eval."""

from __future__ import annotations

import math
from collections import defaultdict
from io import BytesIO

import mido
import mir_eval
import numpy as np
import pytest

from mp3tomidi.train.evaluation.note_scores import merge_unisons, score_drums, score_notes, sounding_notes
from mp3tomidi.transcribe.events import DrumHit, Note, PedalEvent, TempoChange, Transcription
from mp3tomidi.transcribe.outputs import midi


def rows(*notes: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(notes, dtype=np.float64).reshape(-1, 4)


def transcription(*notes: Note, pedal: tuple[PedalEvent, ...] = ()) -> Transcription:
    return Transcription(notes=notes, pedal=pedal, duration_s=60.0)


def test_perfect_transcription_scores_one() -> None:
    notes = [Note(k * 0.5, k * 0.5 + 0.4, 50 + k, 40 + 3 * k) for k in range(20)]
    score = score_notes(rows(*((n.onset_s, n.offset_s, n.pitch, n.velocity) for n in notes)), transcription(*notes))
    assert score.onset_f1 == score.precision == score.recall == score.onset_offset_f1 == score.frame_f1 == 1.0
    assert score.velocity_correlation == pytest.approx(1.0)
    assert score.short_share == 0.0


def test_precision_recall_and_f1_follow_from_counts() -> None:
    reference = rows(*((k, k + 0.5, 60, 0) for k in range(4)))
    right = [Note(k, k + 0.5, 60, 64) for k in range(3)]
    wrong = [Note(3.0, 3.5, 61, 64), Note(10.0, 10.5, 60, 64)]  # a semitone beside; where nothing is
    score = score_notes(reference, transcription(*right, *wrong))
    assert (score.reference_count, score.estimate_count) == (4, 5)
    assert score.precision == pytest.approx(3 / 5)
    assert score.recall == pytest.approx(3 / 4)
    assert score.onset_f1 == pytest.approx(2 * 3 / 9)


def test_one_reference_matches_one_estimate() -> None:
    score = score_notes(rows((1.0, 2.0, 60, 0)), transcription(Note(0.96, 1.0, 60, 64), Note(1.02, 2.0, 60, 64)))
    assert score.precision == 0.5
    assert score.recall == 1.0


@pytest.mark.parametrize(("late_s", "right"), [(0.048, True), (-0.048, True), (0.052, False), (-0.052, False)])
def test_onset_tolerance_is_50_ms(late_s: float, right: bool) -> None:
    score = score_notes(rows((1.0, 2.0, 60, 0)), transcription(Note(1.0 + late_s, 2.0, 60, 64)))
    assert score.onset_f1 == right


@pytest.mark.parametrize(
    ("length_s", "late_s", "right"),
    [(0.1, 0.048, True), (0.1, 0.052, False), (2.0, 0.39, True), (2.0, -0.39, True), (2.0, 0.41, False)],
)
def test_offset_tolerance_is_50_ms_or_a_fifth_of_the_length(length_s: float, late_s: float, right: bool) -> None:
    heard = transcription(Note(1.0, 1.0 + length_s + late_s, 60, 64))
    score = score_notes(rows((1.0, 1.0 + length_s, 60, 0)), heard)
    assert score.onset_f1 == 1.0
    assert score.onset_offset_f1 == right


def test_frames_count_time() -> None:
    score = score_notes(rows((0.0, 1.0, 60, 0)), transcription(Note(0.0, 0.5, 60, 64), Note(0.5, 1.0, 72, 64)))
    assert score.frame_f1 == pytest.approx(2 * 50 / (100 + 100))


def test_unisons_count_once_on_both_sides() -> None:
    close = rows((1.0, 1.5, 60, 50), (1.02, 2.0, 60, 80), (1.02, 1.2, 64, 50))
    np.testing.assert_allclose(merge_unisons(close), [(1.0, 2.0, 60, 80), (1.02, 1.2, 64, 50)])
    assert len(merge_unisons(rows((1.0, 1.5, 60, 50), (1.04, 2.0, 60, 80)))) == 2
    guitar_and_piano = transcription(Note(1.0, 1.5, 60, 50, program=25), Note(1.02, 2.0, 60, 80))
    score = score_notes(rows((1.0, 2.0, 60, 0)), guitar_and_piano)
    assert (score.estimate_count, score.onset_offset_f1) == (1, 1.0)
    score = score_notes(rows((1.0, 1.5, 60, 50), (1.02, 2.0, 60, 80)), transcription(Note(1.0, 2.0, 60, 64)))
    assert (score.reference_count, score.recall, score.onset_offset_f1) == (1, 1.0, 1.0)


def test_merging_leaves_its_input_alone() -> None:
    given = rows((1.0, 1.0, 60, 50), (1.02, 2.0, 60, 80))
    before = given.copy()
    merge_unisons(given)
    np.testing.assert_array_equal(given, before)


@pytest.mark.parametrize(("velocity_of", "expected"), [(lambda v: 0.5 * v + 20, 1.0), (lambda v: 127 - v, -1.0)])
def test_velocity_correlation(velocity_of: object, expected: float) -> None:
    assert callable(velocity_of)
    unknown = [(40.0 + k, 40.5 + k, 60, 0) for k in range(5)]  # of these the loudness is not compared
    reference = rows(*((k, k + 0.5, 60, 20 + 2 * k) for k in range(30)), *unknown)
    known = [Note(k, k + 0.5, 60, int(velocity_of(20 + 2 * k))) for k in range(30)]
    heard = transcription(*known, *(Note(onset_s, offset_s, 60, 64) for onset_s, offset_s, *_ in unknown))
    assert score_notes(reference, heard).velocity_correlation == pytest.approx(expected)


def test_velocity_is_not_judged_without_labels_or_with_few_notes() -> None:
    heard = transcription(*(Note(k, k + 0.5, 60, 20 + k) for k in range(30)))
    unknown = rows(*((k, k + 0.5, 60, 0) for k in range(30)))
    few = rows(*((k, k + 0.5, 60, 20 + k) for k in range(10)))
    assert math.isnan(score_notes(unknown, heard).velocity_correlation)
    assert math.isnan(score_notes(few, heard).velocity_correlation)


def test_short_share() -> None:
    heard = transcription(
        Note(0.0, 0.05, 60, 64), Note(1.0, 1.07, 60, 64), Note(2.0, 3.0, 60, 64), Note(4.0, 5.0, 60, 9)
    )
    assert score_notes(rows((0.0, 0.05, 60, 0)), heard).short_share == 0.25


def test_nothing_heard_and_nothing_to_hear() -> None:
    nothing = score_notes(rows((0.0, 1.0, 60, 0)), transcription())
    assert (nothing.onset_f1, nothing.precision, nothing.recall, nothing.frame_f1) == (0.0, 0.0, 0.0, 0.0)
    assert score_notes(rows(), transcription()).onset_f1 == 1.0
    assert score_notes(rows(), transcription(Note(0.0, 1.0, 60, 64))).onset_f1 == 0.0


def test_pedal_holds_the_pianos_notes_until_release_or_the_next_strike() -> None:
    pedal = (PedalEvent(0.5, True), PedalEvent(3.0, False))
    heard = transcription(
        Note(0.0, 1.0, 60, 64),  # held to the release
        Note(0.0, 1.0, 62, 64),  # held to its next strike
        Note(2.0, 2.5, 62, 64),
        Note(0.0, 0.4, 64, 64),  # ended before the pedal
        Note(2.5, 3.5, 65, 64),  # the key outlasts the pedal
        Note(0.0, 1.0, 67, 64, program=25),  # a guitar has none
        pedal=pedal,
    )
    ends = {(pitch, round(onset_s, 3)): offset_s for onset_s, offset_s, pitch, _ in sounding_notes(heard)}
    expected = {(60, 0): 3.0, (62, 0): 2.0, (62, 2): 3.0, (64, 0): 0.4, (65, 2.5): 3.5, (67, 0): 1.0}
    assert ends == pytest.approx(expected, abs=1e-3)


def random_transcription(seed: int) -> Transcription:
    """Notes of three instruments, overlapping at will, under a pedal and changes of tempo."""
    rng = np.random.default_rng(seed)
    onsets_s = rng.uniform(0, 30, 300)
    notes = [
        Note(t, t + rng.uniform(0.02, 2.0), int(rng.integers(40, 70)), int(rng.integers(1, 128)), int(program))
        for t, program in zip(onsets_s, rng.choice([0, 1, 33], 300), strict=True)
    ]
    pedal = [PedalEvent(t, k % 2 == 0) for k, t in enumerate(np.sort(rng.uniform(0, 31, 40)))]
    tempo = [TempoChange(t, rng.uniform(60, 200)) for t in (0.0, 7.3, 19.1)]
    return Transcription(notes=tuple(notes), pedal=tuple(pedal), tempo=tuple(tempo), duration_s=34.0)


def heard_in_midi(content: BytesIO) -> np.ndarray:
    """Rows [notes, 4] of a MIDI file as a synthesizer would sound it: keys, pedal and restrikes, channel by channel."""
    ended = []
    sounding: defaultdict[int, dict[int, tuple[float, int]]] = defaultdict(dict)
    held: defaultdict[int, set[int]] = defaultdict(set)
    pedal_down: defaultdict[int, bool] = defaultdict(bool)
    now_s = 0.0

    def end(channel: int, pitch: int) -> None:
        held[channel].discard(pitch)
        if pitch in sounding[channel]:
            onset_s, velocity = sounding[channel].pop(pitch)
            ended.append((onset_s, now_s, pitch, velocity))

    for message in mido.MidiFile(file=content):
        now_s += message.time
        if message.type == "note_on":
            end(message.channel, message.note)
            sounding[message.channel][message.note] = (now_s, message.velocity)
        elif message.type == "note_off" and pedal_down[message.channel]:
            held[message.channel].add(message.note)
        elif message.type == "note_off":
            end(message.channel, message.note)
        elif message.type == "control_change":
            pedal_down[message.channel] = message.value >= 64
            if not pedal_down[message.channel]:
                for pitch in list(held[message.channel]):
                    end(message.channel, pitch)
    return rows(*sorted(ended))


@pytest.mark.parametrize("seed", range(5))
def test_a_transcription_is_scored_as_its_midi_file_sounds(seed: int) -> None:
    heard = random_transcription(seed)
    content = BytesIO()
    midi.write(heard, content)
    content.seek(0)
    expected = heard_in_midi(content)
    np.testing.assert_allclose(merge_unisons(sounding_notes(heard)), merge_unisons(expected), atol=1e-6)


def test_agrees_with_mir_eval() -> None:
    rng = np.random.default_rng(0)
    reference = merge_unisons(sounding_notes(random_transcription(7)))
    noise_s = rng.normal(0, 0.03, (len(reference), 2))
    estimate = reference[rng.random(len(reference)) < 0.8]
    estimate = estimate.copy()
    estimate[:, :2] += noise_s[: len(estimate)]
    estimate = merge_unisons(estimate[estimate[:, 0] >= 0])
    to_hz = mir_eval.util.midi_to_hz
    expected = mir_eval.transcription.evaluate(
        reference[:, :2], to_hz(reference[:, 2]), estimate[:, :2], to_hz(estimate[:, 2])
    )
    score = score_notes(reference, estimate)
    assert score.onset_f1 == pytest.approx(expected["F-measure_no_offset"])
    assert score.precision == pytest.approx(expected["Precision_no_offset"])
    assert score.recall == pytest.approx(expected["Recall_no_offset"])
    assert score.onset_offset_f1 == pytest.approx(expected["F-measure"])
    assert 0.3 < score.onset_offset_f1 < score.onset_f1 < 0.95  # the case is neither trivial nor hopeless


def test_drums_are_matched_class_by_class() -> None:
    reference = {"KD": [0.0, 1.0], "SD": [0.5], "HH": [0.0, 0.5]}
    hits = (
        DrumHit(0.02, 36, 90),
        DrumHit(1.06, 35, 90),  # too late
        DrumHit(0.5, 38, 90),
        DrumHit(0.51, 40, 90),  # the same stroke on a second key
        DrumHit(0.0, 42, 90),
        DrumHit(0.5, 22, 90),  # hi-hat edge of an electronic kit
        DrumHit(2.0, 49, 90),  # a cymbal that is not there
        DrumHit(2.0, 76, 90),  # a wood block: of no class
    )
    score = score_drums(reference, Transcription(drum_hits=hits, duration_s=3.0))
    found = {name: (c.matched, c.reference, c.estimate) for name, c in score.items()}
    assert found == {"KD": (1, 2, 2), "SD": (1, 1, 1), "HH": (2, 2, 2), "TT": (0, 0, 0), "CY": (0, 0, 1)}
    assert score["KD"].f1 == pytest.approx(0.5)
    assert (score["KD"] + score["SD"]).f1 == pytest.approx(4 / 6)
    assert score["TT"].f1 == 1.0
