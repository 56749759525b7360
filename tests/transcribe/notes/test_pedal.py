"""The sustain pedal: ideal answers give the presses back, features are what they say, and only pianos have one."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import PITCH_COUNT
from mp3tomidi.transcribe.networks.settings import PedalNetSettings
from mp3tomidi.transcribe.notes import pedal_features
from mp3tomidi.transcribe.notes.pedal import PIANO_SHARE, Press, decode_pedal, lifted_where_damped, pedal_events

HOP_S = 0.02
STEP_S = pedal_features.FRAMES_A_STEP * HOP_S
PRESSES = [(0.5, 1.2), (1.3, 3.0), (3.42, 3.7), (5.0, 7.5)]


def ideal(presses: list[tuple[float, float]], duration_s: float = 8.0) -> NDArray[np.float32]:
    """What a network that makes no mistake says: .95 for yes."""
    time_s = np.arange(round(duration_s / STEP_S)) * STEP_S + 0.5 * HOP_S
    state = np.any([(time_s >= down_s) & (time_s < up_s) for down_s, up_s in presses], axis=0)
    edges = [np.max([1.0 - np.abs(time_s - press[edge]) / 0.08 for press in presses], axis=0) for edge in (0, 1)]
    return np.clip(np.stack([state, *edges]), 0.05, 0.95).astype(np.float32)


def activations(frames: int) -> Activations:
    nothing = np.zeros((frames, PITCH_COUNT), np.float32)
    return Activations(nothing, nothing.copy(), nothing.copy(), nothing, nothing + 0.05, HOP_S)


def test_ideal_answers_give_the_presses_back() -> None:
    found = decode_pedal(ideal(PRESSES), STEP_S, 8.0)
    assert np.array([(press.down_s, press.up_s) for press in found]) == pytest.approx(np.array(PRESSES), abs=0.012)


def test_an_edge_between_steps_is_found_there() -> None:
    for late_s in (0.0, 0.01, 0.02, 0.03):
        (press,) = decode_pedal(ideal([(1.0 + late_s, 2.0 + late_s)]), STEP_S, 8.0)
        assert press.down_s == pytest.approx(1.0 + late_s, abs=0.006)
        assert press.up_s == pytest.approx(2.0 + late_s, abs=0.006)


def test_a_doubtful_moment_is_no_press_and_a_pedal_may_be_down_from_first_to_last() -> None:
    doubtful = ideal([(1.0, 1.04)])
    doubtful[0] = np.where(doubtful[0] > 0.5, 0.6, 0.2)
    doubtful[1:] = 0.1
    assert decode_pedal(doubtful, STEP_S, 8.0) == []
    (press,) = decode_pedal(ideal([(-1.0, 9.0)]), STEP_S, 7.99)
    assert (press.down_s, press.up_s) == (0.0, 7.99)
    assert decode_pedal(np.zeros((3, 0), np.float32), STEP_S, 0.0) == []


@pytest.mark.parametrize(("others", "is_pedalled"), [(0, True), (24, True), (27, False), (100, False)])
def test_only_a_piano_that_plays_nearly_all_has_a_pedal(others: int, is_pedalled: bool) -> None:
    notes = [Note(0.1, 1.0, 60, 64, 0)] * (100 - others) + [Note(0.1, 1.0, 60, 64, 40)] * others
    assert (others <= 100 * (1 - PIANO_SHARE)) == is_pedalled
    events = pedal_events(ideal(PRESSES), notes, activations(400), 8.0)
    assert bool(events) == is_pedalled
    assert [event.down for event in events] == [True, False] * (len(events) // 2)


def test_the_pedal_lifts_where_a_note_is_clearly_damped() -> None:
    heard = activations(400)
    heard.offset[100, 60 - 21] = heard.offset[150, 64 - 21] = heard.offset[102, 67 - 21] = 0.9
    notes = [
        Note(0.5, 2.0, 60, 64),  # damped at 2 s,
        Note(0.6, 2.04, 67, 64),  # with this one
        Note(0.7, 2.5, 62, 64),  # dies away
        Note(1.0, 3.0, 64, 64),  # is struck again
        Note(3.0, 3.9, 64, 64),
    ]
    (before, after) = lifted_where_damped([Press(0.4, 4.0)], notes, heard)
    assert (before.down_s, before.up_s, after.up_s) == (0.4, 2.04, 4.0)
    assert 2.04 < after.down_s < 2.15
    short = [Press(0.4, 2.2)]  # holds them a little longer: so do dampers
    assert lifted_where_damped(short, notes, heard) == short


def test_nothing_played_has_no_pedal() -> None:
    assert pedal_events(ideal(PRESSES), [], activations(400), 8.0) == ()


def test_features_of_a_chord_that_ends_at_once() -> None:
    heard = activations(200)
    for key in (10, 40, 60):
        heard.frame[50:150, key] = heard.onset[50, key] = heard.offset[150, key] = 1.0
    rows = pedal_features.pedal_features(heard)
    names = [f"{name} {register}" for register in range(3) for name in pedal_features.OF_A_REGISTER]
    row = dict(zip([*names, *pedal_features.OF_ALL], rows, strict=True))
    assert row["sounding 0"][[20, 30, 70, 80]] == pytest.approx([0.0, 0.3, 0.3, 0.0])
    assert row["count"][50] == pytest.approx(3 / 8)
    assert row["span"][50] == pytest.approx(50 / 40)
    assert row["hands"][50] == pytest.approx(1.0)  # three of them
    assert row["begun 1"].argmax() == 25
    assert row["ended share"].argmax() == 75
    assert row["falling 2"].argmax() == 74
    assert row["old 2"][[25 + 14, 25 + 16]] == pytest.approx([0.0, 0.3])  # 600 ms after its onset


def test_long_recordings_are_seen_as_short_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    onset, frame, offset, loudness = rng.random((4, 1001, PITCH_COUNT)).astype(np.float32) ** 4
    heard = Activations(onset, frame, offset, frame, loudness, HOP_S)
    whole = pedal_features.pedal_features(heard)
    assert whole.shape == (pedal_features.FEATURE_COUNT, 501)
    assert PedalNetSettings().feature_count == pedal_features.FEATURE_COUNT
    monkeypatch.setattr(pedal_features, "_BLOCK_FRAMES", 64)
    assert pedal_features.pedal_features(heard) == pytest.approx(whole, abs=1e-5)
