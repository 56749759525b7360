"""Runs and classifiers by the API: a network is taught, goes on after a kill, is measured, exported, and asked."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .lab_data import finished, job, start
from .servers import served, server_process, upload, wait_until

ENDLESS = ["training.epochs=100000", "training.patience_epochs=0"]


@pytest.fixture(scope="module")
def server(tones: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with (
        served(tmp_path_factory.mktemp("kept"), data=[tones]) as address,
        httpx.Client(base_url=address, timeout=180.0) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def run(server: httpx.Client) -> dict[str, Any]:
    """A run that has ended."""
    id = start(server, "train", "pitches of tones", recipe="tones/recipe.toml", data="tones", changes=["name='mine'"])
    return finished(server, id)


def test_a_run_leaves_figures_scores_and_weights(server: httpx.Client, run: dict[str, Any]) -> None:
    path = f"/api/jobs/{run['id']}"
    rows = server.get(f"{path}/rows").json()["rows"]
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    assert all(row["loss"] > 0 and row["valid_loss"] > 0 for row in rows)
    assert server.get(f"{path}/rows", params={"from": 3}).json()["rows"] == rows[3:]
    found = server.get(f"{path}/report").json()
    assert (found["recipe"]["name"], found["recipe"]["training"]["epochs"]) == ("mine", 4)
    assert [row["class"] for row in found["report"]["classes"]] == ["high", "low"]
    archive = zipfile.ZipFile(io.BytesIO(server.get(f"{path}/weights").content))
    assert {name.rpartition(".")[2] for name in archive.namelist()} == {"json", "onnx", "safetensors"}
    card = json.loads(archive.read("classify_pitches.json"))
    assert card["recipe"]["name"] == "mine"


def test_one_is_classified(server: httpx.Client, run: dict[str, Any], tones: Path) -> None:
    known = server.get("/api/classifiers").json()["classifiers"]
    mine = next(one for one in known if one["id"] == run["id"])
    assert (mine["name"], mine["classes"]) == ("pitches of tones", ["high", "low"])
    path = f"/api/classifiers/{run['id']}/classify"
    content = (tones / "low" / "low-0.wav").read_bytes()
    told = server.post(path, params={"name": "a.wav", "layers": "true"}, content=content).json()
    assert told == server.get(path, params={"place": "tones/low/low-0.wav", "layers": "true"}).json()
    assert len(told["top"]) == 2
    assert sum(one["confidence"] for one in told["top"]) == pytest.approx(1.0, abs=1e-3)
    assert len(told["segments"]) == 11
    kinds = [layer["kind"] for layer in told["layers"]]
    assert kinds.count("Conv1d") >= 6 and kinds[-1] == "Linear"
    assert told["layers"][-1]["shape"] == [2]
    refused = server.post(path, params={"name": "../../no sound.mp3"}, content=b"no sound" * 100)
    assert refused.status_code == 422
    assert "no sound.mp3" in refused.json()["error"] and "/" not in refused.json()["error"]
    assert server.get("/api/recordings").json() == {"recordings": []}
    recording = upload(server, content)
    assert server.get(path, params={"recording": recording}).json()["top"] == told["top"]
    assert server.get("/api/classifiers/nothing/classify", params={"place": "tones"}).status_code == 404


def test_many_are_classified(server: httpx.Client, run: dict[str, Any]) -> None:
    done = finished(server, start(server, "classify", place="tones", classifier=run["id"]))
    found = server.get(f"/api/jobs/{done['id']}/result").json()
    assert [row["is"] for row in found["recordings"]] == ["high"] * 8 + ["low"] * 8
    confusion = found["scores"]["confusion"]
    assert [sum(row) for row in confusion] == [8, 8]
    told = [found["classes"][row["probabilities"].index(max(row["probabilities"]))] for row in found["recordings"]]
    right = sum(row["is"] == name for row, name in zip(found["recordings"], told, strict=True))
    assert right == confusion[0][0] + confusion[1][1]
    points = found["map"]["points"]
    assert len(points) == 16 and all(-1 <= value <= 1 for point in points for value in point)
    assert 0.5 < found["map"]["share"] <= 1.0


def test_a_list_says_which_are_classified_and_what_they_are(server: httpx.Client, run: dict[str, Any]) -> None:
    listed = 'low/low-1.wav\n"high/high-2.wav", low\nlow/low-1.wav\n\nhigh/high-3.wav,\n'
    done = finished(server, start(server, "classify", place="tones", classifier=run["id"], list=listed))
    found = server.get(f"/api/jobs/{done['id']}/result").json()
    assert [(row["name"], row["is"]) for row in found["recordings"]] == [
        ("low/low-1.wav", "low"),  # by its folder
        ("high/high-2.wav", "low"),  # as the list has it
        ("high/high-3.wav", "high"),
    ]
    for wrong, status in (
        ("low/none.wav", 404),
        ("../recipe.toml", 404),
        ("recipe.toml", 422),
        ("\n", 422),
        ('"low', 422),
    ):
        options = {"place": "tones", "classifier": run["id"], "list": wrong}
        answer = server.post("/api/jobs", json={"kind": "classify", "name": "x", "options": options})
        assert answer.status_code == status, (wrong, answer.text)


def test_a_killed_server_loses_no_run(tones: Path, tmp_path: Path) -> None:
    with server_process(tmp_path, "--data", str(tones)) as (address, process), httpx.Client(base_url=address) as client:
        id = start(client, "train", recipe="tones/recipe.toml", data="tones", changes=ENDLESS)
        waiting = start(client, "look", place="tones")
        wait_until(lambda: (job(client, id).get("progress") or {}).get("rows", 0) >= 3, 180.0)
        process.kill()
        process.wait()
    log = tmp_path / "jobs" / id / "run" / "log.jsonl"
    wait_until(lambda: not _is_running(id))  # the run ends with its server
    rows = log.read_text("utf-8").splitlines()
    with server_process(tmp_path, "--data", str(tones)) as (address, _), httpx.Client(base_url=address) as client:
        assert job(client, id)["state"] == "interrupted"
        assert "resume" in job(client, id)["reason"]
        finished(client, waiting)
        assert client.post(f"/api/jobs/{id}/resume", json={}).status_code == 202
        wait_until(lambda: len(log.read_text("utf-8").splitlines()) > len(rows), 180.0)
        assert log.read_text("utf-8").splitlines()[: len(rows)] == rows
        steps = [json.loads(row)["step"] for row in log.read_text("utf-8").splitlines()]
        assert steps == [float(step) for step in range(1, len(steps) + 1)]
        client.post(f"/api/jobs/{id}/cancel")
        wait_until(lambda: job(client, id)["state"] == "cancelled")
        assert client.get(f"/api/jobs/{id}/weights").status_code == 409  # test_browser_lab.py ends one, and gets them


def _is_running(id: str) -> bool:
    commands = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    return any(id.encode() in command for command in commands)
