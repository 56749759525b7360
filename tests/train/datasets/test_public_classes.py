"""Readers of sets whose recordings are of classes, on trees of their layouts, and the parts that they make."""

from __future__ import annotations

from pathlib import Path

import pytest

from mp3tomidi.train.datasets.labelled_recordings import LabelledParts, parts_of_recordings
from mp3tomidi.train.datasets.public.registry import read_dataset, wanted
from mp3tomidi.train.datasets.recordings import Recording
from mp3tomidi.transcribe.errors import LabelsError

from .trees import sound, table, text


def read(name: str, folder: Path, split: str = "all") -> dict[str, Recording]:
    return {recording.name: recording for recording in read_dataset(wanted(f"{name}/{split}:{folder}"))}


def classes(found: dict[str, Recording]) -> dict[str, tuple[str, ...]]:
    return {name: recording.classes for name, recording in found.items()}


def splits(found: dict[str, Recording]) -> dict[str, str]:
    return {name: recording.split for name, recording in found.items()}


def gtzan(root: Path) -> Path:
    for genre in ("blues", "hiphop"):
        for number in range(3):
            sound(root / "genres" / genre / f"{genre}.{number:05d}.wav")
    return root


def test_gtzans_genres_are_those_of_the_tasks(tmp_path: Path) -> None:
    found = read("gtzan", gtzan(tmp_path))
    assert classes(found)["hiphop.00000"] == ("hiphop",)
    assert classes(found)["blues.00002"] == ("blues",)
    assert set(splits(found).values()) == {""}


def test_gtzans_lists_part_it_and_leave_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    gtzan(tmp_path)
    for part, number in (("train", 0), ("valid", 1), ("test", 2)):
        text(tmp_path / f"{part}_filtered.txt", f"blues/blues.{number:05d}.wav\n")
    text(tmp_path / "train_filtered.txt", "blues/blues.00000.wav\nhiphop/hiphop.00099.wav\n")
    found = read("gtzan", tmp_path)
    assert splits(found) == {"blues.00000": "train", "blues.00001": "valid", "blues.00002": "test"}
    assert "hiphop.00099: it is listed, but there is no such file" in caplog.text


def test_gtzan_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (gtzan(tmp_path) / "genres" / "blues" / "blues.00001.wav").write_bytes(b"")
    assert "blues.00001" not in read("gtzan", tmp_path)
    assert "blues.00001.wav: the file is empty" in caplog.text


def irmas(root: Path) -> Path:
    sound(root / "IRMAS-TrainingData" / "cel" / "[cel][cla]0001__1.wav")
    sound(root / "IRMAS-TrainingData" / "voi" / "[voi][dru][pop_roc]0002__1.wav")
    path = sound(root / "IRMAS-TestingData-Part1" / "Part1" / "02 - A Song__8.wav")
    text(path.with_suffix(".txt"), "gel\t\nvoi\t\n")
    return root


def test_irmas_has_one_instrument_to_teach_with_and_several_to_measure(tmp_path: Path) -> None:
    found = read("irmas", irmas(tmp_path))
    assert classes(found) == {
        "[cel][cla]0001__1": ("cel",),
        "[voi][dru][pop_roc]0002__1": ("voi",),
        "02 - A Song__8": ("gel", "voi"),
    }
    assert list(read("irmas", tmp_path, "test")) == ["02 - A Song__8"]


def test_irmas_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    irmas(tmp_path)
    sound(tmp_path / "IRMAS-TrainingData" / "voi" / "nameless__3.wav")
    (tmp_path / "IRMAS-TestingData-Part1/Part1/02 - A Song__8.txt").write_text("kazoo\n")
    (tmp_path / "IRMAS-TrainingData" / "cel" / "[cel][cla]0001__1.wav").write_bytes(b"")
    assert list(read("irmas", tmp_path)) == ["[voi][dru][pop_roc]0002__1"]
    assert "nameless__3.wav" in caplog.text
    assert "kazoo" in caplog.text or "Instrument kaz" in caplog.text
    assert "0001__1.wav: the file is empty" in caplog.text


