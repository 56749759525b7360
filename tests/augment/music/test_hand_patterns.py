"""Written music: settings, patterns and how they are performed."""

from collections.abc import Callable

import numpy as np
import pytest

from mp3tomidi.augment.harmony import Setting, draw_setting, find_setting
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.music import arranging, hand_patterns, part_writing, written_notes

PATTERNS = [
    hand_patterns.melody,
    hand_patterns.run,
    hand_patterns.arpeggio,
    hand_patterns.block_chords,
    hand_patterns.strum,
    hand_patterns.pad,
    hand_patterns.trill,
    hand_patterns.octaves,
    hand_patterns.tremolo,
    hand_patterns.bass_line,
    hand_patterns.scattered,
    part_writing.figured_left_hand,
    part_writing.two_hands,
    part_writing.counterpoint,
    part_writing.accompanied,
    part_writing.wash,
]
C_MAJOR = np.array([0, 2, 4, 5, 7, 9, 11])


def steady_setting(beat_s: float = 0.5, beats: int = 16) -> Setting:
    chords = tuple(np.array(chord) for chord in ([0, 4, 7], [5, 9, 0], [7, 11, 2], [0, 4, 7]))
    return Setting(np.arange(beats + 1) * beat_s, 4, C_MAJOR, chords)


def notes_of(rows: list[tuple[float, float, int]]) -> np.ndarray:
    notes = np.zeros(len(rows), NOTE)
    for field, column in zip(("onset_s", "offset_s", "pitch"), zip(*rows, strict=True), strict=True):
        notes[field] = column
    notes["velocity"] = 80
    return notes


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_stay_in_range_and_fill_the_setting(pattern: Callable[..., written_notes.WrittenNotes]) -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        setting = draw_setting(rng, -1.5, 4.0)
        lowest = int(rng.integers(21, 60))
        highest = lowest + int(rng.integers(26, 49))
        written = pattern(rng, setting, lowest, highest)
        assert len(written.pitch) > 0
        assert written.pitch.min() >= lowest
        assert written.pitch.max() <= highest
        assert (written.length_beats > 0).all()
        assert written.onset_beats.min() >= 0
        assert setting.seconds(written.onset_beats).max() > 0.5  # goes on into the clip
        assert len({len(column) for column in vars(written).values()}) == 1


@pytest.mark.parametrize("span", [0, 3, 7])
def test_every_family_writes_for_tiny_ranges(span: int) -> None:
    for seed in range(40):
        for family in part_writing.FAMILY_PATTERNS:
            rng = np.random.default_rng(seed)
            notes = part_writing.write(rng, family, draw_setting(rng, -1.5, 4.0), 60, 60 + span)
            assert len(notes)
            tidied = arranging.tidy(notes, 60, 60 + span, 4.0)
            assert set(tidied["pitch"]) <= set(range(60, 61 + span))


