"""Work on a real Ray cluster, that of this machine: nothing is lost, nothing done twice, and results are the same."""

from __future__ import annotations

import json
import os
import resource
import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pretty_midi
import pytest
import soundfile

from mp3tomidi.augment import cli as augment_cli
from mp3tomidi.transcribe.errors import WeightsError, WorkerError
from mp3tomidi.transcribe.program import classify_cli, cli, drums_cli, ray_actors
from mp3tomidi.transcribe.program.ray_actors import Cluster, work_on_ray

HEAD = """
import sys
import ray
from mp3tomidi.transcribe.program.ray_actors import start_here
context = start_here(2)
print("ADDRESS", context.address_info["gcs_address"], flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A cluster with room for two, started once."""
    token = secrets.token_hex(32)  # by which Ray knows who may connect
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    from ray import cloudpickle  # Ray looks at its settings as it is imported

    cloudpickle.register_pickle_by_value(sys.modules[__name__])  # actors cannot import it
    head = subprocess.Popen(
        [sys.executable, "-c", HEAD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path_factory.mktemp("head"),
    )
    assert head.stdout is not None
    line = next((line for line in head.stdout if line.startswith("ADDRESS")), None)
    if line is None:
        pytest.fail("Ray cannot start on this machine, three times over")  # a missing one fails at its import
    yield line.split()[1]
    head.communicate()
    del os.environ["RAY_AUTH_MODE"], os.environ["RAY_AUTH_TOKEN"]


class Numbers:
    """Doubles numbers, and tells which process did. 13 kills that."""

    def do(self, number: int, /) -> tuple[int, str, int]:
        if number == 13:
            os._exit(1)
        return number, str(2 * number), os.getpid()


def died(number: int, of: str) -> tuple[int, str, int]:
    return number, f"died {of}", 0


def refuse() -> Numbers:
    raise WeightsError("no weights here")


def test_every_job_is_done_once_whoever_is_killed(address: str) -> None:
    """An actor is killed twice on the way: all results are there, none twice."""
    done, killed = [], []
    for outcome in work_on_ray(Numbers, range(1000, 2000), Cluster(address, 2), died):
        done.append(outcome)
        if len(done) in (100, 600):
            os.kill(outcome[2], signal.SIGKILL)
            killed.append(outcome[2])
    assert len(set(killed)) == 2
    assert sorted((number, text) for number, text, _ in done) == [(n, str(2 * n)) for n in range(1000, 2000)]


def test_a_job_that_kills_is_named_and_those_that_came_with_it_are_done(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_actors, "MOST_TRIES", 2)
    jobs = work_on_ray(Numbers, range(40), Cluster(address, 1), died, together=20)
    results = {number: text for number, text, _ in jobs}
    assert sorted(results) == list(range(40))
    assert results[13].startswith("died 2 times: ")
    assert all(results[number] == str(2 * number) for number in results if number != 13)


def test_the_driver_keeps_nothing_of_a_hundred_thousand_jobs(address: str) -> None:
    taken, memory_mb = 0, []

    def jobs() -> Iterator[int]:
        nonlocal taken
        for number in range(1000, 101_000):
            taken = number
            yield number

    for count, _ in enumerate(work_on_ray(Numbers, jobs(), Cluster(address, 1), died, together=500), start=1):
        assert taken - 1000 - count < 4 * 500  # they are taken as they are needed: back pressure
        if count % 20_000 == 0:
            memory_mb.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    assert count == 100_000
    assert memory_mb[-1] - memory_mb[0] < 20


class DiesStarting(Numbers):
    """Dies while it starts, as often as there are files to take away."""

    def __init__(self, lives: Path) -> None:
        for life in lives.iterdir():
            with suppress(FileNotFoundError):  # another was quicker
                life.unlink()
                os._exit(1)


def test_actors_that_die_while_they_start_are_replaced_as_often_as_each_may(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a try for each, two may die where there is room for two; where there is room for one, a line ends it."""
    monkeypatch.setattr(ray_actors, "MOST_TRIES", 1)
    for number in range(4):
        (tmp_path / str(number)).touch()
    make_worker = partial(DiesStarting, tmp_path)
    with pytest.raises(WorkerError, match="actors die while they start"):
        list(work_on_ray(make_worker, [20], Cluster(address, 1), died))
    assert len(list(tmp_path.iterdir())) == 2
    assert [number for number, *_ in work_on_ray(make_worker, [20], Cluster(address, 2), died)] == [20]


def test_what_stops_all_is_said(address: str) -> None:
    with pytest.raises(WeightsError, match="no weights here"):
        list(work_on_ray(refuse, range(3), Cluster(address, 1), died))


def tone(path: Path, pitch: int) -> None:
    """Two decaying notes."""
    time_s = np.arange(32_000) / 16_000
    hz = 440.0 * 2 ** ((pitch - 69) / 12)
    sound = sum(np.sin(2 * np.pi * k * hz * time_s) / k for k in (1, 2, 3)) * np.exp(-3.0 * (time_s % 1.0))
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, 0.2 * sound, 16_000)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten recordings, two of which have the same name, and two files that are none."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(8):
        tone(folder / f"{number}.wav", 60 + number)
    tone(folder / "deep" / "8.wav", 72)
    tone(folder / "deep" / "8.flac", 74)
    (folder / "deep" / "no-sound.wav").write_text("no sound")
    (folder / "empty.mp3").touch()
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.jsonl")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def rows(folder: Path) -> dict[str, dict[str, object]]:
    lines = (folder / "manifest.jsonl").read_text().splitlines()
    return {Path(row["source"]).name: row for row in map(json.loads, lines)}


def test_a_corpus_is_transcribed_as_on_one_machine_and_goes_on(
    address: str, music: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    alone, cluster = tmp_path / "alone", tmp_path / "cluster"
    words = [str(music), "--format", "mid,csv"]
    assert cli.main([*words, "-o", str(alone), "--jobs", "1"]) == 1
    capfd.readouterr()
    assert cli.main([*words, "-o", str(cluster), "--ray", address, "--jobs", "2"]) == 1
    said = capfd.readouterr().err
    assert contents(cluster) == contents(alone)
    assert len(contents(alone)) == 20
    manifest = rows(cluster)
    assert {name for name, row in manifest.items() if row["status"] == "failed"} == {"no-sound.wav", "empty.mp3"}
    assert sum(row["status"] == "done" for row in manifest.values()) == 10
    assert said.count("no-sound.wav is not a sound file") == 1
    assert "10 done, 2 failed" in said

    kept = {name: (cluster / name).stat().st_mtime_ns for name in contents(cluster)}
    (cluster / "3.csv").unlink()
    assert cli.main([*words, "-o", str(cluster), "--ray", address, "--jobs", "1"]) == 1
    assert contents(cluster) == contents(alone)
    assert {name for name in kept if (cluster / name).stat().st_mtime_ns != kept[name]} == {"3.csv"}
    assert "1 done, 9 skipped, 2 failed" in capfd.readouterr().err
    assert len(rows(cluster)) == 12


def test_drums_go_to_parquet(address: str, music: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    import pyarrow.parquet

    words = [str(music / "0.wav"), str(music / "1.wav"), "--ray", address, "--jobs", "1", "--parquet"]
    assert drums_cli.main([*words, "-o", str(tmp_path)]) == 0
    table = pyarrow.parquet.read_table(tmp_path / "events").to_pylist()
    done = rows(tmp_path)
    assert Counter(Path(row["source"]).name for row in table) == Counter(
        {name: row["drum_hits"] for name, row in done.items() if row["drum_hits"]}
    )
    assert {row["status"] for row in done.values()} == {"done"}
    capfd.readouterr()
    assert drums_cli.main([*words, "-o", str(tmp_path)]) == 0
    assert "2 skipped" in capfd.readouterr().err


def test_augment_makes_the_same_copies_on_a_cluster(address: str, music: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in ("0.wav", "1.wav"):
        (tmp_path / "in" / name).write_bytes((music / name).read_bytes())
    words = ["--copies", "2", "--recipe", "phone"]
    folders = {name: str(tmp_path / name) for name in ("in", "alone", "cluster")}
    assert augment_cli.main(["apply", folders["in"], folders["alone"], *words, "-j", "1"]) == 0
    assert augment_cli.main(["apply", folders["in"], folders["cluster"], *words, "--ray", address, "-j", "1"]) == 0
    assert contents(tmp_path / "cluster") == contents(tmp_path / "alone")
    assert len(contents(tmp_path / "alone")) == 4


def test_songs_are_rendered_the_same_on_a_cluster(address: str, tiny_banks: Path, tmp_path: Path) -> None:
    song = pretty_midi.PrettyMIDI()
    song.instruments.append(pretty_midi.Instrument(0))
    song.instruments[0].notes = [pretty_midi.Note(80, pitch, 0.5, 0.9) for pitch in (60, 64)]
    song.write(str(tmp_path / "song.mid"))
    words = ["--instruments", str(tiny_banks / "sines"), "--midi", str(tmp_path / "song.mid"), "--copies", "2"]
    assert augment_cli.main(["render", str(tmp_path / "alone"), *words]) == 0
    assert augment_cli.main(["render", str(tmp_path / "cluster"), *words, "--ray", address, "--jobs", "1"]) == 0
    assert contents(tmp_path / "cluster") == contents(tmp_path / "alone")
    assert sum(name.startswith("mixes/") and name.endswith(".flac") for name in contents(tmp_path / "alone")) == 2


def test_recordings_are_classified_the_same_on_a_cluster(
    address: str, music: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    places = {name: tmp_path / f"{name}.json" for name in ("alone", "cluster")}
    assert classify_cli.main([str(music), "-o", str(places["alone"])]) == 1
    capfd.readouterr()
    assert classify_cli.main([str(music), "-o", str(places["cluster"]), "--ray", address]) == 1
    said = capfd.readouterr().err
    assert places["cluster"].read_bytes() == places["alone"].read_bytes()
    assert len(json.loads(places["alone"].read_text())["recordings"]) == 10
    assert said.count("no-sound.wav is not a sound file") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["song.wav", "--ray", "auto"], "--ray writes to a folder"),
        (["song.wav", "--ray", "auto", "-o", "song.mid"], "--ray writes to a folder"),
        (["-", "--ray", "auto", "-o", "out"], "not standard input"),
        (["song.wav", "--parquet"], "--parquet is for --ray"),
        (["s3://bucket/song.wav"], "s3://bucket/song.wav is an address: --ray auto"),
        (["song.wav", "-o", "s3://bucket"], "s3://bucket is an address: --ray auto"),
        (["song.wav", "--ray", "auto", "-o", "out", "--report", "r.json"], "out/manifest.jsonl is the report"),
    ],
)
def test_wrong_usage_is_a_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(words)
    assert left.value.code == 2
    assert message in capsys.readouterr().err