def medley_solos(root: Path) -> Path:
    rows = []
    for number, (subset, instrument) in enumerate((("training", "flute"), ("validation", "flute"), ("test", "piano"))):
        uuid = f"d07b1fc0-567d-52c2-fef4-{number:012d}"
        rows.append(
            {"subset": subset, "instrument": instrument, "instrument_id": number, "song_id": 210, "uuid4": uuid}
        )
        sound(root / "audio" / f"Medley-solos-DB_{subset}-{number}_{uuid}.wav")
    table(root / "annotation" / "Medley-solos-DB_metadata.csv", rows)
    return root


def test_medley_solos_has_its_official_split(tmp_path: Path) -> None:
    found = read("medley_solos", medley_solos(tmp_path))
    assert [(recording.split, recording.classes) for recording in found.values()] == [
        ("train", ("flute",)),
        ("valid", ("flute",)),
        ("test", ("piano",)),
    ]


def test_medley_solos_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    medley_solos(tmp_path)
    next((tmp_path / "audio").glob("*test*")).unlink()
    assert set(splits(read("medley_solos", tmp_path)).values()) == {"train", "valid"}
    assert "there is no such file" in caplog.text
    (tmp_path / "annotation" / "Medley-solos-DB_metadata.csv").unlink()
    with pytest.raises(LabelsError, match="the table of the data set cannot be read"):
        read("medley_solos", tmp_path)


def openmic(root: Path) -> Path:
    folder = root / "openmic-2018"
    keys = ("000046_3840", "000135_483840", "000139_119040")
    for key in keys:
        sound(folder / "audio" / key[:3] / f"{key}.ogg")
    genres = "[{'genre_id': '45', 'genre_title': 'Loud-Rock', 'genre_url': 'http://x'}]"
    table(
        folder / "openmic-2018-metadata.csv",
        [{"track_id": 1, "track_genres": genres, "sample_key": key, "start_time": 3.84} for key in keys],
    )
    labelled = [(keys[0], "flute", 0.9), (keys[0], "banjo", 0.2), (keys[1], "piano", 0.7), (keys[1], "voice", 0.8)]
    labelled.append((keys[2], "organ", 0.1))
    table(
        folder / "openmic-2018-aggregated-labels.csv",
        [
            {"sample_key": key, "instrument": name, "relevance": relevance, "num_responses": 3}
            for key, name, relevance in labelled
        ],
    )
    text(folder / "partitions" / "split01_train.csv", f"{keys[0]}\n{keys[2]}\n")
    text(folder / "partitions" / "split01_test.csv", f"{keys[1]}\n")
    return root


def test_openmic_has_the_instruments_that_most_heard(tmp_path: Path) -> None:
    found = read("openmic", openmic(tmp_path))
    assert classes(found) == {"000046_3840": ("flute",), "000135_483840": ("piano", "voice")}
    assert splits(found) == {"000046_3840": "train", "000135_483840": "test"}


def test_openmic_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (openmic(tmp_path) / "openmic-2018" / "audio" / "000" / "000046_3840.ogg").unlink()
    assert list(read("openmic", tmp_path)) == ["000135_483840"]
    assert "000046_3840.ogg: there is no such file" in caplog.text
    (tmp_path / "openmic-2018" / "openmic-2018-aggregated-labels.csv").write_text("no table\n")
    with pytest.raises(LabelsError, match="the table of the data set cannot be read"):
        read("openmic", tmp_path)


def tinysol(root: Path) -> Path:
    names = ("Path", "Fold", "Family", "Instrument (abbr.)", "Instrument (in full)", "Technique (abbr.)")
    names += ("Technique (in full)", "Pitch", "Pitch ID", "Dynamics", "Dynamics ID", "Instance ID", "String ID")
    names += ("Resampled",)
    rows = []
    for fold in range(5):
        path = f"Winds/Flute/ordinario/Fl-ord-C4-mf-N-T{fold}d.wav"
        sound(root / "audio" / path)
        row = (path, fold, "Winds", "Fl", "Flute", "ord", "ordinario", "C4", 60, "mf", 2, 0, "", "TRUE")
        rows.append(dict(zip(names, row, strict=True)))
    table(root / "annotation" / "TinySOL_metadata.csv", rows)
    return root


