"""Windows of several threads computed together: each gets its own back, and those of one shape share a batch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from mp3tomidi.transcribe.front_end.survey import survey
from mp3tomidi.transcribe.inference import windows
from mp3tomidi.transcribe.inference.batches import Batches
from mp3tomidi.transcribe.inference.engines import TorchEngine
from mp3tomidi.transcribe.networks.note_net import NoteNet
from mp3tomidi.transcribe.networks.settings import NoteNetSettings


def test_what_waits_is_the_next_batch_and_shapes_are_never_mixed() -> None:
    seen: list[list[str]] = []
    begun, go_on = threading.Event(), threading.Event()

    def compute(texts: Sequence[str]) -> list[str]:
        begun.set()
        assert go_on.wait(10)
        seen.append(list(texts))
        return [text.upper() for text in texts]

    batches = Batches(compute, len, most=3)
    texts = ["first", *(f"{number:05d}" for number in range(4)), "ab", "cd"]
    with ThreadPoolExecutor(len(texts)) as pool:
        first = pool.submit(batches, texts[0])
        assert begun.wait(10)
        others = [pool.submit(batches, text) for text in texts[1:]]
        while batches._coming.qsize() < len(others):
            pass
        go_on.set()
        assert [one.result(10) for one in (first, *others)] == [text.upper() for text in texts]
    assert seen[0] == ["first"]
    assert sorted(map(len, seen)) == [1, 1, 2, 3]
    assert all(len({len(text) for text in batch}) == 1 for batch in seen)
    assert sorted(text for batch in seen for text in batch) == sorted(texts)
    assert batches.times.batches == [len(batch) for batch in seen]


def test_an_error_is_that_of_all_in_its_batch_and_the_next_is_computed() -> None:
    def compute(numbers: Sequence[int]) -> list[float]:
        return [1 / number for number in numbers]

    batches = Batches(compute, type, most=8)
    with pytest.raises(ZeroDivisionError):
        batches(0)
    assert batches(2) == 0.5


def test_a_batch_says_what_its_windows_say_alone() -> None:
    torch.manual_seed(0)
    net = NoteNet(NoteNetSettings(channels=8, time_dilations=(1, 2), pitch_dilations=(1, 12)))
    engine = TorchEngine(net, torch.device("cpu"))
    rng = np.random.default_rng(0)
    sounds = [rng.normal(0.0, level, 16_000).astype(np.float32) for level in (0.1, 0.3, 0.01)]
    surveys = [survey([sound], engine.settings.front_end) for sound in sounds]
    alone = [engine.tuned(surveyed)(sound) for surveyed, sound in zip(surveys, sounds, strict=True)]
    engine.in_batches = True
    with ThreadPoolExecutor(len(sounds)) as pool:
        tuned = [engine.tuned(surveyed) for surveyed in surveys]
        together = list(pool.map(lambda listen, sound: listen(sound), tuned, sounds))
    assert sum(engine.batches.times.batches) == len(sounds)
    for (heard, _), (expected, _) in zip(together, alone, strict=True):
        np.testing.assert_allclose(heard, expected, atol=1e-5)


def test_equal_windows_are_equal_but_for_the_ends() -> None:
    cuts = windows.cut(1050, 200, 30, equal=True)
    assert [cut.keep_stop - cut.keep_start for cut in cuts] == [200, 200, 200, 200, 200, 50]
    assert {cut.stop - cut.start for cut in cuts[1:-2]} == {260}
    assert [cut.keep_start for cut in cuts[1:]] == [cut.keep_stop for cut in cuts[:-1]]
    assert windows.cut(0, 200, 30, equal=True) == []
