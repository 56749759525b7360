"""Files that are damaged, lie about themselves or hold no sound: what there is, or one line that says what to do."""

from __future__ import annotations

import os
import re
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio, read
from mp3tomidi.transcribe.errors import AudioError

CLICK_S = 0.7
LENGTH_S = 1.5
TARGET_HZ = 16_000
TOLERANCE_S = 0.001


def click(sample_rate: int) -> NDArray[np.float32]:
    """A struck 1 kHz tone that begins at CLICK_S."""
    time_s = np.arange(round(LENGTH_S * sample_rate)) / sample_rate - CLICK_S
    wave = 0.7 * np.cos(2 * np.pi * 1000 * time_s) * np.exp(-time_s.clip(0) / 0.01)
    return np.where(time_s >= 0, wave, 0).astype(np.float32)


def found_at_s(audio: Audio) -> float:
    """Where the first channel first comes near the level of the click."""
    samples = np.atleast_2d(audio.samples)[0]
    return int(np.argmax(np.abs(samples) > 0.3)) / audio.sample_rate


def ffmpeg(*arguments: str | int | Path) -> None:
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The click in stereo, with a little noise so that every packet of it weighs something."""
    noise = np.random.default_rng(3).normal(0, 0.03, (round(LENGTH_S * 44_100), 2))
    file = tmp_path_factory.mktemp("source") / "click.wav"
    soundfile.write(file, click(44_100)[:, None] + noise, 44_100, subtype="FLOAT")
    return file


def test_samples_that_are_no_numbers_become_silence(tmp_path: Path) -> None:
    wave = click(16_000)
    wave[[10, 500, 900, 1200]] = np.nan, np.inf, -np.inf, 1e38
    soundfile.write(tmp_path / "nan.wav", wave, 16_000, subtype="FLOAT")
    np.testing.assert_array_equal(read(tmp_path / "nan.wav").samples, click(16_000))


def wav_header(*, channels: int = 1, rate: int = 16_000, data_bytes: int = 0xFFFFFFFF) -> bytes:
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", data_bytes)


def test_length_that_a_header_claims_is_not_believed(tmp_path: Path) -> None:
    pcm = (click(16_000) * 32_767).astype("<i2").tobytes()
    soundfile.write(tmp_path / "claims.flac", click(16_000), 16_000)
    flac = bytearray((tmp_path / "claims.flac").read_bytes())
    flac[21] |= 0x0F  # the last 36 bits before the checksum of the first block count its samples
    flac[22:26] = b"\xff\xff\xff\xff"
    (tmp_path / "claims.flac").write_bytes(flac)
    (tmp_path / "claims.wav").write_bytes(wav_header() + pcm)
    (tmp_path / "wide.wav").write_bytes(wav_header(channels=1_000, rate=192_000) + pcm)
    tracemalloc.start()
    for name in ("claims.wav", "claims.flac"):
        audio = read(tmp_path / name)
        assert audio.duration_s == LENGTH_S
        assert found_at_s(audio) == pytest.approx(CLICK_S, abs=TOLERANCE_S)
    assert read(tmp_path / "wide.wav", mono=True).samples.shape == (24,)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", ["cut.mp3", "cut.flac", "cut.ogg", "cut.wav", "cut.aac", "cut.wma", "cut.mkv"])
def test_cut_off_file_gives_what_is_there(tmp_path: Path, source: Path, name: str) -> None:
    file = tmp_path / name
    ffmpeg("-i", source, file)
    whole = file.read_bytes()
    file.write_bytes(whole[: int(len(whole) * 0.8)])
    audio = read(file, sample_rate=TARGET_HZ)
    assert 0.8 < audio.duration_s < LENGTH_S + 0.05
    assert found_at_s(audio) == pytest.approx(CLICK_S, abs=TOLERANCE_S)


CLAIMANTS = ["s.mp3", "s.flac", "s.ogg", "s.opus", "s.wav", "s.w64", "s.aiff", "s.au", "s.mkv", "s.webm", "fast.m4a"]


@pytest.mark.parametrize("name", CLAIMANTS)
def test_it_is_said_that_a_file_ends_early(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    file = tmp_path / name
    ffmpeg("-stream_loop", 2, "-i", source, *(["-movflags", "+faststart"] if name == "fast.m4a" else []), file)
    whole = read(file)
    assert whole.duration_s == pytest.approx(3 * LENGTH_S, abs=0.05)
    assert not caplog.records
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
    cut = read(file)
    (record,) = caplog.records
    assert re.search(rf": {cut.duration_s:.1f} s( of 4\.5 s)? could be read", record.getMessage())
    assert " of " in record.getMessage() or name in {"s.ogg", "s.opus"}  # whose pages claim no length


@pytest.mark.parametrize("name", ["pipe.wav", "pipe.mp3", "pipe.aac"])
def test_a_file_without_a_claim_is_not_suspected(
    tmp_path: Path, source: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    file = tmp_path / name
    command = ["ffmpeg", "-v", "error", "-i", str(source), "-f", name.removeprefix("pipe.").replace("aac", "adts"), "-"]
    file.write_bytes(subprocess.run(command, capture_output=True, check=True).stdout)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert 0 < read(file).duration_s < LENGTH_S
    assert not caplog.records


def test_sound_before_the_damage_is_kept_to_the_last_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cut.flac"
    soundfile.write(file, np.random.default_rng(1).uniform(-0.5, 0.5, 40_000).astype(np.float32), 16_000)
    whole = read(file).samples
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "mp3tomidi.transcribe.audio.containers", raising=False)
    cut = read(file).samples
    assert len(cut) > 40_000 // 2 - 5_000  # all of libFLAC's blocks of 4,096 that are whole
    np.testing.assert_array_equal(cut, whole[: len(cut)])


@pytest.mark.parametrize("claimed_bytes", [b"\x7f\x7f\x7f\x7f", b"\0\x10\0\0", b"\0\0\0\5"])
@pytest.mark.parametrize("stray_bytes", [b"", b"\xff\xfb junk \xff" * 9])
def test_a_tag_of_wrong_length_hides_no_sound(
    tmp_path: Path, source: Path, claimed_bytes: bytes, stray_bytes: bytes
) -> None:
    file = tmp_path / "tagged.mp3"
    ffmpeg("-i", source, "-write_id3v2", 0, file)
    file.write_bytes(b"ID3\4\0\0" + claimed_bytes + stray_bytes + file.read_bytes())
    audio = read(file)
    assert audio.duration_s == pytest.approx(LENGTH_S, abs=0.03)
    assert found_at_s(audio) == pytest.approx(CLICK_S, abs=TOLERANCE_S)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    for path in (tmp_path / "pipe.mp3", Path("/dev/zero")):
        with pytest.raises(AudioError, match="is a device or a pipe"):
            read(path)


BAD_FILES = {
    "empty.wav": (b"", "empty"),
    "letter.mp3": (b"Dear Sir or Madam,\n" * 500, "convert it to wav"),
    "list.mp3": (b"#EXTM3U\n#EXTINF:1,x\nhttp://127.0.0.1:9/x.mp3\n", "convert it to wav"),
    "zeros.mp3": (bytes(5_000), "convert it to wav"),
    "no_samples.wav": (wav_header(), "convert it to wav"),
    "slow.wav": (wav_header(rate=1) + bytes(4_000), "export it again"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_file_is_explained_in_one_line(tmp_path: Path, name: str) -> None:
    content, way_out = BAD_FILES[name]
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(AudioError, match=way_out) as caught:
        read(file, sample_rate=TARGET_HZ)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_file_and_folder_are_explained(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such file"):
        read(tmp_path / "none.mp3")
    with pytest.raises(AudioError, match="is a folder"):
        read(tmp_path)


def test_video_without_sound_and_m4a_without_its_index_are_explained(tmp_path: Path, source: Path) -> None:
    silent, headless = tmp_path / "silent.mp4", tmp_path / "headless.m4a"
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1:s=16x16:r=5", silent)
    with pytest.raises(AudioError, match="no sound track"):
        read(silent)
    ffmpeg("-i", source, headless)
    headless.write_bytes(headless.read_bytes()[:2_000])
    with pytest.raises(AudioError, match="too damaged"):
        read(headless)


@pytest.mark.parametrize("suffix", [".m4a", ".aac", ".wma", ".mka", ".avi"])
def test_missing_pyav_is_explained_whatever_the_name(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    ffmpeg("-i", source, tmp_path / f"song{suffix}")
    file = (tmp_path / f"song{suffix}").rename(tmp_path / "song.mp3")
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "mp3tomidi.transcribe.audio.containers", raising=False)
    with pytest.raises(AudioError, match=rf"song\.mp3 is an? (?i:.*{suffix[1:]}.*): .*mp3tomidi\[video\].$"):
        read(file)
    assert found_at_s(read(source)) == pytest.approx(CLICK_S, abs=TOLERANCE_S)


def test_without_pyav_a_file_of_no_known_kind_should_be_converted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "letter.mp3").write_bytes(b"Dear Sir or Madam,\n" * 500)
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "mp3tomidi.transcribe.audio.containers", raising=False)
    with pytest.raises(AudioError, match=r"convert it to wav, or .*pip install .mp3tomidi\[video\].$"):
        read(tmp_path / "letter.mp3")
