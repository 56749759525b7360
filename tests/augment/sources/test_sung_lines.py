"""Sung lines of the held-out voice against an independent pitch tracker (WORLD's dio) and the energy of the vowels."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pyworld
import scipy.signal
from numpy.typing import NDArray

from mp3tomidi.augment import cli
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.augment.sources.sung import engines as sung_engines
from mp3tomidi.augment.sources.sung.choir import Section, draw_choir_phrase, draw_mixed_phrase
from mp3tomidi.augment.sources.sung.engines import SpeechEngineError, Utterance
from mp3tomidi.augment.sources.sung.melody import Attack, Line, LineNote, Words, draw_line
from mp3tomidi.augment.sources.sung.performance import Performance, draw_performance, perform
from mp3tomidi.augment.sources.sung.pitch import Manner, draw_manner, draw_pitch
from mp3tomidi.augment.sources.sung.speakers import HELD_OUT_SPEAKERS, SPEAKERS, Timbre, repertoires, timbres
from mp3tomidi.augment.sources.sung.syllables import FRAME_S, Grid
from mp3tomidi.augment.sources.sung.words import Repertoire, echo
from mp3tomidi.augment.sources.sung_lines import Sung
from mp3tomidi.transcribe.errors import LabelsError

AWB = Timbre(HELD_OUT_SPEAKERS[0], 1.0, 0.0)
PLAIN = Manner(
    glide_s=0.1,
    anticipation=1.0,
    overshoot=0.0,
    vibrato=0.0,
    vibrato_hz=5.5,
    vibrato_delay_s=0.2,
    scoop_share=0.0,
    scoop_above_share=0.0,
    longest_scoop_s=0.06,
    fall_share=0.0,
    fry_share=0.0,
    drift_sd=0.0,
    flutter_sd=0.0,
    slope_sd=0.0,
    wobble_sd=0.0,
    intonation_sd=0.0,
    tuning_sd=0.0,
    key_drift_sd=0.0,
    timing_sd_s=0.0,
)


@pytest.fixture(scope="module")
def repertoire() -> Repertoire:
    return AWB.repertoire()


@pytest.fixture(scope="module")
def performances(repertoire: Repertoire) -> list[Performance]:
    rng = np.random.default_rng(4)
    return [draw_performance(rng, repertoire, AWB.voice_range) for _ in range(16)]


def tracked(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """MIDI pitch every FRAME_S, NaN where nothing is voiced."""
    sound = samples.astype(np.float64)
    hz, times = pyworld.dio(sound, SAMPLE_RATE, f0_floor=60, f0_ceil=900, frame_period=1000 * FRAME_S)
    hz = pyworld.stonemask(sound, hz, times, SAMPLE_RATE)
    return 69 + 12 * np.log2(np.where(hz > 0, hz, np.nan) / 440)


def heard_onset_error_s(samples: NDArray[np.float32], onset_s: float, offset_s: float) -> float:
    """From the label to the nearest rise through half the note's level, 0.3 to 4 kHz; NaN if none within 0.12 s."""
    band = scipy.signal.butter(4, [300, 4000], "bandpass", fs=SAMPLE_RATE, output="sos")
    power = scipy.signal.sosfiltfilt(band, samples) ** 2
    level = np.sqrt(np.convolve(power, np.ones(128) / 128, "same"))
    held = level[round((onset_s + 0.04) * SAMPLE_RATE) : round(min(offset_s - 0.02, onset_s + 0.4) * SAMPLE_RATE)]
    first = max(0, round((onset_s - 0.12) * SAMPLE_RATE))
    around = level[first : round(min(onset_s + 0.12, offset_s) * SAMPLE_RATE)] >= 0.5 * np.median(held)
    rises = (first + 1 + np.flatnonzero(~around[:-1] & around[1:])) / SAMPLE_RATE - onset_s
    return float(rises[np.argmin(np.abs(rises))]) if len(rises) else float("nan")


def crossing_s(curve: NDArray[np.float64], level: float, near_s: float) -> float:
    first = round((near_s - 0.1) / FRAME_S)
    part = curve[first : first + round(0.2 / FRAME_S)] - level
    crossings = np.flatnonzero(part[:-1] * part[1:] <= 0)
    exact = (first + crossings + part[crossings] / (part[crossings] - part[crossings + 1])) * FRAME_S
    return float(exact[np.argmin(np.abs(exact - near_s))]) if len(exact) else float("nan")


