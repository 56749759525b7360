"""Training targets of NoteNet from labelled notes: [clip, frames, 88] cells, made on any device."""

from __future__ import annotations

from dataclasses import dataclass

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

    def events(time: NDArray[np.float64]) -> NDArray[np.float32]:
        cells = np.zeros(shape, np.float32)
        for shift in range(-EVENT_HALF_WIDTH_FRAMES, EVENT_HALF_WIDTH_FRAMES + 1):
            frame = np.round(time).astype(np.int64) + shift
            height = 1.0 - np.abs(frame - time) / EVENT_HALF_WIDTH_FRAMES
            inside = (height > 0) & (frame >= 0) & (frame < frame_count)
            np.maximum.at(cells, (clip[inside], frame[inside], pitch[inside]), height[inside])
        return cells

    first = np.clip(np.ceil(onset), 0, frame_count).astype(np.int64)
    last = np.clip(np.maximum(np.ceil(offset), np.ceil(onset) + 1), 0, frame_count).astype(np.int64)

    def sounding(notes_of: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Where one of these notes sounds: a start counts one up, an end one down, and the running sum is positive."""
        steps = np.zeros((clip_count, frame_count + 1, PITCH_COUNT), np.float32)
        np.add.at(steps, (clip[notes_of], first[notes_of], pitch[notes_of]), 1.0)
        np.add.at(steps, (clip[notes_of], last[notes_of], pitch[notes_of]), -1.0)
        return (np.cumsum(steps, axis=1)[:, :-1] > 0.5).astype(np.float32)

    frames = sounding(np.ones(len(notes), np.bool_))
    family = _FAMILY_OF_PROGRAM[np.clip(notes["program"], 0, len(_FAMILY_OF_PROGRAM) - 1)]
    families = np.stack([sounding(family == index) for index in range(len(FAMILIES))], axis=1)

    velocity = np.zeros(shape, np.float32)
    mask = np.zeros(shape, np.float32)
    known = notes["velocity"] > 0
    for shift in (-1, 0, 1):
        frame = np.round(onset).astype(np.int64) + shift
        inside = known & (frame >= 0) & (frame < frame_count)
        cells = (clip[inside], frame[inside], pitch[inside])
        np.maximum.at(velocity, cells, notes["velocity"][inside] / 127.0)  # of a unison the loudest
        mask[cells] = 1.0
    return NoteTargets(
        *(torch.from_numpy(a).to(device) for a in (events(onset), frames, events(offset), velocity, mask, families))
    )
