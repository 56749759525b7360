"""From sound to the pitch that a MIDI file plays, with the shipped weights."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SUNG_RATE
from mp3tomidi.augment.sources.sung.performance import draw_performance
from mp3tomidi.augment.sources.sung.speakers import HELD_OUT_SPEAKERS, Timbre
from mp3tomidi.augment.sources.sung.syllables import FRAME_S
from mp3tomidi.transcribe import Audio, Transcriber, Transcription
from mp3tomidi.transcribe.outputs.midi import to_midi

from .transcribe.outputs.midi_player import play

RATE = 16_000
LEAD_S = 0.5
TIME_S = np.arange(2 * RATE) / RATE
AMPLITUDES = (1.0, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.08)


@pytest.fixture(scope="module")
def voice() -> Transcriber:
    return Transcriber(drums=False, bends=True, instruments=["voice"])


def tone(pitch: NDArray[np.float64]) -> Audio:
    hz = 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)
    phase = 2.0 * np.pi * np.cumsum(hz) / RATE
    wave = sum(a * np.sin(k * phase) for k, a in enumerate(AMPLITUDES, start=1))
    edge = np.minimum(1.0, np.minimum(np.arange(len(hz)), np.arange(len(hz))[::-1]) / 800)
    return Audio(np.pad(0.2 * wave * edge, round(LEAD_S * RATE)).astype(np.float32), RATE)


def cents_off(heard: Transcription, time_s: NDArray[np.float64], pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far what the MIDI file plays is from the true pitch [times], wherever it plays; tuning counts."""
    off = []
    for note in play(to_midi(heard)):
        inside = (time_s >= note.onset_s) & (time_s < note.offset_s)
        played = np.array([note.pitch_at(at) for at in time_s[inside]])
        off.append(100.0 * np.abs(played - pitch[inside]))
    return np.concatenate(off)


@pytest.mark.parametrize(
    ("pitch", "keys"),
    [
        pytest.param(60 + 0.5 * np.sin(2 * np.pi * 5.5 * TIME_S), [60], id="vibrato of 50 cents"),
        pytest.param(62 + 1.3 * np.sin(2 * np.pi * 5.0 * TIME_S), [62], id="vibrato of more than a semitone"),
        pytest.param(60 + 5 / (1 + np.exp(-8 * (TIME_S - 1.0) / 0.2)), [60, 65], id="glide of a fourth"),
        pytest.param(67 - 5 / (1 + np.exp(-8 * (TIME_S - 1.0) / 0.4)), [67, 62], id="slow glide down"),
    ],
)
def test_what_is_played_is_what_sounded_within_10_cents(
    voice: Transcriber, pitch: NDArray[np.float64], keys: list[int]
) -> None:
    heard = voice.transcribe(tone(pitch))
    assert [note.pitch for note in heard.notes] == keys
    every = slice(round(0.05 * RATE), round(1.95 * RATE), 80)
    off = cents_off(heard, LEAD_S + TIME_S[every], pitch[every])
    assert len(off) > 0.95 * len(TIME_S[every])  # no hole where it glides
    assert np.percentile(off, 97) < 10.0


def test_a_singer_comes_back_as_sung(voice: Transcriber) -> None:
    """An amateur's and trained lines, with scoops, glides, vibrato and wobble, by a voice that taught nothing."""
    singer = Timbre(HELD_OUT_SPEAKERS[0], 1.0, 0.0)
    repertoire, rng = singer.repertoire(), np.random.default_rng(5)
    off = []
    for _ in range(4):
        sung = draw_performance(rng, repertoire, singer.voice_range)
        heard = voice.transcribe(Audio(sung.phrase.samples, SUNG_RATE))
        time_s = np.arange(len(sung.curve)) * FRAME_S
        in_note = np.zeros(len(time_s), bool)
        for note in sung.phrase.notes:
            in_note |= (time_s >= note["onset_s"]) & (time_s < note["offset_s"])
        tuned = sung.curve - heard.tuning_cents / 100.0
        off.append(cents_off(heard, time_s[in_note], tuned[in_note]))
    together = np.concatenate(off)
    assert np.median(together) < 6.0
    assert np.percentile(together, 90) < 15.0


def test_without_the_option_nothing_is_bent() -> None:
    heard = Transcriber(drums=False).transcribe(tone(60 + 0.5 * np.sin(2 * np.pi * 5.5 * TIME_S)))
    assert all(not note.bend for note in heard.notes)