def test_pitch_is_what_was_meant(performances: list[Performance]) -> None:
    errors_cents: list[float] = []
    for performance in performances:
        track = tracked(performance.phrase.samples)
        count = min(len(track), len(performance.curve))
        for note in performance.phrase.notes:
            inside = slice(round((note["onset_s"] + 0.05) / FRAME_S), round((note["offset_s"] - 0.03) / FRAME_S))
            error = (track[:count] - performance.curve[:count])[inside]
            if np.isfinite(error).sum() >= 4:
                errors_cents.append(float(100 * np.nanmedian(np.abs(error))))
    assert len(errors_cents) > 100
    assert np.median(errors_cents) < 6
    assert np.percentile(errors_cents, 95) < 20


def test_pitch_arrives_when_it_was_meant_to(repertoire: Repertoire) -> None:
    rng = np.random.default_rng(6)
    errors_s = []
    for _ in range(6):
        pitches = 52 + np.cumsum(rng.choice([-4, -2, -1, 1, 2, 5], 13))
        pitches = 48 + (pitches - 48) % 17
        notes = [
            LineNote(0.5 + 0.4 * k, 0.9 + 0.4 * k, int(pitch), 0, Attack.SLUR if k else Attack.SYLLABLE)
            for k, pitch in enumerate(pitches)
        ]
        manner = replace(draw_manner(rng, amateur=False), vibrato=0.0)
        sung = perform(rng, repertoire, Line(tuple(notes), Words.LYRICS), manner, duration_s=6.0)
        track = tracked(sung.phrase.samples)
        for before, note, arrival_s in zip(notes[:-1], notes[1:], sung.arrivals_s[1:], strict=True):
            if note.pitch != before.pitch:
                halfway = float(sung.curve[round(arrival_s / FRAME_S)])
                meant_s = crossing_s(sung.curve, halfway, arrival_s)
                errors_s.append(crossing_s(track, halfway, arrival_s) - meant_s)
    assert len(errors_s) > 60
    assert np.mean(np.abs(errors_s) <= 0.010) >= 0.95  # no crossing at all is NaN and counts as a failure


def test_vowels_begin_where_the_labels_say(performances: list[Performance]) -> None:
    errors_s = [
        heard_onset_error_s(performance.phrase.samples, float(label["onset_s"]), float(label["offset_s"]))
        for performance in performances
        for note, label in zip(performance.line.notes, performance.phrase.notes, strict=True)
        if note.attack is not Attack.SLUR
    ]
    assert len(errors_s) > 100
    assert np.mean(np.abs(errors_s) <= 0.030) >= 0.95


def test_labels_are_the_notes_written(performances: list[Performance]) -> None:
    for performance in performances:
        labels = performance.phrase.notes
        assert labels["pitch"].tolist() == [note.pitch for note in performance.line.notes]
        assert np.allclose(labels["onset_s"], [note.onset_s for note in performance.line.notes])
        assert (labels["offset_s"] > labels["onset_s"]).all()
        assert (labels["offset_s"][:-1] <= labels["onset_s"][1:] + 1e-9).all()
        assert labels["offset_s"][-1] <= len(performance.phrase.samples) / SAMPLE_RATE <= 9.01
        assert np.isfinite(performance.phrase.samples).all()


def test_amateurs_are_off_their_key_but_by_less_than_half_a_semitone() -> None:
    def off_cents(amateur: bool) -> NDArray[np.float64]:
        """Of every note, from where the whole line is on average."""
        rng = np.random.default_rng(8)
        found = []
        for _ in range(40):
            notes = draw_line(rng, lowest=48, highest=64, duration_s=9.0, looseness=0.03).notes
            joined = [False, *(a.offset_s == b.onset_s for a, b in itertools.pairwise(notes))]
            curve = draw_pitch(rng, notes, joined, round(9 / FRAME_S), draw_manner(rng, amateur=amateur)).curve
            line = []
            for note in notes:
                inside = slice(round((note.onset_s + 0.05) / FRAME_S), round((note.offset_s - 0.1) / FRAME_S))
                if len(curve[inside]) >= 40:
                    line.append(100 * (np.median(curve[inside]) - note.pitch))
            found.append(np.array(line) - np.mean(line))
        return np.concatenate(found)

    amateurs, trained = off_cents(True), off_cents(False)
    assert 15 < amateurs.std() < 35
    assert trained.std() < 15
    assert np.mean(np.abs(amateurs) < 50) > 0.95


