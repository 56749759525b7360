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
    cells = _Cells(
        notes["clip"].astype(np.int64),
        (notes["pitch"] - PIANO_LOWEST_PITCH).astype(np.int64),
        (clip_count, frame_count, PITCH_COUNT),
        device,
    )
    onset, offset = notes["onset_s"] / hop_s, notes["offset_s"] / hop_s
    family = _FAMILY_OF_PROGRAM[np.clip(notes["program"], 0, len(_FAMILY_OF_PROGRAM) - 1)].astype(np.int64)
    return NoteTargets(
        cells.events(onset),
        cells.sounding(onset, offset, np.zeros_like(cells.clip), 1)[:, 0],
        cells.events(offset),
        *cells.velocities(onset, notes["velocity"]),
        cells.sounding(onset, offset, family, len(FAMILIES)),
    )


@dataclass(frozen=True)
class _Cells:
    """Notes by clip and pitch (each int64 [note]) on a grid of `shape`: clips, frames, pitches. Times are in frames."""

    clip: NDArray[np.int64]
    pitch: NDArray[np.int64]
    shape: tuple[int, int, int]
    device: torch.device | str

    def events(self, time: NDArray[np.float64]) -> Tensor:
        """A triangle around each time [note]; see EVENT_HALF_WIDTH_FRAMES."""
        cells = torch.zeros(self.shape, device=self.device)
        for shift in range(-EVENT_HALF_WIDTH_FRAMES, EVENT_HALF_WIDTH_FRAMES + 1):
            frame = np.round(time).astype(np.int64) + shift
            height = 1.0 - np.abs(frame - time) / EVENT_HALF_WIDTH_FRAMES
            inside = (height > 0) & self._is_inside(frame)
            _raise(cells, self._index(frame, inside), height[inside])
        return cells

    def sounding(
        self, onset: NDArray[np.float64], offset: NDArray[np.float64], roll: NDArray[np.int64], roll_count: int
    ) -> Tensor:
        """Where a note of each roll sounds [clip, roll, frames, pitch]; a roll of -1 is none.

        A start counts one up, an end one down, and the running sum is positive.
        """
        clip_count, frame_count, pitch_count = self.shape
        first = np.clip(np.ceil(onset), 0, frame_count).astype(np.int64)
        last = np.clip(np.maximum(np.ceil(offset), np.ceil(onset) + 1), 0, frame_count).astype(np.int64)
        steps = torch.zeros((clip_count, roll_count, frame_count + 1, pitch_count), device=self.device)
        flat, start = steps.view(-1), (self.clip * roll_count + roll) * (frame_count + 1)
        for at, step in ((first, 1.0), (last, -1.0)):
            index = ((start + at) * pitch_count + self.pitch)[roll >= 0]
            steps_there = torch.full((len(index),), step, device=self.device)
            flat.scatter_add_(0, torch.from_numpy(index).to(self.device), steps_there)
        return (steps.cumsum_(dim=2)[:, :, :-1] > 0.5).float()

    def velocities(self, onset: NDArray[np.float64], velocity: NDArray[np.floating[Any]]) -> tuple[Tensor, Tensor]:
        """velocity / 127 in the three frames around each onset whose velocity is known (above 0), and where those are.

        Of a unison the loudest counts.
        """
        level, mask = torch.zeros(self.shape, device=self.device), torch.zeros(self.shape, device=self.device)
        for shift in (-1, 0, 1):
            frame = np.round(onset).astype(np.int64) + shift
            inside = (velocity > 0) & self._is_inside(frame)
            index = self._index(frame, inside)
            _raise(level, index, velocity[inside] / 127.0)
            _raise(mask, index, np.ones(len(index)))
        return level, mask

    def _is_inside(self, frame: NDArray[np.int64]) -> NDArray[np.bool_]:
        return (frame >= 0) & (frame < self.shape[1])

    def _index(self, frame: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Of the chosen notes' cells, in the flattened grid."""
        _, frame_count, pitch_count = self.shape
        return (self.clip * frame_count + frame)[chosen] * pitch_count + self.pitch[chosen]


def _raise(cells: Tensor, index: NDArray[np.int64], value: NDArray[np.floating[Any]]) -> None:
    """Sets cells, by their index in the flattened tensor, where they are below a value; of several the largest."""
    at, values = torch.from_numpy(index), torch.from_numpy(value.astype(np.float32))
    cells.view(-1).scatter_reduce_(0, at.to(cells.device), values.to(cells.device), "amax")
