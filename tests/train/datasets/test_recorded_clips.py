"""Clips of labelled recordings, and a run that learns from them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.train.cli import main
from mp3tomidi.train.datasets.public.registry import read_dataset, wanted
from mp3tomidi.train.datasets.recorded_clips import RecordedClips
from mp3tomidi.train.datasets.sound_cache import SoundCache
from mp3tomidi.transcribe.errors import LabelsError

from .trees import drums, score, sound, text

RATE_HZ = 16_000
BEEPS = [(float(second), second + 0.25, 60 + second, 90) for second in range(8)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """train/beeps, a beep a second, each as loud as its number, and train/short of half a second."""
    samples = np.zeros(8 * RATE_HZ, np.float32)
    for onset_s, offset_s, pitch, _ in BEEPS:
        samples[round(onset_s * RATE_HZ) : round(offset_s * RATE_HZ)] = (pitch - 59) / 10
    path = tmp_path / "data" / "train" / "beeps.wav"
    path.parent.mkdir(parents=True)
    soundfile.write(path, samples, RATE_HZ)
    score(path.with_suffix(".mid"), BEEPS)
    return tmp_path / "data"


def clips_of(folder: Path, **options: bool) -> RecordedClips:
    return RecordedClips(read_dataset(wanted(f"midi:{folder}")), SoundCache(folder / "cache", RATE_HZ), 2.0, **options)


def test_labels_of_a_clip_lie_where_its_sound_does(folder: Path) -> None:
    clips = clips_of(folder)
    for seed in range(20):
        samples, labels = clips.clip(np.random.default_rng(seed))
        assert samples.shape == (2 * RATE_HZ,)
        assert 1 <= len(labels.notes) <= 3
        for note in labels.notes:
            middle_s = (note["onset_s"] + note["offset_s"]) / 2
            if 0.0 <= middle_s < 2.0:
                assert samples[int(middle_s * RATE_HZ)] == pytest.approx((note["pitch"] - 59) / 10, abs=1e-3)
        sounding = sum(max(0.0, min(n["offset_s"], 2.0) - max(n["onset_s"], 0.0)) for n in labels.notes)
        assert np.count_nonzero(samples) / RATE_HZ == pytest.approx(sounding, abs=0.01)


def test_what_is_short_is_filled_up_and_drawn_as_seldom_as_it_is_short(folder: Path) -> None:
    score(sound(folder / "train" / "short.wav", 0.5).with_suffix(".mid"), [(0.0, 0.4, 100, 90)])
    clips = clips_of(folder)
    assert clips.sound_s == pytest.approx(8.5)
    pitches = [clips.clip(np.random.default_rng(seed))[1].notes["pitch"].max() for seed in range(400)]
    assert np.mean(np.array(pitches) == 100) == pytest.approx(0.5 / 8.5, abs=0.03)


def test_what_cannot_be_read_is_named_and_left_out(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    score(text(folder / "train" / "broken.wav", "no sound").with_suffix(".mid"))
    sound(folder / "train" / "bad.wav").with_suffix(".mid").write_bytes(b"no score")
    assert clips_of(folder).sound_s == pytest.approx(8.0)
    assert "broken.wav is not a sound file" in caplog.text
    assert "bad.mid: not a MIDI file" in caplog.text
    for path in folder.rglob("beeps.*"):
        path.unlink()
    with pytest.raises(LabelsError, match="no recording with labels of notes can be read"):
        clips_of(folder)


def test_drums_are_learnt_from_drums(folder: Path) -> None:
    drums(folder / "train" / "beeps.mid", [(second, 36) for second in range(8)])
    _, labels = clips_of(folder, drums=True).clip(np.random.default_rng(1))
    assert len(labels.drum_hits) == 2
    assert not len(labels.notes)


@pytest.mark.usefixtures("graphs_left_out")
def test_a_run_learns_from_recordings_and_its_card_says_so(
    folder: Path, tiny_recipe_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, weights = tmp_path / "run", tmp_path / "weights"
    words = ["run", str(tiny_recipe_file), "--dataset", f"midi:{folder}", "--out", str(run), "--workers", "0"]
    assert main([*words, "--steps", "2"]) == 0
    assert len((run / "log.jsonl").read_text().splitlines()) == 1
    assert main(["export", str(run), str(weights)]) == 0
    card = json.loads((weights / "note_net.json").read_text())
    assert card["taught_by"] == [{"licence": "yours", "attribution": "the data set midi"}]
    assert card["licence"] != "CC0-1.0"
    assert main(["run", str(tiny_recipe_file), "--out", str(tmp_path / "other")]) == 1
    assert "--dataset" in capsys.readouterr().err
