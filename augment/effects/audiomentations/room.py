"""Rooms by audiomentations' RoomSimulator: pyroomacoustics' image sources and, for the tail, traced rays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from mp3tomidi.augment.effects.audiomentations.transform import global_seeds
from mp3tomidi.augment.effects.room import Room, RoomParams
from mp3tomidi.augment.effects.signal.convolution import convolve
from mp3tomidi.augment.effects.signal.room_geometry import IMAGE_ORDER, MIDDLE_BAND, SPEED_OF_SOUND_M_PER_S

SABINE_S_PER_M = 24.0 * float(np.log(10.0)) / SPEED_OF_SOUND_M_PER_S
WALL_M = 0.1  # nobody is nearer to a wall
TRIES = 200
LATE_S = 0.003  # by which the direct sound may come later than its way takes: the simulator's fractional delays
CLICK_SAMPLES = 16


class AudiomentationsRoom(Room):
    """Size, decay time at 1 kHz and distance of the nearest microphone are those drawn; the places are drawn by `seed`.

    All walls absorb alike. The direct sound is at time 0, and the loudness is kept.
    """

    def impulse_responses(self, params: RoomParams, device: torch.device, longest_s: float) -> Tensor:
        """[batch, taps] of energy 1, of at most `longest_s`: the direct sound at tap 0, then what follows."""
        most = int(longest_s * self.sample_rate)
        responses = [self._response(params.of_clip(clip))[:most] for clip in range(len(params.size_m))]
        taps = max(map(len, responses))
        response = torch.from_numpy(np.stack([np.pad(each, (0, taps - len(each))) for each in responses]))
        return (response / response.square().sum(-1, keepdim=True).sqrt()).to(device)

    def sound(self, x: Tensor, params: RoomParams) -> Tensor:
        return convolve(x, self.impulse_responses(params, x.device, x.shape[-1] / self.sample_rate))

    def _response(self, params: RoomParams) -> np.ndarray[Any, np.dtype[np.float32]]:
        """[taps] of a clip, from its direct sound on."""
        import pyroomacoustics
        from audiomentations import RoomSimulator

        size_m, seed = params.size_m[0], int(params.seed[0])
        rng = np.random.default_rng(seed)
        source_m, away = _places(rng, size_m, float(params.distance_m[0, 0, 0]))
        distance_m = float(np.linalg.norm(away))
        fixed = {
            **{f"size_{axis}": float(length) for axis, length in zip("xyz", size_m, strict=True)},
            **{f"source_{axis}": float(place) for axis, place in zip("xyz", source_m, strict=True)},
            "absorption_value": _absorption(size_m, float(params.rt60_s[0, MIDDLE_BAND])),
            "mic_distance": distance_m,
            "mic_azimuth": float(np.arctan2(-away[0], away[1])),
            "mic_elevation": float(np.arcsin(away[2] / distance_m)),
        }
        bounds = {f"{end}_{name}": value for name, value in fixed.items() for end in ("min", "max")}
        simulator = RoomSimulator(**bounds, max_order=IMAGE_ORDER, use_ray_tracing=True, padding=WALL_M / 2, p=1.0)
        click = np.zeros(CLICK_SAMPLES, np.float32)
        click[0] = 1.0
        with global_seeds(seed):
            pyroomacoustics.random.seed(seed % 2**32, seed % 2**32)  # it traces rays by generators of its own
            made = simulator(click, self.sample_rate)
        expected = int(distance_m / SPEED_OF_SOUND_M_PER_S * self.sample_rate)
        reach = expected + int(LATE_S * self.sample_rate) + pyroomacoustics.constants.get("frac_delay_length")
        return np.asarray(made[expected + int(np.abs(made[expected:reach]).argmax()) :], np.float32)


def _absorption(size_m: np.ndarray[Any, Any], rt60_s: float) -> float:
    """The share of energy that walls absorb in a room of this decay time (Eyring 1930)."""
    length, width, height = size_m
    surface_m2 = 2.0 * (length * width + length * height + width * height)
    return float(-np.expm1(-SABINE_S_PER_M * length * width * height / (surface_m2 * rt60_s)))


def _places(
    rng: np.random.Generator, size_m: np.ndarray[Any, Any], distance_m: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Where the source is, and the way [3] from it to the microphone; the diagonal if nothing else fits."""
    for _ in range(TRIES):
        source_m = rng.uniform(WALL_M, size_m - WALL_M)
        away = rng.normal(size=3)
        away *= distance_m / np.linalg.norm(away)
        if np.all((source_m + away > WALL_M) & (source_m + away < size_m - WALL_M)):
            return source_m, away
    diagonal = size_m - 2.0 * WALL_M
    away = diagonal * min(1.0, distance_m / float(np.linalg.norm(diagonal)))
    return (size_m - away) / 2.0, away
