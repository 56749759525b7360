"""The programs as users run them, with their own weights, on a folder of recordings of which most are bad."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

RATE_HZ = 16_000
LENGTH_S = 0.6

# Each bad recording, and words of the line that says why.
REFUSED = {
    "cut.m4a": "too damaged to open",
    "empty.flac": "is empty (0 bytes)",
    "empty.mp3": "is empty (0 bytes)",
    "gone.mp3": "there is no such file",
    "letter.mp3": "is not a sound file",
    "page.wav": "is not a sound file",
    "pipe.mp3": "is a device or a pipe",
    "random.mp3": "is not a sound file",
    "slow.wav": "export it again",
}
WARNED = {"cut.flac": "is damaged", "cut.mp3": "ends early or is damaged: ", "cut.ogg": "ends early: "}


ENTRIES = {"mp3tomidi": "main", "mp3tomidi-drums": "drums"}
NOTHING = {"mp3tomidi": "no notes and no drums", "mp3tomidi-drums": "no drums"}


def command(program: str, *arguments: str) -> list[str]:
    entry = f"from mp3tomidi.transcribe.program import entry; entry.{ENTRIES[program]}()"
    return [sys.executable, "-c", entry, *arguments]


def run(program: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command(program, *arguments), cwd=folder, capture_output=True, text=True, check=False, env=environment
    )


def ffmpeg(folder: Path, *arguments: str) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *arguments], cwd=folder, check=True)


def wav_header(rate_hz: int) -> bytes:
    """Of a file that claims two billion samples."""
    form = struct.pack("<HHIIHH", 1, 1, rate_hz, rate_hz * 2, 2, 16)
    return b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0" + form + b"data" + struct.pack("<I", 0xFFFFFFFE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder "music" that no one would want to be given."""
    folder = tmp_path_factory.mktemp("bad")
    music = folder / "music"
    (music / "below" / "deep").mkdir(parents=True)
    rng = np.random.default_rng(0)
    time_s = np.arange(round(LENGTH_S * RATE_HZ)) / RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * 440 * time_s) * np.exp(-3 * time_s) + rng.normal(0, 0.01, len(time_s))
    nans = tone.copy()
    nans[[5, 7, 900]] = np.nan, np.inf, 1e38
    for name, sound in {
        "tone.wav": tone,
        "below/deep/Träumerei – Nr. 7 (живо).wav": tone,
        "x" * 251 + ".wav": tone,
        "silence.wav": np.zeros(RATE_HZ),
        "short.wav": tone[:800],
        "one sample.wav": tone[:1],
        "constant.wav": np.full(RATE_HZ, 0.5),
        "nan.wav": nans,
        "only nan.wav": np.full(RATE_HZ, np.nan),
        "eight.wav": np.tile(tone[:, None], 8),
    }.items():
        soundfile.write(music / name, sound, RATE_HZ, subtype="FLOAT")
    (music / "claims.wav").write_bytes(wav_header(RATE_HZ) + (tone * 32_767).astype("<i2").tobytes())
    (music / "slow.wav").write_bytes(wav_header(1) + bytes(4_000))
    for name in ("cut.mp3", "cut.flac", "cut.ogg", "cut.m4a"):
        ffmpeg(folder, "-stream_loop", "5", "-i", "music/tone.wav", f"music/{name}")
        content = (music / name).read_bytes()
        (music / name).write_bytes(content[: len(content) // 2])
    ffmpeg(folder, "-i", "music/tone.wav", "-write_id3v2", "0", "music/tag.mp3")
    (music / "tag.mp3").write_bytes(b"ID3\4\0\0\x7f\x7f\x7f\x7f" + (music / "tag.mp3").read_bytes())
    corrupt = bytearray((music / "cut.mp3").read_bytes())
    for place in rng.integers(1_000, len(corrupt), 60):
        corrupt[place] = rng.integers(256)
    (music / "corrupt.mp3").write_bytes(corrupt)
    (music / "letter.mp3").write_text("Dear Sir or Madam,\n" * 300)
    (music / "page.wav").write_text("<html><body>404 Not found</body></html>")
    (music / "random.mp3").write_bytes(rng.bytes(20_000))
    for name in ("empty.mp3", "empty.flac", "cover.jpg", "._tone.mp3"):
        (music / name).touch()
    os.mkfifo(music / "pipe.mp3")
    (music / "gone.mp3").symlink_to("nowhere.mp3")
    return folder


@pytest.mark.parametrize(("program", "jobs"), [("mp3tomidi", "1"), ("mp3tomidi", "2"), ("mp3tomidi-drums", "2")])
def test_each_bad_recording_is_one_line_and_the_others_are_done(folder: Path, program: str, jobs: str) -> None:
    out = f"{program} {jobs}"
    done = run(program, folder, "music", "missing.mp3", "-o", out, "--jobs", jobs, "--report", f"{out}.json")
    assert done.returncode == 1
    assert done.stdout == ""
    assert all(line.startswith(f"{program}: ") for line in done.stderr.splitlines())  # nothing that C code prints
    assert "unexpected" not in done.stderr
    said, _, summary = done.stderr.partition(" failed in ")
    for name, words in {**REFUSED, **WARNED}.items():
        lines = [line for line in said.splitlines() if line.startswith(f"{program}: music/{name}") and words in line]
        assert len(lines) == 1, name
    assert "cannot open missing.mp3: No such file" in said
    assert f"{len(REFUSED) + 1} of " in summary
    for name in ("silence", "constant", "only nan"):
        assert f"music/{name}.wav -> {out}/{name}.mid: {NOTHING[program]} in 1.0 s" in said

    rows = {row["source"]: row for row in json.loads((folder / f"{out}.json").read_text())["files"]}
    assert {source for source, row in rows.items() if row["status"] == "failed"} == {
        "missing.mp3",
        *(f"music/{name}" for name in REFUSED),
    }
    for row in rows.values():
        if row["status"] == "done":
            (result,) = row["results"]
            midi = mido.MidiFile(folder / result)
            written = sum(message.type == "note_on" for track in midi.tracks for message in track)
            assert written == row["notes"] + row["drum_hits"]
            assert midi.length == pytest.approx(row["seconds"], abs=0.2)
    assert rows["music/short.wav"]["seconds"] == pytest.approx(0.05, abs=0.001)
    assert rows["music/claims.wav"]["seconds"] == pytest.approx(LENGTH_S, abs=0.001)
    assert rows["music/tag.mp3"]["seconds"] == pytest.approx(LENGTH_S, abs=0.03)
    assert rows["music/eight.wav"]["notes"] == rows["music/tone.wav"]["notes"] == rows["music/nan.wav"]["notes"]
    assert rows["music/eight.wav"]["drum_hits"] == rows["music/tone.wav"]["drum_hits"]
    left = {path.suffix for path in (folder / out).rglob("*") if path.is_file()}
    assert left == {".mid"}


def test_a_full_disk_is_one_line_and_leaves_nothing(folder: Path) -> None:
    full = ["bash", "-c", 'ulimit -f 0; exec "$@"', "bash", *command("mp3tomidi", "music/tone.wav", "-o", "full")]
    done = subprocess.run(full, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "mp3tomidi: cannot write full/tone.mid: File too large\n"
    assert not (folder / "full").exists()