def test_tonal_patterns_keep_to_scale_and_chords() -> None:
    setting = steady_setting()
    for seed in range(40):
        line = hand_patterns.melody(np.random.default_rng(seed), setting, 48, 84)
        assert set(line.pitch % 12) <= set(C_MAJOR)
        for pattern in (hand_patterns.block_chords, hand_patterns.strum, part_writing.wash):
            written = pattern(np.random.default_rng(seed), setting, 48, 84)
            bar = (written.onset_beats // 4).astype(int)
            for index in range(4):
                assert set(written.pitch[bar == index] % 12) <= set(setting.chord(index))


def test_strum_takes_3_to_30_ms_from_string_to_string() -> None:
    directions = set()
    for seed in range(60):
        written = hand_patterns.strum(np.random.default_rng(seed), steady_setting(), 40, 84)
        for beat in np.unique(written.onset_beats):
            stroke = written.onset_beats == beat
            order = np.argsort(written.delay_s[stroke])
            apart_s = np.diff(written.delay_s[stroke][order])
            assert written.delay_s[stroke].min() == 0.0
            assert 2 <= len(apart_s) <= 5
            assert apart_s.min() >= 0.003 - 1e-9
            assert apart_s.max() <= 0.03 + 1e-9
            steps = np.sign(np.diff(written.pitch[stroke][order]))
            assert abs(steps.sum()) == len(steps)  # one way only
            directions.add(int(steps[0]))
    assert directions == {-1, 1}


def test_trills_and_tremolos_are_fast_and_runs_stepwise() -> None:
    setting = steady_setting()
    gaps_s, intervals = [], []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        trill = hand_patterns.trill(rng, setting, 48, 72)
        gaps_s.append(np.diff(trill.onset_beats) * 0.5)
        intervals.append(np.abs(np.diff(trill.pitch)))
        tremolo = hand_patterns.tremolo(rng, setting, 48, 72)
        assert 0.06 < np.diff(tremolo.onset_beats).mean() * 0.5 < 0.19
        run = hand_patterns.run(rng, setting, 48, 84)
        assert np.abs(np.diff(run.pitch)).max() <= 5
        assert (np.diff(run.onset_beats) * 0.5 >= hand_patterns.SHORTEST_STEP_S - 1e-9).all()
    fast = np.concatenate(gaps_s) < 0.125
    assert fast.mean() > 0.5  # some notes stay plain
    assert np.isin(np.concatenate(intervals)[fast], [1, 2]).mean() > 0.95  # the others lead on to the next trill


def test_two_hands_are_denser_than_a_line() -> None:
    seconds = 8.0
    densities = [
        len(part_writing.two_hands(np.random.default_rng(seed), steady_setting(), 21, 108).pitch) / seconds
        for seed in range(60)
    ]
    assert np.median(densities) > 8
    assert np.max(densities) > 16


def test_walk_turns_back_at_both_ends() -> None:
    ladder = np.array([60, 62, 64])
    walked = hand_patterns.walk(np.random.default_rng(0), np.ones(9, int), ladder)
    start = list(walked).index(60)
    assert list(walked[start : start + 5]) == [60, 62, 64, 62, 60]
    assert set(hand_patterns.walk(np.random.default_rng(0), np.ones(4, int), ladder[:1])) == {60}


def test_perform_turns_beats_into_seconds() -> None:
    setting = Setting(np.array([0.0, 1.0, 1.5, 2.0]), 4, C_MAJOR, (np.array([0, 4, 7]),))
    assert setting.seconds(np.array([0.0, 0.5, 1.5, 3.0, 4.5])) == pytest.approx([0, 0.5, 1.25, 2.0, 3.0])
    written = written_notes.write_notes(
        np.array([0.0, 1.0, 2.0]), 1.0, np.array([60, 62, 64]), delay_s=np.array([0, 0.1, 0])
    )
    notes = written_notes.perform(np.random.default_rng(1), written, setting)
    assert notes["onset_s"] == pytest.approx([0.0, 1.1, 1.5], abs=0.04)
    assert notes["offset_s"] == pytest.approx([1.0, 1.6, 2.0], abs=0.04)


def test_velocities_vary_within_and_between_passages() -> None:
    onset_s = np.arange(0, 4, 0.1)
    passages = [written_notes.draw_velocities(np.random.default_rng(seed), onset_s) for seed in range(200)]
    assert min(v.min() for v in passages) >= 12
    assert max(v.max() for v in passages) <= 126
    assert np.std([np.median(v) for v in passages]) > 15
    assert 5 < np.mean([v.std() for v in passages]) < 20


def test_find_setting_names_key_and_chords() -> None:
    bars = [(60, 64, 67), (57, 60, 64), (65, 69, 72), (67, 71, 74)]  # C, A minor, F, G
    rows = [(bar * 2.0, bar * 2.0 + 1.9, pitch) for bar, chord in enumerate(bars) for pitch in chord]
    setting = find_setting(notes_of(rows), np.arange(17) * 0.5)
    assert setting.scale.tolist() == C_MAJOR.tolist()
    assert [chord.tolist() for chord in setting.chords[:4]] == [[0, 4, 7], [9, 0, 4], [5, 9, 0], [7, 11, 2]]
    moved = setting.transposed(3)
    assert moved.scale.tolist() == sorted((C_MAJOR + 3) % 12)
    assert moved.chords[1].tolist() == [0, 3, 7]


def test_draw_setting_covers_its_time_with_playable_tempos() -> None:
    for seed in range(100):
        setting = draw_setting(np.random.default_rng(seed), -1.5, 4.0)
        assert setting.beats_s[0] <= -1.5
        assert setting.beats_s[-1] >= 4.0
        assert (np.diff(setting.beats_s) > 60 / 190 * 0.7).all()
        assert len(setting.chords) >= setting.bar_count


def test_tidy_known_answer() -> None:
    rows = [
        (-3.0, 1.0, 50),  # began long before: begins at -1.5
        (-3.0, -2.0, 51),  # is over
        (0.0, 1.0, 60),  # cut by the next
        (0.5, 0.51, 60),  # lengthened to 30 ms
        (0.53, 2.0, 60),  # too close to the one before
        (0.57, 9.0, 60),  # far enough; ends 1.5 s after the clip
        (4.0, 5.0, 62),  # begins after the clip
        (1.0, 2.0, 40),  # out of range
    ]
    tidied = arranging.tidy(notes_of(rows), 45, 70, 4.0)
    expected = [(-1.5, 1.0, 50), (0.0, 0.495, 60), (0.5, 0.53, 60), (0.57, 5.5, 60)]
    assert [(n["onset_s"], round(n["offset_s"], 6), n["pitch"]) for n in tidied] == expected


def test_single_line_pedal_and_fold_known_answers() -> None:
    chords = notes_of([(0.0, 2.0, 60), (0.01, 2.0, 67), (1.0, 2.0, 65), (1.02, 2.0, 55)])
    top = arranging.single_line(chords)
    assert top["pitch"].tolist() == [67, 65]
    assert top["offset_s"].tolist() == [1.0, 2.0]
    assert arranging.single_line(chords, lowest_notes=True)["pitch"].tolist() == [60, 55]
    pedalled = arranging.press_pedal(notes_of([(0.0, 0.5, 60), (1.0, 1.5, 60), (2.0, 3.5, 60)]), np.array([1.0, 3.0]))
    assert pedalled["offset_s"].tolist() == [1.0, 3.0, 3.5]
    assert arranging.fold(np.array([20, 47, 48, 59, 60, 83]), 48, 59).tolist() == [56, 59, 48, 59, 48, 59]


def test_same_seed_same_notes() -> None:
    for pattern in PATTERNS:
        first, second = (
            written_notes.perform(rng, pattern(rng, steady_setting(), 40, 80), steady_setting())
            for rng in (np.random.default_rng(7), np.random.default_rng(7))
        )
        assert np.array_equal(first, second)
