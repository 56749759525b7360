"""What every effect must keep: onsets where labels say, pitch, both ends of the sound, and its channels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mp3tomidi.augment import Step
from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.base import Effect
from mp3tomidi.augment.labels import NOTE, Labels

RATE = 44100
CLIPS = 4
TOLERANCE_S = 0.003
SETTINGS: dict[str, dict[str, Any]] = {
    "lossy_codec": {"codec_shares": (0.4, 0.3, 0.3), "bitrate_kbps": (96.0, 192.0)},
    "noise_files": {"signal_to_noise_db": (30.0, 40.0)},
    "street": {"signal_to_noise_db": (30.0, 40.0)},
}
FOLDERS = {"impulse_response": "responses", "noise_files": "noises"}


@pytest.fixture(params=discovery.EFFECTS)
def effect(request: pytest.FixtureRequest) -> Effect[Any]:
    name = request.param
    folder = {"folder": str(request.getfixturevalue(FOLDERS[name]))} if name in FOLDERS else {}
    return Step(name, **SETTINGS.get(name, {}), **folder).made_for(RATE)


def note(onset_s: float, pitch: int) -> Labels:
    notes = np.zeros(1, NOTE)
    notes["onset_s"], notes["offset_s"], notes["pitch"] = onset_s, onset_s + 0.5, pitch
    return Labels(notes)


def hz(pitch: float) -> float:
    return float(440.0 * 2.0 ** ((pitch - 69) / 12.0))


def harmonic(pitch: int, onset_s: float, rng: np.random.Generator) -> np.ndarray:
    time_s = np.arange(2 * RATE) / RATE - onset_s
    partials = [k for k in range(1, 12) if k * hz(pitch) < 15000.0]
    tone = sum(np.sin(2 * np.pi * k * hz(pitch) * time_s + rng.uniform(0.0, 2 * np.pi)) / k for k in partials)
    envelope = np.where(time_s > 0, np.clip(time_s / 0.004, 0, 1) * np.exp(-time_s.clip(0) / 0.4), 0.0)
    return np.asarray(0.2 * tone * envelope)


def rise_s(sound: np.ndarray, label_s: float) -> float:
    """Time from a label to where the energy of 4 ms comes over a twentieth of what it is 15 ms on."""
    start = round((label_s - 0.05) * RATE)
    energy = np.convolve(sound[start : start + round(0.065 * RATE)].astype(np.float64) ** 2, np.ones(176), "same")
    return (start + int(np.argmax(energy > 0.05 * energy.max()))) / RATE - label_s


def changed(effect: Effect[Any], x: np.ndarray, params: Any) -> np.ndarray:
    return effect.sound(torch.from_numpy(np.atleast_2d(x)).float()[None], params)[0].numpy()


def test_a_note_begins_where_its_label_says(effect: Effect[Any]) -> None:
    rng = np.random.default_rng(1)
    params = effect.draw(rng, CLIPS)
    for clip in range(CLIPS):
        onset_s, pitch = rng.uniform(0.4, 1.0), int(rng.integers(45, 85))
        x = harmonic(pitch, onset_s, rng)
        y = changed(effect, x, params.of_clip(clip))[0]
        said_s = float(effect.labels(note(onset_s, pitch), params.of_clip(clip)).notes["onset_s"][0])
        assert abs(rise_s(y, said_s) - rise_s(x, onset_s)) < TOLERANCE_S


@pytest.mark.parametrize("effect", [name for name in discovery.EFFECTS if name != "time_mask"], indirect=True)
def test_a_tone_has_the_pitch_that_its_label_says(effect: Effect[Any]) -> None:
    """By the peak of a spectrum of 1.2 s, to 0.1 cents; a vibrato's mean is that of what is between its sidebands."""
    rng = np.random.default_rng(2)
    params = effect.draw(rng, CLIPS)
    for clip in range(CLIPS):
        pitch = int(rng.integers(45, 85))
        x = 0.3 * np.sin(2 * np.pi * hz(pitch) * np.arange(2 * RATE) / RATE)
        y = changed(effect, x, params.of_clip(clip))[0]
        said = int(effect.labels(note(0.0, pitch), params.of_clip(clip)).notes["pitch"][0])
        phase = np.unwrap(np.angle(analytic(y)[round(0.2 * RATE) : round(1.2 * RATE)]))
        heard_hz = np.polyfit(np.arange(len(phase)) / RATE, phase, 1)[0] / (2 * np.pi)
        cents = float(params.cents[clip]) if type(effect).__name__ == "Detune" else 0.0  # which no label holds
        assert abs(1200.0 * np.log2(heard_hz / hz(said)) - cents) < 5.0


