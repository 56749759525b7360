"""A device against the CPU, with a transcriber and a clock that are made up."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from mp3tomidi.train.evaluation import device_agreement
from mp3tomidi.train.evaluation.device_agreement import measure, share_found
from mp3tomidi.transcribe.events import Note, Transcription

ON_CPU = (Note(0.5, 1.0, 60, 64), Note(1.0, 2.0, 62, 64), Note(3.0, 4.0, 64, 64))
ON_DEVICE = (Note(0.51, 1.0, 60, 64), Note(1.03, 2.0, 62, 64))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What time it is; every transcription takes as long as its transcriber does."""
    now_s = [100.0]
    monkeypatch.setattr(device_agreement.time, "perf_counter", lambda: now_s[0])
    return now_s


def test_speed_activations_and_notes_are_held_against_each_other(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Made:
        def __init__(self, *, device: str, model: str) -> None:
            assert model == "best"
            self.is_cpu, self.warm = device == "cpu", False

        def transcribe(self, _: Path) -> Transcription:
            clock[0] += (5.0 if self.is_cpu else 0.5) if self.warm else 60.0
            self.warm = True
            return Transcription(notes=ON_CPU if self.is_cpu else ON_DEVICE, duration_s=10.0)

        def analyse(self, _: Path) -> SimpleNamespace:
            onset = np.zeros((4, 88), np.float16)
            onset[0, 0] = 0.0 if self.is_cpu else 0.25
            return SimpleNamespace(activations=SimpleNamespace(onset=onset))

    monkeypatch.setattr(device_agreement, "Transcriber", Made)
    found = measure(Path("music/song.mp3"), "cuda", model="best")
    assert (found.file, found.device, found.model) == ("song.mp3", "cuda", "best")
    assert (found.times_real_time, found.times_real_time_on_cpu) == (20.0, 2.0)
    assert found.largest_difference == 0.25
    assert found.mean_difference == pytest.approx(0.25 / (4 * 88))
    assert found.same_notes == pytest.approx(1 / 3)
    assert found.row().startswith("file song.mp3, device cuda, model best, times_real_time 20, ")
    assert found.row().endswith("same_notes 0.3333")


def test_a_note_is_the_same_within_20_ms_at_its_pitch() -> None:
    assert share_found(ON_CPU, ON_CPU) == 1.0
    assert share_found(ON_CPU, [Note(1.0, 2.0, 60, 64)]) == 0.0
    assert share_found([Note(1.0, 2.0, 60, 64)], [Note(0.985, 2.0, 60, 64), Note(1.5, 2.0, 60, 64)]) == 1.0
    assert share_found([Note(1.0, 2.0, 60, 64)], [Note(0.975, 2.0, 60, 64)]) == 0.0
    assert share_found((), ON_CPU) == 1.0
