"""Real rooms, from a booth to the back of a concert hall: reflections off the walls, then a diffuse tail.

The first reflections are those of a drawn shoebox (see room_geometry.py). The tail is noise of the power that all
images together have in theory, so direct sound, reflections and tail are as strong as the places of source and
microphones make them; it takes over as reflections scatter and the paths of few of them run out. The direct sound of
the nearest microphone is at the time 0, so the labels stay, however weak it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mp3tomidi.augment.effects.base import InTraining, KeepsTime, Params, Stage
from mp3tomidi.augment.effects.ranges import Limits, Ranges, Span
from mp3tomidi.augment.effects.requirements import require_package
from mp3tomidi.augment.effects.signal.convolution import convolve, minimum_phase_fir
from mp3tomidi.augment.effects.signal.room_geometry import (
    BAND_CENTRES_HZ,
    IMAGE_ORDER,
    IMAGES,
    MICROPHONES,
    SPEED_OF_SOUND_M_PER_S,
    diffuse_power_per_s,
    draw_room,
)
from mp3tomidi.augment.effects.signal.shaped_noise import LN_1000, bin_frequencies_hz, frame_times_s, shaped_noise

REFLECTION_TAPS = 128  # of the filter of a reflection: 8 ms at 16 kHz
DIRECTIONS = 128


@dataclass(frozen=True)
class RoomRanges(Ranges):
    length_m: Annotated[Span, Limits(1.0, 100.0)] = (1.8, 45.0)
    rt60_s: Annotated[Span, Limits(0.08, 8.0)] = (0.12, 3.2)  # at 1 kHz; what its size and a spread give, cut to this
    scattering: Annotated[Span, Limits(0.0, 0.95)] = (0.05, 0.6)  # of a reflection's energy: furniture, people, columns


@dataclass(frozen=True)
class RoomParams(Params):
    size_m: NDArray[np.float64]  # [n, 3], length, width, height
    rt60_s: NDArray[np.float64]  # [n, band]
    distance_m: NDArray[np.float64]  # [n, MICROPHONES, IMAGES], lengths of the paths, the direct one first
    wall_gain: NDArray[np.float64]  # [n, IMAGES, band], of a path's amplitude, neither absorbed nor scattered
    scattering: NDArray[np.float64]  # share of the energy of each reflection that becomes diffuse
    microphone_gain: NDArray[np.float64]  # [n, MICROPHONES], the nearer first; 0 where there is only one
    seed: NDArray[np.int64]  # of the tail's noise


class Room(KeepsTime):
    """Shoebox rooms with one or two microphones, added up, anywhere in them; the loudness is kept."""

    training = InTraining(Stage.ROOM, place=2)

    def __init__(self, sample_rate: int, ranges: RoomRanges = RoomRanges()) -> None:
        """Raises MissingError without pyroomacoustics."""
        require_package("pyroomacoustics", "room", "mp3tomidi[train]")
        self.sample_rate = sample_rate
        self.ranges = ranges

    def draw(self, rng: np.random.Generator, n: int) -> RoomParams:
        ranges = self.ranges
        rooms = [
            draw_room(rng, length_m=ranges.length_m, rt60_s=ranges.rt60_s, scattering=ranges.scattering)
            for _ in range(n)
        ]
        bands = len(BAND_CENTRES_HZ)
        return RoomParams(
            size_m=np.array([room.size_m for room in rooms]).reshape(n, 3),
            rt60_s=np.array([room.rt60_s for room in rooms]).reshape(n, bands),
            distance_m=np.array([room.distance_m for room in rooms]).reshape(n, MICROPHONES, IMAGES),
            wall_gain=np.array([room.wall_gain for room in rooms]).reshape(n, IMAGES, bands),
            scattering=np.array([room.scattering for room in rooms]),
            microphone_gain=np.array([room.microphone_gain for room in rooms]).reshape(n, MICROPHONES),
            seed=rng.integers(0, 2**62, n),
        )

    def impulse_responses(self, params: RoomParams, device: torch.device, longest_s: float) -> Tensor:
        """[batch, taps] of energy 1, of at most `longest_s`: the direct sound at tap 0, then what follows."""
        early = self._reflections(params, device)
        tails = [self._tail(params, clip, device, longest_s) for clip in range(len(early))]
        taps = min(int(longest_s * self.sample_rate), max(early.shape[-1], *(len(tail) for tail in tails)))
        response = torch.nn.functional.pad(early, (0, max(0, taps - early.shape[-1])))[:, :taps]
        for clip, tail in enumerate(tails):
            response[clip, : len(tail)] += tail[:taps]
        return response / response.square().sum(-1, keepdim=True).sqrt()

    def _reflections(self, params: RoomParams, device: torch.device) -> Tensor:
        """[batch, taps]: the direct sound and the paths of up to IMAGE_ORDER reflections."""
        clips = len(params.size_m)
        bins_hz = np.arange(REFLECTION_TAPS // 2 + 1) * (self.sample_rate / REFLECTION_TAPS)
        gain_db = torch.as_tensor(20.0 * np.log10(params.wall_gain), dtype=torch.float32, device=device)
        shape = minimum_phase_fir(10.0 ** (gain_db @ _between_bands(bins_hz, device) / 20.0))
        later_m = params.distance_m - params.distance_m[:, :1, :1]
        start = np.rint(later_m * (self.sample_rate / SPEED_OF_SOUND_M_PER_S)).astype(np.int64)
        strength = params.microphone_gain[:, :, None] / params.distance_m
        start[strength == 0.0] = 0  # of a microphone that is not there
        taps = int(start.max()) + REFLECTION_TAPS
        early = torch.zeros(clips * taps, device=device)
        first = torch.as_tensor(start + np.arange(clips)[:, None, None] * taps, device=device)
        index = first[..., None] + torch.arange(REFLECTION_TAPS, device=device)
        paths = shape[:, None] * torch.as_tensor(strength.astype(np.float32), device=device)[..., None]
        return early.index_add_(0, index.flatten(), paths.flatten()).view(clips, taps)

    def _tail(self, params: RoomParams, clip: int, device: torch.device, longest_s: float) -> Tensor:
        """What is scattered or has more than IMAGE_ORDER reflections, all microphones together."""
        rate = self.sample_rate
        arrival_s = float(params.distance_m[clip, 0, 0]) / SPEED_OF_SOUND_M_PER_S
        time_s = frame_times_s(min(longest_s, float(params.rt60_s[clip].max())), rate, device)
        loss_per_s = torch.as_tensor((LN_1000 / params.rt60_s[clip]).astype(np.float32), device=device)
        loss_per_s = loss_per_s @ _between_bands(bin_frequencies_hz(rate, torch.device("cpu")).numpy(), device)
        time_s = time_s + arrival_s  # since the sound left its source
        path_m = time_s * SPEED_OF_SOUND_M_PER_S
        diffuse = _diffuse_share(params.size_m[clip], float(params.scattering[clip]), path_m)
        power = diffuse * (diffuse_power_per_s(params.size_m[clip]) / rate)
        power = power * float(np.square(params.microphone_gain[clip]).sum())
        return shaped_noise(power.sqrt()[:, None] * torch.exp(-time_s[:, None] * loss_per_s), int(params.seed[clip]))

    def sound(self, x: Tensor, params: RoomParams) -> Tensor:
        return convolve(x, self.impulse_responses(params, x.device, x.shape[-1] / self.sample_rate))


def _between_bands(frequencies_hz: NDArray[Any], device: torch.device) -> Tensor:
    """Weights [band, frequency] that interpolate linearly over log frequency, flat beyond the outer bands."""
    position = np.log2(np.maximum(frequencies_hz, 1.0) / BAND_CENTRES_HZ[0])
    position = np.clip(position, 0.0, len(BAND_CENTRES_HZ) - 1.0)
    weights = np.maximum(0.0, 1.0 - np.abs(position - np.arange(len(BAND_CENTRES_HZ))[:, None]))
    return torch.as_tensor(weights.astype(np.float32), device=device)


def _diffuse_share(size_m: NDArray[np.float64], scattering: float, path_m: Tensor) -> Tensor:
    """The share [time], over all directions, of the energy after these ways that the paths of Room do not have."""
    # directions spread evenly over a sphere (Fibonacci lattice)
    turn = np.arange(DIRECTIONS) + 0.5
    z = 1.0 - 2.0 * turn / DIRECTIONS
    angle = turn * np.pi * (3.0 - np.sqrt(5.0))
    across = np.sqrt(1.0 - z**2)
    direction = np.abs(np.stack([across * np.cos(angle), across * np.sin(angle), z], axis=1))
    per_metre = torch.as_tensor((direction / size_m).sum(axis=1).astype(np.float32), device=path_m.device)
    reflections = (path_m[:, None] * per_metre).round()
    kept = torch.where(reflections > IMAGE_ORDER, 0.0, (1.0 - scattering) ** reflections)
    return 1.0 - kept.mean(-1)