def analytic(y: np.ndarray) -> np.ndarray:
    from scipy.signal import hilbert

    return np.asarray(hilbert(y))


def test_nothing_clips_or_is_lost_at_the_ends(effect: Effect[Any]) -> None:
    rng = np.random.default_rng(3)
    params = effect.draw(rng, CLIPS)
    x = 0.25 * rng.normal(size=RATE).clip(-3.0, 3.0)
    for clip in range(CLIPS):
        y = changed(effect, x, params.of_clip(clip))[0]
        end_s = float(effect.labels(note(1.0, 60), params.of_clip(clip)).notes["onset_s"][0])
        assert len(y) == (round(end_s * RATE) if effect.changes_length else len(x))
        assert np.isfinite(y).all()
        assert not np.any((np.abs(y[1:]) == np.abs(y).max()) & (y[1:] == y[:-1]))  # no flat tops
        middle = np.sqrt(np.square(y[len(y) // 3 : len(y) // 2]).mean())
        for end in (y[: RATE // 50], y[-RATE // 50 :]):
            assert np.sqrt(np.square(end).mean()) > 0.2 * middle  # reverberation builds up


def test_stereo_stays_stereo(effect: Effect[Any]) -> None:
    rng = np.random.default_rng(4)
    params = effect.draw(rng, CLIPS)
    tones = [0.2 * np.sin(2 * np.pi * f * np.arange(RATE) / RATE) for f in (440.0, 660.0)]
    x = np.stack(tones)
    for clip in range(CLIPS):
        y = changed(effect, x, params.of_clip(clip))
        other = changed(effect, x[::-1].copy(), params.of_clip(clip))
        assert y.shape[0] == 2
        # an encoder of joint stereo takes one channel for the first, which shows where a clip begins
        assert np.quantile(np.abs(y - other[::-1]), 0.99) < 0.02
        if type(effect).__name__ != "StereoWidth":
            assert np.corrcoef(y)[0, 1] < 0.25


def test_what_is_given_stays_as_it_is(effect: Effect[Any]) -> None:
    x = 0.1 * torch.randn(1, 2, RATE // 2, generator=torch.Generator().manual_seed(0))
    before = x.clone()
    effect.sound(x, effect.draw(np.random.default_rng(0), 1))
    assert torch.equal(x, before)


def test_a_clip_shorter_than_a_window_is_no_trouble(effect: Effect[Any]) -> None:
    x = 0.3 * np.ones(200)
    y = changed(effect, x, effect.draw(np.random.default_rng(0), 1))
    assert 0 < y.shape[1] < 400
    assert np.isfinite(y).all()


def test_a_step_needs_its_folder(tmp_path: Path) -> None:
    from mp3tomidi.transcribe.errors import AudioError

    for name in FOLDERS:
        with pytest.raises(AudioError, match=f"{name} needs a folder"):
            Step(name).made_for(RATE)
        with pytest.raises(AudioError, match="holds no sound"):
            Step(name, folder=str(tmp_path)).made_for(RATE)
        with pytest.raises(AudioError, match="there is no folder"):
            Step(name, folder=str(tmp_path / "none")).made_for(RATE)
