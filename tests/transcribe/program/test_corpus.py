"""Corpora on this machine and at addresses: what is planned, fetched, put and written down. No Ray is needed for it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import fsspec
import numpy as np
import pytest
import soundfile

from mp3tomidi.transcribe.errors import AudioError, OutputError, WorkerError
from mp3tomidi.transcribe.events import DrumHit, Note, Transcription
from mp3tomidi.transcribe.outputs import parquet
from mp3tomidi.transcribe.outputs.formats import FORMATS, MIDI
from mp3tomidi.transcribe.program import corpus_files
from mp3tomidi.transcribe.program.corpus import CorpusJob, plan_corpus
from mp3tomidi.transcribe.program.corpus_files import fetch, files_at, put, sounds_at
from mp3tomidi.transcribe.program.corpus_manifest import Manifest
from mp3tomidi.transcribe.program.corpus_worker import CorpusWorker
from mp3tomidi.transcribe.program.worker import Request

CSV = FORMATS["csv"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[str]:
    """An address in memory with two sounds, one below the other, a hidden one and a text."""
    memory = fsspec.filesystem("memory")
    file = tmp_path / "tone.wav"
    time_s = np.arange(16_000) / 16_000
    soundfile.write(file, 0.3 * np.sin(2 * np.pi * 440.0 * time_s) * np.exp(-3.0 * time_s), 16_000)
    for name in ("a.wav", "deep/b.wav", ".hidden.wav"):
        memory.pipe_file(f"/music/{name}", file.read_bytes())
    memory.pipe_file("/music/read.me", b"text")
    yield "memory://music"
    memory.rm("/", recursive=True)


def test_sounds_are_found_at_addresses(store: str) -> None:
    assert list(sounds_at(store)) == [
        ("memory://music/a.wav", PurePosixPath("a.wav")),
        ("memory://music/deep/b.wav", PurePosixPath("deep/b.wav")),
    ]
    assert list(sounds_at("memory://music/a.wav")) == [("memory://music/a.wav", PurePosixPath("a.wav"))]
    with pytest.raises(AudioError, match="memory://nowhere"):
        list(sounds_at("memory://nowhere"))
    with pytest.raises(WorkerError, match="nonsense://x"):
        list(sounds_at("nonsense://x"))


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_files_go_to_addresses_whole(kind: str, tmp_path: Path) -> None:
    root = "memory://results" if kind == "memory" else f"file://{tmp_path}/results"
    file = tmp_path / "one.mid"
    file.write_bytes(b"one")
    put(file, f"{root}/deep/one.mid")
    file.write_bytes(b"two")
    put(file, f"{root}/deep/one.mid")
    assert files_at(root) == {"deep/one.mid"}  # nothing of the writing is left
    fetch(f"{root}/deep/one.mid", tmp_path / "back.mid")
    assert (tmp_path / "back.mid").read_bytes() == b"two"
    with pytest.raises(AudioError, match="there is no such file"):
        fetch(f"{root}/gone.mid", tmp_path / "gone.mid")


def test_what_fails_for_a_moment_is_tried_again(store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, calls = type(fsspec.filesystem("memory")), []
    get = memory.get_file

    def shaky(self, *arguments, **options):
        calls.append(arguments[0])
        if len(calls) < corpus_files.TRIES:
            raise OSError("connection reset")
        return get(self, *arguments, **options)

    def broken(self, *arguments, **options):
        raise OSError("connection reset")

    monkeypatch.setattr(memory, "get_file", shaky)
    monkeypatch.setattr(corpus_files, "_PAUSE_S", 0.0)
    fetch(f"{store}/a.wav", tmp_path / "a.wav")
    assert len(calls) == corpus_files.TRIES
    monkeypatch.setattr(memory, "get_file", broken)  # and what fails for good is given up
    with pytest.raises(AudioError, match=r"a\.wav: connection reset"):
        fetch(f"{store}/a.wav", tmp_path / "a.wav")


def test_results_at_addresses_are_named_as_on_one_machine(store: str, tmp_path: Path) -> None:
    fsspec.filesystem("memory").pipe_file("/music/a.mp3", b"another a")
    planned = plan_corpus([store], "memory://out", (MIDI, CSV))
    assert [job.results for job in planned.jobs] == [
        ("memory://out/a.mp3.mid", "memory://out/a.mp3.csv"),
        ("memory://out/a.wav.mid", "memory://out/a.wav.csv"),
        ("memory://out/deep/b.mid", "memory://out/deep/b.csv"),
    ]
    on_disk = plan_corpus([store], str(tmp_path), (MIDI,))
    assert on_disk.jobs[-1].results == (str(tmp_path / "deep" / "b.mid"),)


def test_what_is_there_is_passed_over_and_never_replaced(store: str) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/out/a.mid", b"there")
    memory.pipe_file("/out/a.csv", b"there")
    memory.pipe_file("/out/deep/b.csv", b"there")
    planned = plan_corpus([store, "memory://nowhere"], "memory://out", (MIDI, CSV))
    assert [job.source for job in planned.existing] == ["memory://music/a.wav"]
    assert planned.jobs == [
        CorpusJob(
            "memory://music/deep/b.wav",
            ("memory://out/deep/b.mid", "memory://out/deep/b.csv"),
            frozenset(["memory://out/deep/b.csv"]),
        )
    ]
    assert [source for source, _ in planned.failures] == ["memory://nowhere"]
    assert not plan_corpus([store], "memory://out", (MIDI, CSV), overwrite=True).existing


def test_a_worker_reads_and_writes_at_addresses(store: str, tmp_path: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/music/broken.wav", b"no sound")
    memory.pipe_file("/out/deep/b.csv", b"kept")
    worker = CorpusWorker(Request((MIDI, CSV)))
    row, kept, broken, gone = worker.do_all(
        [
            CorpusJob("memory://music/a.wav", ("memory://out/a.mid", str(tmp_path / "a.csv"))),
            CorpusJob(
                "memory://music/deep/b.wav",
                ("memory://out/deep/b.mid", "memory://out/deep/b.csv"),
                frozenset(["memory://out/deep/b.csv"]),
            ),
            CorpusJob("memory://music/broken.wav", ("memory://out/broken.mid", "memory://out/broken.csv")),
            CorpusJob("memory://music/gone.wav", ("memory://out/gone.mid", "memory://out/gone.csv")),
        ]
    )
    assert (row["status"], row["error"], row["seconds"]) == ("done", None, 1.0)
    assert memory.cat_file("/out/a.mid") == memory.cat_file("/out/deep/b.mid")
    assert (tmp_path / "a.csv").read_text().startswith("onset_s")
    assert kept["status"] == "done"
    assert memory.cat_file("/out/deep/b.csv") == b"kept"
    assert broken["status"] == "failed"
    assert "memory://music/broken.wav is not a sound file" in broken["error"]
    assert "there is no such file" in gone["error"]
    assert not memory.exists("/out/broken.mid")


def test_events_of_several_recordings_share_a_parquet_file(store: str, tmp_path: Path) -> None:
    import pyarrow.parquet

    worker = CorpusWorker(Request((MIDI,)), str(tmp_path))
    done = worker.do_all([CorpusJob("memory://music/a.wav"), CorpusJob("memory://music/deep/b.wav")])
    (part,) = {place for row in done for place in row["results"]}
    table = pyarrow.parquet.read_table(part)
    assert table.num_rows == sum(row["notes"] + row["drum_hits"] for row in done)
    assert set(table["source"].to_pylist()) == {"memory://music/a.wav", "memory://music/deep/b.wav"}


def test_parquet_has_the_events_and_nulls_where_they_have_nothing(tmp_path: Path) -> None:
    import pyarrow.parquet

    heard = Transcription(notes=(Note(1.0, 2.0, 60, 90),), drum_hits=(DrumHit(0.5, 38, 100),), duration_s=3.0)
    parquet.write([("a", heard), ("b", Transcription(duration_s=1.0))], tmp_path / "e.parquet")
    first, second = pyarrow.parquet.read_table(tmp_path / "e.parquet").to_pylist()
    assert (first["kind"], first["pitch"], first["offset_s"], first["program"], first["drum"]) == (
        "drum",
        38,
        None,
        None,
        "snare",
    )
    assert (second["kind"], second["onset_s"], second["offset_s"], second["pitch"], second["source"]) == (
        "note",
        1.0,
        2.0,
        60,
        "a",
    )


@pytest.mark.parametrize("at_address", [False, True])
def test_a_manifest_keeps_what_holds_and_is_sorted(at_address: bool, tmp_path: Path) -> None:
    place = "memory://manifests/manifest.jsonl" if at_address else str(tmp_path / "manifest.jsonl")
    with Manifest(place) as manifest:
        for source in ("b", "a", "lost"):
            manifest.add({"source": source, "status": "done"})
    with Manifest(place) as manifest:
        assert manifest.keep(lambda row: row["source"] != "lost") == 2
        manifest.add({"source": "c", "status": "failed"})
        manifest.sort()
    content = fsspec.open(place).open().read() if at_address else Path(place).read_bytes()
    assert [json.loads(line)["source"] for line in content.splitlines()] == ["a", "b", "c"]


def test_a_manifest_that_was_cut_off_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_bytes(b'{"source": "a"}\n{"source": "b"')
    with Manifest(str(tmp_path / "m.jsonl")) as manifest:
        assert [row["source"] for row in manifest.rows()] == ["a"]
    (tmp_path / "file").touch()
    with pytest.raises(OutputError), Manifest(str(tmp_path / "file" / "m.jsonl")):
        pass
