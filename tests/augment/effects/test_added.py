"""What each added effect does, against what it should by arithmetic."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.signal import lfilter

from mp3tomidi.augment.effects import lossy_codec, requirements
from mp3tomidi.augment.effects.impulse_response import ImpulseResponse, ImpulseResponseRanges
from mp3tomidi.augment.effects.lossy_codec import LossyCodec, LossyCodecParams, LossyCodecRanges
from mp3tomidi.augment.effects.noise_files import NoiseFiles, NoiseFilesRanges
from mp3tomidi.augment.effects.requirements import MissingError
from mp3tomidi.augment.effects.signal import sound_folder
from mp3tomidi.augment.effects.speed import Speed, SpeedParams
from mp3tomidi.augment.effects.stereo_width import StereoWidth, StereoWidthParams
from mp3tomidi.augment.effects.time_mask import TimeMask, TimeMaskParams
from mp3tomidi.augment.effects.time_stretch import TimeStretch
from mp3tomidi.augment.effects.tremolo import Tremolo, TremoloParams
from mp3tomidi.augment.effects.vibrato import Vibrato, VibratoParams
from mp3tomidi.augment.labels import DRUM_HIT, NOTE, Labels
from mp3tomidi.transcribe.errors import AudioError

RATE = 44100


def tone(hz: float = 440.0, seconds: float = 1.0) -> torch.Tensor:
    return torch.sin(2 * torch.pi * hz * torch.arange(round(seconds * RATE)) / RATE)[None, None]


def noise(channels: int = 1, seconds: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return 0.1 * torch.randn(1, channels, round(seconds * RATE), generator=generator)


def test_tremolo_is_a_sine_between_one_and_one_less_its_depth() -> None:
    y = Tremolo(RATE).sound(torch.ones(1, 1, RATE), TremoloParams(np.array([5.0]), np.array([0.4]), np.array([0.0])))
    np.testing.assert_allclose([y.min(), y.max()], [0.6, 1.0], atol=1e-5)
    spectrum = torch.fft.rfft(y[0, 0] - y.mean()).abs()
    assert int(spectrum.argmax()) == 5
    np.testing.assert_allclose(float(spectrum[5]) / (RATE / 2), 0.2, atol=1e-4)


def test_vibrato_swings_by_its_cents_and_keeps_the_level() -> None:
    from scipy.signal import hilbert

    params = VibratoParams(np.array([5.0]), np.array([40.0]), np.array([0.3]))
    y = Vibrato(RATE).sound(tone(880.0), params)[0, 0].double().numpy()
    frequency_hz = np.diff(np.unwrap(np.angle(hilbert(y)))) * RATE / (2 * np.pi)
    smooth_hz = np.convolve(frequency_hz, np.full(101, 1.0 / 101.0), "same")
    cents = 1200.0 * np.log2(smooth_hz[3000:-3000] / 880.0)
    np.testing.assert_allclose([cents.min(), cents.max()], [-40.0, 40.0], atol=1.5)
    np.testing.assert_allclose(np.sqrt(np.square(y[3000:-3000]).mean()), np.sqrt(0.5), rtol=2e-3)


def test_width_scales_the_side_and_keeps_the_loudness() -> None:
    x = noise(2)
    width = StereoWidth()
    for factor in (0.0, 0.5, 1.0, 2.0):
        y = width.sound(x, StereoWidthParams(np.array([factor])))
        side, middle = ((z[0, 0] - z[0, 1]).square().mean() / (z[0, 0] + z[0, 1]).square().mean() for z in (x, y))
        np.testing.assert_allclose(float(middle), factor**2 * float(side), rtol=1e-4, atol=1e-9)
        np.testing.assert_allclose(float(y.square().mean()), float(x.square().mean()), rtol=1e-4)
    mono = noise(1)
    torch.testing.assert_close(width.sound(mono, StereoWidthParams(np.array([0.0]))), mono)


def test_an_octave_up_is_half_as_long_and_its_labels_too() -> None:
    params = SpeedParams(np.array([12]))
    y = Speed().sound(tone(440.0), params)
    assert y.shape == (1, 1, RATE // 2)
    np.testing.assert_allclose(y[0, 0, 500:-500], tone(880.0, 0.5)[0, 0, 500:-500], atol=2e-3)
    notes = np.zeros(2, NOTE)
    notes["onset_s"], notes["offset_s"], notes["pitch"] = 0.4, 0.8, [60, 120]
    moved = Speed().labels(Labels(notes), params).notes
    assert (moved["onset_s"].tolist(), moved["offset_s"].tolist(), moved["pitch"].tolist()) == ([0.2], [0.4], [72])


def test_a_time_mask_is_silent_where_it_says_and_labels_know_it() -> None:
    params = TimeMaskParams(np.array([1.0]), np.array([0.1]), np.array([0.5]))
    mask = TimeMask(RATE)
    y = mask.sound(torch.ones(1, 2, 3 * RATE), params)[0, 1]
    for start in (0.5, 1.5, 2.5):
        assert y[round(start * RATE) + 1 : round((start + 0.1) * RATE) - 1].abs().max() == 0.0
    for start, end in ((0.0, 0.497), (0.603, 1.497), (1.603, 2.497), (2.603, 3.0)):
        assert (y[round(start * RATE) : round(end * RATE)] == 1.0).all()
    notes = np.zeros(5, NOTE)
    notes["onset_s"] = [0.52, 0.55, 0.2, 0.2, 0.62]
    notes["offset_s"] = [0.58, 0.9, 0.55, 0.9, 1.4]
    hits = np.zeros(3, DRUM_HIT)
    hits["onset_s"] = [0.49, 0.51, 1.61]
    moved = mask.labels(Labels(notes, hits), params)
    np.testing.assert_allclose(moved.notes["onset_s"], [0.6, 0.2, 0.2, 0.62])
    np.testing.assert_allclose(moved.notes["offset_s"], [0.9, 0.5, 0.9, 1.4])
    np.testing.assert_allclose(moved.drum_hits["onset_s"], [0.49, 1.61])


def test_noise_of_a_file_is_as_loud_as_drawn_and_goes_round(noises: Path) -> None:
    effect = NoiseFiles(RATE, NoiseFilesRanges(folder=str(noises), signal_to_noise_db=(12.0, 12.0)))
    x = tone(440.0, 2.0)
    params = effect.draw(np.random.default_rng(0), 1)
    added = effect.sound(x, params) - x
    np.testing.assert_allclose(10 * np.log10(float(x.square().mean() / added.square().mean())), 12.0, atol=0.01)
    torch.testing.assert_close(added[..., :1000], added[..., 30000:31000], atol=1e-6, rtol=0.0)
    assert params.to_dict() == type(params).from_dict(params.to_dict()).to_dict()


def test_a_response_keeps_its_direct_sound_at_one_and_at_time_zero(responses: Path) -> None:
    effect = ImpulseResponse(RATE, ImpulseResponseRanges(folder=str(responses), reverberant_db=(-6.0, -6.0)))
    click = torch.zeros(1, 1, RATE)
    click[..., 1000] = 1.0
    names = set()
    for seed in range(6):
        params = effect.draw(np.random.default_rng(seed), 1)
        y = effect.sound(click, params)[0, 0]
        assert int(y.abs().argmax()) == 1000
        np.testing.assert_allclose(float(y[1000]), 1.0, atol=1e-4)
        assert y[:1000].abs().max() < 1e-4
        np.testing.assert_allclose(float(y[1400:2400].square().mean().sqrt()), 0.125 * 0.5, rtol=0.2)
        names.add(str(params.file[0]))
    assert names == {"room.wav", "plates/plate.wav"}


def test_only_as_many_sounds_stay_in_memory_as_may(noises: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound_folder, "CACHE_BYTES", 150_000)  # one of 30,000 samples fits, two do not
    monkeypatch.setattr(sound_folder, "_decoded", sound_folder._Decoded())
    effect = NoiseFiles(RATE, NoiseFilesRanges(folder=str(noises)))
    for seed in range(8):
        effect.sound(tone(), effect.draw(np.random.default_rng(seed), 1))
        assert len(sound_folder._decoded._sounds) == 1


def test_a_file_that_has_changed_since_it_was_drawn_is_said(noises: Path) -> None:
    effect = NoiseFiles(RATE, NoiseFilesRanges(folder=str(noises)))
    params = effect.draw(np.random.default_rng(0), 1)
    changed = type(params)(params.file, np.array(["0" * 64]), params.signal_to_noise_db, params.start)
    with pytest.raises(AudioError, match="has changed since it was drawn"):
        effect.sound(tone(), changed)


@pytest.mark.parametrize("rate", [16000, 44100, 48000])
@pytest.mark.parametrize("codec", range(lossy_codec.CODECS))
def test_a_codec_costs_more_the_more_it_compresses_and_delays_nothing(codec: int, rate: int) -> None:
    dull = lfilter([0.2], [1.0, -0.9], noise(2, 2.0).numpy())  # white noise would lose its highs at any bit rate
    x = torch.from_numpy(np.asarray(dull, np.float32))
    errors = []
    for kbps in (192.0, 96.0, 64.0):
        params = LossyCodecParams(np.array([codec]), np.array([kbps]))
        y = LossyCodec(rate).sound(3.0 * x, params) / 3.0
        assert y.shape == x.shape
        errors.append(float((y - x).square().mean() / x.square().mean()))
    assert 0.0 < errors[0] < errors[-1] < 0.35
    assert errors == sorted(errors)
    lag = np.correlate(y[0, 0, 2000:6000].numpy(), x[0, 0, 3000:4000].numpy(), "valid").argmax()
    assert lag == 1000


def test_each_codec_is_as_frequent_as_its_share_and_one_seed_is_one_sound() -> None:
    effect = LossyCodec(RATE, LossyCodecRanges(codec_shares=(0.2, 0.3, 0.5), bitrate_kbps=(32.0, 64.0)))
    params = effect.draw(np.random.default_rng(0), 600)
    np.testing.assert_allclose(np.bincount(params.codec, minlength=3) / 600, [0.2, 0.3, 0.5], atol=0.06)
    assert 32.0 <= params.bitrate_kbps.min() <= params.bitrate_kbps.max() <= 64.0
    aac = LossyCodecParams(np.array([lossy_codec.AAC]), np.array([48.0]))
    assert torch.equal(effect.sound(noise(), aac), effect.sound(noise(), aac))


def test_aac_needs_its_package_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements.importlib.util, "find_spec", lambda name: None)
    LossyCodec(RATE)
    with pytest.raises(MissingError, match=r"lossy_codec with AAC needs .* av: .*pip install .mp3tomidi\[video\]"):
        LossyCodec(RATE, LossyCodecRanges(codec_shares=(0.0, 0.0, 1.0)))


def test_at_a_rate_that_mp3_does_not_have_there_is_vorbis() -> None:
    effect = LossyCodec(96_000, LossyCodecRanges(codec_shares=(0.5, 0.0, 0.5)))
    assert set(effect.draw(np.random.default_rng(0), 20).codec) == {lossy_codec.VORBIS, lossy_codec.AAC}
    assert set(LossyCodec(50_000).draw(np.random.default_rng(0), 20).codec) == {lossy_codec.VORBIS}


def test_without_its_package_stretching_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingError, match=r"pip install .mp3tomidi\[train\]"):
        TimeStretch(RATE)
