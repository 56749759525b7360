from dataclasses import replace
from typing import Any

import numpy as np
import pyroomacoustics
import pytest
import scipy.signal
import torch

from mp3tomidi.augment.effects.base import Params
from mp3tomidi.augment.effects.room import Room, RoomParams
from mp3tomidi.augment.effects.signal import room_geometry
from mp3tomidi.augment.effects.signal.room_geometry import IMAGE_REFLECTIONS, IMAGES, SPEED_OF_SOUND_M_PER_S

RATE = 16000
CPU = torch.device("cpu")
ROOMS = 300


@pytest.fixture(scope="module")
def rooms() -> RoomParams:
    return Room(RATE).draw(np.random.default_rng(0), ROOMS)


@pytest.fixture(scope="module")
def responses(rooms: RoomParams) -> list[np.ndarray]:
    room = Room(RATE)
    return [room.impulse_responses(only(rooms, i), CPU, 4.0)[0].numpy() for i in range(ROOMS)]


def only(params: RoomParams, clip: int) -> RoomParams:
    return RoomParams(**{name: values[clip : clip + 1] for name, values in vars(params).items()})


def direct_to_reverberant_db(response: np.ndarray) -> float:
    return float(10.0 * np.log10(response[0] ** 2 / np.sum(response[1:] ** 2)))


def critical_distance_m(params: RoomParams) -> np.ndarray:
    """Where direct and reverberant sound are equally loud (Kuttruff, Room Acoustics)."""
    return 0.057 * np.sqrt(params.size_m.prod(axis=1) / params.rt60_s[:, 3])


def test_a_click_starts_where_it_did_however_weak_its_direct_sound_is(rooms: RoomParams) -> None:
    x = torch.zeros(64, 1, RATE)
    x[..., 5000] = 1.0
    few = RoomParams(**{name: values[:64] for name, values in vars(rooms).items()})
    y = Room(RATE).sound(x, few)[:, 0]
    first = (y.abs() > 1e-2 * y.abs().amax(-1, keepdim=True)).int().argmax(-1)
    assert (first - 5000).abs().max() <= 1
    assert y[:, :5000].abs().max() < 1e-5


