"""The sustain pedal of a piano: when it goes down and comes up, from what PedalNet says of each step of 40 ms.

Half-pedalling becomes one or the other. Notes keep their detected offsets; the pedal explains those.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.events import Note, PedalEvent
from mp3tomidi.transcribe.inference.activations import Activations
from mp3tomidi.transcribe.inference.session import Session
from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PROGRAMS
from mp3tomidi.transcribe.log_odds import log_odds
from mp3tomidi.transcribe.networks.registry import PEDAL_NET
from mp3tomidi.transcribe.notes.pedal_features import FRAMES_A_STEP, pedal_features

PIANO_SHARE = 0.75  # of the notes: where others play too, what they hold would be taken for the pedal's doing
# How the path through "up" and "down" weighs what the network says. Chosen on rendered pianos.
STATE_WEIGHT = 0.1  # of the log odds of the state, one step: neighbouring ones say the same again
EDGE_WEIGHT, EDGE_BIAS = 1.5, 3.0  # of the log odds of an edge
SHORTEST_PRESS_S = 0.06
# A player holds notes until the pedal lifts. Where one is clearly damped so much earlier, the pedal lifts there, too.
HELD_LONGER_S, HELD_LONGER_SHARE = 0.25, 0.3  # the larger of these, in seconds and of the note's length
CLEARLY_DAMPED = 0.5  # of the offset activation,
_NEAR_FRAMES = 3  # this near the note's end
_TOGETHER_S, _LIFT_S = 0.06, 0.06  # ends that are one lift; how long it takes
_LIMIT, _MARGIN = 6.0, 1e-4  # of log odds; of probabilities from 0 and 1
_STATE, _DOWN, _UP = range(3)  # of PEDAL_OUTPUTS

Probabilities = NDArray[np.float32]


@dataclass(frozen=True)
class Press:
    """From when until when the pedal is down."""

    down_s: float
    up_s: float


class PedalReader:
    """The PedalNet of a folder of weights. Raises WeightsError."""

    def __init__(self, folder: Path) -> None:
        self._network = Session(folder, PEDAL_NET.name)

    def __call__(self, activations: Activations) -> Probabilities:
        """[PEDAL_OUTPUTS, steps]: that the pedal is down, that it goes down there, that it comes up there."""
        probabilities: Probabilities = self._network(pedal_features(activations)[None])[0]
        return probabilities


def decode_pedal(probability: Probabilities, step_s: float, duration_s: float) -> list[Press]:
    """The likeliest presses (Viterbi) of what a PedalReader says, those of less than SHORTEST_PRESS_S left out."""
    down = _likeliest_path(probability)
    edges = np.diff(down.astype(np.int8), prepend=0, append=0)
    presses = []
    for first, last in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
        down_s = 0.0 if first == 0 else _between_steps(probability[_DOWN], int(first)) * step_s
        up_s = duration_s if last == len(down) else _between_steps(probability[_UP], int(last)) * step_s
        up_s = min(up_s, duration_s)
        if up_s - down_s >= SHORTEST_PRESS_S:
            presses.append(Press(down_s, up_s))
    return presses


def pedal_events(
    probability: Probabilities, notes: Sequence[Note], activations: Activations, duration_s: float
) -> tuple[PedalEvent, ...]:
    """Pedal events of a recording with these notes; none unless a piano plays PIANO_SHARE of them."""
    pianos = sum(is_piano(note.program) for note in notes)
    if not notes or pianos < PIANO_SHARE * len(notes):
        return ()
    events: list[PedalEvent] = []
    presses = decode_pedal(probability, FRAMES_A_STEP * activations.hop_s, duration_s)
    for press in lifted_where_damped(presses, notes, activations):
        events += [PedalEvent(press.down_s, True), PedalEvent(press.up_s, False)]
    return tuple(events)


def lifted_where_damped(presses: Sequence[Press], notes: Sequence[Note], activations: Activations) -> list[Press]:
    """The presses, lifted for a moment where a note ends clearly that they would hold long beyond its offset."""
    damped = [note for note in notes if _is_damped(note, activations) and not _is_struck_again(note, notes)]
    lifted: list[Press] = []
    for press in presses:
        inside = (note for note in damped if press.down_s + SHORTEST_PRESS_S < note.offset_s < press.up_s)
        ends_s = sorted(note.offset_s for note in inside if press.up_s - note.offset_s > _longest_held_s(note))
        down_s = press.down_s
        for end_s, next_s in pairwise([*ends_s, np.inf]):
            if next_s - end_s > _TOGETHER_S:
                lifted.append(Press(down_s, end_s))
                down_s = end_s + _LIFT_S
        lifted.append(Press(down_s, press.up_s))
    return [press for press in lifted if press.up_s - press.down_s >= SHORTEST_PRESS_S]


def _longest_held_s(note: Note) -> float:
    """How far beyond its detected offset a note may be held."""
    return max(HELD_LONGER_S, HELD_LONGER_SHARE * (note.offset_s - note.onset_s))


def _is_damped(note: Note, activations: Activations) -> bool:
    """Whether it ends clearly, rather than dying away."""
    frame = round(note.offset_s / activations.hop_s)
    near = activations.offset[max(frame - _NEAR_FRAMES, 0) : frame + _NEAR_FRAMES + 1, note.pitch - PIANO_LOWEST_PITCH]
    return bool((near >= CLEARLY_DAMPED).any())


def _is_struck_again(note: Note, notes: Sequence[Note]) -> bool:
    """Whether its key ends it. `notes` are sorted by onset."""
    first = bisect_left(notes, note.offset_s, key=lambda other: other.onset_s)
    last = bisect_left(notes, note.offset_s + 0.05, key=lambda other: other.onset_s)
    return any(other.pitch == note.pitch for other in notes[first:last])


def is_piano(program: int) -> bool:
    return program in PROGRAMS and PROGRAMS[program].family == "piano"


def _likeliest_path(probability: Probabilities) -> NDArray[np.bool_]:
    """Whether the pedal is down in each step [steps]."""
    odds = np.clip(log_odds(probability.astype(np.float64), _MARGIN), -_LIMIT, _LIMIT)
    state = (0.5 * STATE_WEIGHT * odds[_STATE]).tolist()
    goes_down, comes_up = ((EDGE_WEIGHT * odds[edge] + EDGE_BIAS).tolist() for edge in (_DOWN, _UP))
    came_from_down, came_from_up = np.zeros(len(state), np.bool_), np.zeros(len(state), np.bool_)
    up_score, down_score = 0.0, 0.0  # it may be down before the recording begins
    for step, weight in enumerate(state):
        lifted, pressed = down_score + comes_up[step], up_score + goes_down[step]
        if step:
            came_from_down[step], came_from_up[step] = lifted > up_score, pressed > down_score
            up_score, down_score = max(up_score, lifted), max(down_score, pressed)
        up_score, down_score = up_score - weight, down_score + weight
    down = np.zeros(len(state), np.bool_)
    is_down = down_score > up_score
    for step in range(len(state) - 1, -1, -1):
        down[step] = is_down
        is_down = not came_from_up[step] if is_down else bool(came_from_down[step])
    return down


def _between_steps(edge: NDArray[np.float32], step: int) -> float:
    """Where an edge lies, in steps from the start of the recording: the centre of its activation near this step."""
    near = np.arange(max(step - 2, 0), min(step + 3, len(edge)))
    weight = np.square(edge[near].astype(np.float64))
    total = float(weight.sum())
    centre = float((near * weight).sum()) / total if total > 1e-6 else float(step)
    return centre + 0.5 * (FRAMES_A_STEP - 1) / FRAMES_A_STEP
