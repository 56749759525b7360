"""Data sets by the API: looked at, tried with effects, made, cloned, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from starlette.testclient import TestClient

from mp3tomidi.augment import recipe as recipes

from .lab_data import finished, job, start, write_tones
from .servers import NO_JOBS, client_of, wait_until

REVERB = {"effect": "reverb", "rt60_s": [0.3, 0.5]}
SPEED = {"effect": "speed", "semitones": [2, 2]}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def lab(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    tones = tmp_path_factory.mktemp("data") / "tones"
    write_tones(tones, 3)
    with client_of(kept, NO_JOBS, data=[tones]) as client:
        yield client


def test_a_folder_is_looked_at(lab: TestClient, kept: Path) -> None:
    done = finished(lab, start(lab, "look", "my tones", place="tones"))
    assert (done["kind"], done["name"], done["reason"]) == ("look", "my tones", None)
    found = lab.get(f"/api/jobs/{done['id']}/result").json()
    assert (found["sounds"], found["failures"], found["notes"]) == (6, [], 6)
    assert found["duration_s"] == pytest.approx(6.0)
    assert found["classes"] == [["high", 3], ["low", 3]]
    assert (found["pitches"][45], found["pitches"][81], sum(found["pitches"])) == (3, 3, 6)
    for name in ("durations", "levels"):
        assert len(found[name]["edges"]) == len(found[name]["counts" if name == "durations" else "rms"]) + 1
    assert sum(found["durations"]["counts"]) == sum(found["levels"]["rms"]) == 6
    sheet = lab.get(f"/api/jobs/{done['id']}/sheet").content
    assert len(sheet) == sum(sound["columns"] * sound["bands"] for sound in found["sheet"])
    low = next(sound for sound in found["sheet"] if sound["class"] == "low")
    levels = np.frombuffer(sheet, np.uint8, low["columns"] * low["bands"], low["offset"]).reshape(low["columns"], -1)
    assert 21 + levels.mean(axis=0).argmax() / 3 == pytest.approx(45, abs=0.5)
    assert low["notes"] == [[0.1, 0.9, 45]]
    assert lab.get("/api/sound", params={"place": low["place"]}).content[:4] == b"fLaC"


def test_a_sample_is_tried_before_after_and_replayed(lab: TestClient) -> None:
    body = {"place": "tones/low/low-0.wav", "within": "tones", "recipe": {"steps": [REVERB, SPEED]}, "seed": 3}
    answer = lab.post("/api/previews", json=body)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert [effect["effect"] for effect in shown["effects"]] == ["reverb", "speed"]
    assert 0.3 <= shown["effects"][0]["drawn"]["rt60_s"] <= 0.5
    factor = 2 ** (2 / 12)
    assert shown["before"]["notes"] == [[0.1, 0.9, 45]]
    assert shown["after"]["notes"][0] == pytest.approx([0.1 / factor, 0.9 / factor, 47], abs=1e-3)
    sounds = {v: lab.get(f"/api/previews/{shown['id']}/{v}/sound").content for v in ("before", "after", "replayed")}
    assert shown["is_same"] and sounds["after"] == sounds["replayed"] != sounds["before"]
    levels = lab.get(f"/api/previews/{shown['id']}/after/levels").content
    assert len(levels) == shown["after"]["columns"] * shown["after"]["bands"]
    assert lab.post("/api/previews", json=body).json()["sha256"] == shown["sha256"]
    assert lab.post("/api/previews", json={**body, "seed": 4}).json()["sha256"] != shown["sha256"]
    assert lab.get("/api/previews/0123456789abcdef/after/sound").status_code == 404


def test_what_is_tried_is_what_is_made(lab: TestClient, kept: Path, tmp_path: Path) -> None:
    recipe = {"description": "a test", "steps": [REVERB, {"any_order": [SPEED, {"effect": "filter", "share": 0.5}]}]}
    tried = lab.post(
        "/api/previews", json={"place": "tones/low/low-0.wav", "within": "tones", "recipe": recipe, "seed": 5}
    ).json()
    id = start(lab, "augment", "louder", place="tones", recipe=recipe, copies=2, seed=5, format="flac")
    made = finished(lab, id)
    head, *rows = map(json.loads, (kept / "made" / id / "manifest.jsonl").read_text("utf-8").splitlines())
    assert (len(rows), head["seed"], head["format"]) == (12, 5, "flac")
    row = next(row for row in rows if row["source"] == "low/low-0.wav" and row["copy"] == 1)
    assert [effect["drawn"] for effect in row["effects"]] == [effect["drawn"] for effect in tried["effects"]]
    assert {effect["effect"] for effect in tried["effects"]} <= {"reverb", "speed", "filter"}
    assert made["worked_s"] > 0

    listing = lab.get("/api/folders", params={"place": "made"}).json()
    assert [(folder["place"], folder["name"]) for folder in listing["folders"]] == [(f"made/{id}", "louder")]
    clone = lab.post(f"/api/jobs/{id}/clone").json()
    assert clone["options"] == made["options"] and clone["id"] != id
    assert lab.delete(f"/api/jobs/{clone['id']}").status_code == 204

    text = lab.post("/api/recipe", json=recipe).text
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    read = recipes.load(tmp_path / "mine.toml")
    assert read.to_mapping()["steps"] == recipes.from_mapping(recipe).to_mapping()["steps"]

    assert lab.delete(f"/api/jobs/{id}").status_code == 204
    assert not (kept / "made" / id).exists() and not (kept / "jobs" / id).exists()
    assert lab.get(f"/api/jobs/{id}").status_code == 404


def test_a_job_is_stopped_and_goes_on(lab: TestClient, kept: Path) -> None:
    id = start(lab, "augment", "many", place="tones", recipe={"steps": [REVERB]}, copies=400)
    wait_until(lambda: (job(lab, id).get("progress") or {}).get("fraction"))
    progress = job(lab, id)["progress"]
    assert progress["left_s"] > 0 and "copies" in progress["text"]
    assert lab.post(f"/api/jobs/{id}/resume", json={}).status_code == 409
    assert lab.post(f"/api/jobs/{id}/cancel").status_code == 202
    wait_until(lambda: job(lab, id)["state"] == "cancelled")
    made = len((kept / "made" / id / "manifest.jsonl").read_text("utf-8").splitlines())
    assert 1 < made < 2401
    assert lab.post(f"/api/jobs/{id}/resume", json={}).status_code == 202
    wait_until(lambda: len((kept / "made" / id / "manifest.jsonl").read_text("utf-8").splitlines()) > made)
    assert lab.delete(f"/api/jobs/{id}").status_code == 204
    assert lab.get(f"/api/jobs/{id}").status_code == 404
    assert not (kept / "made" / id).exists()


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({"kind": "dance"}, 422, "kind"),
        ({"kind": "look"}, 422, "place"),
        ({"kind": "look", "options": {"place": "tones", "colour": 1}}, 422, "colour"),
        ({"kind": "look", "options": {"place": "tones/../.."}}, 404, "nothing"),
        ({"kind": "look", "options": {"place": "tones/low/low-0.wav"}}, 422, "folder"),
        ({"kind": "augment", "options": {"place": "tones", "recipe": {"steps": []}}}, 422, "no steps"),
        ({"kind": "augment", "options": {"place": "tones", "recipe": {"steps": [{"effect": "rverb"}]}}}, 422, "reverb"),
        ({"kind": "augment", "options": {"place": "tones", "recipe": [], "copies": 0}}, 422, "copies"),
        (
            {
                "kind": "augment",
                "options": {"place": "tones", "recipe": {"steps": [{"effect": "noise_files", "folder": "/etc"}]}},
            },
            404,
            "no folder",
        ),
        ({"kind": "train", "options": {"recipe": "folders"}}, 422, "data"),
        ({"kind": "train", "options": {"recipe": "note_net"}}, 422, "banks"),
        ({"kind": "train", "options": {"recipe": "nothing"}}, 422, "recipe"),
        ({"kind": "train", "options": {"recipe": "folders", "data": "tones", "device": "cpu; rm"}}, 422, "device"),
        ({"kind": "train", "options": {"recipe": "folders", "data": "tones", "start": "../x"}}, 422, "start"),
        ({"kind": "classify", "options": {"place": "tones", "classifier": "../.."}}, 404, "classifier"),
        ({"kind": "evaluate", "options": {"place": "tones", "weights": "/etc"}}, 422, "weights"),
        ({"kind": "export", "options": {"banks": "tones", "run": "0123456789abcdef"}}, 422, "run"),
    ],
)
def test_what_cannot_be_done_is_said(lab: TestClient, body: dict[str, object], status: int, named: str) -> None:
    answer = lab.post("/api/jobs", json=body)
    assert (answer.status_code, named in answer.json()["error"]) == (status, True), answer.text


def test_a_job_that_fails_says_why(lab: TestClient) -> None:
    id = start(lab, "train", recipe="folders", data="tones", changes=["training.epoch=3"])
    wait_until(lambda: job(lab, id)["state"] == "failed")
    assert "no setting 'epoch'" in job(lab, id)["reason"]
    assert "no setting 'epoch'" in lab.get(f"/api/jobs/{id}/log").text
