"""Sounds of a result, alone and beside the original."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.errors import AudioError, OutputError
from mp3tomidi.transcribe.events import Note, Transcription
from mp3tomidi.transcribe.outputs import sound, synthesis

RATE = sound.SAMPLE_RATE
FONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
SONG = Transcription(notes=tuple(Note(0.5 * i, 0.5 * i + 0.4, 60 + i, 40 + 5 * i) for i in range(12)), duration_s=7.3)


def rms(samples: NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def test_the_sound_is_as_long_as_the_recording_and_as_loud_as_it_can_be(tmp_path: Path) -> None:
    sound.write(SONG, tmp_path / "x.notes.wav")
    samples, rate = soundfile.read(tmp_path / "x.notes.wav")
    assert rate == RATE
    assert samples.shape == (round(7.3 * RATE),)
    assert np.abs(samples).max() == pytest.approx(sound.HIGHEST_PEAK, abs=1e-3)
    assert soundfile.info(tmp_path / "x.notes.wav").subtype == "PCM_16"


@pytest.mark.parametrize("original_s", [6.0, 7.3, 12.1])
@pytest.mark.parametrize("level", [0.9, 0.01])
def test_the_mix_has_the_original_left_and_the_result_right_equally_loud(
    tmp_path: Path, original_s: float, level: float
) -> None:
    time_s = np.arange(round(original_s * 22_050)) / 22_050
    tone = (level * np.sin(2 * np.pi * 330.0 * time_s)).astype(np.float32)
    soundfile.write(tmp_path / "x.wav", tone, 22_050, subtype="FLOAT")
    sound.write_mix(SONG, tmp_path / "x.wav", tmp_path / "x.mix.wav")
    mix, rate = soundfile.read(tmp_path / "x.mix.wav")
    assert rate == RATE
    assert len(mix) == round(max(original_s, 7.3) * RATE)
    left, right = mix.T
    assert np.abs(mix).max() <= sound.HIGHEST_PEAK + 1e-3
    playing = slice(0, 6 * RATE)
    assert 20 * np.log10(rms(left[playing]) / rms(right[playing])) == pytest.approx(0.0, abs=1.0)
    spectrum = np.abs(np.fft.rfft(left[:RATE]))
    assert np.argmax(spectrum) == 330
    if level < 0.5:
        assert np.abs(left).max() == pytest.approx(level, rel=0.02)  # the original is left as it is


def test_sound_in_memory_can_be_mixed_too(tmp_path: Path) -> None:
    stereo = np.zeros((2, 48_000), np.float32)
    stereo[:, 100:] = 0.1
    sound.write_mix(SONG, Audio(stereo, 48_000), tmp_path / "x.mix.wav")
    assert soundfile.info(tmp_path / "x.mix.wav").channels == 2


def test_silence_and_nothing_are_sounds_too(tmp_path: Path) -> None:
    for duration_s in (0.0, 1.0):
        silence = Transcription(duration_s=duration_s)
        sound.write(silence, tmp_path / "x.notes.wav")
        samples, _ = soundfile.read(tmp_path / "x.notes.wav")
        assert len(samples) == round(duration_s * RATE)
        sound.write_mix(silence, Audio(np.zeros(100, np.float32), 8000), tmp_path / "x.mix.wav")
        assert not soundfile.read(tmp_path / "x.mix.wav")[0].any()


def test_rests_do_not_count_for_the_level() -> None:
    tone = np.full(RATE, 0.5, np.float32)
    assert sound.measure([tone, np.zeros(5 * RATE, np.float32)]).rms == pytest.approx(0.5)
    assert sound.measure([]) == sound.Level(0.0, 0.0)


def test_what_cannot_be_written_or_read_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"cannot write .*missing/x\.wav"):
        sound.write(SONG, tmp_path / "missing" / "x.wav")
    with pytest.raises(AudioError, match=r"gone\.mp3"):
        sound.write_mix(SONG, tmp_path / "gone.mp3", tmp_path / "x.mix.wav")
    (tmp_path / "font.sf2").write_bytes(b"RIFF0000WAVE")
    with pytest.raises(OutputError, match=r"font\.sf2 is not a soundfont"):
        sound.write(SONG, tmp_path / "x.wav", soundfont=tmp_path / "font.sf2")
    with pytest.raises(OutputError, match=r"cannot open the soundfont .*none\.sf2"):
        sound.check_soundfont(tmp_path / "none.sf2")
    assert [path.name for path in tmp_path.iterdir()] == ["font.sf2"]


def test_a_missing_program_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "font.sf2").write_bytes(b"RIFF0000sfbk")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OutputError, match="apt install fluidsynth"):
        sound.check_soundfont(tmp_path / "font.sf2")


PROGRAM = """
import signal
from mp3tomidi.transcribe.events import Transcription
from mp3tomidi.transcribe.interruption import end_process_on
from mp3tomidi.transcribe.outputs import sound

