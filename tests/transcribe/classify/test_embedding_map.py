import csv
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mp3tomidi.transcribe.classify.classifier import Classification
from mp3tomidi.transcribe.classify.embedding_map import laid_out, map_segments, to_csv
from mp3tomidi.transcribe.classify.task import Task
from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.program.classify_cli import main

TASK = Task("pitch", "how high", ("low", "high"))


def heard(embeddings, silent=None) -> Classification:
    count = len(embeddings)
    starts_s = np.arange(count, dtype=np.float64)
    said = np.tile(np.float32([0.2, 0.8]), (count, 1))
    silent = np.zeros(count, np.bool_) if silent is None else np.array(silent)
    return Classification(
        TASK, float(count), said[0], starts_s, starts_s + 1, np.zeros(count), silent, said, np.float32(embeddings)
    )


def test_principal_components_keep_distances_of_what_lies_in_a_plane():
    rng = np.random.default_rng(1)
    flat = rng.standard_normal((40, 2)) * [5.0, 1.0]
    turned = flat @ np.linalg.qr(rng.standard_normal((7, 7)))[0][:2]
    places = laid_out(turned.astype(np.float32) + 3.0, "pca")
    between = [np.linalg.norm(points[:, None] - points[None], axis=2) for points in (flat, places)]
    assert np.allclose(*between, atol=1e-3)
    assert places[:, 0].std() > places[:, 1].std()
    assert np.allclose(laid_out(turned.astype(np.float32), "pca"), places, atol=1e-3)


def test_umap_is_asked_for_a_map_that_is_the_same_every_time(monkeypatch):
    asked = {}

    class Umap:  # its compiler takes half a minute
        def __init__(self, **settings):
            asked.update(settings)

        def fit_transform(self, embeddings):
            return embeddings[:, :2]

    monkeypatch.setitem(sys.modules, "umap", SimpleNamespace(UMAP=Umap))
    embeddings = np.random.default_rng(1).standard_normal((8, 5)).astype(np.float32)
    assert np.array_equal(laid_out(embeddings, "umap"), embeddings[:, :2])
    assert (asked["n_neighbors"], asked["random_state"], asked["init"]) == (7, 1, "random")
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(OutputError, match=r"pip install .mp3tomidi\[umap\]"):
        laid_out(embeddings, "umap")


def test_silent_segments_are_on_no_map_and_too_few_make_none():
    segments = map_segments([("a", heard(np.eye(3), [False, True, False])), ("b", heard(np.eye(3)[:2]))], "pca")
    assert [(each.file, each.start_s) for each in segments] == [("a", 0.0), ("a", 2.0), ("b", 0.0), ("b", 1.0)]
    assert {each.label for each in segments} == {"high"}
    rows = list(csv.DictReader(to_csv(segments).splitlines()))
    assert rows[1] | {"x": "", "y": ""} == {
        "file": "a", "start_s": "2.000", "end_s": "3.000", "x": "", "y": "", "class": "high", "confidence": "0.8000"
    }  # fmt: skip
    with pytest.raises(OutputError, match="three segments"):
        map_segments([("a", heard(np.eye(3)[:2]))], "pca")


@pytest.mark.parametrize("colour", ["class", "file"])
def test_the_command_draws_a_map_and_writes_its_table(music, weights, tmp_path, capfd, colour):
    words = ["map", str(music), "--colour", colour, "--task", "pitch", "--weights", str(weights)]
    assert main([*words, "-o", str(tmp_path / "out" / "map.png")]) == 0
    assert (tmp_path / "out" / "map.png").read_bytes().startswith(b"\x89PNG")
    rows = list(csv.DictReader((tmp_path / "out" / "map.csv").read_text().splitlines()))
    assert len(rows) == 26  # of 28 two are silent
    x = {label: {round(float(row["x"]), 2) for row in rows if row["class"] == label} for label in ("low", "high")}
    assert max(x["low"]) < min(x["high"]) or max(x["high"]) < min(x["low"])
    assert main([*words, "-o", str(tmp_path / "out" / "map.png")]) == 1
    assert main([*words, "-o", str(tmp_path / "map.jpg")]) == 1
    assert "exists already" in (said := capfd.readouterr().err)
    assert "ends in .png" in said
