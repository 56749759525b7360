"""Two thousand damaged copies of small files of every format, through the decoder and the outputter.

Each must end in sound or in an AudioError of one line, in little time and memory, whatever C code meets on the way.
Other processes do it, so that one that crashes or hangs is this test's failure and not its end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

COPIES = 2_000
SEED = 20
PROGRAM = Path(__file__).with_name("mutate_sounds.py")
LARGEST_KIB = 300 << 10
SOURCES: dict[str, list[str]] = {
    "plain.wav": [],
    "adpcm.wav": ["-c:a", "adpcm_ms"],
    "double.wav": ["-c:a", "pcm_f64le"],
    "plain.w64": [],
    "plain.aiff": [],
    "plain.au": [],
    "plain.caf": [],
    "plain.flac": [],
    "plain.ogg": [],
    "plain.opus": [],
    "plain.mp3": ["-b:a", "64k"],
    "bare.mp3": ["-write_xing", "0", "-write_id3v2", "0"],
    "plain.mp2": [],
    "plain.m4a": [],
    "lossless.m4a": ["-c:a", "alac", "-movflags", "+faststart"],
    "plain.aac": [],
    "plain.wma": [],
    "plain.mka": [],
    "plain.webm": [],
    "plain.avi": ["-c:a", "ac3"],
}


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A quarter of a second of a tone in stereo, in every format."""
    folder = tmp_path_factory.mktemp("sources")
    time_s = np.arange(12_000) / 48_000
    tone = np.stack([np.sin(2 * np.pi * 440 * time_s), np.sin(2 * np.pi * 660 * time_s)], axis=1)
    soundfile.write(folder / "tone.flac", 0.5 * tone, 48_000)
    for name, options in SOURCES.items():
        command = ["ffmpeg", "-v", "error", "-nostdin", "-i", "tone.flac", "-ar", "48000", *options, name]
        subprocess.run(command, cwd=folder, check=True)
    return [folder / name for name in SOURCES]


def test_no_damage_crashes_or_hangs(sources: list[Path], tmp_path: Path) -> None:
    count: Counter[str] = Counter()
    failures, peaks_kib, first = [], [], 0
    while first < COPIES:
        arguments = [str(SEED), str(first), str(COPIES), tmp_path / "damaged", *sources]
        done = subprocess.run(
            [sys.executable, PROGRAM, *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        said = [line.split(maxsplit=2) for line in done.stdout.splitlines()]
        count.update(word for word, *_ in said)
        failures += [f"copy {number}: {why}" for word, number, *why in said if word == "failed"]
        peaks_kib += [int(number) for word, number, *_ in said if word == "peak"]
        if done.returncode == 0:
            break
        number = int(said[-1][1])
        failures.append(f"copy {number}, of {sources[number % len(sources)].name}: died ({done.returncode})")
        first = number + 1
        assert len(failures) < 20, failures
    assert not failures
    assert count["begin"] == count["heard"] + count["refused"] == COPIES
    assert min(count["heard"], count["refused"]) > COPIES // 10  # both ways are tried
    assert max(peaks_kib) < LARGEST_KIB
