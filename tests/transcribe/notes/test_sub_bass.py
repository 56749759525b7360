"""Basses without overtones: synthesised lines come back, and nothing that only resembles them is taken for one."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import DrumHit, Note
from mp3tomidi.transcribe.notes.sub_bass import (
    SYNTH_BASS,
    SubBassLine,
    named_as_bass,
    sub_bass_line,
    unless_transcribed,
    with_sub_bass,
    without_sub_bass,
)
from mp3tomidi.transcribe.notes.thresholds import Thresholds

RATE = 16_000
KEYS = (33, 33, 36, 31, 29, 29, 32, 28)  # A1 A1 C2 G1 F1 F1 G#1 E1
ONSETS_S = tuple(0.5 + 0.75 * number for number in range(len(KEYS)))


def tone(
    pitch: float, length_s: float, decay_s: float = 0.8, glide_semitones: float = 0.0, drive: float = 0.0
) -> NDArray[np.float64]:
    """An 808: a sine that falls to its pitch, fades and is cut off within 10 ms."""
    time_s = np.arange(round(length_s * RATE)) / RATE
    hz = 440.0 * 2.0 ** ((pitch - 69.0 + glide_semitones * np.exp(-time_s / 0.03)) / 12.0)
    sound = np.sin(2.0 * np.pi * np.cumsum(hz) / RATE) * np.exp(-time_s / decay_s)
    if drive:
        sound = np.tanh(drive * sound) / np.tanh(drive)
    return sound * np.minimum(1.0, (length_s - time_s) / 0.01)


def played(tones: Sequence[NDArray[np.float64]], onsets_s: Sequence[float] = ONSETS_S) -> NDArray[np.float32]:
    sound = np.zeros(round((onsets_s[-1] + 1.5) * RATE))
    for part, onset_s in zip(tones, onsets_s, strict=True):
        first = round(onset_s * RATE)
        sound[first : first + len(part)] += 0.5 * part
    return sound.astype(np.float32)


def found(sound: NDArray[np.float32], tuning_cents: float = 0.0) -> SubBassLine | None:
    return sub_bass_line([sound], RATE, tuning_cents)


@pytest.mark.parametrize(
    "kind",
    [{}, {"glide_semitones": 12.0}, {"drive": 4.0, "glide_semitones": 12.0}, {"decay_s": 0.25}, {"decay_s": 60.0}],
    ids=["plain", "glide", "driven", "short", "held"],
)
def test_a_line_comes_back(kind: dict[str, float]) -> None:
    length_s = 0.7 if kind.get("decay_s", 0.0) > 1.0 else 0.74
    line = found(played([tone(key, length_s, **kind) for key in KEYS]))
    assert line is not None
    assert line.pitch.tolist() == list(KEYS)
    np.testing.assert_allclose(line.onset_s, ONSETS_S, atol=0.035)
    assert (line.offset_s - line.onset_s > 0.5).all()


def test_what_plays_above_it_does_not_matter() -> None:
    bass = played([tone(key, 0.74) for key in KEYS])
    time_s = np.arange(len(bass)) / RATE
    melody = sum(np.sin(2.0 * np.pi * 330.0 * number * time_s) / number for number in range(1, 6))
    hats = np.diff(np.random.default_rng(1).standard_normal(len(bass)), prepend=0.0) * (time_s % 0.375 < 0.03)
    line = found((bass + 0.1 * melody + 0.1 * hats).astype(np.float32))
    assert line is not None
    assert line.pitch.tolist() == list(KEYS)


def test_blocks_of_any_length_give_the_same() -> None:
    sound = played([tone(key, 0.74) for key in KEYS])
    whole, cut = found(sound), sub_bass_line(np.array_split(sound, 7), RATE, 0.0)
    assert whole is not None
    assert cut is not None
    np.testing.assert_allclose(cut.onset_s, whole.onset_s)
    assert cut.pitch.tolist() == whole.pitch.tolist()


def test_a_line_longer_than_what_is_worked_on_at_once_is_found_whole() -> None:
    keys = KEYS * 7
    onsets_s = [0.5 + 0.75 * number for number in range(len(keys))]
    line = found(played([tone(key, 0.74) for key in keys], onsets_s))
    assert line is not None
    assert line.pitch.tolist() == list(keys)
    np.testing.assert_allclose(line.onset_s, onsets_s, atol=0.035)


def test_keys_are_read_in_the_tuning_of_the_recording() -> None:
    line = found(played([tone(key + 0.4, 0.74) for key in KEYS]), tuning_cents=40.0)
    assert line is not None
    assert line.pitch.tolist() == list(KEYS)


def test_a_louder_note_has_a_higher_velocity() -> None:
    line = found(played([tone(key, 0.74) * (0.4 if number == 3 else 1.0) for number, key in enumerate(KEYS)]))
    assert line is not None
    assert line.velocity[3] == line.velocity.min() < line.velocity[2] - 10


def test_what_leaks_into_its_band_is_unlikelier_than_its_notes_and_left_out_by_a_threshold() -> None:
    """Short soft tones in the rests."""
    notes = [tone(key, 0.4) for key in KEYS]
    leaks = [0.08 * tone(key + 3, 0.12, decay_s=60.0) for key in KEYS]
    leak_s = [onset_s + 0.5 for onset_s in ONSETS_S]
    sound = played(notes) + played(leaks, leak_s)[: len(played(notes))]
    line = found(sound)
    assert line is not None
    of_bass = np.isin(np.arange(len(line.onset_s)), [int(np.abs(line.onset_s - at).argmin()) for at in ONSETS_S])
    assert line.confidence[of_bass].min() > 0.9
    assert of_bass.sum() == len(KEYS) < len(line.onset_s)
    assert line.confidence[~of_bass].max() < line.confidence[of_bass].min() - 0.15
    kept = [note for note in with_sub_bass([], line) if Thresholds(onset=0.9).admit(note)]
    assert [note.pitch for note in kept] == list(KEYS)


def kick() -> NDArray[np.float64]:
    return tone(34.0, 0.25, decay_s=0.06, glide_semitones=24.0)


def test_kicks_a_hum_and_a_bass_with_overtones_are_none() -> None:
    time_s = np.arange(8 * RATE) / RATE
    assert found(played([kick() for _ in KEYS])) is None
    assert found((0.5 * np.sin(2.0 * np.pi * 50.0 * time_s)).astype(np.float32)) is None
    guitar = [sum(tone(key + 12.0 * np.log2(number), 0.74) for number in range(1, 9)) / 4.0 for key in KEYS]
    assert found(played(guitar)) is None
    assert found(np.zeros(5 * RATE, np.float32)) is None
    assert found(np.zeros(0, np.float32)) is None
    noise = np.random.default_rng(2).standard_normal(8 * RATE).astype(np.float32)
    assert found(noise) is None


def line_of(*notes: tuple[float, float, int], over_db: float = 40.0) -> SubBassLine:
    onset_s, offset_s, pitch = (np.array(column) for column in zip(*notes, strict=True))
    equal = np.ones(len(notes))
    return SubBassLine(onset_s, offset_s, pitch, (75 * equal).astype(int), 0.9 * equal, over_db * equal)


def test_what_the_network_heard_is_not_written_twice() -> None:
    heard = [
        Note(1.01, 1.5, 33, 60),
        Note(2.06, 2.5, 36, 60),  # once its glide was over
        Note(3.0, 3.5, 43, 60),  # an octave up
        Note(4.0, 4.5, 60, 60),
    ]
    line = line_of((1.0, 1.5, 33), (2.0, 2.5, 36), (3.0, 3.5, 31), (4.0, 4.5, 28))
    notes = with_sub_bass(heard, line)
    assert [(note.onset_s, note.pitch) for note in notes] == [(1.01, 33), (2.0, 36), (3.0, 43), (4.0, 28), (4.0, 60)]
    assert notes[1].velocity == 60
    assert notes[1].confidence == 1.0  # the network's, who was surer than the line
    assert with_sub_bass(heard, None) == heard


def test_a_note_ends_where_the_line_strikes_its_key_again() -> None:
    heard = [Note(0.5, 3.0, 33, 60), Note(0.5, 3.0, 40, 60)]
    notes = with_sub_bass(heard, line_of((1.0, 1.5, 33), (2.0, 2.5, 33)))
    assert [(note.onset_s, note.offset_s) for note in notes if note.pitch == 33] == [(0.5, 1.0), (1.0, 1.5), (2.0, 2.5)]
    assert [(note.onset_s, note.offset_s) for note in notes if note.pitch == 40] == [(0.5, 3.0)]


def test_a_line_that_the_network_hears_in_time_is_left_to_it() -> None:
    line = line_of(*((float(second), second + 0.5, 33) for second in range(10)))
    heard = [Note(second + 0.01, second + 0.5, 33, 60) for second in range(10)]
    late = [Note(second + 0.06, second + 0.5, 33, 60) for second in range(10)]
    assert unless_transcribed(line, heard) is None
    assert unless_transcribed(line, heard[:8]) is None
    for too_few in (heard[:7], late, []):
        assert unless_transcribed(line, too_few) is line
    assert unless_transcribed(None, heard) is None


def test_only_its_notes_are_a_synthesizer_bass() -> None:
    named = named_as_bass(
        [Note(1.0, 1.5, 33, 60, program=0), Note(1.0, 1.5, 60, 60, program=0)], line_of((1.0, 1.5, 33))
    )
    assert [note.program for note in named] == [SYNTH_BASS, 0]


def test_it_is_no_tom_and_without_a_click_no_kick() -> None:
    hits = [DrumHit(1.0, key, 90) for key in (36, 45, 38, 42)] + [DrumHit(2.0, 45, 90)]
    line = line_of((1.02, 1.5, 33))
    assert [(hit.onset_s, hit.key) for hit in without_sub_bass(hits, line)] == [(1.0, 38), (1.0, 42), (2.0, 45)]
    clicking = line_of((1.02, 1.5, 33), over_db=3.0)
    assert [hit.key for hit in without_sub_bass(hits, clicking)] == [36, 38, 42, 45]
    assert without_sub_bass(hits, None) == tuple(hits)
