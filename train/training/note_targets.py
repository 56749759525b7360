"""Training targets of NoteNet from labelled notes: [clip, frames, 88] cells, made on any device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.transcribe.instruments import FAMILIES, PIANO_LOWEST_PITCH, PITCH_COUNT, PROGRAMS

# An event is a triangle this many frames to either side of its exact time, so that the peak's shape tells the
# time between frames (Kong et al. 2021) and an onset that is 20 ms off is mostly right.
EVENT_HALF_WIDTH_FRAMES = 3

# Index into FAMILIES of each General MIDI program, -1 for those without a family.
_FAMILY_OF_PROGRAM = np.array(
    [FAMILIES.index(PROGRAMS[number].family) if number in PROGRAMS else -1 for number in range(128)]
)


@dataclass(frozen=True)
class NoteTargets:
    """Each [clip, frames, 88]: onset, frame, offset between 0 and 1; velocity / 127 where its mask is 1.

    `families` [clip, family, frames, 88] is 1 where a note of the family sounds.
    """

    onset: Tensor
    frame: Tensor
    offset: Tensor
    velocity: Tensor
    velocity_mask: Tensor
    families: Tensor


def note_targets(
    notes: NDArray[np.void],
    clip_count: int,
    frame_count: int,
    hop_s: float,
    device: torch.device | str = "cpu",
) -> NoteTargets:
    """Targets of labelled notes (dtype augment.labels.NOTE); pitches outside the piano's range are left out."""
    pitch = notes["pitch"] - PIANO_LOWEST_PITCH
    notes = notes[(pitch >= 0) & (pitch < PITCH_COUNT)]
    clip = notes["clip"].astype(np.int64)
    pitch = (notes["pitch"] - PIANO_LOWEST_PITCH).astype(np.int64)
    onset, offset = notes["onset_s"] / hop_s, notes["offset_s"] / hop_s
    shape = (clip_count, frame_count, PITCH_COUNT)

    def events(time: NDArray[np.float64]) -> Tensor:
        cells = torch.zeros(shape, device=device).flatten()
        for shift in range(-EVENT_HALF_WIDTH_FRAMES, EVENT_HALF_WIDTH_FRAMES + 1):
            frame = np.round(time).astype(np.int64) + shift
            height = 1.0 - np.abs(frame - time) / EVENT_HALF_WIDTH_FRAMES
            inside = (height > 0) & (frame >= 0) & (frame < frame_count)
            _raise(cells, (clip * frame_count + frame)[inside] * PITCH_COUNT + pitch[inside], height[inside])
        return cells.view(shape)

    first = np.clip(np.ceil(onset), 0, frame_count).astype(np.int64)
    last = np.clip(np.maximum(np.ceil(offset), np.ceil(onset) + 1), 0, frame_count).astype(np.int64)

    def sounding(roll: NDArray[np.int64], roll_count: int) -> Tensor:
        """Where a note of each roll sounds [clip, roll, frames, 88]; a roll of -1 is none.

        A start counts one up, an end one down, and the running sum is positive.
        """
        steps = torch.zeros((clip_count, roll_count, frame_count + 1, PITCH_COUNT), device=device)
        flat, start = steps.view(-1), (clip * roll_count + roll) * (frame_count + 1)
        for at, step in ((first, 1.0), (last, -1.0)):
            index = ((start + at) * PITCH_COUNT + pitch)[roll >= 0]
            flat.scatter_add_(0, torch.from_numpy(index).to(device), torch.full((len(index),), step, device=device))
        return (steps.cumsum_(dim=2)[:, :, :-1] > 0.5).float()

    family = _FAMILY_OF_PROGRAM[np.clip(notes["program"], 0, len(_FAMILY_OF_PROGRAM) - 1)]
    velocity, mask = torch.zeros(shape, device=device).flatten(), torch.zeros(shape, device=device).flatten()
    known = notes["velocity"] > 0
    for shift in (-1, 0, 1):
        frame = np.round(onset).astype(np.int64) + shift
        inside = known & (frame >= 0) & (frame < frame_count)
        index = (clip * frame_count + frame)[inside] * PITCH_COUNT + pitch[inside]
        _raise(velocity, index, notes["velocity"][inside] / 127.0)  # of a unison the loudest
        _raise(mask, index, np.ones(len(index)))
    return NoteTargets(
        events(onset),
        sounding(np.zeros_like(clip), 1)[:, 0],
        events(offset),
        velocity.view(shape),
        mask.view(shape),
        sounding(family.astype(np.int64), len(FAMILIES)),
    )


def _raise(cells: Tensor, index: NDArray[np.int64], value: NDArray[np.floating[Any]]) -> None:
    """Sets cells [n] to these values where they are below them; several values of a cell: the largest."""
    at, values = torch.from_numpy(index), torch.from_numpy(value.astype(np.float32))
    cells.scatter_reduce_(0, at.to(cells.device), values.to(cells.device), "amax")
