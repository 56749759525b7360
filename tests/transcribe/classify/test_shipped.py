"""The classifiers that come along: what their cards say, and what they tell of sound with a known answer."""

import json
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.transcribe.audio.reading import Audio
from mp3tomidi.transcribe.classify.classifier import PRESENT, Classifier
from mp3tomidi.transcribe.classify.task import load_task, task_names
from mp3tomidi.transcribe.networks.registry import SEGMENT_CLASSIFIER
from mp3tomidi.transcribe.networks.weight_files import shipped_folder
from mp3tomidi.transcribe.program.classify_cli import main

SHIPPED = ("effects", "instrument", "playing_quality", "singing")
EXAMPLE = Path(__file__).parents[3] / "examples" / "song.mp3"  # a piano, a jazz guitar, a bass and drums
MOST_BYTES = 8_000_000
RATE = 16_000


def name_of(task: str) -> str:
    return SEGMENT_CLASSIFIER.for_task(task).name


def card_of(task: str) -> dict:
    return json.loads((shipped_folder() / f"{name_of(task)}.json").read_text())


def test_all_that_come_along_are_tested_here_and_are_small():
    files = [path for path in shipped_folder().iterdir() if path.name.startswith(name_of(""))]
    networks = {name_of(task) for task in SHIPPED} | {name_of("playing_quality") + "_pooling"}
    assert {path.stem for path in files} == networks
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


@pytest.mark.parametrize("task", SHIPPED)
def test_a_card_says_what_taught_the_network_and_how_good_it_is(task):
    card = card_of(task)
    assert card["licence"] == "CC0-1.0"
    assert all(credit["licence"] and credit["attribution"] for credit in card["taught_by"])
    assert card["scores"]
    assert all(member["recipe"]["data"]["held_out"] for member in card.get("members", [card]))
    assert Classifier(task).task == load_task(task)


def test_the_instruments_of_the_example_are_heard():
    heard = Classifier("instrument").classify(EXAMPLE)
    assert {name for name, _ in heard.top(2)} <= {"piano", "guitar", "bass"}


def test_nobody_sings_in_the_example():
    heard = Classifier("singing").classify(EXAMPLE)
    assert heard.probabilities[0] < PRESENT
    assert heard.spans("singing") == []


@pytest.mark.parametrize("task", SHIPPED)
def test_level_and_sample_rate_change_little(task):
    rng = np.random.default_rng(1)
    time_s = np.arange(4 * RATE) / RATE
    tone = sum(np.sin(2 * np.pi * 220 * number * time_s) / number for number in range(1, 9))
    sound = (0.1 * tone * np.exp(-2 * (time_s % 1.0)) + 1e-4 * rng.standard_normal(len(time_s))).astype(np.float32)
    classifier = Classifier(task)
    loud, soft = (classifier.classify(Audio(gain * sound, RATE)).probabilities for gain in (1.0, 0.01))
    assert np.allclose(loud, soft, atol=0.02)
    assert not classifier.classify(Audio(np.zeros(4 * RATE, np.float32), RATE)).top()


def test_the_command_needs_no_options(capfd):
    assert main([str(EXAMPLE)]) == 0
    (line,) = capfd.readouterr().out.splitlines()
    assert line.startswith(f"{EXAMPLE}: ")
    assert line.count("%") == 5


def test_a_task_without_weights_says_how_to_teach_it(capfd):
    without = [name for name in task_names() if name not in SHIPPED]
    for name in without:
        assert main([str(EXAMPLE), "--task", name]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == len(without)
    assert all("mp3tomidi-" in line for line in lines)
