"""Layouts of data sets on small trees of the same form; what is read is only ever opened where sizes matter."""

import json
from pathlib import Path

import pytest

from mp3tomidi.train.datasets.class_folders import read_class_folders, read_class_list
from mp3tomidi.train.datasets.labelled_recordings import PARTS
from mp3tomidi.train.datasets.magnatagatune import read_magnatagatune
from mp3tomidi.transcribe.errors import LabelsError


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def names(recordings) -> list[str]:
    return [recording.path.name for recording in recordings]


def folder_of(root: Path, **counts: int) -> Path:
    touch(*(root / name / f"{name}.{number:05}.wav" for name, count in counts.items() for number in range(count)))
    return root


def test_folders_are_classes_and_each_recording_is_in_one_part(tmp_path):
    parts = read_class_folders(folder_of(tmp_path, rock=20, jazz=10), (), seed=1)
    assert parts.classes == ("jazz", "rock")
    assert [len(getattr(parts, part)) for part in PARTS] == [24, 3, 3]
    everything = [r.path for part in PARTS for r in getattr(parts, part)]
    assert len({*everything}) == 30
    assert parts.targets(parts.test).sum(axis=0).tolist() == [1.0, 2.0]
    again = read_class_folders(tmp_path, (), seed=1)
    other = read_class_folders(tmp_path, (), seed=2)
    assert again == parts
    assert other != parts


def test_gtzan_is_read_with_the_tutorials_classes_and_lists(tmp_path, caplog):
    root = folder_of(tmp_path / "genres_original", jazz=4, pop=4, rock=4)
    (tmp_path / "train_list.txt").write_text("jazz/jazz.00000.mp3\npop/pop.00000.mp3\nrock/rock.00000.mp3\n")
    (tmp_path / "valid_list.txt").write_text("jazz/jazz.00001.mp3\n")
    (root / "notes.txt").write_text("not a list")
    (tmp_path / "test_list.txt").write_text("pop/pop.00003.mp3\n\n# the end\n")
    parts = read_class_folders(tmp_path, ("jazz", "pop"), seed=1)
    assert names(parts.train) == ["jazz.00000.wav", "pop.00000.wav"]  # rock is no class
    assert (names(parts.valid), names(parts.test)) == (["jazz.00001.wav"], ["pop.00003.wav"])
    assert "rock" in caplog.text


def test_other_folders_are_of_no_class_where_classes_do_not_exclude_each_other(tmp_path):
    parts = read_class_folders(folder_of(tmp_path, singing=4, rest=4), ("singing",), seed=1, others=True)
    assert parts.targets(parts.train).tolist() == [[0.0], [0.0], [1.0], [1.0]]


def write_copies(root: Path, sources: int, copies: int) -> Path:
    """a/ and b/ with copies, and the manifest that says of what."""
    rows = [
        {"file": f"{name}/{source}-{copy}.wav", "source": f"{name}/{source}.wav"}
        for name in ("a", "b")
        for source in range(sources)
        for copy in range(copies)
    ]
    touch(*(root / row["file"] for row in rows))
    (root / "manifest.jsonl").write_text("{}\n" + "".join(json.dumps(row) + "\n" for row in rows))
    return root


def test_copies_of_one_source_are_all_of_one_part(tmp_path):
    parts = read_class_folders(write_copies(tmp_path, sources=10, copies=5), (), seed=1)
    assert [len(getattr(parts, part)) for part in PARTS] == [80, 10, 10]
    of_part = [{r.path.name.split("-")[0] + r.classes[0] for r in getattr(parts, part)} for part in PARTS]
    assert [len(sources) for sources in of_part] == [16, 2, 2]
    assert len(set.union(*of_part)) == 20


def test_copies_of_two_sources_are_too_few(tmp_path):
    with pytest.raises(LabelsError, match="20 copies of 2, which are too few"):
        read_class_folders(write_copies(tmp_path, sources=2, copies=10), (), seed=1)


