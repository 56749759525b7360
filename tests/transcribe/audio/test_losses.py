"""Files damaged in the middle, and several files in one: all that can be is read at its own time, and it is said."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import read

RATE_HZ = 44_100
CLICKS_S = np.arange(6) + 0.5
SECONDS = 6
DAMAGED_BYTES = 3_000
FORMATS: dict[str, list[str]] = {
    "low.mp3": ["-b:a", "64k"],  # whose frames begin far back in others
    "variable.mp3": ["-q:a", "2"],
    "slow.mp3": ["-b:a", "64k", "-ar", "22050"],
    "bare.mp3": ["-write_xing", "0", "-write_id3v2", "0"],
    "plain.mp2": [],
    "plain.flac": [],
    "plain.ogg": ["-page_duration", "100000"],
    "plain.opus": ["-page_duration", "100000"],
    "plain.wav": [],
    "plain.w64": [],
    "plain.aiff": [],
    "plain.au": [],
    "plain.caf": [],
    "plain.m4a": [],
    "lossless.m4a": ["-c:a", "alac", "-movflags", "+faststart"],
    "plain.wma": [],
    "plain.mka": ["-cluster_time_limit", "500"],
    "plain.webm": ["-cluster_time_limit", "500"],
}


def clicks(seconds: int, seed: int) -> NDArray[np.float64]:
    """Struck tones half a second into each second, over a little noise; stereo."""
    time_s = np.arange(seconds * RATE_HZ) / RATE_HZ % 1 - 0.5
    wave = 0.6 * np.cos(2 * np.pi * 900 * time_s) * np.exp(-time_s.clip(0) / 0.02)
    noise = np.random.default_rng(seed).normal(0, 0.01, (seconds * RATE_HZ, 2))
    return np.where(time_s >= 0, wave, 0)[:, None] + noise


def onsets_s(file: Path) -> NDArray[np.float64]:
    audio = read(file)
    loud_s = np.flatnonzero(np.abs(np.atleast_2d(audio.samples)[0]) > 0.3) / audio.sample_rate
    return loud_s[np.diff(loud_s, prepend=-1) > 0.3]


def encode(wave: NDArray[np.float64], file: Path, options: list[str], rate: int = RATE_HZ) -> bytes:
    source = file.with_name(f"{file.name}.source.wav")
    soundfile.write(source, wave, rate, subtype="PCM_16")
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", "-i", source, *options, file], check=True)
    source.unlink()
    return file.read_bytes()


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("encoded")
    wave = clicks(SECONDS, 1)
    return {name: encode(wave, folder / name, options) for name, options in FORMATS.items()}


MP3S = ("low.mp3", "bare.mp3")
SHOW_NO_DAMAGE = {"plain.wav", "plain.w64", "plain.aiff", "plain.au", "plain.caf", "plain.wma"}  # any bytes decode


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - SHOW_NO_DAMAGE))
def test_what_follows_damage_is_read_at_its_time(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    damaged = bytearray(encoded[name])
    at = len(damaged) // 2  # half a second from the next click
    damaged[at : at + DAMAGED_BYTES] = np.random.default_rng(7).bytes(DAMAGED_BYTES)
    (tmp_path / name).write_bytes(damaged)
    found_s = onsets_s(tmp_path / name)
    far_from_damage_s = CLICKS_S[np.abs(CLICKS_S - SECONDS / 2) > 0.9]
    for click_s in far_from_damage_s:
        assert np.abs(found_s - click_s).min() < 0.003
    assert len(found_s) <= len(CLICKS_S)
    (record,) = caplog.records
    assert re.fullmatch(
        r".* is damaged( \(.*\))?: \d\.\d s of 6\.\d s could be read, \d\.\d s at [23]\.\d s are lost",
        record.getMessage(),
    )


@pytest.mark.parametrize("name", ["low.mp3", "plain.mp2", "plain.flac", "plain.ogg", "plain.opus"])
def test_that_needs_no_ffmpeg(
    encoded: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    damaged = bytearray(encoded[name])
    damaged[len(damaged) // 2 : len(damaged) // 2 + DAMAGED_BYTES] = bytes(DAMAGED_BYTES)
    (tmp_path / name).write_bytes(damaged)
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "mp3tomidi.transcribe.audio.containers", raising=False)
    assert onsets_s(tmp_path / name)[-1] == pytest.approx(CLICKS_S[-1], abs=0.003)


@pytest.mark.parametrize("name", ["plain.ogg", "plain.opus"])
def test_pages_that_are_missing_from_the_start_leave_their_time(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    content = encoded[name]
    pages = [match.start() for match in re.finditer(b"OggS", content)]
    (tmp_path / name).write_bytes(content[: pages[2]] + content[pages[10] :])  # two hold headers, each other .1 s
    np.testing.assert_allclose(onsets_s(tmp_path / name), CLICKS_S[1:], atol=0.001)
    assert re.search(r"0\.[89] s at 0\.0 s are lost", caplog.text)


def test_damaged_flac_is_the_original_outside_the_damage(encoded: dict[str, bytes], tmp_path: Path) -> None:
    content = bytearray(encoded["plain.flac"])
    (tmp_path / "whole.flac").write_bytes(content)
    for at in (len(content) // 4, len(content) // 2):
        content[at : at + 100] = bytes(100)
    (tmp_path / "damaged.flac").write_bytes(content)
    whole, damaged = (read(tmp_path / name).samples for name in ("whole.flac", "damaged.flac"))
    assert damaged.shape == whole.shape
    differing = np.flatnonzero((whole != damaged).any(axis=0))
    assert not damaged[:, differing].any()  # silence
    assert 2 * 4_096 <= len(differing) <= 4 * 4_608  # blocks of ffmpeg's encoder; where sound resumes is tried in steps


def test_bytes_that_are_lost_from_a_counted_mp3_are_made_up_for(encoded: dict[str, bytes], tmp_path: Path) -> None:
    content = encoded["low.mp3"]
    (tmp_path / "holed.mp3").write_bytes(content[: len(content) // 2] + content[len(content) // 2 + DAMAGED_BYTES :])
    assert read(tmp_path / "holed.mp3").duration_s == pytest.approx(SECONDS, abs=0.001)
    assert onsets_s(tmp_path / "holed.mp3")[-1] == pytest.approx(CLICKS_S[-1], abs=0.003)


def test_damage_to_an_mp3_is_neither_noise_nor_longer_than_it_must_be(
    encoded: dict[str, bytes], tmp_path: Path
) -> None:
    content = bytearray(encoded["variable.mp3"])
    content[len(content) // 2 : len(content) // 2 + DAMAGED_BYTES] = b"\xff\xfb" * (DAMAGED_BYTES // 2)
    (tmp_path / "whole.mp3").write_bytes(encoded["variable.mp3"])
    (tmp_path / "damaged.mp3").write_bytes(content)
    whole, damaged = (read(tmp_path / name).samples for name in ("whole.mp3", "damaged.mp3"))
    differing = np.flatnonzero((np.abs(whole - damaged) > 1e-4).any(axis=0))
    assert np.abs(damaged[:, differing]).max() < 0.1  # the noise of the recording itself has .05
    assert np.ptp(differing) / RATE_HZ < 0.5


@pytest.mark.parametrize("name", FORMATS)
def test_joined_files_are_all_read(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    second = encode(clicks(3, 2), tmp_path / f"second.{name}", FORMATS[name])
    (tmp_path / name).write_bytes(encoded[name] + second)
    found_s = onsets_s(tmp_path / name)
    np.testing.assert_allclose(found_s[: len(CLICKS_S)], CLICKS_S, atol=0.003)
    np.testing.assert_allclose(found_s[len(CLICKS_S) :], SECONDS + np.arange(3) + 0.5, atol=0.04)
    if name in {"bare.mp3", "plain.mp2"}:  # in which nothing shows where one ends
        assert not caplog.records
    else:
        (record,) = caplog.records
        assert "is 2 recordings joined: they follow one another, 9." in record.getMessage()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        *((first, mp3) for first in ("plain.flac", "plain.wav", "plain.aiff", "plain.ogg") for mp3 in MP3S),
        *((mp3, second) for mp3 in MP3S for second in ("plain.flac", "plain.wav", "plain.ogg")),
        ("plain.flac", "plain.wav"),
        ("plain.wav", "plain.flac"),
        ("plain.ogg", "plain.wav"),
        ("plain.flac", "plain.ogg"),
    ],
)
def test_files_of_two_kinds_joined_are_all_read(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture, first: str, second: str
) -> None:
    (tmp_path / first).write_bytes(encoded[first] + encoded[second])
    found_s = onsets_s(tmp_path / first)
    np.testing.assert_allclose(found_s, [*CLICKS_S, *(SECONDS + CLICKS_S)], atol=0.06)
    (record,) = caplog.records
    assert "is 2 recordings joined: they follow one another, 12." in record.getMessage()


def test_joined_files_at_other_rates_and_in_other_channels_become_alike(tmp_path: Path) -> None:
    first = encode(clicks(2, 1), tmp_path / "first.mp3", [])
    second = encode(clicks(2, 2), tmp_path / "second.mp3", ["-ar", "22050", "-ac", "1"])
    (tmp_path / "joined.mp3").write_bytes(first + second)
    audio = read(tmp_path / "joined.mp3")
    assert audio.sample_rate == RATE_HZ
    assert audio.channels == 2
    assert audio.duration_s == pytest.approx(4, abs=0.05)
    np.testing.assert_allclose(onsets_s(tmp_path / "joined.mp3"), [0.5, 1.5, 2.5, 3.5], atol=0.003)


def test_what_follows_a_counted_mp3_is_read_though_it_has_no_count(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tag = b"TAG" + bytes(125)
    (tmp_path / "joined.mp3").write_bytes(encoded["variable.mp3"] + tag + encoded["bare.mp3"])
    assert read(tmp_path / "joined.mp3").duration_s == pytest.approx(2 * SECONDS, abs=0.05)
    np.testing.assert_allclose(onsets_s(tmp_path / "joined.mp3")[len(CLICKS_S) :], SECONDS + CLICKS_S, atol=0.04)
    assert "is 2 recordings joined" in caplog.text


def test_a_joined_file_without_sound_hides_no_other(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    headless = encoded["plain.m4a"][:500]
    (tmp_path / "joined.m4a").write_bytes(encoded["plain.m4a"] + headless)
    assert read(tmp_path / "joined.m4a").duration_s == pytest.approx(SECONDS, abs=0.05)
    assert "is 2 recordings joined" in caplog.text
    assert "one of them cannot be decoded" in caplog.text


@pytest.mark.parametrize("name", ["variable.mp3", "bare.mp3", "plain.flac"])
def test_bytes_behind_the_sound_are_no_loss(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    (tmp_path / name).write_bytes(encoded[name])
    whole = read(tmp_path / name).samples
    (tmp_path / name).write_bytes(encoded[name] + b"some words " * 200)
    np.testing.assert_array_equal(read(tmp_path / name).samples, whole)
    assert not caplog.records


def test_a_long_end_without_frames_is_said_where_nothing_else_tells(
    encoded: dict[str, bytes], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    content = encoded["bare.mp3"]
    (tmp_path / "bare.mp3").write_bytes(content[: len(content) // 2] + bytes(20_000))
    assert read(tmp_path / "bare.mp3").duration_s == pytest.approx(SECONDS / 2, abs=0.05)
    assert re.search(r"is damaged \(its last [12]\d,\d\d\d bytes are no sound\): 3\.\d s could be read", caplog.text)
