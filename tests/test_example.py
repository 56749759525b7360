"""The example that the README transcribes: sound and reference are of one piece, and the shipped weights hear it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pretty_midi
import pytest
import soundfile
from numpy.typing import NDArray
from scipy.signal import find_peaks, stft

from mp3tomidi.train.evaluation.note_scores import Rows, score_notes
from mp3tomidi.transcribe import DrumTranscriber, Transcriber, transcribe
from mp3tomidi.transcribe.outputs import midi

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
SONG = EXAMPLES / "song.mp3"
ONSET_TOLERANCE_S = 0.05


@pytest.fixture(scope="module")
def reference() -> pretty_midi.PrettyMIDI:
    return pretty_midi.PrettyMIDI(str(EXAMPLES / "song_as_played.mid"))


@pytest.fixture(scope="module")
def sound() -> tuple[NDArray[np.float64], int]:
    samples, sample_rate = soundfile.read(SONG)
    return samples.mean(axis=1), sample_rate


@pytest.fixture(scope="module")
def make_song() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_song", EXAMPLES / "make_song.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def onsets(reference: pretty_midi.PrettyMIDI) -> NDArray[np.float64]:
    return np.sort([note.start for instrument in reference.instruments for note in instrument.notes])


def pitched_rows(reference: pretty_midi.PrettyMIDI) -> Rows:
    played = [note for instrument in reference.instruments if not instrument.is_drum for note in instrument.notes]
    return np.array([(note.start, note.end, note.pitch, note.velocity) for note in played], dtype=np.float64)


def spectrogram(
    samples: NDArray[np.float64], sample_rate: int, *, window_samples: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Times of frames in seconds, frequencies of bins in Hz, level in dB [bins, frames] down to -80 dB."""
    hop_samples = window_samples // 4
    frequencies_hz, times_s, spectrum = stft(
        samples, sample_rate, nperseg=window_samples, noverlap=window_samples - hop_samples
    )
    power = np.abs(spectrum) ** 2
    return times_s, frequencies_hz, 10 * np.log10(power / power.max() + 1e-8)


def test_it_is_half_a_minute_of_a_band(reference: pretty_midi.PrettyMIDI) -> None:
    info = soundfile.info(SONG)
    assert SONG.stat().st_size < 600_000
    assert info.channels == 2
    assert 28 < info.duration < 35
    parts = [(instrument.program, instrument.is_drum) for instrument in reference.instruments]
    assert parts == [(0, False), (26, False), (32, False), (0, True)]
    assert reference.resolution == 960


def test_the_reference_is_what_the_script_composes(reference: pretty_midi.PrettyMIDI, make_song: ModuleType) -> None:
    composed = make_song.compose(np.random.default_rng(make_song.SEED))
    for ours, theirs in zip(composed.instruments, reference.instruments, strict=True):
        expected = sorted((note.pitch, note.start, note.velocity, note.end) for note in ours.notes)
        written = sorted((note.pitch, note.start, note.velocity, note.end) for note in theirs.notes)
        np.testing.assert_allclose(written, expected, atol=1e-3)


def test_the_bars_of_the_reference_begin_with_those_of_the_music(reference: pretty_midi.PrettyMIDI) -> None:
    lines_s = reference.get_downbeats()[1:]  # the first bar is the moment before the music
    bass_s, drums_s = (np.array([note.start for note in reference.instruments[k].notes]) for k in (2, 3))
    for onsets_s in (bass_s, drums_s):
        nearest_s = np.abs(onsets_s[:, None] - lines_s[:14]).min(axis=0)
        assert nearest_s.max() < 0.02  # people play that unevenly


def test_the_bars_that_are_written_begin_with_those_of_the_music(
    reference: pretty_midi.PrettyMIDI, tmp_path: Path
) -> None:
    midi.write(transcribe(SONG), tmp_path / "song.mid")
    written_s = pretty_midi.PrettyMIDI(str(tmp_path / "song.mid")).get_downbeats()[1:15]
    assert np.abs(written_s - reference.get_downbeats()[1:15]).max() < 0.03


@pytest.mark.parametrize("transcriber", [Transcriber, DrumTranscriber])
def test_all_of_it_has_the_tempo_that_it_was_played_at(
    transcriber: type[Transcriber | DrumTranscriber], make_song: ModuleType
) -> None:
    (only,) = transcriber().transcribe(SONG).tempo
    assert only.beats_per_minute == pytest.approx(make_song.BEATS_PER_MINUTE, abs=0.01)


def test_the_first_note_sounds_when_the_reference_says(
    reference: pretty_midi.PrettyMIDI, sound: tuple[NDArray[np.float64], int]
) -> None:
    samples, sample_rate = sound
    first_heard_s = np.argmax(np.abs(samples) > 0.02 * np.abs(samples).max()) / sample_rate
    assert first_heard_s == pytest.approx(onsets(reference)[0], abs=0.01)


def test_onsets_in_the_sound_are_those_of_the_reference(
    reference: pretty_midi.PrettyMIDI, sound: tuple[NDArray[np.float64], int]
) -> None:
    times_s, _, level_db = spectrogram(*sound, window_samples=1024)
    flux = np.maximum(np.diff(level_db, axis=1), 0).mean(axis=0)
    hop_s = times_s[1] - times_s[0]
    peaks, _ = find_peaks(flux, height=2 * np.median(flux), prominence=np.median(flux), distance=round(0.04 / hop_s))
    distance_s = np.abs(times_s[1:][peaks][:, None] - onsets(reference))
    delay_s = times_s[1:][peaks] - onsets(reference)[distance_s.argmin(axis=1)]
    assert abs(np.median(delay_s)) < 0.01
    assert np.mean(distance_s.min(axis=1) < ONSET_TOLERANCE_S) > 0.9  # what is heard was played
    assert np.mean(distance_s.min(axis=0) < ONSET_TOLERANCE_S) > 0.9  # what was played is heard


def test_pitches_in_the_sound_are_those_of_the_reference(
    reference: pretty_midi.PrettyMIDI, sound: tuple[NDArray[np.float64], int]
) -> None:
    times_s, frequencies_hz, level_db = spectrogram(*sound, window_samples=8192)
    tonal = (frequencies_hz > 100) & (frequencies_hz < 1500)
    pitch_class = np.round(69 + 12 * np.log2(frequencies_hz[tonal] / 440)).astype(int) % 12
    heard = np.array([level_db[tonal][pitch_class == k].mean(axis=0) for k in range(12)])
    played = reference.get_chroma(times=times_s)
    heard -= heard.mean(axis=0)
    agreement = [np.corrcoef(np.roll(played, k, axis=0).ravel(), heard.ravel())[0, 1] for k in range(12)]
    assert np.argmax(agreement) == 0
    assert agreement[0] > 0.4


def test_the_shipped_weights_hear_the_example(reference: pretty_midi.PrettyMIDI) -> None:
    score = score_notes(pitched_rows(reference), transcribe(SONG))
    assert score.onset_f1 >= 0.7
