"""The line of a voice alone, from activations and pitches written by hand."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import FAMILIES
from mp3tomidi.transcribe.notes.candidates import Candidates
from mp3tomidi.transcribe.notes.single_line import decode_line, is_one_line, is_voice
from mp3tomidi.transcribe.notes.thresholds import Thresholds

HOP_S = 0.02
FRAMES = 200
NONE = Candidates(np.zeros(0, np.intp), np.zeros(0, np.intp), np.zeros(0), np.zeros(0, np.float32))
Line = list[tuple[int, int, int]]  # first frame, frame after the last, pitch


def activations_of(line: Line, sounds: float = 0.6, begins: float = 0.98) -> Activations:
    onset, frame = np.full((FRAMES, 88), 0.01, np.float32), np.full((FRAMES, 88), 0.01, np.float32)
    for first, stop, pitch in line:
        frame[first:stop, pitch - 21] = sounds
        onset[first, pitch - 21] = begins
    return Activations(onset, frame, frame * 0.0, frame, frame, HOP_S)


def sung(line: Line, sure: float = 0.9) -> NDArray[np.float32]:
    keys = np.zeros((FRAMES, 88), np.float32)
    for first, stop, pitch in line:
        keys[first:stop, pitch - 21] = sure
    return keys


def decoded(activations: Activations, keys: NDArray[np.float32], **thresholds: float) -> Line:
    """With a judge that believes in the peaks above .4."""
    frame, pitch = np.nonzero(activations.onset > 0.4)
    peaks = Candidates(frame, pitch, frame.astype(float), activations.onset[frame, pitch])
    notes = decode_line(activations, peaks, np.full(len(peaks), 0.97), keys, Thresholds(**thresholds))  # type: ignore[arg-type]
    return [(round(n.onset_s / HOP_S), round(n.offset_s / HOP_S), n.pitch) for n in notes]


MELODY = [(10, 40, 60), (40, 70, 62), (80, 120, 55), (120, 150, 55)]  # the last one is struck anew


def test_notes_silence_and_repeated_notes_are_found() -> None:
    found = decoded(activations_of(MELODY), sung(MELODY))
    assert [pitch for _, _, pitch in found] == [pitch for _, _, pitch in MELODY]
    assert np.abs(np.array(found) - MELODY).max() <= 1


def test_the_pitch_alone_is_enough_where_the_network_hears_little() -> None:
    weak = activations_of(MELODY[:3], sounds=0.05, begins=0.1)
    assert decoded(weak, sung(MELODY[:3])) == MELODY[:3]


def test_a_vibrato_stays_one_note() -> None:
    keys = sung([(20, 120, 64)], 0.5)
    for start in range(20, 120, 8):
        keys[start : start + 4, 64 - 21 + 1] = 0.6
    assert [note[2] for note in decoded(activations_of([(20, 120, 64)]), keys)] == [64]


def test_no_two_notes_sound_at_once() -> None:
    rng = np.random.default_rng(0)
    noisy = activations_of(MELODY)
    noisy.onset[:] = np.maximum(noisy.onset, rng.uniform(0, 0.3, noisy.onset.shape))
    line = decoded(noisy, np.maximum(sung(MELODY), rng.uniform(0, 0.5, (FRAMES, 88)).astype(np.float32)))
    assert len(line) > 3
    assert all(before[1] <= after[0] + 2 for before, after in pairwise(line))


def test_what_the_judge_believes_begins_a_note() -> None:
    """Two notes of one key, the second of which the network is not sure."""
    held = activations_of([(20, 100, 60)])
    held.onset[60, 60 - 21] = 0.95
    peak = Candidates(np.array([60]), np.array([60 - 21]), np.array([60.0]), np.array([0.95], np.float32))
    doubted, believed = (decode_line(held, peak, np.array([sure]), sung([(20, 100, 60)])) for sure in (0.0, 0.98))
    assert (len(doubted), len(believed)) == (1, 2)


def test_thresholds_leave_out_short_low_and_high_notes() -> None:
    line = [(10, 40, 60), (60, 66, 72), (80, 120, 48)]
    assert decoded(activations_of(line), sung(line)) == line
    assert decoded(activations_of(line), sung(line), min_length_s=0.2) == [line[0], line[2]]
    assert decoded(activations_of(line), sung(line), min_pitch=50, max_pitch=70) == line[:1]


def test_an_onset_lies_between_frames_where_the_network_says_so() -> None:
    heard = activations_of([(20, 60, 60)], begins=0.0)
    heard.onset[19:23, 60 - 21] = (0.2, 0.6, 0.6, 0.2)
    (note,) = decode_line(heard, NONE, np.zeros(0), sung([(20, 60, 60)]))
    assert abs(note.onset_s / HOP_S - 20.5) < 0.3
    assert 0.0 < note.confidence <= 1.0


def test_silence_has_no_notes() -> None:
    assert decoded(activations_of([]), sung([])) == []
    empty = np.zeros((0, 88), np.float32)
    assert decode_line(Activations(empty, empty, empty, empty, empty, HOP_S), NONE, np.zeros(0), empty) == []


def notes_of(line: Line) -> list[Note]:
    return [Note(first * HOP_S, stop * HOP_S, pitch, 64) for first, stop, pitch in line]


def played_by(family: str, count: int) -> NDArray[np.float64]:
    """Log probabilities of notes that are clearly a family's [count, FAMILIES]."""
    return np.log([[0.9 if name == family else 0.1 / 7 for name in FAMILIES]] * count)


def test_a_voice_is_told_from_a_piano() -> None:
    notes = notes_of(MELODY)
    assert is_voice(notes, played_by("voice", 4))
    assert not is_voice(notes, played_by("piano", 4))
    assert not is_voice([], played_by("voice", 0))


def test_one_line_is_told_from_chords_and_from_silence() -> None:
    assert is_one_line(activations_of(MELODY))
    assert not is_one_line(activations_of([*MELODY, *((first, stop, pitch + 4) for first, stop, pitch in MELODY)]))
    assert not is_one_line(activations_of([]))
