"""Choked crashes: levels drawn by hand, a frame 10 ms; and sound of a drum machine, heard by the shipped weights."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.sources.drum_machines import DrumMachines
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.drum_kit import CRASH, RIDE
from mp3tomidi.transcribe.drums.candidates import DrumActivations
from mp3tomidi.transcribe.drums.chokes import choked_s
from mp3tomidi.transcribe.drums.transcriber import DrumTranscriber

FRAMES = 1000
QUIET = -2.0


def ends_of(
    level: NDArray[np.float64], onsets_s: Sequence[float], piece: int = CRASH, sure: float = 0.9
) -> NDArray[np.float64]:
    bands = np.full((FRAMES, 8), QUIET, np.float32)
    bands[:, -1] = level
    count = len(onsets_s)
    activations = DrumActivations(bands, bands, bands, bands, bands, 0.01)
    return choked_s(activations, np.array(onsets_s), np.full(count, piece), np.full(count, sure))


def crashes(*strokes: tuple[float, float], fall_s: float = 0.01, tau_s: float = 1.0) -> NDArray[np.float64]:
    """The level of crashes (struck at, choked after, in s); it falls to 1/e in `tau_s`, from there on in `fall_s`."""
    level = np.full(FRAMES, QUIET)
    since_s = np.arange(FRAMES) * 0.01
    for onset_s, length_s in strokes:
        rung_s = since_s - onset_s
        db = np.where(rung_s < length_s, rung_s / tau_s, length_s / tau_s + (rung_s - length_s) / fall_s)
        level = np.where(rung_s >= 0, np.maximum(level, 0.3 - db / np.log(10)), level)
    return np.maximum(level, QUIET)


@pytest.mark.parametrize("length_s", [0.2, 0.45, 1.0])
def test_a_choked_crash_ends_where_its_level_falls(length_s: float) -> None:
    assert ends_of(crashes((2.0, length_s)), [2.0]) == pytest.approx([2.0 + length_s], abs=0.03)


def test_a_crash_that_rings_out_or_is_struck_again_does_not_end() -> None:
    assert np.isnan(ends_of(crashes((2.0, 9.0)), [2.0])).all()
    assert np.isnan(ends_of(crashes((2.0, 9.0), tau_s=0.15), [2.0])).all()  # a small one, damped
    again = ends_of(crashes((2.0, 0.5), (2.45, 9.0)), [2.0, 2.45])
    assert np.isnan(again).all()


def test_the_transient_of_another_stroke_is_no_choke() -> None:
    level = np.full(FRAMES, -0.9)
    level[230:240] = np.linspace(0.6, -0.9, 10)  # a closed hat over a quiet crash
    assert np.isnan(ends_of(level, [2.0])).all()


def test_rides_and_doubtful_crashes_are_left_alone() -> None:
    level = crashes((2.0, 0.4))
    assert np.isnan(ends_of(level, [2.0], piece=RIDE)).all()
    assert np.isnan(ends_of(level, [2.0], sure=0.5)).all()


def test_a_sample_that_is_always_as_short_is_not_choked() -> None:
    onsets_s = [1.0, 2.5, 4.0, 5.5, 7.0]
    assert np.isnan(ends_of(crashes(*((onset_s, 0.4) for onset_s in onsets_s)), onsets_s)).all()


def test_recordings_of_a_few_frames_have_no_chokes() -> None:
    bands = np.zeros((10, 8), np.float32)
    short = DrumActivations(bands, bands, bands, bands, bands, 0.01)
    assert np.isnan(choked_s(short, np.array([0.0]), np.array([CRASH]), np.array([0.9]))).all()


def test_a_choke_in_a_groove_is_written() -> None:
    """Kick and snare in turn, and three crashes of a drum machine, the last of which is caught after .3 s."""
    kit = next(islice((each for each in DrumMachines().instruments() if each.name.startswith("machine-909")), 1))
    strokes = {note.pitch: note.samples for note in kit.notes}
    sound = np.zeros(12 * SAMPLE_RATE, np.float32)

    def play(key: int, at_s: float, length_s: float | None = None) -> None:
        stroke = strokes[key].copy()
        if length_s is not None:
            rest = stroke[round(length_s * SAMPLE_RATE) :]
            rest *= np.exp(-np.arange(len(rest)) / (0.01 * SAMPLE_RATE)).astype(np.float32)
        start = round(at_s * SAMPLE_RATE)
        sound[start : start + len(stroke)] += stroke[: len(sound) - start]

    for beat in range(20):
        play((36, 38)[beat % 2], 0.5 + 0.5 * beat)
    play(49, 2.5)
    play(49, 6.5)
    play(49, 9.5, 0.3)
    heard = DrumTranscriber().transcribe(Audio(0.5 * sound / np.abs(sound).max(), SAMPLE_RATE))
    crash_ends_s = [hit.offset_s for hit in heard.drum_hits if hit.key == 49]
    assert crash_ends_s[:2] == [None, None]
    assert crash_ends_s[2] == pytest.approx(9.8, abs=0.04)
    assert all(hit.offset_s is None for hit in heard.drum_hits if hit.key != 49)
