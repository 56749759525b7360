import threading
import time

import pytest

from mp3tomidi.transcribe.threads import MOST_THREADS, in_order, thread_count


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_results_come_in_the_order_of_the_items(threads):
    def late_if_early(item):
        time.sleep(0.02 if item < 2 else 0.0)
        return item * item

    assert list(in_order(late_if_early, iter(range(7)), threads)) == [item * item for item in range(7)]
    assert list(in_order(late_if_early, [], threads)) == []


def test_threads_work_at_once():
    together = threading.Barrier(2, timeout=10)
    assert [*in_order(lambda _: together.wait() in (0, 1), range(4), 2)] == [True] * 4


def test_no_more_items_are_taken_than_are_needed():
    taken = []
    results = in_order(lambda item: item, (taken.append(item) or item for item in range(100)), 2)
    next(results)
    assert len(taken) == 3


def test_what_fails_is_raised():
    def fails_at_three(item):
        if item == 3:
            raise ValueError("three")
        return item

    results = in_order(fails_at_three, range(6), 2)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(ValueError, match="three"):
        next(results)


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("3", 3), ("1000", MOST_THREADS)])
def test_the_number_is_that_of_other_libraries(monkeypatch, text, count):
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert thread_count() == count


@pytest.mark.parametrize("text", ["", "0", "all"])
def test_it_is_that_of_the_cores_if_nothing_is_said(monkeypatch, text):
    monkeypatch.setenv("OMP_NUM_THREADS", text)
    assert 1 <= thread_count() <= MOST_THREADS
