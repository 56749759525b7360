import time

import numpy as np
import pytest

from mp3tomidi.transcribe.classify.similarity import SimilarityIndex

EMBEDDINGS = {"a": [1.0, 0.0], "b": [3.0, 4.0], "c": [0.0, 2.0], "silent": [0.0, 0.0]}


@pytest.fixture
def files(tmp_path):
    for name in EMBEDDINGS:
        (tmp_path / name).write_text(name)
    return [tmp_path / name for name in EMBEDDINGS]


def embed(path):
    return np.array(EMBEDDINGS[path.name], np.float32)


def test_the_nearest_come_first_with_their_cosines(files):
    index = SimilarityIndex("net")
    assert index.update(files, embed)
    near = index.nearest(np.array([0.0, 9.0], np.float32), 3)
    assert [name.rpartition("/")[2] for name, _ in near] == ["c", "b", "a"]
    assert [score for _, score in near] == pytest.approx([1.0, 0.8, 0.0])
    assert SimilarityIndex("net").nearest(np.ones(2, np.float32), 3) == []


def test_a_kept_index_listens_only_to_what_is_new_or_changed(files, tmp_path):
    index = SimilarityIndex("net")
    index.update(files, embed)
    index.write(tmp_path / "index.npz")
    kept = SimilarityIndex.read(tmp_path / "index.npz", "net")
    heard = []

    def note(path):
        heard.append(path.name)
        return None if path.name == "c" else embed(path)

    assert not kept.update(files, note)
    assert heard == []
    files[1].write_text("longer than before")
    files[2].write_text("can no longer be read")
    assert kept.update(files[1:], note)
    assert heard == ["b", "c"]
    assert [name.rpartition("/")[2] for name in kept.names] == ["b", "silent"]


def test_a_damaged_index_or_one_of_other_weights_is_made_anew(files, tmp_path):
    index = SimilarityIndex("net")
    index.update(files, embed)
    index.write(tmp_path / "index.npz")
    assert SimilarityIndex.read(tmp_path / "index.npz", "another").names == []
    (tmp_path / "index.npz").write_bytes((tmp_path / "index.npz").read_bytes()[:300])
    assert SimilarityIndex.read(tmp_path / "index.npz", "net").names == []
    assert SimilarityIndex.read(tmp_path / "none.npz", "net").names == []


def test_a_hundred_thousand_recordings_are_searched_at_once():
    rng = np.random.default_rng(0)
    rows = rng.random((100_000, 192), np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    names = [str(number) for number in range(len(rows))]
    index = SimilarityIndex("net", names, [""] * len(rows), rows)
    started_s = time.process_time()
    near = index.nearest(rows[77], 10)
    assert near[0] == ("77", pytest.approx(1.0, abs=1e-5))
    assert time.process_time() - started_s < 1.0  # 0.02 s on an idle core
