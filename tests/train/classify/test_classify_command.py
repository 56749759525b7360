"""mp3tomidi-train classify as a user calls it: it teaches, goes on, measures, and every mistake is one line."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from mp3tomidi.train.classify import command
from mp3tomidi.train.cli import main
from mp3tomidi.train.datasets.labelled_recordings import LabelledRecording
from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.checkpoint import load_classifier, load_pooling
from mp3tomidi.transcribe.classify.classifier import Classifier
from mp3tomidi.transcribe.inference.session import Session

RATE = 8000
ONE_EPOCH = ("--set", "training.epochs=1", "--set", "training.cool_down_epochs=0")
RECIPE = """
name = "pitches"

[task]
name = "pitches"
about = "how high a tone is"
sample_rate = 8_000
segment_samples = 729
hop_samples = 729

[network.sample_cnn]
first_samples = 3
first_channels = 8
channels = [8, 8, 8, 16, 16]
dropout = 0.0

[training]
learning_rate = 3e-3
warm_up_steps = 5
segments_per_recording = 12
epochs = 6
cool_down_epochs = 3
"""


def teach(recipe_file: Path, data: Path, out: Path, *more: str) -> int:
    return main(["classify", str(recipe_file), "--data", str(data), "--out", str(out), *more])


def rows_of(run: Path) -> list[dict]:
    """Without what depends on the machine."""
    rows = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    return [{name: value for name, value in row.items() if name != "data_wait_s"} for row in rows]


def one_line(capsys: pytest.CaptureFixture[str], *named: str) -> None:
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert all(name in said[0] for name in named), said[0]


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "pitches.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def teaching_only(monkeypatch: pytest.MonkeyPatch) -> list:
    """Leaves out what follows the teaching, which takes longer than it; collects the cards that were to be written."""
    cards: list = []
    monkeypatch.setattr(command, "export_classifier", lambda *exported: cards.append(exported[-1]))
    monkeypatch.setattr(command, "Classifier", lambda *_: None)
    monkeypatch.setattr(command, "measure_recordings", lambda *_: None)
    monkeypatch.setattr(command, "_write_report", lambda *_: None)
    return cards


@pytest.fixture(scope="module")
def taught(pitches: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run on the tones, its segments merged by attention. Not to be written to."""
    folder = tmp_path_factory.mktemp("taught")
    (folder / "pitches.toml").write_text(RECIPE)
    attention = ("--set", "task.merging=attention")
    assert teach(folder / "pitches.toml", pitches, folder / "run", *attention) == 0
    return folder / "run"


def test_a_network_learns_folders_and_its_weights_tell_recordings_it_never_heard(taught, tmp_path):
    report = json.loads((taught / "report.json").read_text())
    assert report["accuracy"] == 1.0
    assert np.array(report["confusion"]).sum() == 2  # a tenth of each class measures
    assert "high" in (taught / "report.txt").read_text()
    assert (taught / "confusion.png").read_bytes().startswith(b"\x89PNG")
    classifier = Classifier("pitches", taught / "weights")
    for hz, name in ((2200, "high"), (150, "low")):
        sound = (0.3 * np.sin(2 * np.pi * hz * np.arange(RATE) / RATE)).astype(np.float32)
        assert classifier.classify(Audio(sound, RATE)).top()[0][0] == name


def test_the_recordings_of_a_list_are_measured(taught, pitches, tmp_path, capsys):
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("".join(f"{pitches / name}\n" for name in ("low/0.wav", "low/1.wav", "high/0.wav")))
    assert main(["classes", "pitches", str(chosen), "--weights", str(taught / "weights")]) == 0
    said = capsys.readouterr().out
    assert "3 recordings" in said
    assert "'mean': 1.0" in said


def test_short_recordings_are_counted_in_one_line(taught, tmp_path, capsys, caplog):
    recordings = []
    for name, hz in (("high", 2200), ("low", 150)):
        path = tmp_path / f"{name}.wav"
        soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * np.arange(700) / RATE), RATE)
        recordings.append(LabelledRecording(path, (name,)))
    command.measure_recordings(Classifier("pitches", taught / "weights"), recordings)
    one_line(capsys, "2 of 2 are shorter than 0.09 s: filled up with silence")
    assert not caplog.records


def test_weights_of_both_files_say_the_same(taught):
    net, pooling = (load(taught / "weights", "pitches") for load in (load_classifier, load_pooling))
    sound = torch.randn(3, 729)
    with torch.no_grad():
        embedding = net.embed(sound)
        said = torch.softmax(net(sound), dim=1)
        facts = torch.rand(3, 3)
        merged = torch.softmax(pooling(embedding[None], facts[None], torch.ones(1, 3)), dim=1)[0]
    session = Session(taught / "weights", "classify_pitches")
    answer, embedded = session.outputs(sound.numpy())
    assert np.allclose(answer, said, atol=1e-5)
    assert np.allclose(embedded, embedding, atol=1e-4)
    of_recording = Session(taught / "weights", "classify_pitches_pooling")(embedded, facts.numpy())
    assert np.allclose(of_recording, merged, atol=1e-5)


def test_a_taught_network_is_where_another_begins(taught, pitches, recipe_file, tmp_path, teaching_only):
    start = ("--start", str(taught / "weights" / "pitches"), "--set", "training.learning_rate=1e-9", *ONE_EPOCH)
    assert teach(recipe_file, pitches, tmp_path / "run", *start) == 0
    assert rows_of(tmp_path / "run")[0]["valid_right"] == 1.0
    begun = teaching_only[0]["begins_with"]
    first = (taught / "weights" / "classify_pitches.safetensors").read_bytes()
    assert begun == {"network": "classify_pitches", "sha256": hashlib.sha256(first).hexdigest()}
    assert main(["classify", "--resume", str(tmp_path / "run"), "--data", str(pitches)]) == 0
    assert teaching_only[1]["begins_with"] == begun


