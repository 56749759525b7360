"""The pitch track against tones whose frequency is known at every moment."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.notes.melody import HOP_S, HOP_SAMPLES, PitchTrack, _likeliest_path, follow
from mp3tomidi.transcribe.notes.salience import BIN_COUNT, SAMPLE_RATE
from mp3tomidi.transcribe.outputs import f0

AMPLITUDES = (1.0, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.08)
LEAD = SAMPLE_RATE // 2  # of silence, before and after
TIME_S = np.arange(4 * SAMPLE_RATE) / SAMPLE_RATE


def tone(hz: NDArray[np.float64]) -> NDArray[np.float32]:
    phase = 2 * np.pi * np.cumsum(hz) / SAMPLE_RATE
    wave = sum(a * np.sin(k * phase) * (k * hz < 7000.0) for k, a in enumerate(AMPLITUDES, start=1))
    edge = np.minimum(1.0, np.minimum(np.arange(len(hz)), np.arange(len(hz))[::-1]) / 800)
    return np.pad(0.2 * wave * edge, LEAD).astype(np.float32)


def heard(hz: NDArray[np.float64], sure: float = 0.9) -> Activations:
    """What a network would say that hears the nearest key, and nothing between keys."""
    frames = (len(hz) + 2 * LEAD) // 320
    frame = np.zeros((frames, 88), np.float32)
    places = np.arange(frames) * 320 - LEAD
    for index in np.flatnonzero((places >= 0) & (places < len(hz))):
        frame[index, round(69 + 12 * np.log2(hz[places[index]] / 440.0)) - 21] = sure
    empty = np.zeros_like(frame)
    return Activations(onset=empty, frame=frame, offset=empty, velocity=empty, loudness=empty, hop_s=0.02)


def truth(hz: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    places = np.arange(count) * HOP_SAMPLES - LEAD
    inside = (places >= 0) & (places < len(hz))
    return np.where(inside, hz[np.clip(places, 0, len(hz) - 1)], 0.0)


def cents_off(track: PitchTrack, hz: NDArray[np.float64]) -> NDArray[np.float64]:
    true_hz = truth(hz, len(track.hz))
    both = (track.hz > 0.0) & (true_hz > 0.0)
    assert both.sum() > 0.95 * (true_hz > 0.0).sum()
    assert ((track.hz > 0.0) & (true_hz == 0.0)).sum() <= 4
    return np.abs(1200.0 * np.log2(track.hz[both] / true_hz[both]))


def vibrato(centre_hz: float, rate_hz: float, cents: float) -> NDArray[np.float64]:
    return np.asarray(centre_hz * 2.0 ** (cents / 1200.0 * np.sin(2 * np.pi * rate_hz * TIME_S)))


@pytest.mark.parametrize(
    "hz",
    [
        pytest.param(220.0 * 2.0 ** (TIME_S / 2.0), id="glide up two octaves"),
        pytest.param(800.0 * 2.0 ** (-TIME_S / 2.0), id="glide down two octaves"),
        pytest.param(vibrato(440.0, 5.5, 50.0), id="vibrato"),
        pytest.param(vibrato(220.0, 6.0, 80.0), id="wide vibrato"),
        pytest.param(vibrato(110.0, 5.0, 40.0), id="low vibrato"),
        pytest.param(vibrato(700.0, 6.5, 100.0), id="soprano"),
    ],
)
def test_moving_tones_are_followed_within_20_cents(hz: NDArray[np.float64]) -> None:
    off = cents_off(follow([tone(hz)], heard(hz), 0.0), hz)
    assert np.mean(off < 20.0) > 0.95
    assert np.median(off) < 7.0


@pytest.mark.parametrize("pitch", [24, 41, 60, 96])
def test_steady_tones_are_known_to_two_cents_wherever_they_lie(pitch: int) -> None:
    for cents in (-30.0, 0.0, 45.0):
        hz = np.full_like(TIME_S, 440.0 * 2.0 ** ((pitch - 69) / 12 + cents / 1200))
        assert np.percentile(cents_off(follow([tone(hz)], heard(hz), 0.0), hz), 95) < 2.0
    # The network counts keys from the recording's own A.
    tuned = follow([tone(hz)], heard(hz / 2.0 ** (45.0 / 1200.0)), 45.0)
    assert np.percentile(cents_off(tuned, hz), 95) < 2.0


def test_blocks_of_any_length_and_pieces_give_the_same() -> None:
    hz = np.tile(vibrato(330.0, 5.0, 30.0), 9)  # 37 s: two pieces
    sound, activations = tone(hz), heard(hz)
    whole = follow([sound], activations, 0.0)
    assert len(whole.hz) == len(sound) // HOP_SAMPLES
    np.testing.assert_allclose(whole.time_s[:3], [0.0, 0.01, 0.02])
    cuts = np.sort(np.random.default_rng(0).integers(0, len(sound), 40))
    in_blocks = follow(np.split(sound, cuts), activations, 0.0)
    np.testing.assert_allclose(in_blocks.hz, whole.hz)
    assert np.mean(cents_off(whole, hz) < 20.0) > 0.95


def test_where_the_network_hears_nothing_there_is_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.1, 2 * SAMPLE_RATE).astype(np.float32)
    nothing = np.full((100, 88), 0.01, np.float32)
    track = follow([noise], Activations(nothing, nothing, nothing, nothing, nothing, 0.02), 0.0)
    assert not track.hz.any()
    assert track.confidence.max() < 0.05
    assert len(follow([], Activations(nothing, nothing, nothing, nothing, nothing, 0.02), 0.0).hz) == 0


def test_of_two_voices_the_surer_and_louder_is_followed() -> None:
    melody_hz, other_hz = vibrato(523.0, 5.0, 30.0), np.full_like(TIME_S, 196.0)
    first, second = heard(melody_hz, 0.95), heard(other_hz, 0.6)
    both = replace(first, frame=np.maximum(first.frame, second.frame))
    off = cents_off(follow([tone(melody_hz) + 0.25 * tone(other_hz)], both, 0.0), melody_hz)
    assert np.mean(off < 20.0) > 0.9


@pytest.mark.parametrize(("frames", "jumps"), [(16, False), (17, True)])
def test_another_tone_must_be_surer_for_long_to_be_jumped_to(frames: int, jumps: bool) -> None:
    """There and back costs twice 4.0 in log odds; each frame there gains log(1.00 / 0.62) = 0.478."""
    probability = np.zeros((60, BIN_COUNT))
    probability[:, 100] = 0.6
    probability[20 : 20 + frames, 300] = 0.98
    path = _likeliest_path(probability, np.ones(probability.shape, np.float32))
    expected = np.full(60, 100)
    if jumps:
        expected[20 : 20 + frames] = 300
    assert path.tolist() == expected.tolist()


def test_the_table_has_a_line_every_10_ms() -> None:
    content = io.BytesIO()
    f0.write(PitchTrack(np.array([0.0, 440.1234]), np.array([0.02, 0.98765])), content)
    assert content.getvalue() == b"time_s,hz,confidence\n0.00,0.000,0.020\n0.01,440.123,0.988\n"
    assert HOP_S == 0.01