def test_a_decaying_note_is_itself_until_the_first_reflection(rooms: RoomParams) -> None:
    time_s = np.arange(RATE) / RATE - 0.25
    note = np.where(time_s >= 0, np.sin(2 * np.pi * 440.0 * time_s) * np.exp(-time_s.clip(0) / 0.3), 0.0)
    x = torch.as_tensor(note).float()[None, None]
    checked = 0
    for clip in range(40):
        params = replace(only(rooms, clip), scattering=np.zeros(1))  # or the tail may start at once
        direct_m = params.distance_m[0, 0, 0]
        others_m = np.append(params.distance_m[0, params.microphone_gain[0] > 0].ravel(), direct_m + 3.0)
        gap = int((np.sort(others_m)[1] - direct_m) / SPEED_OF_SOUND_M_PER_S * RATE)
        early = slice(RATE // 4 - 200, RATE // 4 + gap)
        y = Room(RATE).sound(x, params)[0, 0, early]
        direct = Room(RATE).impulse_responses(params, CPU, 1.0)[0, 0]
        tail_rms = 1e-3 if params.size_m.min() > 2.5 else 0.05  # in a booth it comes at once
        np.testing.assert_allclose(y, direct * x[0, 0, early], atol=max(tail_rms, 1e-5))
        checked += gap > 16
    assert checked > 10


def test_a_far_microphone_hears_the_room_and_a_close_one_the_player(
    rooms: RoomParams, responses: list[np.ndarray]
) -> None:
    ratio_db = np.array([direct_to_reverberant_db(response) for response in responses])
    alone = rooms.microphone_gain[:, 1] == 0.0
    share = rooms.distance_m[:, 0, 0] / critical_distance_m(rooms)
    assert (alone & (share > 4.0)).sum() > 5
    assert ratio_db[alone & (share > 4.0)].max() < -8.0
    free = rooms.distance_m[:, 0, 1:].min(axis=1) > 3.0 * rooms.distance_m[:, 0, 0]  # no wall or floor at hand
    assert (alone & free & (share < 0.45)).sum() > 3
    assert ratio_db[alone & free & (share < 0.45)].min() > 5.0
    assert ratio_db.min() < -14.0


def test_every_band_dies_in_the_drawn_time(rooms: RoomParams, responses: list[np.ndarray]) -> None:
    ringing = np.flatnonzero((rooms.rt60_s.min(axis=1) > 0.4) & (rooms.rt60_s.max(axis=1) < 3.0))
    error = []
    for clip in ringing[:25]:
        for band in (1, 3, 5):
            centre_hz = room_geometry.BAND_CENTRES_HZ[band]
            sections = scipy.signal.butter(3, [centre_hz / 1.2, centre_hz * 1.2], "band", fs=RATE, output="sos")
            late = scipy.signal.sosfilt(sections, responses[clip])[RATE // 8 :]
            energy = np.cumsum(late[::-1] ** 2)[::-1]
            level_db = 10.0 * np.log10(energy / energy[0] + 1e-12)
            fitted = np.flatnonzero((level_db < -2.0) & (level_db > -20.0))
            decay_s = -60.0 / np.polyfit(fitted, level_db[fitted], 1)[0] / RATE
            error.append(decay_s / rooms.rt60_s[clip, band] - 1.0)
    assert len(error) == 75
    assert abs(np.median(error)) < 0.05
    assert np.percentile(np.abs(error), 90) < 0.25


@pytest.mark.parametrize("scattering", [0.0, 0.4])
def test_reflections_and_tail_have_the_energy_of_all_images_together(scattering: float) -> None:
    """Against all of pyroomacoustics' images. Later, those of a room without any furniture die more slowly."""
    size_m, source_m, microphone_m = np.array([6.0, 5.0, 4.0]), np.array([1.5, 2.1, 1.2]), np.array([4.6, 3.2, 1.9])
    absorption = 0.2
    area_m2 = 2.0 * (size_m * np.roll(size_m, 1)).sum()
    rt60_s = 55.26 * size_m.prod() / (-np.log1p(-absorption) * area_m2 * SPEED_OF_SOUND_M_PER_S)  # Eyring
    few_m, wall_gain = room_geometry.images(size_m, np.full((6, 7), absorption), source_m)
    params = RoomParams(
        size_m=size_m[None],
        rt60_s=np.full((1, 7), rt60_s),
        distance_m=np.linalg.norm(few_m - microphone_m, axis=1)[None, None].repeat(2, axis=1),
        wall_gain=wall_gain[None] * (1.0 - scattering) ** (IMAGE_REFLECTIONS[:, None] / 2.0),
        scattering=np.array([scattering]),
        microphone_gain=np.array([[1.0, 0.0]]),
        seed=np.array([1]),
    )
    response = Room(RATE).impulse_responses(params, CPU, 4.0)[0].numpy().astype(np.float64)

    materials = pyroomacoustics.Material(absorption)
    shoebox = pyroomacoustics.ShoeBox(size_m, fs=RATE, materials=materials, max_order=45, air_absorption=False)
    shoebox.add_source(source_m)
    shoebox.add_microphone(microphone_m)
    shoebox.image_source_model()
    path_m = np.linalg.norm(shoebox.sources[0].images.T - microphone_m, axis=1)
    energy = (shoebox.sources[0].damping[0] / path_m) ** 2 * path_m.min() ** 2
    delay_s = (path_m - path_m.min()) / SPEED_OF_SOUND_M_PER_S
    response /= response[0]
    for start_s, end_s in ((0.001, 0.02), (0.02, 0.05), (0.05, 0.1), (0.1, 0.2)):
        expected = energy[(delay_s >= start_s) & (delay_s < end_s)].sum()
        found = np.sum(response[int(start_s * RATE) : int(end_s * RATE)] ** 2)
        assert 10.0 * np.log10(found / expected) == pytest.approx(0.0, abs=1.4)


def test_the_first_images_are_mirrored_at_the_walls() -> None:
    size_m, source_m = np.array([6.0, 5.0, 4.0]), np.array([1.5, 2.0, 1.2])
    absorption = np.linspace(0.1, 0.6, 6)[:, None] * np.ones(7)
    images_m, gain = room_geometry.images(size_m, absorption, source_m)
    assert images_m.shape == (IMAGES, 3)
    np.testing.assert_allclose(images_m[0], source_m, atol=1e-5)
    for axis in range(3):
        for side, at_m in enumerate((-source_m[axis], 2.0 * size_m[axis] - source_m[axis])):
            mirrored = source_m.copy()
            mirrored[axis] = at_m
            nearest = np.linalg.norm(images_m - mirrored, axis=1).argmin()
            np.testing.assert_allclose(images_m[nearest], mirrored, atol=1e-5)
            np.testing.assert_allclose(gain[nearest], np.sqrt(1.0 - absorption[2 * axis + side]), atol=1e-5)


def test_rooms_are_small_and_large_with_one_microphone_or_two(rooms: RoomParams) -> None:
    volume_m3, rt60_s = rooms.size_m.prod(axis=1), rooms.rt60_s[:, 3]
    assert volume_m3.min() < 10.0
    assert volume_m3.max() > 10_000.0
    assert rt60_s.min() >= 0.11
    assert 2.0 < rt60_s.max() <= 3.3
    assert rooms.distance_m[rooms.microphone_gain[:, 1] == 0.0, 0, 0].min() >= 0.29
    assert rooms.distance_m[:, 0, 0].max() > 15.0
    both = rooms.microphone_gain[:, 1] > 0.0
    assert 0.4 < both.mean() < 0.7
    assert (rooms.distance_m[both, 0, 0] <= rooms.distance_m[both, 1, 0]).all()


def test_a_clip_hears_the_same_room_alone_and_in_a_batch_and_after_json(rooms: RoomParams) -> None:
    room = Room(RATE)
    few = RoomParams(**{name: values[:4] for name, values in vars(rooms).items()})
    x = torch.randn(4, 2, RATE, generator=torch.Generator().manual_seed(0))
    together = room.sound(x, few)
    for clip in range(4):
        alone = room.sound(x[clip : clip + 1], only(rooms, clip))[0]
        torch.testing.assert_close(alone, together[clip], atol=1e-4, rtol=1e-4)
    read: Any = Params.kinds["RoomParams"].from_dict(few.to_dict())
    assert torch.equal(room.sound(x, read), together)
    first, again = (room.draw(np.random.default_rng(2), 3) for _ in range(2))
    assert first.to_dict() == again.to_dict()


def test_channels_hear_alike_and_silence_stays_silent(rooms: RoomParams) -> None:
    room = Room(RATE)
    x = torch.randn(1, 1, 500, generator=torch.Generator().manual_seed(1))  # shorter than any room rings
    y = room.sound(x.repeat(1, 2, 1), only(rooms, 3))
    assert y.shape == (1, 2, 500)
    torch.testing.assert_close(y[:, 0], y[:, 1])
    assert not room.sound(torch.zeros(1, 1, RATE), only(rooms, 3)).any()
