"""Networks taught side by side for a given time: all of them learn, save in time, and go on."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.train.cli import main
from mp3tomidi.train.evaluation.device_agreement import measure, share_found
from mp3tomidi.train.recipe import NoteRecipe
from mp3tomidi.train.training.burst import Deadline, ReusedMixes
from mp3tomidi.train.training.loop import new_trainer
from mp3tomidi.train.training_commands import mixes_for
from mp3tomidi.transcribe.audio.reading import read
from mp3tomidi.transcribe.events import Note

DRUMS = """
name = "tiny_drums"
kind = "drum_net"

[[data.banks]]
name = "sines"

[data.mix]
duration_s = 1.0

[network.front_end]  # that of banks at 16 kHz
sample_rate = 16000
hop_samples = 160
window_samples = [2048, 512, 256]
bin_count = 96

[training]
batch_clips = 4
micro_batch_clips = 2
"""
SONG = Path(__file__).parents[3] / "examples" / "song.mp3"


@pytest.fixture
def burst(tiny_recipe_file: Path, tiny_banks: Path, tmp_path: Path):
    """Calls `mp3tomidi-train burst` with a network for notes and one for drums; returns the exit status."""
    drums = tmp_path / "drums.toml"
    drums.write_text(DRUMS)
    small = [
        "--set",
        "data.effects.room=0",
        "--set",
        "data.effects.reverb=0",
        "--device",
        "cpu",
        "--workers",
        "0",
        "--out",
        str(tmp_path / "runs"),
    ]

    def call(*arguments: str, recipes: tuple[Path, ...] = (tiny_recipe_file, drums)) -> int:
        return main(["burst", *map(str, recipes), "--banks", str(tiny_banks), *small, *arguments])

    return call


def last_row(folder: Path) -> dict[str, float]:
    return json.loads((folder / "log.jsonl").read_text().splitlines()[-1])


def test_networks_for_notes_and_drums_learn_together_and_end_in_time(burst, tmp_path: Path) -> None:
    minutes = 0.1
    assert burst("--minutes", str(minutes)) == 0
    rows = [last_row(tmp_path / "runs" / name) for name in ("tiny", "tiny_drums")]
    assert rows[0]["step"] == rows[1]["step"] >= 1
    for row in rows:
        assert row["elapsed_s"] <= minutes * 60 + 8.0  # only a first step, of unknown length, may end too late
        assert row["sound_h"] == pytest.approx(row["step"] * 4 / 3600, abs=1e-6)
        assert row["fresh_h"] <= row["sound_h"]  # each mix is heard twice
        assert np.isfinite(row["loss"])
        assert row["data_wait_s"] >= 0
    assert rows[0]["learning_rate"] < 1e-2  # it has fallen
    weights = [torch.load(tmp_path / "runs" / name / "state.pt")["net"] for name in ("tiny", "tiny_drums")]
    assert weights[0].keys() != weights[1].keys()


def test_it_goes_on_with_what_is_there(burst, tmp_path: Path, tiny_recipe_file: Path) -> None:
    for _ in range(2):
        assert burst("--minutes", "0.02", recipes=(tiny_recipe_file,)) == 0
    steps = [json.loads(line)["step"] for line in (tmp_path / "runs/tiny/log.jsonl").read_text().splitlines()]
    assert len(steps) >= 2
    assert steps == sorted(set(steps))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--minutes", "1", "--start", "other=/nowhere"), "other"),
        (("--minutes", "1", "--start", "tiny=/nowhere"), "/nowhere"),
        (("--minutes", "1", "--set", 'name="same"'), "same"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    burst, arguments: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert burst(*arguments) == 1
    said = capsys.readouterr().err.strip()
    assert "\n" not in said
    assert named in said


def test_a_mix_is_heard_again_with_other_effects(tiny_recipe: NoteRecipe, tiny_banks: Path) -> None:
    trainer = new_trainer(tiny_recipe, "cpu")
    mixes = mixes_for(tiny_recipe, tiny_banks, tiny_banks, trainer)
    first, second = ReusedMixes(mixes, 2)[3]
    assert torch.equal(first.sound, mixes[3].sound)
    assert torch.equal(first.sound, second.sound)
    heard = [batch.finished(trainer.chain, torch.device("cpu"))[0] for batch in (first, second)]
    assert not torch.allclose(*heard)
    assert torch.equal(heard[0], mixes[3].finished(trainer.chain, torch.device("cpu"))[0])


def test_the_share_of_time_left_falls_to_zero() -> None:
    now_s = time.monotonic()
    assert Deadline(now_s - 3.0, now_s + 1.0).share_left == pytest.approx(0.25, abs=0.01)
    assert Deadline(now_s - 3.0, now_s - 1.0).share_left == 0.0


def test_a_device_is_held_against_the_cpu(tmp_path: Path) -> None:
    rate = 22_050
    soundfile.write(tmp_path / "song.wav", read(SONG, sample_rate=rate, mono=True).samples[: 5 * rate], rate)
    same = measure(tmp_path / "song.wav", "cpu")
    assert same.same_notes == 1.0
    assert same.largest_difference == 0.0
    assert same.times_real_time > 1.0
    assert "same_notes 1" in same.row()


def test_the_same_notes_are_those_of_one_pitch_and_time() -> None:
    notes = [Note(onset, onset + 1.0, pitch, 64) for onset, pitch in ((0.0, 60), (1.0, 62), (2.0, 64), (3.0, 65))]
    moved = [Note(0.015, 1.0, 60, 64), Note(1.1, 2.0, 62, 64), Note(2.0, 3.0, 63, 64)]
    assert share_found(notes, moved) == 0.25
    assert share_found([], moved) == 1.0
