"""SoX's own spectrogram of a sound, by the program sox (the package of that name has no such function).

The sound reaches SoX decoded, so any file that this project reads can be drawn, whatever SoX was built with.
"""

from __future__ import annotations

import math
import subprocess
from pathlib import Path

import numpy as np

from mp3tomidi.augment.pictures.excerpt import Excerpt
from mp3tomidi.augment.pictures.settings import AnalysisSettings
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.outputs import system_programs
from mp3tomidi.transcribe.outputs.files import written_beside

_WINDOWS = {"hann": "Hann", "hamming": "Hamming", "dolph-chebyshev": "Dolph"}
# What SoX 14.4.2 allows: pixels of height, which are bins of its DFT, pixels a second, and a range in dB.
_HEIGHTS, _PIXELS_PER_S, _MOST_PIXELS, _RANGES_DB = (64, 1200), (1, 5000), 200_000, (20, 180)


def check(settings: AnalysisSettings) -> None:
    """Raises ValueError for settings that SoX does not have, OutputError if SoX is missing."""
    lowest, highest = (2 * (height - 1) for height in _HEIGHTS)
    if settings.frequency != "linear":
        raise ValueError("SoX draws linear frequency only")
    if not lowest <= settings.window_samples <= highest:
        raise ValueError(f"SoX draws with windows of {lowest} to {highest} samples, not {settings.window_samples}")
    if not _RANGES_DB[0] <= settings.range_db <= _RANGES_DB[1]:
        raise ValueError(f"SoX draws a range of {_RANGES_DB[0]} to {_RANGES_DB[1]} dB, not {settings.range_db:g}")
    system_programs.require(
        "sox", "the program sox is missing: apt install sox (brew install sox on a Mac), or leave --engine sox out"
    )


def write(excerpt: Excerpt, path: Path, settings: AnalysisSettings) -> None:
    """Have SoX draw an excerpt, channels one above the other, as a PNG; raises OutputError where it cannot."""
    lowest, highest = _PIXELS_PER_S
    per_s = min(highest, max(lowest, excerpt.sample_rate / settings.hop_samples))
    columns = min(_MOST_PIXELS, max(100, math.ceil(excerpt.duration_s * per_s)))
    with written_beside(path) as beside:
        command = ["sox", "-t", "f32", "-r", str(excerpt.sample_rate), "-c", str(len(excerpt.samples)), "-", "-n"]
        command += ["spectrogram", "-w", _WINDOWS[settings.window], "-y", str(settings.window_samples // 2 + 1)]
        command += ["-X", f"{per_s:.6f}", "-x", str(columns), "-z", f"{settings.range_db:.0f}"]
        command += ["-t", excerpt.path.name.encode(errors="replace").decode(), "-o", str(beside)]
        sound = np.ascontiguousarray(excerpt.samples.T, "<f4").tobytes()
        run = subprocess.run(command, input=sound, capture_output=True, check=False)
        if run.returncode or not beside.exists():
            message = " ".join(run.stderr.decode(errors="replace").split())[-300:] or "no message"
            raise OutputError(f"SoX could not draw {excerpt.path}: {message}")
