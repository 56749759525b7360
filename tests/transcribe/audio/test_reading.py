"""Reading whole against reading in blocks, resampling against analytic answers, and what Audio accepts."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio, in_mono, read, resample, stream
from mp3tomidi.transcribe.errors import AudioError


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of stereo noise at 44.1 kHz whose right channel is the left upside down in the second half."""
    noise = np.random.default_rng(5).normal(0, 0.1, (4 * 44_100, 2)).astype(np.float32)
    noise[2 * 44_100 :, 1] = -noise[2 * 44_100 :, 0]
    file = tmp_path_factory.mktemp("music") / "noise.flac"
    soundfile.write(file, noise, 44_100, subtype="PCM_24")
    return file


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("rate", [None, 16_000, 48_000])
@pytest.mark.parametrize("block_s", [0.013, 0.9, 100.0])
def test_blocks_joined_are_the_whole(music: Path, rate: int | None, mono: bool, block_s: float) -> None:
    whole = read(music, sample_rate=rate, mono=mono)
    blocks = list(stream(music, sample_rate=rate, mono=mono, block_s=block_s))
    np.testing.assert_array_equal(np.concatenate([block.samples for block in blocks], axis=-1), whole.samples)
    lengths = {block.samples.shape[-1] for block in blocks[:-1]}
    assert lengths <= {round(block_s * whole.sample_rate)}
    assert {block.sample_rate for block in blocks} == {whole.sample_rate}


def test_reading_is_decoding_then_resampling(music: Path) -> None:
    decoded, rate = soundfile.read(music, dtype="float32")
    np.testing.assert_array_equal(read(music).samples, decoded.T)
    expected = resample(Audio(decoded.T, rate), 16_000).samples
    np.testing.assert_allclose(read(music, sample_rate=16_000).samples, expected, atol=1e-6)


def test_streaming_needs_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "long.wav"
    soundfile.write(file, np.zeros((600 * 8_000, 2), np.int16), 8_000)  # 38 MB as float32
    tracemalloc.start()
    duration_s = sum(block.duration_s for block in stream(file, sample_rate=16_000, mono=True, block_s=5))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert duration_s == pytest.approx(600)
    assert peak < 10e6


@pytest.mark.parametrize("from_hz", [8_000, 11_025, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("frames", [0, 1, 999, 70_001])
def test_resampled_length_is_rounded_to_the_nearest(from_hz: int, frames: int) -> None:
    resampled = resample(Audio(np.ones((2, frames), np.float32), from_hz), 16_000)
    assert resampled.samples.shape == (2, int(frames * 16_000 / from_hz + 0.5))


@pytest.mark.parametrize("from_hz", [8_000, 22_050, 44_100, 96_000, 192_000])
def test_resampled_sine_is_the_sine(from_hz: int) -> None:
    def sine(rate: int, hz: float) -> NDArray[np.float32]:
        return np.sin(2 * np.pi * hz * np.arange(2 * rate) / rate).astype(np.float32)

    inner = slice(2_000, -2_000)
    kept = resample(Audio(sine(from_hz, 1234.5), from_hz), 16_000).samples
    np.testing.assert_allclose(kept[inner], sine(16_000, 1234.5)[inner], atol=1e-4)
    if from_hz > 2 * 9_000:
        above_half_the_rate = resample(Audio(sine(from_hz, 9_000), from_hz), 16_000).samples
        assert np.abs(above_half_the_rate[inner]).max() < 1e-4


@pytest.mark.parametrize("channels", [1, 2, 6])
def test_one_channel_comes_as_one_axis(tmp_path: Path, channels: int) -> None:
    file = tmp_path / "noise.wav"
    noise = np.random.default_rng(1).normal(0, 0.1, (500, channels)).astype(np.float32)
    soundfile.write(file, noise, 8_000, subtype="FLOAT")
    audio = read(file)
    np.testing.assert_array_equal(audio.samples, noise[:, 0] if channels == 1 else noise.T)
    assert (audio.channels, audio.sample_rate, audio.duration_s) == (channels, 8_000, 500 / 8_000)
    np.testing.assert_allclose(read(file, mono=True).samples, noise.mean(axis=1), atol=1e-7)


def test_upside_down_channel_is_heard_in_mono(tmp_path: Path) -> None:
    file = tmp_path / "miswired.wav"
    left = np.random.default_rng(1).normal(0, 0.1, 40_000).astype(np.float32)
    soundfile.write(file, np.stack([left, -left], axis=1), 44_100, subtype="FLOAT")
    np.testing.assert_allclose(read(file, mono=True).samples, left, atol=1e-7)


@pytest.mark.parametrize(
    "samples",
    [np.zeros((2, 2, 2), np.float32), np.zeros((0, 9), np.float32), np.zeros(5, np.int16)],
    ids=["three axes", "no channel", "integers"],
)
def test_audio_of_another_kind_is_refused(samples: NDArray[np.float32]) -> None:
    with pytest.raises(AudioError, match="floating point"):
        Audio(samples, 16_000)


def test_damaged_sound_in_memory_is_heard_as_from_a_file(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 40_000)).astype(np.float32)
    noise[1] = np.nan
    noise[1, 20_000:] = np.inf
    noise[0, 300] = -3e38
    soundfile.write(tmp_path / "damaged.wav", noise.T, 16_000, subtype="FLOAT")
    heard = in_mono(Audio(noise, 16_000), 16_000)
    np.testing.assert_array_equal(heard, read(tmp_path / "damaged.wav", mono=True).samples)
    np.testing.assert_allclose(np.delete(heard - noise[0] / 2, 300), 0.0, atol=1e-7)


def test_arguments_are_checked_before_the_first_block(music: Path) -> None:
    with pytest.raises(ValueError, match="positive"):
        stream(music, block_s=0)
    with pytest.raises(ValueError, match="positive"):
        read(music, sample_rate=0)


def test_import_waits_for_no_decoder() -> None:
    code = "import sys, mp3tomidi.transcribe.audio.reading; print({'soundfile', 'soxr', 'av'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
