"""Rooms drawn at random: their size, what their surfaces swallow, who stands where, and the paths of the sound.

The image-source method (Allen and Berkley 1979) is pyroomacoustics', as are the measured absorption coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.effects.ranges import Span

Values = NDArray[np.float64]

SPEED_OF_SOUND_M_PER_S = 343.0
BAND_CENTRES_HZ = 125.0 * 2.0 ** np.arange(7)
MIDDLE_BAND = 3  # 1 kHz, whose decay is drawn
IMAGE_ORDER = 3
IMAGE_REFLECTIONS = np.repeat(np.arange(IMAGE_ORDER + 1), [1, 6, 18, 38])  # of the paths, the direct one first
IMAGES = len(IMAGE_REFLECTIONS)
MICROPHONES = 2

WIDTH_SHARE = (0.5, 1.0)  # of the length
HEIGHT_SHARE = (0.25, 0.7)  # of the width
HEIGHT_M = (2.2, 18.0)
MARGIN_M = 0.2  # nobody is nearer to a wall
SOURCE_SHARE = (0.1, 0.4)  # of the length: players are in front
SOURCE_HEIGHT_M = (0.6, 1.7)

# A furnished room of 50 cubic metres rings for .45 s and a hall of 15,000 for two (DIN 18041; Beranek 2004).
RT60_OF_50_M3_S = 0.45
RT60_EXPONENT = 0.27
RT60_SPREAD = 0.4  # standard deviation of its logarithm
LONGEST_BAND = 1.6  # of the drawn rt60

NEAREST_M = 0.3
FARNESS = 0.5  # 1 would make all distances equally frequent on a logarithmic scale, less favours the far ones
PAIR_SHARE, CLOSE_AND_FAR_SHARE = 0.3, 0.25  # the others have one microphone
PAIR_SPACING_M = (0.05, 3.0)
CLOSE_M = (0.3, 1.5)
FAR_LEVEL_DB = (-12.0, 0.0)  # of the far microphone beside the close one, both as loud as they sound

FLOORS = ("marble_floor", "linoleum_on_concrete", "wood_16mm", "stage_floor", "carpet_thin", "carpet_hairy")
CEILINGS = ("hard_surface", "ceiling_plasterboard", "wooden_lining", "ceiling_fissured_tile")
WALLS = (
    "hard_surface",
    "brickwork",
    "limestone_wall",
    "plasterboard",
    "wooden_lining",
    "glass_window",
    "curtains_velvet",
    "blinds_open",
    "rockwool_50mm_80kgm3",
)
SURFACES = ("west", "east", "south", "north", "floor", "ceiling")


@dataclass(frozen=True)
class Room:
    """A room and what reaches its microphones. Paths are numbered alike everywhere, the direct one first."""

    size_m: Values  # [3], length, width, height
    rt60_s: Values  # [band]
    distance_m: Values  # [MICROPHONES, IMAGES], of the paths
    wall_gain: Values  # [IMAGES, band], what is left of an amplitude, neither absorbed nor scattered
    scattering: float  # share of the energy of each reflection that goes elsewhere
    microphone_gain: Values  # [MICROPHONES], 0 where there is only one


def draw_room(rng: np.random.Generator, *, length_m: Span, rt60_s: Span, scattering: Span) -> Room:
    size_m = _draw_size_m(rng, length_m)
    absorption, band_rt60_s = _draw_absorption(rng, size_m, rt60_s)
    source_m, microphone_m, kind = _draw_places(rng, size_m)
    images_m, wall_gain = images(size_m, absorption, source_m)
    scattered = rng.uniform(*scattering)
    wall_gain *= (1.0 - scattered) ** (IMAGE_REFLECTIONS[:, None] / 2.0)
    distance_m = np.linalg.norm(images_m - microphone_m[:, None], axis=-1)
    gain = np.array([1.0, 1.0 if kind == "pair" else 0.0])
    if kind == "close and far":
        level = received_level(size_m, band_rt60_s[MIDDLE_BAND], distance_m[:, 0])
        gain[1] = 10.0 ** (rng.uniform(*FAR_LEVEL_DB) / 20.0) * level[0] / level[1]
    return Room(size_m, band_rt60_s, distance_m, wall_gain, scattered, gain)


def diffuse_power_per_s(size_m: Values) -> float:
    """Power of the reverberation when nothing is lost, beside 1 of the direct sound at one metre.

    Images at the time t: 4 pi c^3 t^2 / V a second, each of the power 1 / (c t)^2 (Kuttruff, Room Acoustics).
    """
    return float(4.0 * np.pi * SPEED_OF_SOUND_M_PER_S / np.prod(size_m))


def received_level(size_m: Values, rt60_s: float, distance_m: Values) -> Values:
    """RMS at microphones, direct and reverberant sound together, beside 1 of the direct sound at one metre."""
    loss_per_s = np.log(1e6) / rt60_s
    arrival_s = distance_m / SPEED_OF_SOUND_M_PER_S
    reverberant = diffuse_power_per_s(size_m) / loss_per_s * np.exp(-loss_per_s * arrival_s)
    return np.asarray(np.sqrt(distance_m**-2.0 + reverberant), np.float64)


def _log_uniform(rng: np.random.Generator, bounds: tuple[float, float]) -> float:
    return float(np.exp(rng.uniform(*np.log(bounds))))


def _draw_size_m(rng: np.random.Generator, length_m: Span) -> Values:
    length = _log_uniform(rng, length_m)
    width = length * rng.uniform(*WIDTH_SHARE)
    return np.array([length, width, np.clip(width * rng.uniform(*HEIGHT_SHARE), *HEIGHT_M)])


def _draw_absorption(rng: np.random.Generator, size_m: Values, bounds_s: Span) -> tuple[Values, Values]:
    """Energy absorption [surface, band] and decay times [band].

    Materials are drawn, then scaled together (there are carpets and people too) to the drawn decay at 1 kHz,
    with the exponents of Eyring: what is left of the energy after a reflection is exp(-exponent).
    """
    from pyroomacoustics.parameters import air_absorption_table

    typical_s = RT60_OF_50_M3_S * (np.prod(size_m) / 50.0) ** RT60_EXPONENT
    rt60_s = float(np.clip(typical_s * np.exp(rng.normal(0.0, RT60_SPREAD)), *bounds_s))
    names = [str(name) for name in (*rng.choice(WALLS, 4), rng.choice(FLOORS), rng.choice(CEILINGS))]
    exponent = np.stack([_exponents(name) for name in names])
    length, width, height = size_m
    area_m2 = np.array([width * height] * 2 + [length * height] * 2 + [length * width] * 2)
    reflections_per_s = SPEED_OF_SOUND_M_PER_S * area_m2.sum() / (4.0 * np.prod(size_m))
    mean = area_m2 @ exponent / area_m2.sum()
    air_per_s = SPEED_OF_SOUND_M_PER_S * np.array(air_absorption_table["20C_50-70%"])
    wanted_per_s = np.log(1e6) / rt60_s
    scale = (wanted_per_s - air_per_s[MIDDLE_BAND]) / reflections_per_s / mean[MIDDLE_BAND]
    least = (wanted_per_s / LONGEST_BAND - air_per_s) / reflections_per_s / mean
    exponent = exponent * np.maximum(scale, least)
    loss_per_s = np.maximum(scale, least) * mean * reflections_per_s + air_per_s
    return 1.0 - np.exp(-exponent), np.log(1e6) / loss_per_s


def _exponents(material: str) -> Values:
    """[band]; the highest band of many materials was not measured and is as the one below."""
    import pyroomacoustics  # here: without rooms nobody needs it

    coefficients = pyroomacoustics.Material(material).energy_absorption["coeffs"]
    filled = np.pad(coefficients, (0, len(BAND_CENTRES_HZ) - len(coefficients)), mode="edge")
    return np.asarray(-np.log1p(-np.clip(filled, 0.01, 0.99)), np.float64)


def _draw_places(rng: np.random.Generator, size_m: Values) -> tuple[Values, Values, str]:
    """Places of the source [3] and the microphones [MICROPHONES, 3], the nearer first, and how many there are."""
    low, high = np.full(3, MARGIN_M), size_m - MARGIN_M
    source = rng.uniform(low, high)
    source[0] = np.clip(rng.uniform(*SOURCE_SHARE) * size_m[0], low[0], high[0])
    source[2] = rng.uniform(*SOURCE_HEIGHT_M)
    far = _towards_a_point(rng, source, low, high, np.inf, FARNESS)
    kind = str(
        rng.choice(
            ["one", "pair", "close and far"],
            p=[1.0 - PAIR_SHARE - CLOSE_AND_FAR_SHARE, PAIR_SHARE, CLOSE_AND_FAR_SHARE],
        )
    )
    other = far
    if kind == "pair":
        angle = rng.uniform(0.0, 2.0 * np.pi)
        apart = _log_uniform(rng, PAIR_SPACING_M) * np.array([np.cos(angle), np.sin(angle), 0.0])
        other = np.clip(far + apart, low, high)
    elif kind == "close and far":
        other = _towards_a_point(rng, source, low, high, CLOSE_M[1], 1.0)
    microphones = np.stack([far, other])
    nearer_first = np.argsort(np.linalg.norm(microphones - source, axis=-1), kind="stable")
    return source, microphones[nearer_first], kind


def _towards_a_point(
    rng: np.random.Generator, source: Values, low: Values, high: Values, farthest_m: float, farness: float
) -> Values:
    """A place on the way from the source to some point of the room, NEAREST_M to `farthest_m` from the source."""
    while True:
        way = rng.uniform(low, high) - source
        reach_m = float(np.linalg.norm(way))
        if reach_m > NEAREST_M:
            break
    farthest_m = min(reach_m, farthest_m)
    distance_m = NEAREST_M * (farthest_m / NEAREST_M) ** (rng.random() ** farness)
    return np.asarray(source + way * (distance_m / reach_m), np.float64)


def images(size_m: Values, absorption: Values, source_m: Values) -> tuple[Values, Values]:
    """The source's mirror images [IMAGES, 3], itself first, and their amplitudes [IMAGES, band]."""
    import pyroomacoustics

    materials = {
        surface: pyroomacoustics.Material({"coeffs": coefficients.tolist(), "center_freqs": BAND_CENTRES_HZ.tolist()})
        for surface, coefficients in zip(SURFACES, absorption, strict=True)
    }
    # the rate only says how many bands there are
    room = pyroomacoustics.ShoeBox(
        size_m, fs=int(2 * BAND_CENTRES_HZ[-1]), materials=materials, max_order=IMAGE_ORDER, air_absorption=False
    )
    room.add_source(source_m)
    room.add_microphone(size_m / 2.0)
    room.image_source_model()
    source = room.sources[0]
    by_order = np.argsort(source.orders, kind="stable")
    return source.images.T[by_order].astype(np.float64), source.damping.T[by_order].astype(np.float64)
