import numpy as np

from mp3tomidi.transcribe import windows


def test_every_frame_is_kept_once_with_its_context():
    cuts = windows.cut(1037, 500, 50)
    assert [(w.keep_start, w.keep_stop) for w in cuts] == [(0, 500), (500, 1000), (1000, 1037)]
    assert [(w.start, w.stop) for w in cuts] == [(0, 550), (450, 1037), (950, 1037)]


def test_joining_what_was_cut_gives_the_whole():
    whole = np.random.default_rng(0).standard_normal((4, 1037, 88)).astype(np.float32)
    cuts = windows.cut(1037, 100, 13)
    assert np.array_equal(windows.join(cuts, [whole[:, w.start : w.stop] for w in cuts]), whole)


def test_a_smoothing_over_the_context_is_the_same_in_windows():
    """A moving average over 2 * 13 + 1 frames: the plainest network with a context of 13 frames."""
    whole = np.random.default_rng(1).standard_normal((1, 300, 1)).astype(np.float32)

    def smooth(x):
        return np.convolve(x[0, :, 0], np.ones(27) / 27, "same")[None, :, None].astype(np.float32)

    cuts = windows.cut(300, 64, 13)
    joined = windows.join(cuts, [smooth(whole[:, w.start : w.stop]) for w in cuts])
    assert np.allclose(joined, smooth(whole), atol=1e-6)


def test_no_frames_give_no_windows():
    assert windows.cut(0, 100, 10) == []
