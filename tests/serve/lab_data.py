"""A small data set and a recipe that learns it in seconds, for the tests of data sets, runs and classifiers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from .servers import wait_until

RATE = 8000
LOW_HZ, HIGH_HZ = 110.0, 880.0  # A2 and A5, MIDI 45 and 81
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
segments_per_recording = 8
epochs = 4
"""


def write_tones(folder: Path, count: int = 8) -> None:
    """`count` tones of a second in `low` and in `high`, each with its note beside it, and recipe.toml."""
    rng = np.random.default_rng(0)
    time_s = np.arange(RATE) / RATE
    for name, hertz, pitch in (("low", LOW_HZ, 45), ("high", HIGH_HZ, 81)):
        (folder / name).mkdir(parents=True)
        for number in range(count):
            sound = rng.uniform(0.1, 0.5) * np.sin(2.0 * np.pi * hertz * time_s)
            path = folder / name / f"{name}-{number}.wav"
            soundfile.write(path, sound + rng.normal(0.0, 0.01, RATE), RATE)
            path.with_suffix(".notes.tsv").write_text(f"0.1\t0.9\t{pitch}\t90\n", encoding="utf-8")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")


def start(client: Any, kind: str, name: str = "a job", **options: Any) -> str:
    """The id of a new job."""
    answer = client.post("/api/jobs", json={"kind": kind, "name": name, "options": options})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def job(client: Any, id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/api/jobs/{id}").json()
    return found


def finished(client: Any, id: str, seconds: float = 240.0) -> dict[str, Any]:
    """A job once it is done; it must not fail."""
    started_s = time.monotonic()
    wait_until(lambda: job(client, id)["state"] not in ("queued", "running"), seconds)
    found = job(client, id)
    assert found["state"] == "done", (
        found["reason"],
        time.monotonic() - started_s,
        client.get(f"/api/jobs/{id}/log").text,
    )
    return found