def test_a_held_note_with_vibrato_is_one_note(repertoire: Repertoire) -> None:
    line = Line((LineNote(0.5, 2.5, 57, 0, Attack.SYLLABLE),), Words.LYRICS)
    manner = replace(PLAIN, vibrato=0.5)
    sung = perform(np.random.default_rng(1), repertoire, line, manner, duration_s=3.0)
    held = tracked(sung.phrase.samples)[220:480]
    assert 0.7 < np.nanmax(held) - np.nanmin(held) < 1.7
    assert sung.phrase.notes["pitch"].tolist() == [57]


def test_a_glide_is_labelled_where_it_is_half_done(repertoire: Repertoire) -> None:
    notes = (LineNote(0.5, 1.2, 52, 0, Attack.SYLLABLE), LineNote(1.2, 2.0, 57, 5, Attack.SLUR))
    manner = replace(PLAIN, glide_s=0.16)
    sung = perform(np.random.default_rng(2), repertoire, Line(notes, Words.LYRICS), manner, duration_s=2.5)
    assert sung.phrase.notes["pitch"].tolist() == [52, 57]
    middle = float(np.mean([sung.curve[180], sung.curve[330]]))
    assert crossing_s(tracked(sung.phrase.samples), middle, 1.2) == pytest.approx(1.2, abs=0.010)


@pytest.mark.parametrize("after", [Attack.SYLLABLE, Attack.VOWEL])
def test_the_same_pitch_sung_again_is_heard_again(repertoire: Repertoire, after: Attack) -> None:
    notes = tuple(LineNote(0.5 + 0.4 * k, 0.9 + 0.4 * k, 55, 0, after) for k in range(5))
    sung = perform(np.random.default_rng(3), repertoire, Line(notes, Words.LYRICS), PLAIN, duration_s=3.0)
    errors_s = [heard_onset_error_s(sung.phrase.samples, note.onset_s, note.offset_s) for note in notes]
    assert np.nanmax(np.abs(errors_s)) < 0.06
    assert np.isfinite(errors_s).all()


def test_choirs_sing_one_line() -> None:
    members = repertoires([AWB, replace(AWB, warp=1.05), replace(AWB, warp=0.95)])
    words = [[(syllable.consonant, syllable.vowel) for syllable in member.syllables] for member in members]
    assert words[0] == words[1] == words[2]
    phrase = draw_choir_phrase(np.random.default_rng(5), members, AWB.voice_range)
    assert len(phrase.notes) >= 2
    assert set(phrase.notes["program"]) == {52}
    assert (phrase.notes["offset_s"] > phrase.notes["onset_s"]).all()
    assert (phrase.notes["offset_s"][:-1] <= phrase.notes["onset_s"][1:] + 1e-9).all()


def test_women_and_men_sing_in_octaves_or_in_harmony() -> None:
    high, low = replace(AWB, warp=1.15), AWB
    upper = Section(repertoires([high, replace(high, warp=1.2)]), (55, 79))
    lower = Section(repertoires([low]), low.voice_range)
    rng = np.random.default_rng(9)
    intervals = set()
    for _ in range(4):
        phrase = draw_mixed_phrase(rng, upper, lower)
        notes = phrase.notes
        assert (np.diff(notes["onset_s"]) >= 0).all()
        assert (notes["offset_s"] > notes["onset_s"]).all()
        assert np.isfinite(phrase.samples).all()
        for first, second in itertools.pairwise(notes):
            if abs(first["onset_s"] - second["onset_s"]) < 0.06:
                intervals.add(abs(int(first["pitch"]) - int(second["pitch"])) % 12)
    assert 0 in intervals
    assert len(intervals) > 1


def test_another_voice_says_the_same_syllables(repertoire: Repertoire) -> None:
    larger = replace(AWB, warp=1.15).repertoire()
    for syllable in repertoire.syllables[:20]:
        assert echo(syllable, larger).consonant == syllable.consonant
    assert all(echo(syllable, repertoire) is syllable for syllable in repertoire.syllables[:20])


def test_the_same_seed_gives_the_same_bytes() -> None:
    def first_phrases(seed: int) -> list[bytes]:
        instrument = next(Sung(minutes=0.5, seed=seed, speakers=HELD_OUT_SPEAKERS).instruments())
        return [phrase.samples.tobytes() + phrase.notes.tobytes() for phrase in instrument.phrases]

    assert first_phrases(1) == first_phrases(1)
    assert first_phrases(1) != first_phrases(2)


