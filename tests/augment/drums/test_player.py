"""Drums against analytic answers: where hits lie, how loud they are, what stops what; and kits put together."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import BANK_NOTE, BANK_PHRASE, Bank, BankInstrument
from mp3tomidi.augment.drums.choking import draw_chokes
from mp3tomidi.augment.drums.kits import KitPool
from mp3tomidi.augment.drums.player import STROKE_DB, Kit, Piece, play_drums
from mp3tomidi.augment.labels import DRUM_HIT, INSTANT, NOTE
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.source import DRUMS

ONSET = 40
DURATION_S = 2.0


def burst(level: float, tau_s: float, hz: float = 1000.0, length_s: float = 1.5) -> NDArray[np.float64]:
    time_s = (np.arange(round(length_s * SAMPLE_RATE)) - ONSET) / SAMPLE_RATE
    return level * np.cos(2 * np.pi * hz * time_s) * np.exp(-np.maximum(time_s, 0) / tau_s) * (time_s >= 0)


def bank_of(kits: dict[str, list[tuple[int, float, NDArray[np.float64]]]]) -> Bank:
    """A bank of kits, each of (key, velocity, sound)."""
    sounds, rows, instruments, start = [], [], [], 0
    for index, (name, strokes) in enumerate(kits.items()):
        first = len(rows)
        for key, velocity, sound in strokes:
            row = np.zeros((), BANK_NOTE)
            row["instrument"], row["pitch"], row["velocity"] = index, key, velocity
            row["start"], row["length"], row["onset_samples"] = start, len(sound), ONSET
            row["level"] = np.abs(sound).max()
            rows.append(row)
            sounds.append(sound.astype(np.float16))
            start += len(sound)
        instruments.append(BankInstrument(name, DRUMS, 0, "CC0", "", slice(first, len(rows)), slice(0, 0)))
    return Bank(np.concatenate(sounds), np.array(rows), np.zeros(0, BANK_PHRASE), np.zeros(0, NOTE), instruments)


def kit_of(*strokes: tuple[int, float, NDArray[np.float64]], **changes: float) -> Kit:
    bank = bank_of({"one": list(strokes)})
    keys = bank.notes["pitch"]
    pieces = {int(key): Piece(bank, bank.notes[keys == key], **changes) for key in np.unique(keys)}  # type: ignore[arg-type]
    return Kit(pieces, stopping_s=0.01)


def hits_of(*rows: tuple[float, int, float]) -> NDArray[np.void]:
    return np.array([(0, *row) for row in rows], DRUM_HIT)


def level_db(sound: NDArray[np.float32], at_s: float, length_s: float = 0.01) -> float:
    first = round(at_s * SAMPLE_RATE)
    part = sound[first : first + round(length_s * SAMPLE_RATE)]
    return float(20 * np.log10(np.sqrt(np.mean(part.astype(np.float64) ** 2)) + 1e-12))


def test_hits_land_on_their_onsets_and_what_the_kit_lacks_is_left_out() -> None:
    click = np.zeros(800)
    click[ONSET] = 0.5
    hits = hits_of((-0.3, 38, 90), (0.5, 38, 100), (1.0, 38, 100), (1.2, 49, 90), (1.9999, 38, 100))
    stem, heard = play_drums(kit_of((38, 100, click)), hits, DURATION_S, np.random.default_rng(0))
    assert stem.shape == (2 * SAMPLE_RATE,)
    assert np.flatnonzero(np.abs(stem) > 0.3).tolist() == [8000, 16000, 31998]
    assert heard["onset_s"].tolist() == [-0.3, 0.5, 1.0, 1.9999]
    assert heard["velocity"].tolist() == [90, 100, 100, 100]


def test_level_follows_velocity_between_layers_and_beyond() -> None:
    kit = kit_of((38, 40, burst(0.1, 0.05)), (38, 100, burst(0.5, 0.05)))
    found: dict[int, list[float]] = {}
    for seed in range(60):
        for velocity in (20, 40, 70, 100, 120):
            stem, _ = play_drums(kit, hits_of((0.1, 38, velocity)), 0.3, np.random.default_rng(seed))
            found.setdefault(velocity, []).append(level_db(stem, 0.1))
    levels = {velocity: np.mean(values) for velocity, values in found.items()}
    span_db = 20 * np.log10(5)
    assert levels[100] - levels[40] == pytest.approx(span_db, abs=0.5)
    assert levels[70] - levels[40] == pytest.approx(span_db / 2, abs=1.0)  # duller where it is softer than recorded
    assert levels[40] - levels[20] == pytest.approx(5.0, abs=1.0)
    assert levels[120] - levels[100] == pytest.approx(5.0, abs=0.5)
    assert 0.5 * STROKE_DB < np.std(found[100]) < 2 * STROKE_DB


def test_layers_of_one_level_are_set_apart() -> None:
    piece = kit_of((38, 40, burst(0.5, 0.05)), (38, 100, burst(0.4, 0.05))).pieces[38]
    soft, hard = piece.levels_db()
    assert hard - soft == pytest.approx(6.0)


def test_both_layers_are_played_between_them() -> None:
    kit = kit_of((38, 40, burst(0.3, 0.05, hz=500)), (38, 100, burst(0.3, 0.05, hz=2000)))
    high = 0
    for seed in range(100):
        stem, _ = play_drums(kit, hits_of((0.05, 38, 85)), 0.3, np.random.default_rng(seed))
        high += np.argmax(np.abs(np.fft.rfft(stem[800:1600]))) > 60
    assert 60 < high < 90  # 75 % of the way


def test_no_two_strokes_are_the_same() -> None:
    rng = np.random.default_rng(1)
    kit = kit_of((38, 100, burst(0.5, 0.05) + 0.1 * burst(1.0, 0.02, hz=6000)))
    stem, _ = play_drums(kit, hits_of(*((0.1 + 0.2 * i, 38, 100) for i in range(8))), DURATION_S, rng)
    strokes = np.array([stem[round((0.1 + 0.2 * i) * SAMPLE_RATE) :][:1600] for i in range(8)])
    levels = np.abs(strokes).max(axis=1)
    assert len(np.unique(levels)) == 8
    assert levels.max() / levels.min() < 2


@pytest.mark.parametrize("stopper", [42, 44])
def test_a_closed_or_trodden_hat_stops_the_open_one(stopper: int) -> None:
    kit = kit_of((46, 100, burst(0.5, 1.0)), (42, 100, burst(0.01, 0.02)), (44, 100, burst(0.01, 0.02)))
    rng = np.random.default_rng(0)
    stem, heard = play_drums(kit, hits_of((0.1, 46, 100), (0.6, stopper, 100), (0.9, 46, 100)), DURATION_S, rng)
    assert level_db(stem, 0.58) > level_db(stem, 0.15) - 6
    # 10 ms after the stop it has fallen by 8.7 dB, after 40 ms by 35
    assert level_db(stem, 0.64) < level_db(stem, 0.58) - 25
    assert level_db(stem, 1.3) > level_db(stem, 0.95) - 6  # rings on: nothing stops it
    assert len(heard) == 3


def test_a_second_stroke_on_a_cymbal_adds_to_the_first() -> None:
    kit = kit_of((49, 100, burst(0.5, 1.0)))
    once, _ = play_drums(kit, hits_of((0.1, 49, 100)), DURATION_S, np.random.default_rng(3))
    twice, _ = play_drums(kit, hits_of((0.1, 49, 100), (0.5, 49, 100)), DURATION_S, np.random.default_rng(3))
    first = round(0.499 * SAMPLE_RATE)
    assert np.abs(twice[:first]).max() > 0
    later = round(0.9 * SAMPLE_RATE)
    assert np.sum(twice[later:] ** 2) > 1.2 * np.sum(once[later:] ** 2)


def test_a_choke_ends_its_cymbal_and_no_other() -> None:
    kit = kit_of((49, 100, burst(0.5, 1.0)), (57, 100, burst(0.5, 1.0, hz=3000.0)))
    chokes = np.array([(0, 0.6, 49)], INSTANT)
    rings, _ = play_drums(kit, hits_of((0.1, 57, 100)), 2.0, np.random.default_rng(0), chokes)
    stem, heard = play_drums(kit, hits_of((0.1, 49, 100), (0.9, 49, 100)), 2.0, np.random.default_rng(0), chokes)
    assert level_db(stem, 0.58) > level_db(stem, 0.15) - 6
    assert level_db(stem, 0.64) < level_db(stem, 0.58) - 25
    assert level_db(stem, 1.3) > level_db(stem, 0.95) - 6  # the next stroke rings
    assert level_db(rings, 0.9) > level_db(rings, 0.15) - 9
    assert heard["onset_s"].tolist() == [0.1, 0.9]


def test_chokes_are_a_share_of_the_cymbals_with_room() -> None:
    cymbals = np.array([(0, float(at_s), 49, 100) for at_s in range(2000)], DRUM_HIT)
    rolled = np.array([(0, 0.1 * index, 57, 100) for index in range(500)], DRUM_HIT)
    kicks = np.array([(0, float(at_s), 36, 100) for at_s in range(500)], DRUM_HIT)
    hits = np.concatenate([cymbals, rolled, kicks])
    hits = hits[np.argsort(hits["onset_s"], kind="stable")]
    chokes = draw_chokes(np.random.default_rng(0), hits, 0.3)
    own = chokes[chokes["number"] == 49]
    assert len(own) == pytest.approx(600, abs=80)
    assert np.all((own["time_s"] % 1.0 >= 0.12) & (own["time_s"] % 1.0 <= 0.9))
    assert set(chokes["number"].tolist()) <= {49, 57}
    assert np.count_nonzero(chokes["number"] == 57) <= 1  # only the last stroke of a roll has the time
    assert len(draw_chokes(np.random.default_rng(0), kicks, 1.0)) == 0
    assert np.array_equal(chokes, np.sort(chokes, order=["time_s", "number"]))


@pytest.mark.parametrize("apart_s", [0.030, 60 / 180 / 8])
def test_a_flam_and_a_roll_come_out_as_separate_hits(apart_s: float) -> None:
    count = 2 if apart_s == 0.030 else 16
    kit = kit_of((38, 100, burst(0.5, 0.008)))
    hits = hits_of(*((0.1 + apart_s * i, 38, 100) for i in range(count)))
    stem, heard = play_drums(kit, hits, DURATION_S, np.random.default_rng(0))
    assert len(heard) == count
    for i in range(count):
        at_s = 0.1 + apart_s * i
        assert level_db(stem, at_s, 0.004) > level_db(stem, at_s - 0.006, 0.004) + 10


def test_tuning_and_damping() -> None:
    plain = kit_of((45, 100, burst(0.5, 0.4, hz=200)))
    tuned = kit_of((45, 100, burst(0.5, 0.4, hz=200)), semitones=3.0, damping_s=0.1)
    hit = hits_of((0.1, 45, 100))
    for kit, hz, tau_s in ((plain, 200.0, 0.4), (tuned, 200 * 2**0.25, 1 / (1 / 0.1 + 2**0.25 / 0.4))):
        stem, _ = play_drums(kit, hit, 1.0, np.random.default_rng(0))
        part = stem[2000:6000]
        rising = np.flatnonzero((part[:-1] < 0) & (part[1:] >= 0))
        assert SAMPLE_RATE / np.diff(rising).mean() == pytest.approx(hz, rel=0.02)
        fall_db = level_db(stem, 0.3, 0.05) - level_db(stem, 0.2, 0.05)
        assert fall_db == pytest.approx(-20 * np.log10(np.e) * 0.1 / tau_s, abs=0.7)


FULL = [(key, 110.0, burst(0.4, 0.05)) for key in (36, 38, 42, 46, 41, 43, 45, 47, 48, 50, 49, 51, 56)]


def pool_of(**kits: list[tuple[int, float, NDArray[np.float64]]]) -> KitPool:
    bank = bank_of({name.replace("_", "/"): strokes for name, strokes in kits.items()})
    return KitPool([(1.0, bank, kit) for kit in bank.instruments])


def test_a_kit_has_every_key_that_any_kit_or_relative_has() -> None:
    kicks = [(36, 110.0, burst(0.4, 0.05)), (35, 110.0, burst(0.2, 0.05))]
    pool = pool_of(full_1=FULL, kicks_1=kicks)
    for seed in range(20):
        kit = pool.draw(np.random.default_rng(seed))
        keys = {35, 36, 38, 40, 42, 44, 46, 41, 43, 45, 47, 48, 50, 49, 57, 51, 53, 59, 56}
        assert set(kit.pieces) == keys


def test_groups_come_from_one_kit_and_mixed_ones_from_several() -> None:
    other = [(key, velocity, 0.5 * sound) for key, velocity, sound in FULL]
    pool = pool_of(one_1=FULL, two_1=other)
    whole = 0
    for seed in range(200):
        kit = pool.draw(np.random.default_rng(seed))
        of = {key: int(piece.strokes["instrument"][0]) for key, piece in kit.pieces.items()}
        assert of[42] == of[46]
        assert len({of[key] for key in (41, 43, 45, 47, 48, 50)}) == 1
        whole += len(set(of.values())) == 1
        assert all(abs(piece.semitones) <= 3 for piece in kit.pieces.values())
    assert 60 < whole < 110


def test_half_a_hi_hat_or_a_lone_tom_is_not_drawn() -> None:
    lone = [(42, 110.0, burst(0.4, 0.05)), (47, 110.0, burst(0.4, 0.05)), (36, 110.0, burst(0.4, 0.05))]
    pool = pool_of(full_1=FULL, lone_1=lone)
    for seed in range(50):
        kit = pool.draw(np.random.default_rng(seed))
        assert int(kit.pieces[42].strokes["instrument"][0]) == 0
        assert int(kit.pieces[47].strokes["instrument"][0]) == 0


def test_missing_toms_are_tuned_from_their_neighbours() -> None:
    two = [stroke for stroke in FULL if stroke[0] not in (41, 45, 47, 48)]
    semitones = pool_of(two_1=two).draw(np.random.default_rng(0)).pieces
    assert semitones[41].semitones == pytest.approx(semitones[43].semitones - 2)
    assert semitones[48].semitones == pytest.approx(semitones[50].semitones - 2)
    assert np.array_equal(semitones[48].strokes, semitones[50].strokes)


def test_many_kits_of_one_maker_do_not_crowd_out_the_others() -> None:
    kits = {f"many_{i}": [(36, 110.0, burst(0.4, 0.05))] for i in range(16)} | {
        "one_1": [(36, 110.0, burst(0.4, 0.05))]
    }
    pool = pool_of(**kits)
    drawn = [int(pool.draw(np.random.default_rng(seed)).pieces[36].strokes["instrument"][0]) for seed in range(400)]
    assert 0.12 < np.mean(np.array(drawn) == 16) < 0.28  # 1 of 5, not 1 of 17


def test_the_same_seed_gives_the_same_bytes() -> None:
    pool = pool_of(one_1=FULL, two_1=FULL)
    hits = hits_of(*((0.1 * i, (36, 38, 42, 46, 49)[i % 5], 60 + i) for i in range(18)))

    def played(seed: int) -> bytes:
        rng = np.random.default_rng(seed)
        return play_drums(pool.draw(rng), hits, DURATION_S, rng)[0].tobytes()

    assert played(4) == played(4)
    assert played(4) != played(5)