def test_tinysols_five_folds_are_train_valid_and_test(tmp_path: Path) -> None:
    found = read("tinysol", tinysol(tmp_path))
    assert list(splits(found).values()) == ["train", "train", "train", "valid", "test"]
    assert set(classes(found).values()) == {("Flute",)}


def test_tinysol_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    tinysol(tmp_path)
    (tmp_path / "audio/Winds/Flute/ordinario/Fl-ord-C4-mf-N-T3d.wav").unlink()
    assert len(read("tinysol", tmp_path)) == 4
    assert "T3d.wav: there is no such file" in caplog.text
    (tmp_path / "annotation" / "TinySOL_metadata.csv").write_text("Path,Fold\nx,y\n")
    with pytest.raises(LabelsError, match="the table of the data set cannot be read"):
        read("tinysol", tmp_path)


def magnatagatune(root: Path) -> Path:
    lines = ["clip_id\tguitar\tslow\tmp3_path"]
    for number, (folder, guitar, slow) in enumerate((("0", 1, 0), ("c", 0, 1), ("f", 1, 1), ("1", 0, 0))):
        lines.append(f"{number}\t{guitar}\t{slow}\t{folder}/{number}.wav")
        sound(root / "mp3" / folder / f"{number}.wav")
    text(root / "annotations_final.csv", "\n".join(lines) + "\n")
    return root


def test_magnatagatune_has_all_tags_and_the_customs_parts(tmp_path: Path) -> None:
    found = read("magnatagatune", magnatagatune(tmp_path))
    assert classes(found) == {"0": ("guitar",), "1": ("slow",), "2": ("guitar", "slow")}
    assert splits(found) == {"0": "train", "1": "valid", "2": "test"}


def test_magnatagatune_names_what_is_broken(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (magnatagatune(tmp_path) / "mp3" / "c" / "1.wav").write_bytes(b"")
    assert list(read("magnatagatune", tmp_path)) == ["0", "2"]
    assert "1.wav: the file is empty" in caplog.text


# --- the parts of a classifier


def of_class(name: str, count: int, split: str = "") -> list[Recording]:
    return [
        Recording(f"{name}{number}", "set", Path(f"{split}{name}{number}.wav"), classes=(name,), split=split)
        for number in range(count)
    ]


def names(parts: LabelledParts) -> dict[str, list[str]]:
    return {part: [recording.path.name for recording in getattr(parts, part)] for part in ("train", "valid", "test")}


def test_official_parts_are_kept() -> None:
    recordings = [one for split in ("train", "valid", "test") for name in "ab" for one in of_class(name, 2, split)]
    parts = parts_of_recordings(recordings, (), seed=1, many=False)
    assert parts.classes == ("a", "b")
    for part, files in names(parts).items():
        assert files == [f"{part}{name}{number}.wav" for name in "ab" for number in range(2)]


def test_a_set_without_valid_gives_a_tenth_of_train() -> None:
    train = [*of_class("a", 20, "train"), *of_class("b", 10, "train")]
    test = [*of_class("a", 3, "test"), *of_class("b", 3, "test")]
    parts = names(parts_of_recordings([*train, *test], (), seed=1, many=False))
    assert (len(parts["train"]), len(parts["valid"]), len(parts["test"])) == (27, 3, 6)
    assert sum("b" in name for name in parts["valid"]) == 1
    assert not {*parts["train"]} & {*parts["valid"]}


def test_several_classes_are_for_tasks_that_take_them() -> None:
    both = Recording("both", "set", Path("both.wav"), classes=("a", "b"), split="train")
    recordings = [both] + [one for split in ("train", "valid", "test") for n in "ab" for one in of_class(n, 2, split)]
    assert "both.wav" in names(parts_of_recordings(recordings, (), seed=1, many=True))["train"]
    assert "both.wav" not in names(parts_of_recordings(recordings, (), seed=1, many=False))["train"]
    with pytest.raises(LabelsError, match="no recording of the class 'c'; the classes of this data set are: a, b"):
        parts_of_recordings(recordings, ("a", "c"), seed=1, many=False)