def test_the_same_seed_gives_the_same_run_and_a_resumed_one_is_that_of_one_piece(
    pitches, recipe_file, tmp_path, teaching_only
):
    averaged = ("--set", "training.average_decay=0.9")
    two_epochs = ("--set", "training.epochs=2", "--set", "training.cool_down_epochs=0", *averaged)
    assert teach(recipe_file, pitches, tmp_path / "one", *two_epochs) == 0
    assert teach(recipe_file, pitches, tmp_path / "half", *ONE_EPOCH, *averaged) == 0
    words = ["classify", "--resume", str(tmp_path / "half"), "--data", str(pitches), *two_epochs]
    assert main(words) == 0
    one, half = (torch.load(tmp_path / name / "state.pt", weights_only=True)["net"] for name in ("one", "half"))
    assert all(torch.equal(one[name], half[name]) for name in one)
    assert rows_of(tmp_path / "one") == rows_of(tmp_path / "half")


def test_training_ends_when_the_loss_no_longer_falls(pitches, recipe_file, tmp_path, teaching_only):
    still = ("--set", "training.learning_rate=1e-12", "--set", "training.patience_epochs=2")
    assert teach(recipe_file, pitches, tmp_path / "run", *still, "--set", "training.epochs=40") == 0
    assert len(rows_of(tmp_path / "run")) < 20


def test_effects_of_a_recipe_are_laid_over_what_teaches(pitches, recipe_file, tmp_path, teaching_only):
    plain, wet = tmp_path / "plain", tmp_path / "wet"
    assert teach(recipe_file, pitches, plain, *ONE_EPOCH) == 0
    assert teach(recipe_file, pitches, wet, *ONE_EPOCH, "--set", "augmentation=note_net") == 0
    assert rows_of(plain)[0]["loss"] != rows_of(wet)[0]["loss"]


def test_what_cannot_be_read_and_what_is_silent_is_named_and_left_out(
    recipe_file, tmp_path, capsys, pitches, teaching_only
):
    root = tmp_path / "data"
    shutil.copytree(pitches, root)
    (root / "low" / "broken.wav").write_bytes(b"RIFF no sound")
    soundfile.write(root / "low" / "silent.wav", np.zeros(4000), RATE)
    heard = [f"{name}/{number}.wav" for name in ("low", "high") for number in range(8)]
    lists = {"train": ["low/broken.wav", "low/silent.wav", *heard]}
    lists |= {"valid": ["low/8.wav", "high/8.wav"], "test": ["low/9.wav", "high/9.wav"]}
    for part, lines in lists.items():
        (root / f"{part}_list.txt").write_text("\n".join(lines))
    assert teach(recipe_file, root, tmp_path / "run", *ONE_EPOCH) == 0
    said = capsys.readouterr().err
    assert "left out" in said
    assert "broken.wav" in said
    assert "silent.wav is silent" in said
    assert teaching_only[0]["taught_on"]["recordings"] == 16


def test_every_mistake_is_one_line(pitches, recipe_file, tmp_path, capsys, tiny_banks):
    assert main(["classify", "moods", "--data", str(pitches)]) == 1
    one_line(capsys, "no recipe 'moods'", "genre")
    assert main(["classify", str(recipe_file)]) == 1
    one_line(capsys, "--data", "--banks")
    assert teach(recipe_file, tmp_path / "nowhere", tmp_path / "run") == 1
    one_line(capsys, "nowhere", "no such folder")
    assert teach(recipe_file, pitches, tmp_path / "run", "--set", "training.speed=3") == 1
    one_line(capsys, "no setting 'speed'")
    assert teach(recipe_file, pitches, tmp_path / "run", "--set", "task.segment_samples=1000") == 1
    one_line(capsys, "729", "1000")
    assert teach(recipe_file, pitches, tmp_path / "run", "--set", "augmentation=loud") == 1
    one_line(capsys, "no recipe 'loud'")
    assert main(["classify", "--resume", str(tmp_path / "nothing"), "--data", str(pitches)]) == 1
    one_line(capsys, "nothing", "no run to resume")
    assert main(["classify", "playing_quality", "--banks", str(tiny_banks), "--out", str(tmp_path / "run")]) == 1
    one_line(capsys, "attention")
    assert main(["classify", "effects", "--banks", str(tiny_banks), "--out", str(tmp_path / "run")]) == 1
    one_line(capsys, "--start WEIGHTS/effects")
    assert not (tmp_path / "run" / "state.pt").exists()


def test_a_network_is_taught_on_sound_rendered_from_banks(tiny_banks, tmp_path):
    recipe = tmp_path / "families.toml"
    recipe.write_text(
        """
name = "families"
[task]
name = "families"
about = "which families sound"
answer = "many"
classes = ["piano", "bass", "voice"]
segment_samples = 6561
hop_samples = 6561
[network.sample_cnn]
first_samples = 9
first_channels = 8
channels = [8, 8, 8, 16, 16, 16]
[training]
epochs = 1
batch_segments = 4
[data]
banks = [{name = "sines"}]
round_batches = 2
uses = 2
epoch_batches = 4
valid_batches = 2
[data.mix]
empty_share = 0.0
""".replace('[[data.banks]]\nname = "sines"\n[data]', '[data]\nbanks = [{name = "sines"}]')
    )
    assert main(["classify", str(recipe), "--banks", str(tiny_banks), "--out", str(tmp_path / "run")]) == 0
    card = json.loads((tmp_path / "run" / "weights" / "classify_families.json").read_text())
    assert card["segments_seen"] == 16
    assert card["taught_by"][0]["licence"]
