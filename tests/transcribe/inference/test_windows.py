import numpy as np
import pytest

from mp3tomidi.transcribe.inference import windows


def test_every_frame_is_kept_once_with_its_context():
    cuts = windows.cut(1037, 500, 50)
    assert [(w.keep_start, w.keep_stop) for w in cuts] == [(0, 345), (345, 691), (691, 1037)]
    assert [(w.start, w.stop) for w in cuts] == [(0, 395), (295, 741), (641, 1037)]


def test_no_frames_give_no_windows():
    assert windows.cut(0, 100, 10) == []


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_excerpts_of_blocks_are_those_of_the_whole(block):
    whole = np.arange(300, dtype=np.float32)
    blocks = [whole[i : i + block] for i in range(0, 300, block)]
    bounds = [(0, 90), (50, 190), (180, 280), (250, 320)]
    for (start, stop), excerpt in zip(bounds, windows.excerpts(blocks, bounds), strict=True):
        expected = np.zeros(stop - start)
        expected[: max(0, min(stop, 300) - start)] = whole[start:stop]
        assert np.array_equal(excerpt, expected)


def test_no_more_is_read_than_is_needed():
    taken = []

    def blocks():
        for i in range(10):
            taken.append(i)
            yield np.zeros(10, np.float32)

    next(windows.excerpts(blocks(), [(0, 25), (20, 60)]))
    assert taken == [0, 1, 2]
