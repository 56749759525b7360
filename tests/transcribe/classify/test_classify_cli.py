"""mp3tomidi-classify as a user calls it: what it writes, its exit statuses, and every mistake in one line."""

import csv
import io
import json
from importlib import resources

import jsonschema
import numpy as np
import pytest
import soundfile

from mp3tomidi.transcribe.program.classify_cli import main


@pytest.fixture
def classify(weights):
    """Calls the command with the weights made by hand."""
    return lambda *words: main([*map(str, words), "--task", "pitch", "--weights", str(weights)])


def test_a_line_for_each_recording_goes_to_standard_output(classify, music, capfd):
    assert classify(music) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == f"{music}/high.wav: high 100 %, low 0 %"
    assert [line.partition(": ")[2][:7] for line in lines] == ["high 10", "low 100", "high 67"]


def test_the_timeline_has_a_line_for_each_segment(classify, music, capfd):
    assert classify(music / "more", "--segments") == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) == 9
    assert lines[1].split() == ["0.00", "s", "0.10", "s", "low", "100", "%,", "high", "0", "%"]
    assert lines[3].split()[-1] == "silent"


def test_json_is_as_its_schema_says(classify, music, tmp_path):
    assert classify(music, "-o", tmp_path / "out" / "heard.json", "--segments") == 0
    document = json.loads((tmp_path / "out" / "heard.json").read_text())
    folder = resources.files("mp3tomidi.transcribe.outputs")
    jsonschema.validate(document, json.loads((folder / "classification.schema.json").read_text()))
    turning = document["recordings"][2]
    assert turning["file"].endswith("more/turning.wav")
    assert turning["top"][0] == {"class": "high", "confidence": pytest.approx(0.6667, abs=1e-3)}
    assert [part["silent"] for part in turning["segments"]] == [False] * 2 + [True] * 2 + [False] * 4


def test_json_of_classes_that_may_all_hold_says_when(weights_of_many, tmp_path, capfd):
    clear = 0.7 * np.sin(2 * np.pi * 500 * np.arange(8000) / 8000)
    soundfile.write(tmp_path / "clear.wav", clear, 8000, subtype="FLOAT")
    assert (
        main([str(tmp_path / "clear.wav"), "--task", "pitch", "--weights", str(weights_of_many), "--format", "json"])
        == 0
    )
    (heard,) = json.loads(capfd.readouterr().out)["recordings"]
    assert heard["spans"] == {"low": [[0.0, 1.0]]}


def test_csv_has_a_line_for_each_class_that_is_named(classify, music, capfd):
    assert classify(music / "low.wav", "--format", "csv", "--segments") == 0
    rows = list(csv.DictReader(io.StringIO(capfd.readouterr().out)))
    assert len(rows) == 2 * (1 + 10)
    assert (rows[0]["part"], rows[0]["rank"], rows[0]["class"]) == ("whole", "1", "low")
    assert rows[-1]["end_s"] == "1.000"


def test_a_bad_recording_is_named_and_the_others_are_done(classify, music, capfd):
    (music / "broken.wav").write_bytes(b"RIFF")
    assert classify(music, music / "nothing.wav") == 1
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 3
    assert "broken.wav" in said.err
    assert "nothing.wav" in said.err


def test_what_exists_is_not_replaced_unless_told(classify, music, tmp_path, capfd):
    target = tmp_path / "heard.csv"
    target.write_text("mine")
    assert classify(music, "-o", target) == 1
    assert "exists already" in capfd.readouterr().err
    assert target.read_text() == "mine"
    assert classify(music, "-o", target, "--overwrite") == 0
    assert target.read_text().startswith("file,start_s")


def test_what_was_written_is_said(classify, music, tmp_path, capfd):
    assert classify(music, "-o", tmp_path / "heard.csv") == 0
    said = capfd.readouterr()
    assert said.out == ""
    assert said.err.splitlines()[-1] == f"mp3tomidi-classify: 3 recordings -> {tmp_path / 'heard.csv'}"
    assert classify(music / "low.wav", "-o", tmp_path / "low.json", "--quiet") == 0
    assert capfd.readouterr().err == ""


def test_a_folder_takes_no_results(classify, music, tmp_path, capfd):
    for folder in (tmp_path, tmp_path / "new"):
        assert classify(music, "-o", folder) == 1
        assert "-o is one file for all recordings, such as classes.csv" in capfd.readouterr().err
    assert not (tmp_path / "new").exists()


def test_mistakes_are_one_line(classify, music, capfd):
    assert classify(music, "-o", "heard.mp3") == 1
    assert main([str(music), "--task", "tags"]) == 1
    assert main([str(music), "--task", "moods"]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 3
    assert "ends in .json, .csv or .txt" in lines[0]
    assert "mp3tomidi-train classify tags`, on a folder" in lines[1]
    assert "no task 'moods'" in lines[2]
    with pytest.raises(SystemExit) as ended:
        main(["--segments"])
    assert ended.value.code == 2


def test_embeddings_are_written(music, weights, tmp_path):
    words = ["embed", str(music), "-o", str(tmp_path / "e.npz"), "--task", "pitch", "--weights", str(weights)]
    assert main(words) == 0
    with np.load(tmp_path / "e.npz") as stored:
        assert stored["files"].tolist()[1] == str(music / "low.wav")
        assert stored["embeddings"][1] == pytest.approx([0.6, 0.0], abs=1e-3)
        assert str(stored["task"]) == "pitch"


def test_embeddings_are_written_as_parquet(music, weights, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    target = tmp_path / "new" / "e.parquet"
    assert main(["embed", str(music), "-o", str(target), "--task", "pitch", "--weights", str(weights)]) == 0
    table = parquet.read_table(target)
    rows = table.to_pylist()
    assert rows[1]["file"] == str(music / "low.wav")
    assert rows[1]["embedding"] == pytest.approx([0.6, 0.0], abs=1e-3)
    assert table.schema.metadata[b"task"] == b"pitch"


def test_embeddings_go_to_no_other_kind_of_file(music, weights, tmp_path, capfd):
    words = ["embed", str(music), "-o", str(tmp_path / "e.csv"), "--task", "pitch", "--weights", str(weights)]
    assert main(words) == 1
    assert capfd.readouterr().err.endswith("e.csv: name a file that ends in .npz or .parquet\n")


def test_similar_recordings_are_listed_from_an_index_that_is_kept(music, weights, capfd):
    words = ["similar", str(music / "low.wav"), str(music), "--task", "pitch", "--weights", str(weights)]
    assert main(words) == 0
    lines = capfd.readouterr().out.splitlines()
    assert [line.split("  ")[1] for line in lines] == [str(music / "more" / "turning.wav"), str(music / "high.wav")]
    assert float(lines[0].split()[0]) == pytest.approx(1 / 5**0.5, abs=2e-3)
    index = music / ".mp3tomidi-pitch.npz"
    made = index.stat().st_mtime_ns
    assert main(words) == 0
    assert capfd.readouterr().out.splitlines() == lines
    assert index.stat().st_mtime_ns == made  # nothing was new
