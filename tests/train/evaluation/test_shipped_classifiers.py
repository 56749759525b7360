"""What measures the shipped classifiers, with classifiers that say what they are told to."""

import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from mp3tomidi.train.datasets.labelled_recordings import LabelledRecording
from mp3tomidi.train.datasets.solos import solos
from mp3tomidi.train.datasets.sox_effects import processed
from mp3tomidi.train.evaluation import shipped_classifiers as measuring
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.task import load_task
from mp3tomidi.transcribe.errors import LabelsError

RATE = 32_000


@pytest.fixture
def notes(tmp_path):
    """A folder of single notes: a flute's sines and a guitar's, twice as high."""
    rows = ["file\tinstrument\tgm_program(0-based)\tmidi_pitch\tlayer\tseconds\tlicence"]
    for instrument, program, higher in (("flute", 73, 1.0), ("guitar", 24, 2.0)):
        for pitch in range(60, 66):
            name = f"{instrument}/made/{pitch:03}_mf_0.wav"
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            hz = higher * 440.0 * 2.0 ** ((pitch - 69) / 12)
            soundfile.write(tmp_path / name, 0.2 * np.sin(2 * np.pi * hz * np.arange(2 * RATE) / RATE), RATE)
            rows.append(f"{name}\t{instrument}\t{program}\t{pitch}\tmf\t2.0\tCC0")
    (tmp_path / "manifest.tsv").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_solos_are_of_one_instrument_each_and_the_same_every_time(notes):
    made, again = (list(solos(notes, per_instrument=3, seconds=3.0, seed=1)) for _ in range(2))
    assert [(solo.instrument, solo.family) for solo in made] == [("flute", "winds")] * 3 + [("guitar", "guitar")] * 3
    assert all(np.array_equal(one.sound.samples, other.sound.samples) for one, other in zip(made, again, strict=True))
    for solo in made:
        assert solo.sound.samples.shape == (3 * RATE,)
        assert np.abs(solo.sound.samples).max() == pytest.approx(0.5, abs=0.01)
        spectrum = np.abs(np.fft.rfft(solo.sound.samples))
        loudest_hz = spectrum.argmax() / 3.0
        assert (255 < loudest_hz < 360) if solo.family == "winds" else (515 < loudest_hz < 710)
    with pytest.raises(LabelsError, match=r"manifest\.tsv: missing"):
        next(solos(notes / "flute", per_instrument=1, seconds=1.0, seed=1))


@pytest.mark.skipif(shutil.which("sox") is None, reason="the program SoX is not there")
def test_sox_changes_clean_sound_by_one_effect_at_a_time():
    rng = np.random.default_rng(1)
    burst = np.zeros(RATE, np.float32)
    burst[1000:1200] = 0.5 * rng.standard_normal(200)
    made = list(processed(Audio(burst, RATE), rng))
    assert [each.effects for each in made] == [
        (), ("chorus",), ("delay",), ("distortion",), ("filter",), ("some reverb",), ("much reverb",)
    ]  # fmt: skip
    energy_after = {
        each.effects: float(np.square(each.sound.samples[4000:]).sum() / np.square(each.sound.samples).sum())
        for each in made
    }
    assert energy_after[()] == 0.0
    assert energy_after[("filter",)] < 1e-3
    assert energy_after[("delay",)] > 0.01 < energy_after[("much reverb",)] > energy_after[("some reverb",)]
    assert [each.reverberance > 0 for each in made] == [False] * 5 + [True] * 2


class Says:
    """Tells of each recording the probabilities that a function of its path gives."""

    def __init__(self, task_name, say):
        self.task, self.say = load_task(task_name), say

    def classify(self, source):
        said = np.asarray(self.say(source), np.float32)
        top = [self.task.classes[int(said.argmax())]]
        return SimpleNamespace(
            probabilities=said,
            segment_probabilities=np.stack([said, said, 1.0 - said]),
            silent=np.array([False, False, True]),
            top=lambda _: [(top[0], 1.0)],
        )


@pytest.fixture
def data(tmp_path):
    """valid/ with two recordings a set, which are never opened."""
    for name in (*measuring.NOT_SUNG_SETS, "singing"):
        (tmp_path / "valid" / name).mkdir(parents=True)
        for number in range(2):
            (tmp_path / "valid" / name / f"{number}.ogg").touch()
    return tmp_path


