"""Played notes against analytic answers: when they begin, how high and loud they are, how they are released."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mp3tomidi.augment.banks.bank import BANK_NOTE, BANK_PHRASE, Bank, BankInstrument
from mp3tomidi.augment.banks.player import CUT_FADE_S, LONGEST_RELEASE_S, play_notes, play_phrase
from mp3tomidi.augment.labels import NOTE
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE

ONSET_SAMPLES = 40
DURATION_S = 1.5


class Steady:
    """A generator that draws no deviations, so that what is played can be computed."""

    def normal(self, mean: float, deviation: float) -> float:
        return mean

    def uniform(self, low: float, high: float, size: int | None = None) -> float | NDArray[np.float64]:
        return (low + high) / 2 if size is None else np.full(size, (low + high) / 2)


def sine(hz: float, length: int, amplitude: float = 0.5, onset: int = ONSET_SAMPLES) -> NDArray[np.float64]:
    """Silence, then a sine that is zero at the sample `onset`."""
    time_s = (np.arange(length) - onset) / SAMPLE_RATE
    return amplitude * np.sin(2 * np.pi * hz * time_s) * (time_s >= 0)


def bank_of(*notes: dict, phrase_notes: NDArray[np.void] | None = None) -> Bank:
    """A bank with one instrument; each note is a dict of its row, with its `sound`."""
    sounds, rows, start = [], np.zeros(len(notes), BANK_NOTE), 0
    for row, note in zip(rows, notes, strict=True):
        sound = np.asarray(note["sound"], np.float16)
        values = {
            "pitch": 69,
            "velocity": 80,
            "start": start,
            "length": len(sound),
            "onset_samples": ONSET_SAMPLES,
            "release_samples": len(sound),
            "sounding_samples": len(sound),
            "release_tau_s": 0.05,
        } | {key: value for key, value in note.items() if key != "sound"}
        for key, value in values.items():
            row[key] = value
        sounds.append(sound)
        start += len(sound)
    phrases = np.zeros(0, BANK_PHRASE)
    if phrase_notes is not None:
        phrases = np.array([(0, 0, start, 0, len(phrase_notes))], BANK_PHRASE)
        rows = rows[:0]
    instrument = BankInstrument("one", "piano", 7, "CC0", "", slice(0, len(rows)), slice(0, len(phrases)))
    none = np.zeros(0, NOTE)
    return Bank(np.concatenate(sounds), rows, phrases, none if phrase_notes is None else phrase_notes, [instrument])


def passage(*rows: tuple[float, float, int, float]) -> NDArray[np.void]:
    """(onset_s, offset_s, pitch, velocity)"""
    return np.array([(0, *row, 0) for row in rows], NOTE)


def play(
    bank: Bank, notes: NDArray[np.void], tuning_cents: float = 0.0
) -> tuple[NDArray[np.float32], NDArray[np.void]]:
    return play_notes(bank, bank.instruments[0], notes, DURATION_S, tuning_cents, Steady())  # type: ignore[arg-type]


def crossing_hz(sound: NDArray[np.float32]) -> float:
    """Frequency from the first to the last rising zero crossing, interpolated."""
    rising = np.flatnonzero((sound[:-1] < 0) & (sound[1:] >= 0))
    exact = rising - sound[rising] / (sound[rising + 1] - sound[rising])
    return float((len(exact) - 1) / (exact[-1] - exact[0]) * SAMPLE_RATE)


@pytest.mark.parametrize("onset_s", [0.25, 0.2500213, 0.30007, 0.7123456])
@pytest.mark.parametrize("pitch", [69, 71, 66])
def test_the_measured_onset_lies_on_the_passages_onset_between_samples_too(onset_s: float, pitch: int) -> None:
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    # From the recorded onset on the sine is known; before it the note is silent, so start a little later.
    stem, _ = play(bank_of({"sound": sine(440.0, 16000, onset=ONSET_SAMPLES)}), passage((onset_s, 2.0, pitch, 80)))
    first = int(onset_s * SAMPLE_RATE) + 20
    time_s = np.arange(first, first + 8000) / SAMPLE_RATE - onset_s
    expected = 0.5 * np.sin(2 * np.pi * hz * time_s)
    assert np.abs(stem[first : first + 8000] - expected).max() < 2e-3  # a tenth of a sample would be 9e-3
    assert np.abs(stem[: int(onset_s * SAMPLE_RATE) - 20]).max() < 1e-9


@pytest.mark.parametrize(("pitch", "tuning_cents"), [(69, 0.0), (69, 37.0), (72, -20.0), (65, 0.0)])
def test_pitch_is_that_of_the_passage_and_the_mixs_tuning(pitch: int, tuning_cents: float) -> None:
    stem, heard = play(bank_of({"sound": sine(440.0, 20000)}), passage((0.1, 1.5, pitch, 80)), tuning_cents)
    wanted_hz = 440.0 * 2 ** ((pitch - 69 + tuning_cents / 100) / 12)
    cents = 1200 * np.log2(crossing_hz(stem[2400:13000]) / wanted_hz)
    assert abs(cents) < 0.1
    assert heard["pitch"].tolist() == [pitch]


@pytest.mark.parametrize("hz", [440.0, 1700.0, 4000.0])
def test_a_slightly_detuned_note_does_not_tremble(hz: float) -> None:
    stem, _ = play(bank_of({"sound": sine(hz, 20000)}), passage((0.1, 1.4, 69, 80)), tuning_cents=2.0)
    level = np.sqrt(np.mean(stem[2400:13600].reshape(-1, 160) ** 2, axis=1))  # blocks of whole periods, nearly
    assert 20 * np.log10(level.max() / level.min()) < 0.4


@pytest.mark.parametrize("tau_s", [0.02, 0.08, 0.2])
def test_a_release_decays_with_the_notes_own_time_constant(tau_s: float) -> None:
    bank = bank_of({"sound": sine(1000.0, 30000), "release_tau_s": tau_s})
    stem, heard = play(bank, passage((0.2, 0.5, 69, 80)))
    assert heard["offset_s"][0] == pytest.approx(0.5)
    level = np.sqrt(np.mean(stem.reshape(-1, 16) ** 2, axis=1))  # one figure a millisecond
    assert level[480:499] == pytest.approx(level[300], rel=1e-3)
    after = level[502 : 502 + round(2 * tau_s * 1000)]
    slope = np.polyfit(np.arange(len(after)) / 1000, np.log(after), 1)[0]
    assert -1 / slope == pytest.approx(tau_s, rel=0.02)


def test_a_long_release_is_cut_without_a_click() -> None:
    bank = bank_of({"sound": sine(200.0, 60000), "release_tau_s": 2.0})
    stem, _ = play_notes(bank, bank.instruments[0], passage((0.1, 0.3, 69, 80)), 2.0, 0.0, Steady())  # type: ignore[arg-type]
    end = round((0.3 + LONGEST_RELEASE_S) * SAMPLE_RATE)
    assert not stem[end + 1 :].any()
    assert np.abs(stem[end - round(2 * CUT_FADE_S * SAMPLE_RATE) : end]).max() > 0.2  # still loud before the fade
    bend = np.abs(np.diff(stem, 2))
    assert bend[end - 500 : end + 10].max() < 1.5 * bend[8000:16000].max()


def test_a_label_ends_where_the_note_has_died_away() -> None:
    sounding = ONSET_SAMPLES + 4800
    bank = bank_of({"sound": sine(440.0, 16000), "sounding_samples": sounding})
    _, heard = play(bank, passage((0.1, 1.2, 69, 80)))
    assert heard["offset_s"][0] == pytest.approx(0.1 + 0.3)
    _, higher = play(bank, passage((0.1, 1.2, 73, 80)))  # played faster, it dies away sooner
    assert higher["offset_s"][0] == pytest.approx(0.1 + 0.3 / 2 ** (4 / 12))


def test_velocity_and_program_are_labelled_and_a_quarter_decibel_a_step() -> None:
    bank = bank_of({"sound": sine(440.0, 16000), "velocity": 80})
    soft, heard = play(bank, passage((0.1, 0.6, 69, 60)))
    loud, _ = play(bank, passage((0.1, 0.6, 69, 100)))
    ratio_db = 20 * np.log10(loud[2000:9000].std() / soft[2000:9000].std())
    assert ratio_db == pytest.approx(10.0, abs=0.01)
    assert heard[["velocity", "program"]].tolist() == [(60.0, 7)]


def test_the_nearest_recorded_pitch_is_played_and_what_is_too_far_is_left_out() -> None:
    bank = bank_of({"sound": sine(440.0, 16000), "pitch": 69}, {"sound": sine(880.0, 16000), "pitch": 81})
    stem, heard = play(bank, passage((0.1, 0.6, 79, 80), (0.7, 1.2, 75, 80)))
    assert heard["pitch"].tolist() == [79]
    assert crossing_hz(stem[2400:9000]) == pytest.approx(440.0 * 2 ** (10 / 12), rel=1e-4)
    assert not stem[round(1.0 * SAMPLE_RATE) :].any()


def test_a_note_that_began_before_the_clip_sounds_on_in_it() -> None:
    stem, heard = play(bank_of({"sound": sine(440.0, 16000)}), passage((-0.5, 0.25, 69, 80)))
    expected = 0.5 * np.sin(2 * np.pi * 440.0 * (np.arange(3990) / SAMPLE_RATE + 0.5))
    assert np.abs(stem[:3990] - expected).max() < 2e-3
    assert heard[["onset_s", "offset_s"]].tolist() == [(-0.5, 0.25)]


def test_a_phrase_brings_its_notes_moved_with_it() -> None:
    click = np.zeros(SAMPLE_RATE)
    onsets = [4000, 8000, 12000]
    click[onsets] = 0.5
    notes = np.array([(0, i / SAMPLE_RATE, (i + 1000) / SAMPLE_RATE, 60, 80, 53) for i in onsets], NOTE)
    bank = bank_of({"sound": click}, phrase_notes=notes)
    seen = set()
    for seed in range(12):
        rng = np.random.default_rng(seed)
        stem, heard = play_phrase(bank, bank.instruments[0], DURATION_S, 20.0, rng)
        assert len(heard) == len(onsets)
        for note in heard:
            middle = note["onset_s"] * SAMPLE_RATE
            near = stem[round(middle) - 3 : round(middle) + 4]
            centre = round(middle) - 3 + np.sum(np.arange(7) * near) / near.sum()
            assert centre == pytest.approx(middle, abs=0.1)
        ratio = 2 ** ((heard["pitch"][0] - 60 + 0.2) / 12)
        assert np.diff(heard["onset_s"]) == pytest.approx(0.25 / ratio)
        assert heard["offset_s"] - heard["onset_s"] == pytest.approx(1000 / SAMPLE_RATE / ratio)
        seen.add(int(heard["pitch"][0]))
    assert seen == {59, 60, 61}
