"""Decodes the notes of a solo voice as one monophonic line, by a Viterbi path over keys and silence.

A singer glides into notes, wavers on them and begins many without any attack, so that peaks of the onset activation,
which other notes are found by, miss much of a voice. Where nothing else plays, the likeliest path over keys and silence
(Viterbi 1967) can go by all there is: the frame activations, the fundamental
frequency of the sound, and the onset activations.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mp3tomidi.transcribe.events import Note
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.instruments import FAMILIES, PIANO_LOWEST_PITCH, PITCH_COUNT
from mp3tomidi.transcribe.notes import calibration
from mp3tomidi.transcribe.notes.candidates import Candidates
from mp3tomidi.transcribe.notes.families import decide
from mp3tomidi.transcribe.notes.thresholds import SHORTEST_VOICE_NOTE_S, Thresholds
from mp3tomidi.transcribe.notes.velocity import USUAL_VELOCITY, VelocityReading

VOICE_SHARE = 0.7  # of the notes
MOST_POLYPHONY = 0.4  # share of the sounding frames in which more than one key sounds
SOUNDING = 0.5  # of the frame activation

# Weights of the log probabilities, and what is added to them; the least value keeps a source from deciding alone.
# Found by random search on the 16 singers of the development set `singing` (docs/evaluation_sets.md), so that its
# figures flatter. They lie on a plateau: none of ten changes of five of them moves onset F1 there by more than .006.
FRAME_WEIGHT, LEAST_FRAME = 0.14, 0.05
PITCH_WEIGHT, LEAST_PITCH = 1.0, 0.125
ONSET_WEIGHT, LEAST_ONSET = 2.5, 0.016
JUDGE_SHARE, LEAST_JUDGED = 0.3, 0.02  # of the judge's word in where notes begin
LEAST_SILENCE, SILENCE_BONUS = 0.055, -1.2
NOTE_COST, END_COST = -0.1, -0.25
ONSET_REACH_FRAMES = 2  # an onset is read from the activation this near to where the path begins a note
CLEAR_ONSET = 0.1
SILENT = PITCH_COUNT  # the path's state without a key


def is_voice(notes: list[Note], log_probability: NDArray[np.float64]) -> bool:
    """Whether a voice sings VOICE_SHARE of the notes, by the log probabilities of families [notes, FAMILIES]."""
    return bool(notes) and bool(np.mean(decide(log_probability, notes) == FAMILIES.index("voice")) >= VOICE_SHARE)


def is_one_line(activations: Activations) -> bool:
    """Whether something sounds, and nearly no two keys at once: known without decoding any notes."""
    sounding = (activations.frame > SOUNDING).sum(axis=1)
    return bool(np.mean(sounding[sounding > 0] > 1) <= MOST_POLYPHONY) if sounding.any() else False


def decode_line(
    activations: Activations,
    candidates: Candidates,
    probability: NDArray[np.floating],
    sung_keys: NDArray[np.float32],
    thresholds: Thresholds | None = None,
    read_velocities: VelocityReading | None = None,
) -> list[Note]:
    """The notes of a voice alone, sorted by onset.

    `sung_keys` [frames, 88] are those that `voice_pitch` finds for the activations' frames, `probability` [candidates]
    the judge's. `read_velocities` says how loud they are (a VelocityReader); without it all are equally.
    """
    thresholds = thresholds or Thresholds()
    count = min(len(activations.onset), len(sung_keys))
    frame = activations.frame[:count].astype(np.float32)
    sung = sung_keys[:count]
    onset = _onset_evidence(activations.onset[:count].astype(np.float32), candidates, probability)
    key, silence = _log_evidence(frame, sung)
    start = ONSET_WEIGHT * np.log(ndimage.maximum_filter1d(onset, 3, axis=0) + LEAST_ONSET) - NOTE_COST
    shortest_s = max(SHORTEST_VOICE_NOTE_S, thresholds.min_length_s)
    path = [
        (first, end, pitch)
        for first, end, pitch in _likeliest_path(key, silence, start)
        if (end - first) * activations.hop_s >= shortest_s
        and thresholds.min_pitch <= pitch + PIANO_LOWEST_PITCH <= thresholds.max_pitch
    ]
    if not path:
        return []
    first, end, pitch = (np.array(column, np.intp) for column in zip(*path, strict=True))
    onset_s = _exact_onsets(onset, first, pitch) * activations.hop_s
    velocity = read_velocities(activations, first, pitch) if read_velocities else np.full(len(path), USUAL_VELOCITY)
    sounds = np.maximum(frame, sung)
    sounding = [sounds[start:stop, key].mean() for start, stop, key in zip(first, end, pitch, strict=True)]
    return [
        Note(
            float(at_s),
            float(max(stop * activations.hop_s, at_s + activations.hop_s)),
            int(key) + PIANO_LOWEST_PITCH,
            int(loud),
            confidence=float(sure),
        )
        for at_s, stop, key, loud, sure in zip(
            onset_s, end, pitch, velocity, calibration.of_line(np.array(sounding)), strict=True
        )
    ]


def _onset_evidence(
    onset: NDArray[np.float32], candidates: Candidates, probability: NDArray[np.floating]
) -> NDArray[np.float32]:
    """The onset activation [frames, 88], moved toward what the judge says of its peaks."""
    judged = np.full(onset.shape, LEAST_JUDGED, np.float32)
    inside = candidates.frame < len(onset)
    judged[candidates.frame[inside], candidates.key[inside]] += probability[inside]
    judged = ndimage.maximum_filter1d(judged, 3, axis=0)
    return np.asarray((onset + 1e-3) ** (1.0 - JUDGE_SHARE) * judged**JUDGE_SHARE, np.float32)


def _log_evidence(
    frame: NDArray[np.float32], sung: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """For each key [frames, 88] and for silence [frames]."""
    key = FRAME_WEIGHT * np.log(frame + LEAST_FRAME) + PITCH_WEIGHT * np.log(sung + LEAST_PITCH)
    silence = (
        FRAME_WEIGHT * np.log(np.maximum(1.0 - frame.max(axis=1, initial=0.0), LEAST_SILENCE))
        + PITCH_WEIGHT * np.log(np.maximum(1.0 - sung.max(axis=1, initial=0.0), LEAST_SILENCE))
        + SILENCE_BONUS
    )
    return np.asarray(key, np.float32), np.asarray(silence, np.float32)


def _likeliest_path(
    key: NDArray[np.float32], silence: NDArray[np.float32], start: NDArray[np.float32]
) -> list[tuple[int, int, int]]:
    """First frame, frame after the last, and key of each note, in the order of time.

    A note begins at the score of `start` [frames, 88], from silence or from another note, also one of its own key.
    """
    count = len(key)
    came_from = np.empty((count, PITCH_COUNT), np.int16)  # the state before, where a note begins; -1 where it goes on
    silent_from = np.empty(count, np.int16)
    score, silent = np.full(PITCH_COUNT, -np.inf), 0.0
    for frame in range(count):
        best = int(score.argmax())
        begun = max(score[best], silent) + start[frame]
        begins = begun > score
        came_from[frame] = np.where(begins, best if score[best] > silent else SILENT, -1)
        ended = score[best] - END_COST
        silent_from[frame] = best if ended > silent else SILENT
        silent = max(silent, ended) + silence[frame]
        score = np.where(begins, begun, score) + key[frame]
        top = max(silent, float(score.max()))
        score, silent = score - top, silent - top

    notes = []
    state, end = (SILENT if silent > score.max() else int(score.argmax())), count
    for frame in range(count - 1, -1, -1):
        before = int(silent_from[frame] if state == SILENT else came_from[frame, state])
        if state != SILENT and before >= 0:
            notes.append((frame, end, state))
        if before >= 0:
            state, end = before, frame
    return notes[::-1]


def _exact_onsets(onset: NDArray[np.float32], first: NDArray[np.intp], pitch: NDArray[np.intp]) -> NDArray[np.float64]:
    """Onsets in frames: the middle of the onset evidence near where the path begins a note, where that is clear."""
    around = np.arange(-ONSET_REACH_FRAMES, ONSET_REACH_FRAMES + 1)
    frames = np.clip(first[:, None] + around, 0, len(onset) - 1)
    weight = onset[frames, pitch[:, None]]
    middle = (weight * frames).sum(axis=1) / weight.sum(axis=1)
    return np.where(weight.max(axis=1) > CLEAR_ONSET, middle, first)
