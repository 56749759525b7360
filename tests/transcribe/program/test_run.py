"""A run over several recordings, with a stand-in that does what their names say."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tqdm import tqdm

from mp3tomidi.transcribe.errors import WorkerError
from mp3tomidi.transcribe.program import cli, pool, run
from mp3tomidi.transcribe.program.batch import Job
from mp3tomidi.transcribe.program.worker import Outcome, Request

done: list[str] = []
_tqdm_init = tqdm.__init__


class Obedient:
    """Takes the place of `Worker`."""

    def __init__(self, request: Request) -> None:
        pass

    def do(self, job: Job) -> Outcome:
        name = job.source.name
        if "interrupt" in name:
            raise KeyboardInterrupt
        if "fatal" in name:
            raise WorkerError("no process can be started")
        done.append(name)
        if "broken" in name:
            return Outcome(job, f"{job.source} is no sound: choose another", took_s=0.5)
        warnings = (f"{job.source} ends early",) if "cut" in name else ()
        for target in job.targets:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(b"new")
        return Outcome(job, None, warnings, duration_s=60.0, note_count=1000, drum_hit_count=7, took_s=0.25)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(run, "Worker", Obedient)
    monkeypatch.setattr(
        pool, "usual_processes", lambda recordings, device: 1
    )  # he would not be obedient in another process
    done.clear()
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def report(name: str = "report.json") -> dict[str, Any]:
    content = json.loads(Path(name).read_text())
    assert isinstance(content, dict)
    return content


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    out, err = capsys.readouterr()
    assert out == ""
    return [line.removeprefix("mp3tomidi: ") for line in err.splitlines()]


@pytest.mark.parametrize(
    ("options", "processes", "threads"),
    [
        ([], 2, 1),
        (["--jobs", "3"], 3, 1),
        (["--jobs", "1"], 1, 1),
        (["--device", "cpu"], 2, 1),
        (["--device", "cuda"], 1, 2),
        (["--device", "cuda", "--jobs", "3"], 1, 3),
    ],
)
def test_recordings_are_done_side_by_side_where_that_is_usual(
    options: list[str], processes: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[int, int]] = []

    def work(make_worker: object, jobs: list[Job], count: int, died: object, *, threads: int = 1) -> Iterator[Outcome]:
        asked.append((count, threads))
        yield from (Outcome(job, None) for job in jobs)

    monkeypatch.setattr(pool, "usual_processes", lambda recordings, device: recordings // 2)
    monkeypatch.setattr(run, "work", work)
    touch(*(f"music/{number}.mp3" for number in range(4)))
    assert cli.main(["music", *options]) == 0
    assert asked == [(processes, threads)]


def test_the_summary_counts_and_names_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    touch("music/a.mp3", "music/b/cut.mp3", "music/b/broken.mp3", "music/c.mp3", "out/c.mid")
    assert cli.main(["music", "missing.mp3", "-o", "out", "--skip-existing"]) == 1
    said = lines(capsys)
    assert "music/b/cut.mp3 ends early" in said
    assert "music/b/broken.mp3 is no sound: choose another" in said
    assert said[-4].startswith("2 done, 1 skipped, 2 failed in ")
    assert ": 2,000 notes and 14 drum hits in 2:00 min of sound, " in said[-4]
    assert said[-4].endswith(" times real time")
    assert said[-3:] == ["2 of 5 failed:", "    missing.mp3", "    music/b/broken.mp3"]


def test_the_report_says_what_became_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    touch("music/a.mp3", "music/b/cut.mp3", "music/b/broken.mp3", "music/c.mp3", "out/c.mid", "music/caf\udce9.mp3")
    arguments = ["music", "missing.mp3", "-o", "out", "--skip-existing", "--report", "new/report.json", "-q"]
    assert cli.main(arguments) == 1
    content = report("new/report.json")
    assert content["version"] == 1
    assert content["counts"] == {"failed": 2, "skipped": 1, "done": 3}
    files = {row["source"]: row for row in content["files"]}
    assert files["music/b/cut.mp3"] == {
        "source": "music/b/cut.mp3",
        "status": "done",
        "results": ["out/b/cut.mid"],
        "seconds": 60.0,
        "notes": 1000,
        "drum_hits": 7,
        "took_s": 0.25,
        "warnings": ["music/b/cut.mp3 ends early"],
        "error": None,
    }
    assert files["music/b/broken.mp3"]["error"] == "music/b/broken.mp3 is no sound: choose another"
    assert files["music/b/broken.mp3"]["results"] == []
    assert files["missing.mp3"]["status"] == "failed"
    assert files["music/c.mp3"]["status"] == "skipped"
    assert files["music/c.mp3"]["results"] == ["out/c.mid"]
    assert files["music/caf\udce9.mp3"]["status"] == "done"  # a name that is no UTF-8
    assert {tuple(row) for row in files.values()} == {tuple(files["missing.mp3"])}  # all have the same keys
    # Quiet: errors only, neither warnings nor the summary.
    assert [line for line in lines(capsys) if "early" in line or "done" in line or "->" in line] == []


def test_an_interrupted_run_is_resumed(capsys: pytest.CaptureFixture[str]) -> None:
    touch("a.mp3", "b interrupt.mp3", "c.mp3")
    command = ["a.mp3", "b interrupt.mp3", "c.mp3", "-o", "out", "--skip-existing", "--report", "report.json"]
    assert cli.main(command) == 130
    said = lines(capsys)
    assert said[-2].startswith("1 done, 2 not reached in ")
    assert (
        said[-1] == "interrupted; what was finished is kept; the same command with --skip-existing goes on from there"
    )
    assert report()["counts"] == {"done": 1, "not reached": 2}
    Path("b interrupt.mp3").rename("b.mp3")
    command[1] = "b.mp3"
    assert cli.main(command) == 0
    assert done == ["a.mp3", "b.mp3", "c.mp3"]
    assert report()["counts"] == {"skipped": 1, "done": 2}
    assert cli.main(command) == 0  # nothing is left to do, which is no failure
    assert report()["counts"] == {"skipped": 3}
    assert done == ["a.mp3", "b.mp3", "c.mp3"]


def test_a_run_that_cannot_go_on_still_says_what_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    touch("a.mp3", "b fatal.mp3", "c.mp3")
    assert cli.main(["a.mp3", "b fatal.mp3", "c.mp3", "--report", "report.json"]) == 1
    said = lines(capsys)
    assert said[-2] == "no process can be started"
    assert said[-1].startswith("1 done, 2 not reached in ")
    assert report()["counts"] == {"done": 1, "not reached": 2}


def test_thousands_of_results_that_exist_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    touch(*(f"music/{number}.{suffix}" for number in range(30) for suffix in ("mp3", "mid")), "music/new.mp3")
    assert cli.main(["music", "--report", "report.json"]) == 1
    said = lines(capsys)
    assert said[0].startswith("30 recordings have results already, music/0.mp3 among them: --overwrite replaces ")
    assert done == ["new.mp3"]
    assert said[-1].startswith("1 done, 30 already there in ")
    assert len(said) == 3
    assert report()["counts"] == {"already there": 30, "done": 1}
    assert cli.main(["music", "--picture"]) == 0
    said = lines(capsys)
    assert said[0].startswith("31 recordings have some of their results already, music/0.mp3 among them: kept; ")
    assert said[1].startswith("[1/31] music/0.mp3 -> music/0.png: ")


def test_many_failures_are_not_all_named(capsys: pytest.CaptureFixture[str]) -> None:
    touch(*(f"music/broken {number}.mp3" for number in range(30)))
    assert cli.main(["music"]) == 1
    said = lines(capsys)
    assert said[-1] == "    and 10 more; --report FILE.json lists them all"
    assert len(said) == 30 + 1 + 1 + 20 + 1  # refused, summary, how many failed, 20 of them, and more


def test_a_report_that_cannot_be_written_is_known_before_anything_slow(capsys: pytest.CaptureFixture[str]) -> None:
    touch("a.mp3", "file")
    assert cli.main(["a.mp3", "--report", "file/report.json"]) == 1
    assert lines(capsys) == ["cannot create the folder file: a file is in its place"]
    assert done == []


def test_a_report_does_not_take_the_place_of_a_result(capsys: pytest.CaptureFixture[str]) -> None:
    touch("a.mp3")
    with pytest.raises(SystemExit, match="2"):
        cli.main(["a.mp3", "--format", "json", "--report", "a.json"])
    assert "where a result goes" in capsys.readouterr().err
    assert done == []


def test_names_cannot_upset_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    touch("\x1b[2J\u202ebad\nname.mp3")
    assert cli.main(["\x1b[2J\u202ebad\nname.mp3"]) == 0
    (line,) = lines(capsys)
    assert line.startswith(r"\x1b[2J\u202ebad name.mp3 -> ")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_shows_how_far_the_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    touch("broken.mp3", "a.mp3")
    Path("long.mp3").write_bytes(bytes(100))
    Path("short.mp3").write_bytes(bytes(50))
    monkeypatch.setenv("COLUMNS", "100")
    screens = []
    for options in ([], ["--overwrite", "-q"]):
        screen = Terminal()
        monkeypatch.setattr(sys, "stderr", screen)
        monkeypatch.setattr("tqdm.tqdm.__init__", _redraw_always)
        assert cli.main(["long.mp3", "short.mp3", "broken.mp3", *options]) == 1
        screens.append(screen.getvalue())
    assert "  0 % |" in screens[0]
    assert " 66 % |" in screens[0]
    assert " 99 % |" in screens[0]  # an empty file counts as one byte
    assert "2 of 3, " in screens[0]
    assert "times real time, " in screens[0]
    assert " left" in screens[0]
    assert "\nmp3tomidi: broken.mp3 is no sound" in screens[0].replace("\r", "\n")
    assert "%" not in screens[1]


def _redraw_always(self: Any, *arguments: Any, **options: Any) -> None:
    _tqdm_init(self, *arguments, **{**options, "mininterval": 0, "miniters": 1})


def test_a_single_recording_needs_no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    touch("a.mp3")
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    assert cli.main(["a.mp3"]) == 0
    assert "%" not in screen.getvalue()
    assert "done" not in screen.getvalue()


def test_what_the_package_logs_is_said_with_the_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    from mp3tomidi.transcribe.program import worker

    with worker.logged_warnings() as messages:
        logging.getLogger("mp3tomidi.transcribe.audio.claims").warning("%s ends early", "a.mp3")
        logging.getLogger("mp3tomidi.transcribe.audio.claims").info("nothing")
    logging.getLogger("mp3tomidi.transcribe.audio.claims").warning("later")
    assert messages == ["a.mp3 ends early"]