def test_the_held_out_voice_teaches_nothing() -> None:
    assert {speaker.name for speaker in HELD_OUT_SPEAKERS} == {"flite-awb"}
    names = [instrument.name for instrument in Sung().instruments()]
    assert len(set(names)) == len(names) >= 30 + len(SPEAKERS)
    assert not any("awb" in name for name in names)


def test_nobody_speaks_before_their_phrases_are_wanted() -> None:
    def say() -> Iterator[Utterance]:
        raise SpeechEngineError("asked to speak")

    mute = replace(HELD_OUT_SPEAKERS[0], say=say)
    instruments = list(Sung(speakers=(mute, replace(mute, name="high", formant_scale=1.15))).instruments())
    assert [instrument.name for instrument in instruments][-1] == "choir/high+flite-awb"
    for instrument in instruments:
        with pytest.raises(SpeechEngineError, match="asked to speak"):
            next(iter(instrument.phrases))


def test_there_are_men_women_and_children() -> None:
    assert len(timbres()) >= 30
    ranges = [timbre.voice_range for timbre in timbres()]
    assert all(ranges.count(wanted) >= 6 for wanted in ((43, 67), (55, 81), (57, 84)))


def test_espeak_says_syllables_with_their_times() -> None:
    utterance = next(sung_engines.espeak_syllables("en+f2"))
    vowels = [phone for phone in utterance.phones if phone.is_vowel]
    assert len(vowels) >= 15
    assert all(0 < phone.end_s - phone.start_s < 1.5 for phone in vowels)
    assert vowels[-1].end_s <= len(utterance.samples) / utterance.sample_rate + 0.05


def test_espeak_says_the_same_whatever_was_said_before() -> None:
    first, _, second = (next(sung_engines.espeak_syllables(voice)) for voice in ("en+f2", "en+m3", "en+f2"))
    assert first.phones == second.phones
    assert np.array_equal(first.samples, second.samples)


def test_a_voice_that_espeak_lacks_is_named() -> None:
    with pytest.raises(SpeechEngineError, match="no voice 'xx\\+nobody'"):
        next(sung_engines.espeak_syllables("xx+nobody"))


@pytest.mark.parametrize(
    ("say", "package"),
    [(lambda: sung_engines.flite_syllables("slt"), "flite"), (sung_engines.mei_syllables, "htsengine")],
)
def test_a_missing_program_is_one_line_that_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, say: Callable[[], object], package: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpeechEngineError, match=f"apt-get install {package}") as caught:
        next(iter(say()))  # type: ignore[call-overload]
    assert "\n" not in str(caught.value)


def test_the_command_line_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["bank", "sung", str(tmp_path / "bank"), "--data", str(tmp_path)]) == 1
    assert "apt-get install flite" in capsys.readouterr().err


def test_at_32_khz_a_voice_goes_on_above_its_engine() -> None:
    """Its engine ends at 8 kHz: above there is less, but not nothing, and below it is the same voice."""
    rate = 32_000
    performance = draw_performance(np.random.default_rng(4), AWB.repertoire(rate), AWB.voice_range)
    sound = performance.phrase.samples
    assert len(sound) == round(len(performance.curve) * FRAME_S * rate)
    usual = draw_performance(np.random.default_rng(4), AWB.repertoire(), AWB.voice_range).phrase
    assert np.array_equal(performance.phrase.notes, usual.notes)
    spectra = []
    for samples, rate_hz in ((sound, rate), (usual.samples, SAMPLE_RATE)):
        hz, power = scipy.signal.welch(samples, rate_hz, nperseg=rate_hz // 50)
        spectra.append([10 * np.log10(power[(hz >= low) & (hz < 2 * low)].mean()) for low in (500, 1000, 2000, 4000)])
        if rate_hz == rate:
            above_db = 10 * np.log10(power[(hz > 9000) & (hz < 15_000)].mean())
    np.testing.assert_allclose(*spectra, atol=3.0)
    assert -35 < above_db - spectra[0][3] < -3


def test_the_codes_of_a_voice_grow_with_the_rate() -> None:
    low, high = Grid(16_000), Grid(32_000)
    assert (low.frame_samples, low.fft_samples, low.cepstrum_count, low.band_count) == (80, 640, 96, 9)
    assert (high.frame_samples, high.fft_samples, high.cepstrum_count, high.band_count) == (160, 1280, 192, 17)
    assert low.bin_hz == high.bin_hz == 25.0
    with pytest.raises(LabelsError, match="multiple of 200 Hz, not 44100 Hz"):
        Grid(44_100)