end_process_on(signal.SIGTERM)
sound.write(Transcription(duration_s=1.0), "x.wav", soundfont="font.sf2")
"""


def _runs(process_id: str) -> bool:
    command = ["ps", "-o", "stat=", "-p", process_id]
    state = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return state != "" and not state.startswith("Z")  # a zombie is dead, nobody has asked for its status yet


def test_an_interruption_ends_fluidsynth_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "font.sf2").write_bytes(b"RIFF0000sfbk")
    stand_in = tmp_path / "fluidsynth"
    stand_in.write_text('#!/bin/sh\n[ "$1" = --version ] || { echo $$ >> pid; exec sleep 60; }\n')
    stand_in.chmod(0o755)
    (tmp_path / "temporary").mkdir()
    found_here = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(tmp_path / "temporary")}
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=tmp_path, env={**os.environ, **found_here})
    pid = tmp_path / "pid"
    deadline_s = time.monotonic() + 60
    while not (pid.exists() and pid.read_text()) and time.monotonic() < deadline_s:
        time.sleep(0.05)
    time.sleep(0.5)  # until the program waits for its end
    program.terminate()
    assert program.wait(timeout=30) == 143
    deadline_s = time.monotonic() + 20
    while _runs(pid.read_text().strip()) and time.monotonic() < deadline_s:  # a busy machine takes a moment
        time.sleep(0.05)
    assert not _runs(pid.read_text().strip())
    assert list((tmp_path / "temporary").iterdir()) == []
    assert not (tmp_path / "x.wav").exists()


@pytest.mark.skipif(not FONT.exists() or shutil.which("fluidsynth") is None, reason="needs fluidsynth and a soundfont")
def test_a_soundfont_plays_the_notes_on_time(tmp_path: Path) -> None:
    late = Transcription(notes=(Note(2.0, 3.0, 69, 100),), duration_s=8.0)
    sound.write(late, tmp_path / "x.wav", soundfont=FONT)
    samples, _ = soundfile.read(tmp_path / "x.wav")
    assert len(samples) == 8 * RATE
    loud = np.flatnonzero(np.abs(samples) > 0.05)
    assert loud[0] / RATE == pytest.approx(2.0, abs=0.02)
    spectrum = np.abs(np.fft.rfft(samples[2 * RATE : 3 * RATE]))
    assert np.argmax(spectrum[300:600]) + 300 == pytest.approx(440, abs=3)


def test_a_note_that_bends_is_heard_to() -> None:
    bent = Note(0.0, 1.0, 60, 100, bend=((0.0, 700.0), (1.0, 700.0)))
    played, fifth = (
        np.concatenate(list(synthesis.play(Transcription(notes=(note,), duration_s=1.0))))
        for note in (bent, Note(0.0, 1.0, 67, 100))
    )
    strongest = [int(np.abs(np.fft.rfft(sound[4410:])).argmax()) for sound in (played, fifth)]
    assert strongest[0] == strongest[1]


@pytest.mark.parametrize(
    ("sizes", "frames"), [((10,), 11), ((10,), 9), ((5, 5), 6), ((), 3), ((4,), 0), ((4,), 300_000)]
)
def test_what_is_played_lasts_exactly_as_long_as_the_recording(sizes: tuple[int, ...], frames: int) -> None:
    blocks = list(sound._cut([np.ones(size, np.float32) for size in sizes], frames))
    together = np.concatenate([np.zeros(0, np.float32), *blocks])
    assert len(together) == frames
    assert together.sum() == min(frames, sum(sizes))
    assert max((len(block) for block in blocks), default=0) <= 5 * 44_100