def test_mistakes_in_folders_and_lists_are_named(tmp_path):
    one = folder_of(tmp_path / "one", jazz=4)
    with pytest.raises(LabelsError, match="two or more"):
        read_class_folders(one, (), seed=1)
    with pytest.raises(LabelsError, match="no folder for the class 'pop', only jazz"):
        read_class_folders(one, ("jazz", "pop"), seed=1)
    (one / "pop").mkdir()
    with pytest.raises(LabelsError, match="pop: no recordings"):
        read_class_folders(one, (), seed=1)
    touch(one / "pop" / "a.wav")
    with pytest.raises(LabelsError, match="pop: 1 recordings are too few"):
        read_class_folders(one, (), seed=1)
    (one / "train.txt").write_text("jazz/jazz.00000.wav\npop/b.wav\n")
    with pytest.raises(LabelsError, match=r"no valid\*.txt"):
        read_class_folders(one, (), seed=1)
    (one / "valid.txt").write_text("jazz/jazz.00001.wav\n")
    (one / "test.txt").write_text("jazz/jazz.00001.wav\n")
    with pytest.raises(LabelsError, match=r"train.txt, line 2: there is no recording pop/b.wav"):
        read_class_folders(one, (), seed=1)
    (one / "train.txt").write_text("jazz/jazz.00000.wav\npop/a.wav\n")
    with pytest.raises(LabelsError, match=r"test.txt, line 1: .* is listed already .*valid.txt, line 1"):
        read_class_folders(one, (), seed=1)


def magnatagatune(root: Path, rows: list[tuple[str, str, str]]) -> Path:
    lines = ['"clip_id"\t"guitar"\t"slow"\t"mp3_path"']
    lines += [f'"{number}"\t"{guitar}"\t"{slow}"\t"{path}"' for number, (guitar, slow, path) in enumerate(rows)]
    root.mkdir(parents=True, exist_ok=True)
    (root / "annotations_final.csv").write_text("\n".join(lines) + "\n")
    return root


def test_magnatagatune_is_parted_by_its_folders(tmp_path, caplog):
    rows = [("1", "0", "0/a.mp3"), ("1", "1", "b/b.mp3"), ("0", "1", "c/c.mp3"), ("1", "0", "f/d.mp3")]
    rows += [("0", "0", "1/none.mp3"), ("1", "0", "1/empty.mp3"), ("1", "0", "1/lost.mp3")]
    root = magnatagatune(tmp_path, rows)
    touch(*(root / row[2] for row in rows[:-1]))
    (root / "1/empty.mp3").write_bytes(b"")
    parts = read_magnatagatune(root, ("guitar", "slow"))
    assert [names(getattr(parts, part)) for part in PARTS] == [["a.mp3", "b.mp3"], ["c.mp3"], ["d.mp3"]]
    assert parts.targets(parts.train).tolist() == [[1.0, 0.0], [1.0, 1.0]]
    assert "2 clips are not there or empty" in caplog.text


def test_mistakes_in_magnatagatune_are_named(tmp_path):
    root = magnatagatune(tmp_path, [("1", "0", "0/a.mp3")])
    touch(root / "0/a.mp3")
    with pytest.raises(LabelsError, match="no column 'harp'"):
        read_magnatagatune(root, ("harp",))
    with pytest.raises(LabelsError, match="no clips of the folders for valid"):
        read_magnatagatune(root, ("guitar",))
    with (root / "annotations_final.csv").open("a") as file:
        file.write('"5"\t"1"\n')
    with pytest.raises(LabelsError, match="line 3: too few columns"):
        read_magnatagatune(root, ("guitar",))


def test_a_list_names_recordings_whose_folder_is_their_class(tmp_path):
    for name in ("cats/1.wav", "cats/deep/2.wav", "dogs/1.wav", "rain/1.wav"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    chosen = tmp_path / "chosen.txt"
    chosen.write_text("# mine\ncats/1.wav\n\ncats/deep/2.wav\ndogs/1.wav\n")
    found = read_class_list(chosen, ("cats", "dogs"))
    assert [(recording.path.name, recording.classes) for recording in found] == [
        ("1.wav", ("cats",)),
        ("2.wav", ("cats",)),
        ("1.wav", ("dogs",)),
    ]
    chosen.write_text("rain/1.wav\n")
    assert read_class_list(chosen, ("cats", "dogs"), others=True)[0].classes == ()
    with pytest.raises(LabelsError, match=r"line 1: rain/1.wav lies in no folder of a class \(cats, dogs\)"):
        read_class_list(chosen, ("cats", "dogs"))
    chosen.write_text("cats/1.wav\ncats/9.wav\n")
    with pytest.raises(LabelsError, match=r"line 2: there is no recording cats/9\.wav"):
        read_class_list(chosen, ("cats", "dogs"))
    chosen.write_text("# none\n")
    with pytest.raises(LabelsError, match="lists no recording"):
        read_class_list(chosen, ("cats", "dogs"))
