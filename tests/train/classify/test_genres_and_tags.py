"""The recipes without weights, `genre_tutorial` and `tags`, by name on small made trees in the data sets' layouts."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mp3tomidi.train.cli import main
from mp3tomidi.transcribe.classify.task import load_task

GENRES, TAGS = load_task("genre").classes, load_task("tags").classes
SOME_TAGS = TAGS[:4]
SECONDS, RATE = 2.3, 22_050
GENRE_NET = [
    "task.segment_samples=49152",
    "task.hop_samples=49152",
    "network.genre_net.frames=96",
    "network.genre_net.filter_frames=[4, 4, 2]",
    "training.batch_segments=16",
    "training.epochs=25",
]
TAG_NET = [
    f"task.classes={list(SOME_TAGS)}", "task.segment_samples=729", "task.hop_samples=729",
    "network.sample_cnn.first_samples=3", "network.sample_cnn.first_channels=8",
    "network.sample_cnn.channels=[8, 8, 8, 16, 16]", "network.sample_cnn.dropout=0.0", "training.learning_rate=0.1",
    "training.epochs=8", "training.warm_up_steps=5",
]  # fmt: skip


def changed(settings: list[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def beats(rng: np.random.Generator, number: int) -> np.ndarray:
    """A pulse of harmonics, of a pitch and a speed that each genre has for itself."""
    time_s = np.arange(round(SECONDS * RATE)) / RATE
    hz = 110.0 * 1.5 ** (number % 4) * 2.0 ** rng.uniform(-0.05, 0.05)
    tone = sum(np.sin(2 * np.pi * hz * partial * time_s) / partial for partial in range(1, 6))
    fade = np.exp(-8.0 * ((time_s * (3.0, 9.0)[number // 4] + rng.random()) % 1.0))
    return 0.2 * rng.uniform(0.3, 1.0) * (tone * fade + 0.1 * rng.standard_normal(len(time_s)))


@pytest.fixture(scope="module")
def gtzan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """genres_original/GENRE/GENRE.00000.wav, ten each, with lists: six teach, one chooses, three measure."""
    root = tmp_path_factory.mktemp("gtzan")
    rng = np.random.default_rng(1)
    listed: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for number, genre in enumerate(GENRES):
        (root / "genres_original" / genre).mkdir(parents=True)
        for take in range(10):
            name = f"{genre}/{genre}.{take:05}.wav"
            soundfile.write(root / "genres_original" / name, beats(rng, number), RATE)
            listed["train" if take < 6 else "valid" if take < 7 else "test"].append(name)
    for part, lines in listed.items():
        (root / f"{part}_list.txt").write_text("\n".join(lines))
    return root


@pytest.fixture(scope="module")
def magnatagatune(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip has two tags, one of which, a frequency, sounds; in folders 0 (teaches), c (chooses) and d (measures)."""
    root = tmp_path_factory.mktemp("magnatagatune")
    rng = np.random.default_rng(2)
    time_s = np.arange(4000) / 16_000
    lines = ["\t".join(["clip_id", *TAGS, "mp3_path"])]
    for clip, folder in enumerate("0" * 60 + "c" * 12 + "d" * 24):
        (root / folder).mkdir(exist_ok=True)
        there = [clip % len(SOME_TAGS), int(rng.integers(len(SOME_TAGS), len(TAGS)))]
        sound = np.sin(2 * np.pi * 150.0 * 2.5 ** there[0] * time_s + rng.uniform(0.0, 6.0))
        soundfile.write(root / folder / f"{clip}.wav", 0.3 * sound + 0.01 * rng.standard_normal(4000), 16_000)
        tagged = [str(int(tag in there)) for tag in range(len(TAGS))]
        lines.append("\t".join([str(clip), *tagged, f"{folder}/{clip}.wav"]))
    (root / "annotations_final.csv").write_text("\n".join(lines) + "\n")
    return root


def test_the_tutorials_recipe_learns_made_genres(gtzan, tmp_path):
    assert main(["classify", "genre_tutorial", "--data", str(gtzan), "--out", str(tmp_path), *changed(GENRE_NET)]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["recordings"] == 24
    assert report["accuracy"] > 0.75  # chance: one in eight
    assert [row["class"] for row in report["classes"]] == list(GENRES)


def test_the_recipe_for_tags_learns_made_tags(magnatagatune, tmp_path):
    assert main(["classify", "tags", "--data", str(magnatagatune), "--out", str(tmp_path), *changed(TAG_NET)]) == 0
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["recordings"] == 24
    assert report["mean_auc"] > 0.9
