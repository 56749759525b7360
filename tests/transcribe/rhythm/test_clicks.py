"""Clicks: the tempo of metronomes whose sounds are neither notes nor drums."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe import Audio, Transcriber
from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.rhythm.clicks import clicks_s, with_clicks
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo

HOP_S = 0.01
RATE_HZ = 22_050
LENGTH_S = 20.0


def struck(times_s: NDArray[np.float64], rise: float, ring_s: float) -> NDArray[np.float32]:
    """Loudness of sounds that rise by so many powers of ten out of silence and fall again, in eight bands."""
    frame_s = np.arange(round(LENGTH_S / HOP_S)) * HOP_S
    level = np.full(len(frame_s), -3.0)
    for time_s in times_s:
        after_s = frame_s - time_s
        level = np.where(after_s >= 0, np.maximum(level, -3.0 + rise * (1 - after_s / ring_s)), level)
    return np.repeat(level[:, None], 8, axis=1).astype(np.float32)


def test_sounds_out_of_silence_are_clicks_and_swells_are_none() -> None:
    times_s = np.arange(0.5, 19.0, 0.5)
    assert clicks_s(struck(times_s, 2.5, 0.2), HOP_S) == pytest.approx(times_s, abs=0.011)
    assert len(clicks_s(struck(times_s, 0.8, 0.2), HOP_S)) == 0
    swell = np.linspace(-3.0, 0.0, 100)[:, None].repeat(8, axis=1)
    assert len(clicks_s(swell, HOP_S)) == 0
    assert len(clicks_s(swell[:2], HOP_S)) == 0


def test_clicks_that_nothing_accounts_for_become_strokes() -> None:
    times_s = np.arange(10) * 0.5
    kicks = [DrumHit(float(time_s) + 0.01, 36, 90) for time_s in times_s[::2]]
    notes, hits = with_clicks(times_s, (), kicks)
    assert notes == ()
    assert [(hit.onset_s, hit.key) for hit in hits if hit.key != 36] == [(time_s, 76) for time_s in times_s[1::2]]
    assert len(hits) == 10


def test_music_that_begins_otherwise_is_left_alone() -> None:
    notes = tuple(Note(0.25 + 0.5 * k, 0.5 + 0.5 * k, 60 + k, 80) for k in range(10))
    assert with_clicks(np.arange(10) * 0.5, notes, ()) == (notes, ())
    assert with_clicks(np.zeros(0), notes, ()) == (notes, ())


def test_beeps_that_are_heard_as_notes_in_part_are_all_alike() -> None:
    times_s = 0.5 + np.arange(40) * 60.0 / 140.0
    every_fourth = tuple(Note(float(t), float(t) + 0.05, 79, 80) for t in times_s[1::4])
    assert with_clicks(times_s, every_fourth, ()) == ((), tuple(DrumHit(float(t), 76, 80) for t in times_s))
    heard = Transcription(notes=every_fourth, duration_s=LENGTH_S)
    assert with_tempo(heard, clicks_s=times_s).tempo[-1].beats_per_minute == pytest.approx(140.0, abs=0.01)
    assert with_tempo(heard, clicks_s=times_s).notes == every_fourth


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber()


@pytest.mark.parametrize("beats_per_minute", [60.0, 80.0, 140.0])
def test_beeps_have_their_tempo(transcriber: Transcriber, beats_per_minute: float) -> None:
    sound = np.zeros(round(LENGTH_S * RATE_HZ), np.float32)
    time_s = np.arange(round(0.05 * RATE_HZ)) / RATE_HZ
    fade = np.minimum(1.0, np.minimum(time_s / 0.002, (0.05 - time_s) / 0.005))
    for beat, start_s in enumerate(np.arange(0.5, LENGTH_S - 0.1, 60.0 / beats_per_minute)):
        first = round(start_s * RATE_HZ)
        beep = 0.5 * np.sin(2 * np.pi * (1600 if beat % 4 == 0 else 800) * time_s) * fade
        sound[first : first + len(beep)] = beep
    heard = transcriber.transcribe(Audio(sound, RATE_HZ))
    assert heard.tempo[-1].beats_per_minute == pytest.approx(beats_per_minute, abs=0.01)
