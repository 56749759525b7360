"""Targets of notes whose cells are computed by hand: a frame is 20 ms, frame i is centred on i * 20 ms."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.train.training.note_targets import NoteTargets, note_targets
from mp3tomidi.transcribe.instruments import FAMILIES

HOP_S = 0.02
FRAMES = 60


def targets_of(*rows: tuple[int, float, float, int, float], clips: int = 1) -> NoteTargets:
    """(clip, onset in frames, offset in frames, pitch, velocity)"""
    notes = [(clip, onset * HOP_S, offset * HOP_S, pitch, velocity, 0) for clip, onset, offset, pitch, velocity in rows]
    return note_targets(np.array(notes, NOTE), clips, FRAMES, HOP_S)


def column(cells: object, pitch: int, clip: int = 0) -> NDArray[np.float32]:
    return np.asarray(cells)[clip, :, pitch - 21]


def test_shapes_and_the_cells_of_other_pitches_and_clips() -> None:
    targets = targets_of((1, 10.0, 20.0, 60, 64), clips=3)
    for name in ("onset", "frame", "offset", "velocity", "velocity_mask"):
        cells = np.asarray(getattr(targets, name))
        assert cells.shape == (3, FRAMES, 88)
        assert cells.dtype == np.float32
        only = np.zeros_like(cells)
        only[1, :, 60 - 21] = cells[1, :, 60 - 21]
        assert cells.any()
        assert (cells == only).all()


@pytest.mark.parametrize("event", ["onset", "offset"])
@pytest.mark.parametrize(
    ("at", "around"),
    [
        (10.0, [0, 10, 20, 30, 20, 10, 0]),
        (10.3, [0, 7, 17, 27, 23, 13, 3]),
        (10.5, [0, 5, 15, 25, 25, 15, 5]),
        (9.6, [4, 14, 24, 26, 16, 6, 0]),
    ],
)
def test_an_event_is_a_triangle_around_its_exact_time(event: str, at: float, around: list[int]) -> None:
    targets = targets_of((0, at, 30.0, 60, 64) if event == "onset" else (0, 2.0, at, 60, 64))
    cells = column(getattr(targets, event), 60)
    assert 30 * cells[7:14] == pytest.approx(around, abs=1e-4)
    if event == "onset":
        assert np.count_nonzero(cells) == np.count_nonzero(around)


def test_the_time_between_frames_can_be_read_from_the_triangle() -> None:
    for at in np.linspace(20, 21, 11):
        cells = column(targets_of((0, float(at), 40.0, 60, 64)).onset, 60)
        assert (cells * np.arange(FRAMES)).sum() / cells.sum() == pytest.approx(at, abs=0.06)  # 1.2 ms


@pytest.mark.parametrize(
    ("onset", "offset", "first", "last"),
    [
        (10.0, 20.0, 10, 19),
        (10.3, 19.7, 11, 19),
        (10.3, 20.1, 11, 20),
        (10.2, 10.4, 11, 11),  # between two frames: the next one
        (-5.0, 3.5, 0, 3),
        (55.5, 90.0, 56, 59),
    ],
)
def test_a_note_sounds_in_the_frames_from_its_onset_until_its_offset(
    onset: float, offset: float, first: int, last: int
) -> None:
    cells = column(targets_of((0, onset, offset, 60, 64)).frame, 60)
    assert np.flatnonzero(cells).tolist() == list(range(first, last + 1))
    assert set(cells.tolist()) <= {0.0, 1.0}


def test_notes_of_one_pitch_may_overlap_or_touch() -> None:
    overlapping = column(targets_of((0, 5.0, 20.0, 60, 64), (0, 10.0, 30.0, 60, 64)).frame, 60)
    assert np.flatnonzero(overlapping).tolist() == list(range(5, 30))
    assert overlapping.max() == 1.0
    repeated = targets_of((0, 5.0, 10.0, 60, 64), (0, 10.0, 15.0, 60, 90))
    assert np.flatnonzero(column(repeated.frame, 60)).tolist() == list(range(5, 15))
    assert column(repeated.onset, 60)[[5, 10]].tolist() == [1.0, 1.0]
    close = column(targets_of((0, 5.0, 9.0, 60, 64), (0, 7.0, 9.0, 60, 64)).onset, 60)
    assert close[5:8] == pytest.approx([1.0, 2 / 3, 1.0])  # the larger of both, not their sum


def test_velocity_stands_at_the_onset_and_its_neighbours_only() -> None:
    targets = targets_of((0, 10.4, 30.0, 60, 100), (0, 10.4, 30.0, 64, 0))
    assert column(targets.velocity_mask, 60)[8:13].tolist() == [0, 1, 1, 1, 0]
    assert column(targets.velocity, 60)[9:12] == pytest.approx([100 / 127] * 3)
    assert np.asarray(targets.velocity_mask).sum() == 3  # a velocity of 0 is unknown


def test_what_lies_outside_of_the_piano_or_the_clip_is_left_out() -> None:
    outside = targets_of((0, 10.0, 20.0, 20, 64), (0, 10.0, 20.0, 109, 64))
    after = targets_of((0, 70.0, 80.0, 60, 64), (0, -30.0, -5.0, 61, 64))
    for targets in (outside, after):
        for name in ("onset", "frame", "offset", "velocity_mask"):
            assert not np.asarray(getattr(targets, name)).any(), name
    began_before = targets_of((0, -5.0, 10.0, 60, 64))
    assert not np.asarray(began_before.onset).any()
    assert not np.asarray(began_before.velocity_mask).any()
    ends = targets_of((0, 10.0, 20.0, 21, 64), (0, 10.0, 20.0, 108, 64))
    assert np.asarray(ends.onset)[0, 10, [0, 87]].tolist() == [1.0, 1.0]


def test_no_notes_give_empty_targets() -> None:
    targets = note_targets(np.zeros(0, NOTE), 2, FRAMES, HOP_S)
    assert not np.asarray(targets.frame).any()
    assert np.asarray(targets.onset).shape == (2, FRAMES, 88)


def test_a_family_sounds_where_its_notes_do() -> None:
    rows = [(0, 0.2, 0.4, 60, 64, 0), (0, 0.3, 0.5, 60, 64, 33), (0, 0.3, 0.5, 70, 64, 127)]  # 127 has no family
    targets = note_targets(np.array(rows, NOTE), 1, FRAMES, HOP_S)
    rolls = np.asarray(targets.families)
    assert rolls.shape == (1, len(FAMILIES), FRAMES, 88)
    piano, bass = (rolls[0, FAMILIES.index(family), :, 60 - 21] for family in ("piano", "bass"))
    assert np.flatnonzero(piano).tolist() == list(range(10, 20))
    assert np.flatnonzero(bass).tolist() == list(range(15, 25))
    assert rolls.sum() == 20
    assert np.asarray(targets.frame)[0, :, 70 - 21].sum() == 10
