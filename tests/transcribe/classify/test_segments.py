import numpy as np
import pytest

from mp3tomidi.transcribe.classify.segments import cut, silent_segments


def pieces(samples, block, length=10, hop=10):
    sound = np.arange(1, samples + 1, dtype=np.float32)
    blocks = [sound[at : at + block] for at in range(0, samples, block)]
    return sound, list(cut(blocks, length, hop))


@pytest.mark.parametrize("block", [1, 3, 7, 10, 25, 100])
@pytest.mark.parametrize(
    ("samples", "hop", "firsts"), [(30, 10, [0, 10, 20]), (34, 10, [0, 10, 20, 24]), (21, 4, [0, 4, 8, 11])]
)
def test_segments_cover_the_recording_and_end_with_it_however_it_comes(samples, hop, firsts, block):
    sound, segments = pieces(samples, block, hop=hop)
    assert [segment.first for segment in segments] == firsts
    assert all(np.array_equal(s.sound, sound[s.first : s.first + 10]) for s in segments)


def test_a_short_recording_is_filled_up_and_an_empty_one_has_no_segments():
    _, (segment,) = pieces(4, 4)
    assert segment.filled_samples == 4
    assert segment.sound.tolist() == [1, 2, 3, 4, 0, 0, 0, 0, 0, 0]
    assert segment.level_db == pytest.approx(10 * np.log10((1 + 4 + 9 + 16) / 4))  # of what is there only
    assert list(cut([], 10, 10)) == []


def test_silence_is_told_by_itself_and_against_the_loudest():
    assert silent_segments([-20.0, -60.0, -75.0]).tolist() == [False, False, True]
    assert silent_segments([-60.0, -85.0]).tolist() == [False, False]  # a soft recording is not silent
    assert silent_segments([-np.inf, -95.0]).tolist() == [True, True]
    assert silent_segments([]).tolist() == []
