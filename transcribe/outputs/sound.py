"""Writes what a transcription sounds like as a WAV file (16 bits, 44.1 kHz), alone or beside the original.

It is played by plain tones (synthesis.py) or, through the program fluidsynth, by a soundfont. Everything goes block by
block and twice: first to find the level, then to write.
"""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.interruption import cleanup_on_signal
from mp3tomidi.transcribe.outputs import midi, system_programs
from mp3tomidi.transcribe.outputs.files import written_beside
from mp3tomidi.transcribe.outputs.original import mono_blocks
from mp3tomidi.transcribe.outputs.synthesis import BLOCK_S, SAMPLE_RATE, play

HIGHEST_PEAK = 0.89  # -1 dB of full scale
GATE_DB = -10.0  # what lies further below the mean is a rest, and does not count for the level (as in EBU R 128)
_SPAN_S = 0.5  # of which the level is taken, for the gate

Wave = NDArray[np.float32]
Blocks = Callable[[], Iterator[Wave]]  # can be gone through more than once


@dataclass(frozen=True, slots=True)
class Level:
    """Of a sound: its highest absolute sample, and the root of its mean square where it is not resting."""

    peak: float
    rms: float


def write(
    transcription: Transcription, path: str | os.PathLike[str], *, soundfont: str | os.PathLike[str] | None = None
) -> None:
    """Write the transcription's sound, mono and as long as the recording, at the level that its peak allows.

    soundfont: an .sf2 or .sf3 file that plays it, at A = 440 Hz; without one plain tones do, in the recording's tuning.

    Raises
    ------
    OutputError
        The file cannot be written, or the soundfont cannot be played.
    """
    with _player(transcription, soundfont) as blocks:
        peak = measure(blocks()).peak
        gain = HIGHEST_PEAK / peak if peak > 0.0 else 1.0
        _write_wav(path, 1, (block * np.float32(gain) for block in blocks()))


def write_mix(
    transcription: Transcription,
    source: str | os.PathLike[str] | Audio,
    path: str | os.PathLike[str],
    *,
    soundfont: str | os.PathLike[str] | None = None,
) -> None:
    """Write the recording on the left and the transcription's sound, equally loud, on the right.

    Raises
    ------
    OutputError
        The file cannot be written, or the soundfont cannot be played.
    AudioError
        The recording cannot be read.
    """

    def original() -> Iterator[Wave]:
        return mono_blocks(source, SAMPLE_RATE, BLOCK_S)

    with _player(transcription, soundfont) as blocks:
        left, right = measure(original()), measure(blocks())
        matched = left.rms / right.rms if left.rms > 0.0 and right.rms > 0.0 else 1.0
        peak = max(left.peak, matched * right.peak)
        gain = min(1.0, HIGHEST_PEAK / peak) if peak > 0.0 else 1.0
        pairs = zip_longest(original(), blocks(), fillvalue=np.zeros(0, np.float32))
        _write_wav(path, 2, (_side_by_side(a * np.float32(gain), b * np.float32(gain * matched)) for a, b in pairs))


def measure(blocks: Iterable[Wave]) -> Level:
    """The level of a sound in blocks [frames]."""
    peak, squares = 0.0, []
    for block in blocks:
        peak = max(peak, float(np.abs(block).max(initial=0.0)))
        spans = range(0, len(block), round(_SPAN_S * SAMPLE_RATE))
        squares += [float(np.mean(np.square(block[at : at + round(_SPAN_S * SAMPLE_RATE)]))) for at in spans]
    if not squares:
        return Level(0.0, 0.0)
    kept = [square for square in squares if square >= 10.0 ** (GATE_DB / 10.0) * sum(squares) / len(squares)]
    return Level(peak, math.sqrt(sum(kept) / len(kept)))


def check_soundfont(soundfont: str | os.PathLike[str]) -> None:
    """Find out before anything slow begins whether a soundfont can be played.

    Raises
    ------
    OutputError
        The file is none, or fluidsynth is not installed.
    """
    path = Path(soundfont)
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise OutputError(f"cannot open the soundfont {path}: {error.strerror}") from error
    if head[:4] != b"RIFF" or head[8:] != b"sfbk":  # fluidsynth itself would quietly play another
        raise OutputError(f"{path} is not a soundfont; name an .sf2 or .sf3 file")
    if (reason := missing_player()) is not None:
        raise OutputError(reason)


def missing_player() -> str | None:
    """Why soundfonts cannot be played here, as a sentence; None if they can."""
    try:
        system_programs.require(
            "fluidsynth", "a soundfont is played by the program fluidsynth, which is missing: apt install fluidsynth"
        )
    except OutputError as error:
        return str(error)
    return None


@contextmanager
def _player(transcription: Transcription, soundfont: str | os.PathLike[str] | None) -> Iterator[Blocks]:
    if soundfont is None:
        yield lambda: play(transcription)
        return
    check_soundfont(soundfont)
    with tempfile.TemporaryDirectory() as folder, cleanup_on_signal(partial(shutil.rmtree, folder, ignore_errors=True)):
        rendered = Path(folder, "sound.wav")
        _run_fluidsynth(transcription, Path(soundfont), rendered)
        yield lambda: _cut(mono_blocks(rendered, SAMPLE_RATE, BLOCK_S), round(transcription.duration_s * SAMPLE_RATE))


def _run_fluidsynth(transcription: Transcription, soundfont: Path, rendered: Path) -> None:
    score = rendered.with_suffix(".mid")
    midi.write(transcription, score)
    # 0.3 leaves room for many notes, and float for more; only the presets that are played are decoded.
    options = ["-ni", "-q", "-g", "0.3", "-o", "synth.dynamic-sample-loading=1"]
    output = ["-T", "wav", "-O", "float", "-r", str(SAMPLE_RATE), "-F", str(rendered)]
    command = ["fluidsynth", *options, *output, str(soundfont), str(score)]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as run,
        cleanup_on_signal(run.kill),
    ):
        _, message = run.communicate()
    if run.returncode or not rendered.exists():
        reason = " ".join(message.split())[-300:] or "no message"
        raise OutputError(f"fluidsynth could not play {soundfont}: {reason}")


def _cut(blocks: Iterable[Wave], frame_count: int) -> Iterator[Wave]:
    """Blocks of a sound that is cut, or followed by silence, to last `frame_count`."""
    left, size = frame_count, round(BLOCK_S * SAMPLE_RATE)
    for block in blocks:
        if left > 0:
            yield block[:left]
            left -= len(block)
    while left > 0:
        yield np.zeros(min(left, size), np.float32)
        left -= size


def _side_by_side(left: Wave, right: Wave) -> Wave:
    """Stereo frames [frames, 2]; the shorter side is followed by silence."""
    frames = np.zeros((max(len(left), len(right)), 2), np.float32)
    frames[: len(left), 0], frames[: len(right), 1] = left, right
    return frames


def _write_wav(path: str | os.PathLike[str], channels: int, blocks: Iterable[Wave]) -> None:
    with written_beside(path) as beside:
        beside.touch()  # of what prevents this Python gives the reason, libsndfile none
        try:
            with soundfile.SoundFile(beside, "w", SAMPLE_RATE, channels, subtype="PCM_16", format="WAV") as file:
                for block in blocks:
                    file.write(block)
        except soundfile.LibsndfileError as error:
            raise OutputError(f"cannot write {path}: {error.error_string} Is the disk full?") from error
