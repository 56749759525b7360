"""What must not matter: the same music, clipped, detuned, late, on one channel or cut in two, gives the same notes."""

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import mir_eval
import numpy as np
import pretty_midi
import pytest
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe import Audio, Note, Transcriber

FONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
ACOUSTIC_PIANO = 0
LOST_AT_MOST = 0.055  # of onset F1
LATE_S = 30
TUNING = 432 / 440


@pytest.fixture(scope="module")
def played() -> NDArray[np.float64]:
    """Ten dense chords: onset_s, offset_s, pitch [note, 3]."""
    rng = np.random.default_rng(1)
    return np.array(
        [(0.5 + k, 1.4 + k, pitch) for k in range(10) for pitch in rng.choice(np.arange(40, 88), 8, replace=False)]
    )


@pytest.fixture(scope="module")
def music(played: NDArray[np.float64], tmp_path_factory: pytest.TempPathFactory) -> Audio:
    """Their sound on a piano, in stereo."""
    folder = tmp_path_factory.mktemp("music")
    midi = pretty_midi.PrettyMIDI(resolution=960)
    midi.instruments.append(pretty_midi.Instrument(ACOUSTIC_PIANO))
    midi.instruments[0].notes = [pretty_midi.Note(80, int(pitch), on, off) for on, off, pitch in played]
    midi.write(str(folder / "played.mid"))
    sound = folder / "played.wav"
    command = ["fluidsynth", "-ni", "-q", "-g", "0.6", "-r", "44100", "-F", sound, FONT, folder / "played.mid"]
    subprocess.run(command, check=True, capture_output=True)
    samples, rate = soundfile.read(sound, dtype="float32")
    return Audio(np.ascontiguousarray(samples.T), rate)


@pytest.fixture(scope="module", params=["fast", "best"])
def hear(request: pytest.FixtureRequest) -> Callable[[NDArray[np.float32], int], Sequence[Note]]:
    transcriber = Transcriber(drums=False, pedal=False, model=request.param)
    return lambda samples, rate: transcriber.transcribe(Audio(np.ascontiguousarray(samples), rate)).notes


def onset_f1(played: NDArray[np.float64], notes: Sequence[Note], shift_s: float = 0.0, stretch: float = 1.0) -> float:
    """Of notes whose times are `stretch` times as long as those played, and begin `shift_s` later."""
    rows = np.array([(note.onset_s - shift_s, note.offset_s - shift_s, note.pitch) for note in notes]).reshape(-1, 3)
    hertz = [440.0 * 2.0 ** ((pitch - 69.0) / 12.0) for pitch in (played[:, 2], rows[:, 2])]
    matched = mir_eval.transcription.match_notes(
        played[:, :2], hertz[0], rows[:, :2] / stretch, hertz[1], offset_ratio=None
    )
    return 2.0 * len(matched) / (len(played) + len(rows))


@pytest.fixture(scope="module")
def as_it_is(hear, music: Audio, played: NDArray[np.float64]) -> float:
    f1 = onset_f1(played, hear(music.samples, music.sample_rate))
    assert f1 > 0.85
    return f1


@pytest.mark.parametrize("gain", [5.0, 10.0, 25.0])  # the last one cuts 15 dB off the peaks
def test_a_master_that_is_clipped(hear, music, played, as_it_is, gain: float) -> None:
    clipped = np.clip(music.samples * gain, -1.0, 1.0)
    assert onset_f1(played, hear(clipped, music.sample_rate)) > as_it_is - LOST_AT_MOST


def test_half_a_minute_of_silence_before_it(hear, music, played, as_it_is) -> None:
    late = np.pad(music.samples, ((0, 0), (LATE_S * music.sample_rate, 0)))
    assert onset_f1(played, hear(late, music.sample_rate), shift_s=LATE_S) > as_it_is - LOST_AT_MOST


def test_one_silent_channel(hear, music, played, as_it_is) -> None:
    left = music.samples * np.array([[1.0], [0.0]], np.float32)
    assert onset_f1(played, hear(left, music.sample_rate)) > as_it_is - LOST_AT_MOST


def test_a_concert_pitch_of_432_hertz(hear, music, played, as_it_is) -> None:
    at = np.arange(0.0, music.samples.shape[1] - 1, TUNING)
    slower = np.stack([np.interp(at, np.arange(len(channel)), channel) for channel in music.samples])
    notes = hear(slower.astype(np.float32), music.sample_rate)
    assert onset_f1(played, notes, stretch=1.0 / TUNING) > as_it_is - LOST_AT_MOST


def test_a_file_that_is_cut_in_two(hear, music, played, as_it_is) -> None:
    cut_s = 5.3
    cut = round(cut_s * music.sample_rate)
    notes = hear(music.samples[:, :cut], music.sample_rate)
    whole, early = len(played), played[:, 0] < cut_s
    rest = hear(music.samples[:, cut:], music.sample_rate)
    parts = [onset_f1(played[early], notes), onset_f1(played[~early], rest, shift_s=-cut_s)]
    assert np.average(parts, weights=[early.sum(), whole - early.sum()]) > as_it_is - LOST_AT_MOST