def test_singing_is_measured_against_all_that_is_not_sung(data):
    scores = measuring.measure_task(Says("singing", lambda path: [path.parent.name in ("singing", "band")]), data)
    assert scores["recordings"] == 12
    assert scores["recordings_f1"] == pytest.approx(2 * 2 / (2 + 4), abs=1e-4)
    assert scores["segments_taken_for_singing"]["band"] == 1.0
    assert scores["segments_taken_for_singing"]["piano_close"] == 0.0


def test_instruments_are_measured_on_solos_and_real_recordings(data, notes):
    shutil.copytree(notes, data / "heldout_samples", ignore=shutil.ignore_patterns("valid", "heldout_samples"))
    always_winds = Says("instrument", lambda _: [0, 0, 0, 0, 0, 0, 1, 0])
    scores = measuring.measure_task(always_winds, data)
    assert scores["solos"] == 40
    assert scores["solos_right"] == 0.5
    assert scores["solos_right_by_instrument"] == {"flute": 1.0, "guitar": 0.0}
    assert scores["recordings_right"] == dict.fromkeys((*measuring.PIANO_SETS, "singing"), 0.0)


def test_programs_are_measured_within_their_family_too(data, notes):
    shutil.copytree(notes, data / "heldout_samples", ignore=shutil.ignore_patterns("valid", "heldout_samples"))
    classes = load_task("program").classes
    likely = {"piccolo": 0.9, "flute": 0.6, "nylon guitar": 0.5, "acoustic guitar": 0.3}
    scores = measuring.measure_task(Says("program", lambda _: [likely.get(name, 0.0) for name in classes]), data)
    assert scores == {
        "solos": 40, "programs_right": 0.0, "programs_right_within_the_family": 0.5, "families_right": 0.5
    }  # fmt: skip


def test_effects_are_measured_one_by_one_and_reverberance_by_its_rank(data, monkeypatch):
    """Of sounds that carry what they are: the classifier tells all but the filter. A chorus is in no ranking."""
    names = list(load_task("effects").classes)
    made = [((), 0.0), *(((name,), 0.0) for name in names)]
    made = [
        (effects, {"some reverb": 0.3, "much reverb": 0.8, "chorus": 9.0}.get("".join(effects), 0.0))
        for effects, _ in made
    ]
    made = [
        (effects, reverberance)
        for effects, reverberance in made
        if not effects or effects[0] in measuring.EFFECT_CLASSES
    ]
    monkeypatch.setattr(measuring, "_clean_sound", lambda _: range(2))
    monkeypatch.setattr(
        measuring,
        "processed",
        lambda clean, rng: [SimpleNamespace(sound=e, effects=e, reverberance=r) for e, r in made],
    )
    says = Says("effects", lambda effects: [0.9 * (name in effects and name != "filter") for name in names])
    scores = measuring.measure_task(says, data)
    assert scores["recordings"] == 2 * len(made)
    assert scores["f1"] == {name: 0.0 if name == "filter" else 1.0 for name in measuring.EFFECT_CLASSES}
    assert scores["any_reverb_f1"] == 1.0
    assert scores["reverb_rank_correlation"] == 1.0


def test_clean_sound_is_solos_and_the_first_seconds_of_recordings(tmp_path, notes):
    shutil.copytree(notes, tmp_path / "heldout_samples", ignore=shutil.ignore_patterns("valid", "heldout_samples"))
    rng = np.random.default_rng(0)
    for name in measuring.CLEAN_SETS:
        (tmp_path / "valid" / name).mkdir(parents=True)
        soundfile.write(tmp_path / "valid" / name / "0.ogg", 0.1 * rng.standard_normal((56_000, 2)), 8000)
    made = list(measuring._clean_sound(tmp_path))
    assert [round(audio.samples.shape[-1] / audio.sample_rate, 6) for audio in made] == [6.0] * (2 * 2 + 4)
    assert [audio.sample_rate for audio in made] == [RATE] * 4 + [8000] * 4


def test_a_task_without_measures_is_refused(data):
    with pytest.raises(LabelsError, match="genre: measured by the parts of its own data"):
        measuring.measure_task(Says("genre", lambda _: [1.0]), data)


def test_mergings_are_compared(tmp_path):
    says = Says("playing_quality", lambda path: [0.9, 0.1, 0.0] if "good" in path.name else [0.0, 0.2, 0.8])
    recordings = [LabelledRecording(tmp_path / name, ("A",)) for name in ("good.wav", "bad.wav")]
    assert measuring.compare_mergings(says, recordings) == {"mean": 0.5, "vote": 0.5, "attention": 0.5}
