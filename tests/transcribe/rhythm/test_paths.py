import numpy as np
import pytest

from mp3tomidi.transcribe.rhythm import paths
from mp3tomidi.transcribe.rhythm.patterns import SLOTS

EVENTS = None  # what fits is drawn by hand


@pytest.mark.parametrize("moved_beats", [-1.5, -1.0, 1.0])
def test_time_never_runs_backwards_where_the_music_is_cut(moved_beats: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """At half a beat a window, with no doubt where in the bar each is; from the tenth on elsewhere."""
    beats = 0.5 * np.arange(20) + np.where(np.arange(20) < 10, 0.0, moved_beats)
    fits = np.zeros((20, SLOTS))
    fits[np.arange(20), np.rint(beats * SLOTS / 4).astype(int) % SLOTS] = 100.0
    monkeypatch.setattr(paths, "_phase_fits", lambda *_: fits)
    position = paths._phase_path(EVENTS, 0.5 * np.arange(20.0), np.ones(20))
    assert np.all(np.diff(position) >= 0.0)
    assert position[:10] == pytest.approx(beats[:10])
    assert position[-5:] == pytest.approx(beats[-5:])
