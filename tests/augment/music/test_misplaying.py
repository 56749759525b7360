import numpy as np
import pytest

from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music.misplaying import Faults, misplay


def scale(count: int = 400, step_s: float = 0.25):
    """A note every step, as long as the step."""
    onset_s = step_s * np.arange(count)
    notes = np.zeros(count, NOTE)
    notes["onset_s"], notes["offset_s"] = onset_s, onset_s + step_s
    notes["pitch"], notes["velocity"] = 60 + np.arange(count) % 12, 64
    return notes


def played(faults: Faults, notes=None, seed: int = 1):
    return misplay(scale() if notes is None else notes, faults, np.random.default_rng(seed))


def test_no_faults_leave_everything_as_written():
    assert np.array_equal(played(Faults()), scale())
    assert len(played(Faults(timing_s=1.0), scale(0))) == 0


def test_notes_come_off_by_what_is_asked_for_and_in_order():
    off_s = played(Faults(timing_s=0.02))["onset_s"] - scale()["onset_s"]
    assert off_s.std() == pytest.approx(0.02, rel=0.2)
    assert (np.diff(played(Faults(timing_s=0.3))["onset_s"]) >= 0).all()


def test_what_is_struck_together_stays_together():
    chords = np.concatenate([scale(100), scale(100)])
    chords["pitch"][100:] += 12
    come_s = played(Faults(timing_s=0.05), chords)["onset_s"]
    assert np.array_equal(come_s[::2], come_s[1::2])


def test_wrong_and_missed_notes_are_as_many_as_asked_for():
    wrong = played(Faults(wrong_share=0.2))
    assert (wrong["pitch"] != scale()["pitch"]).mean() == pytest.approx(0.2, abs=0.05)
    assert len(played(Faults(missed_share=0.3))) == pytest.approx(280, abs=30)


def test_hesitations_hold_everything_up():
    held_up = played(Faults(hesitations=0.5, hesitation_s=(0.4, 0.4)))
    gaps_s = np.diff(held_up["onset_s"])
    stops = gaps_s > 0.5
    assert stops.sum() == pytest.approx(50, abs=18)  # 100 s of music
    assert held_up["onset_s"][-1] == pytest.approx(399 * 0.25 + 0.4 * stops.sum())
    assert (held_up["offset_s"][:-1] <= held_up["onset_s"][1:] + 1e-9).all()


def test_touch_becomes_uneven():
    assert played(Faults(velocity=15.0))["velocity"].std() == pytest.approx(15.0, rel=0.15)


def test_restarts_play_a_few_notes_twice():
    again = played(Faults(restarts=0.2))
    assert len(again) > 420
    assert again["onset_s"][-1] > 100.0
    assert (np.diff(again["onset_s"]) > 0.2).all()


def test_the_tempo_drifts():
    steps_s = np.diff(played(Faults(drift=0.2), scale(4000))["onset_s"])
    assert np.log(steps_s / 0.25).std() == pytest.approx(0.16, abs=0.04)  # straight lines between knots vary less
    assert np.abs(np.diff(np.log(steps_s))).max() < 0.1  # slowly


def test_slips_touch_the_key_beside_just_before():
    slipped = played(Faults(slips=0.25))
    assert len(slipped) == pytest.approx(500, abs=30)
    assert (slipped["offset_s"] - slipped["onset_s"]).min() < 0.13
