import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.banks import gate
from mp3tomidi.augment.sources.source import DRUMS, RenderedInstrument, RenderedNote

RATE = 16000


def tone(pitch: float, seconds: float = 1.0) -> NDArray[np.float32]:
    time_s = np.arange(round(seconds * RATE)) / RATE
    pitch_hz = 440 * 2 ** ((pitch - 69) / 12)
    sound = sum(0.1 / number * np.sin(2 * np.pi * number * pitch_hz * time_s) for number in (1, 2, 3))
    return np.asarray(sound, np.float32)


def note(pitch: int, samples: NDArray[np.float32]) -> RenderedNote:
    return RenderedNote(pitch, 64, samples, len(samples))


def late() -> NDArray[np.float32]:
    return np.concatenate([np.zeros(RATE // 3, np.float32), tone(60)])


def broken() -> NDArray[np.float32]:
    sound = tone(60)
    sound[100] = np.nan
    return sound


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (tone(60), None),
        (tone(60.3), None),
        (tone(60.6), gate.OUT_OF_TUNE),
        (tone(61), gate.OUT_OF_TUNE),
        (np.zeros(RATE, np.float32), gate.SILENT),
        (np.zeros(0, np.float32), gate.SILENT),
        (late(), gate.LATE),
        (broken(), gate.BROKEN),
        (np.clip(tone(60), -0.05, 0.05), gate.CLIPPED),
    ],
)
def test_each_fault_is_named(samples: NDArray[np.float32], reason: str | None) -> None:
    assert gate.check(note(60, samples), pitched=True)[1] == reason


def test_top_of_a_piano_may_be_stretched_and_drums_have_no_pitch() -> None:
    assert gate.check(note(108, tone(108.6)), pitched=True)[1] is None
    assert gate.check(note(96, tone(96.6)), pitched=True)[1] == gate.OUT_OF_TUNE
    assert gate.check(note(60, tone(61)), pitched=False)[1] is None


def instrument(notes: list[RenderedNote], family: str = "winds") -> RenderedInstrument:
    return RenderedInstrument("test", family, 73, "CC0", "nobody", notes=notes)


def test_faults_are_counted_and_the_rest_kept() -> None:
    good = [note(pitch, tone(pitch)) for pitch in (60, 64, 67)]
    bad = [note(60, np.zeros(RATE, np.float32)), note(60, late()), note(62, tone(63)), note(70, 1e-3 * tone(70))]
    kept, counts = gate.admit(instrument(good + bad))
    assert [rendered.pitch for rendered, _ in kept] == [60, 64, 67]
    assert counts == {gate.SILENT: 1, gate.LATE: 1, gate.OUT_OF_TUNE: 1, gate.TOO_SOFT: 1}


def test_instrument_with_too_few_notes_is_dropped() -> None:
    kept, counts = gate.admit(instrument([note(60, tone(60)), note(64, tone(64))]))
    assert not kept
    assert counts == {gate.TOO_FEW: 1}


def test_instrument_an_octave_up_is_labelled_by_what_sounds() -> None:
    notes = [note(pitch, tone(pitch + 12)) for pitch in (60, 64, 67)] + [note(70, tone(70)), note(100, tone(112))]
    kept, counts = gate.admit(instrument(notes))
    assert [rendered.pitch for rendered, _ in kept] == [72, 76, 79]
    assert counts == {gate.OTHER_OCTAVE: 2, gate.MOVED_OCTAVE: 3}


def test_drum_keys_are_never_moved() -> None:
    kept, counts = gate.admit(instrument([note(key, tone(key + 12)) for key in (36, 38, 42)], DRUMS))
    assert [rendered.pitch for rendered, _ in kept] == [36, 38, 42]
    assert not counts
