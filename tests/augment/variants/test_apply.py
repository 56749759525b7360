"""`mp3tomidi-augment apply`, as a user types it."""

import errno
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from mp3tomidi.augment import cli, recipe
from mp3tomidi.augment.sound_files import encode
from mp3tomidi.augment.variants import estimate, manifest, worker
from mp3tomidi.augment.variants.making import Settings
from mp3tomidi.augment.variants.run import plan
from mp3tomidi.augment.variants.sources import Variant
from mp3tomidi.augment.variants.worker import Outcome

from .commands import ONSET_S, RATE, files, rows, run, tone


def test_every_sound_is_changed_and_its_class_and_labels_come_along(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("apply", samples, out, "--copies", 2, "--recipe", "studio", "--jobs", 1) == 0
    made = files(out)
    assert set(made) == {
        "manifest.jsonl",
        *(f"piano/c4-00{n}{end}" for n in (1, 2) for end in (".wav", ".notes.tsv")),
        *(f"piano/e4-00{n}{end}" for n in (1, 2) for end in (".wav", ".beats")),
        *(f"drums/kick-00{n}{end}" for n in (1, 2) for end in (".wav", ".drums.tsv")),
        *(f"drums/tom-00{n}.wav" for n in (1, 2)),
    }
    assert len({content for name, content in made.items() if name.endswith(".wav")}) == 8
    info = soundfile.info(out / "piano" / "e4-001.wav")
    assert (info.channels, info.samplerate, info.frames, info.subtype) == (2, RATE, len(tone(64)), "PCM_16")
    assert "8 copies made" in capsys.readouterr().err
    written = rows(out)
    assert [(row["source"], row["copy"]) for row in written] == sorted((row["source"], row["copy"]) for row in written)
    row = written[4]
    assert (row["file"], row["class"], row["source"]) == ("piano/c4-001.wav", "piano", "piano/c4.wav")
    assert row["labels"] == ["piano/c4-001.notes.tsv"]
    assert row["sha256"] == hashlib.sha256(made["piano/c4-001.wav"]).hexdigest()
    assert row["source_sha256"] == hashlib.sha256((samples / "piano" / "c4.wav").read_bytes()).hexdigest()
    assert row["effects"][-1]["settings"] == "GainParams"


def test_labels_are_where_the_sound_is(samples: Path, tmp_path: Path) -> None:
    """A cassette is off by up to 40 cents: 2.3 % of the time of an onset."""
    out = tmp_path / "out"
    (samples / "piano" / "late.notes.tsv").write_text("2.0\t3.0\t60\t90\n")
    late = np.concatenate([np.zeros(round((2.0 - ONSET_S) * RATE)), tone(60, 1.0)])
    soundfile.write(samples / "piano" / "late.wav", late, RATE)
    steps = '[[steps]]\neffect = "detune"\ncents = [30, 40]\n[[steps]]\neffect = "reverb"\nshare = 0.5\n'
    (tmp_path / "mine.toml").write_text(steps)
    assert run("apply", samples, out, "--recipe", tmp_path / "mine.toml", "--copies", 3, "--jobs", 1) == 0
    for copy in (1, 2, 3):
        sound, _ = soundfile.read(out / "piano" / f"late-00{copy}.wav")
        label_s = float((out / "piano" / f"late-00{copy}.notes.tsv").read_text().split("\t")[0])
        heard_s = np.flatnonzero(np.abs(sound) > 0.05)[0] / RATE
        assert label_s < 1.97
        assert abs(heard_s - label_s) < 0.003


@pytest.mark.parametrize("format_name", ["wav", "flac", "ogg"])
def test_the_same_bytes_whatever_the_jobs_and_interruptions(
    samples: Path, tmp_path: Path, format_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--copies", 2, "--format", format_name, "--recipe", "heavy", "--seed", 7)
    assert run("apply", samples, tmp_path / "one", *options, "--jobs", 1) == 0
    whole = files(tmp_path / "one")
    if format_name == "wav":
        assert run("apply", samples, tmp_path / "two", *options, "--jobs", 2) == 0
        assert files(tmp_path / "two") == whole

    make = worker.make
    made: list[int] = []

    def interrupted(*arguments: Any) -> Any:
        made.append(1)
        if len(made) == 4:
            raise KeyboardInterrupt
        return make(*arguments)

    monkeypatch.setattr(worker, "make", interrupted)
    assert run("apply", samples, tmp_path / "three", *options, "--jobs", 1) == 130
    assert len([name for name in files(tmp_path / "three") if name.endswith(f".{format_name}")]) == 3
    with (tmp_path / "three" / manifest.NAME).open("a") as file:
        file.write('{"file": "half a li')
    made = [0] * 10
    assert run("apply", samples, tmp_path / "three", *options, "--jobs", 1) == 0
    assert len(made) == 10 + 5
    assert files(tmp_path / "three") == whole


def test_another_seed_is_another_set_and_more_copies_keep_the_first(samples: Path, tmp_path: Path) -> None:
    assert run("apply", samples, tmp_path / "a", "--jobs", 1) == 0
    assert run("apply", samples, tmp_path / "b", "--jobs", 1, "--seed", 1) == 0
    first, other = files(tmp_path / "a"), files(tmp_path / "b")
    assert all(first[name] != other[name] for name in first if name.endswith(".wav"))
    assert run("apply", samples, tmp_path / "a", "--jobs", 1, "--copies", 2) == 0
    more = files(tmp_path / "a")
    assert len(rows(tmp_path / "a")) == 8
    assert all(more[name] == content for name, content in first.items() if name != manifest.NAME)


def test_only_what_is_missing_or_of_a_changed_sound_is_made_again(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("apply", samples, out, "--jobs", 1) == 0
    whole = files(out)
    capsys.readouterr()
    assert run("apply", samples, out, "--jobs", 1) == 0
    assert "0 copies made" in capsys.readouterr().err
    (out / "piano" / "c4-001.wav").unlink()
    (out / "drums" / "kick-001.drums.tsv").unlink()
    (out / "drums" / "tom-001.wav").write_bytes(b"RIFF")
    assert run("apply", samples, out, "--jobs", 1) == 0
    assert "3 copies made" in capsys.readouterr().err
    assert files(out) == whole
    soundfile.write(samples / "piano" / "c4.wav", tone(62), RATE)
    assert run("apply", samples, out, "--jobs", 1) == 0
    assert "1 copies made" in capsys.readouterr().err
    assert files(out)["piano/c4-001.wav"] != whole["piano/c4-001.wav"]


def test_what_cannot_be_used_is_said_and_the_rest_is_done(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (samples / "piano" / "empty.wav").touch()
    (samples / "piano" / "noise.wav").write_text("this is no sound")
    soundfile.write(samples / "piano" / "nothing.wav", np.zeros(0), RATE)
    (samples / "piano" / "lost.mid").touch()
    (samples / "drums" / "tom.notes.tsv").write_text("5.0\t6.0\t60\t90\n")
    for suffix in ("wav", "flac"):
        soundfile.write(samples / "drums" / f"twice.{suffix}", tone(50), RATE)
    (samples / "drums" / "twice.drums.tsv").write_text("0.1\tTT\n")
    out = tmp_path / "out"
    assert run("apply", samples, out, "--copies", 2, "--jobs", 1) == 1
    lines = capsys.readouterr().err.splitlines()
    for words in (
        "empty.wav is empty",
        "noise.wav",
        "nothing.wav",
        "lost.mid: there is no sound of that name beside these labels",
        "tom.notes.tsv: a note at 5 s, but the sound lasts from 0 to 0.4 s",
        "twice.wav: several sounds share the labels twice.drums.tsv",
    ):
        assert sum(words in line for line in lines if not line.endswith(".wav")) >= 1, words
    assert "6 copies made" in "".join(lines)
    assert "7 failed:" in "".join(lines)
    assert {row["source"] for row in rows(out) if "error" in row} == {
        *(f"piano/{name}" for name in ("empty.wav", "noise.wav", "nothing.wav", "lost.mid")),
        *(f"drums/{name}" for name in ("tom.wav", "twice.wav", "twice.flac")),
    }
    assert sorted(name for name in files(out) if name.endswith(".wav")) == [
        f"{name}-00{copy}.wav" for name in ("drums/kick", "piano/c4", "piano/e4") for copy in (1, 2)
    ]
    (samples / "drums" / "tom.notes.tsv").write_text("0.1\t0.2\t60\t90\n")
    assert run("apply", samples, out, "--copies", 2, "--jobs", 1) == 1
    assert "2 copies made" in capsys.readouterr().err
    assert len([row for row in rows(out) if "error" not in row]) == 8


def test_a_full_disk_leaves_nothing_half_written(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if content[:4] == b"RIFF":
            write(path, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    out = tmp_path / "out"
    assert run("apply", samples, out, "--jobs", 1) == 1
    assert set(files(out)) == {manifest.NAME}
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (lambda s, t: (s, s / "out"), "lies in"),
        (lambda s, t: (s, s), "lies in"),
        (lambda s, t: (t / "none", t / "out"), "there is no such folder"),
        (lambda s, t: (s / "drums" / "tom.wav", t / "out"), "is a file: name the folder that it lies in"),
        (lambda s, t: (t / "bare", t / "out"), "holds no sound"),
        (lambda s, t: (s, t / "bare2"), "holds files, but no manifest.jsonl"),
        (lambda s, t: (s, t / "out", "--recipe", "studioo"), "did you mean 'studio'"),
        (lambda s, t: (s, t / "file"), "a file is in its place"),
    ],
)
def test_what_cannot_be_begun_is_one_line(
    samples: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: Callable[[Path, Path], tuple[object, ...]],
    words: str,
) -> None:
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare2").mkdir()
    (tmp_path / "bare2" / "thesis.txt").touch()
    (tmp_path / "file").touch()
    before = files(tmp_path)
    assert run("apply", *arguments(samples, tmp_path), "--jobs", 1) == 1
    error = capsys.readouterr().err
    assert words in error
    assert error.startswith("mp3tomidi-augment: ")
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    "arguments",
    [("IN",), ("IN", "OUT", "--copies", "0"), ("IN", "OUT", "--rate", "fast"), ("IN", "OUT", "--seed", "-1")],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("apply", *arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_set_goes_on_only_with_what_it_was_made_with(
    samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("apply", samples, out, "--jobs", 1) == 0
    for change in (("--seed", 1), ("--recipe", "studio"), ("--format", "flac"), ("--rate", 8000), ("--tail", 1)):
        assert run("apply", samples, out, "--jobs", 1, *change) == 1
        assert "made with another recipe, seed, format, rate or tail" in capsys.readouterr().err
    path = out / manifest.NAME
    path.write_text(path.read_text().replace('"version": 1', '"version": 2', 1))
    assert run("apply", samples, out, "--jobs", 1) == 1
    assert "a manifest of version 2" in capsys.readouterr().err
    head = path.read_text().splitlines()[0].replace('"version": 2', '"version": 1')
    for text, words in (
        ("{}", "its first line does not say that it is one"),
        ("steps = []", "it has a line that is no JSON object"),
        (head.replace('"rt60_s"', '"rt60"'), "its recipe is not one of this version"),
        (head.replace('"seed"', '"sead"'), "its first line is damaged"),
    ):
        path.write_text(text + "\n")
        assert run("apply", samples, out, "--jobs", 1) == 1
        assert words in capsys.readouterr().err


def test_rate_tail_and_a_name_shared_by_two_sounds(samples: Path, tmp_path: Path) -> None:
    soundfile.write(samples / "drums" / "tom.flac", tone(41), RATE)
    out = tmp_path / "out"
    assert run("apply", samples, out, "--rate", 22050, "--tail", 0.5, "--jobs", 1) == 0
    names = [name for name in files(out) if name.startswith("drums/tom")]
    assert names == ["drums/tom.flac-001.wav", "drums/tom.wav-001.wav"]
    info = soundfile.info(out / "piano" / "c4-001.wav")
    assert (info.samplerate, info.frames) == (22050, round(0.4 * 22050) + round(0.5 * 22050))


def test_dry_run_and_list_write_nothing(samples: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("apply", samples, tmp_path / "out", "--copies", 30, "--dry-run", "--jobs", 1) == 0
    said = capsys.readouterr().out
    assert "120 copies to make" in said
    found = re.search(r"about 48\.0 s of sound, ([\d.]+) MB, made in about [\d.]+ s by \d cores? that", said)
    assert found is not None
    assert float(found[1]) == pytest.approx(1.92, rel=0.15)  # 48 s of 16 bits at 16 kHz, a fourth of it in stereo
    assert not (tmp_path / "out").exists()
    assert run("apply", "--list") == 0
    said = capsys.readouterr().out
    for words in ("chorus_reverb_filter", "rt60_s", "(0.02 to 20)", "[0.1, 1.5]"):
        assert words in said


def test_a_forecast_counts_processor_time_and_not_what_else_the_machine_does(
    samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copies that wait: half a minute of sound each, which costs two seconds, and one for whatever length."""
    planned = plan(samples, tmp_path / "out", Settings(recipe.load("studio"), 0, "wav", None, 0.0), 5)

    def tried(_: object, variants: list[Variant], *__: object) -> Iterator[Outcome]:
        for number, variant in enumerate(variants):
            length_s = 30.0 * (1 + number % 2)
            yield Outcome(variant, {"bytes": 1000}, length_s, 1.0 + 2.0 * length_s / 30.0, 4.0)

    monkeypatch.setattr(estimate, "work", tried)
    (*_, line) = estimate.estimate(planned, 2)
    sound_s = 20 * 0.4
    expected_s = 4.0 + (20 + sound_s * 2.0 / 30.0) / 2
    assert f"made in about {expected_s:.1f} s by 2 cores that do nothing else" in line


def test_what_a_copy_costs_is_no_wall_time(samples: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(recipe.load("studio"), 0, "wav", None, 0.0)
    (variant, *_) = plan(samples, tmp_path / "out", settings, 1).variants
    slow = worker.make

    def make_and_wait(*arguments: Any) -> Any:
        time.sleep(1.5)
        return slow(*arguments)

    doer = worker.Worker(settings, tmp_path / "out")
    doer.do(variant)  # loads libraries
    monkeypatch.setattr(worker, "make", make_and_wait)
    outcome = doer.do(variant)
    assert outcome.error is None
    assert 0.0 < outcome.cpu_s < 1.0
    assert outcome.process_cpu_s > outcome.cpu_s


def test_a_copy_never_clips(samples: Path, tmp_path: Path) -> None:
    soundfile.write(samples / "piano" / "loud.wav", 2.2 * tone(60), RATE, subtype="FLOAT")
    (tmp_path / "mine.toml").write_text('[[steps]]\neffect = "chorus"\nwet = [0.8, 0.8]\n')
    assert run("apply", samples, tmp_path / "out", "--recipe", tmp_path / "mine.toml", "--jobs", 1) == 0
    sound, _ = soundfile.read(tmp_path / "out" / "piano" / "loud-001.wav")
    assert 0.99 < np.abs(sound).max() < 1.0
    (row,) = [row for row in rows(tmp_path / "out") if "loud" in row["file"]]
    assert row["turned_down_db"] > 0.5


def test_a_sound_without_any_is_a_warning(samples: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    soundfile.write(samples / "piano" / "nothing.wav", np.full(RATE, np.nan), RATE, subtype="FLOAT")
    assert run("apply", samples, tmp_path / "out", "--jobs", 1, "--copies", 2) == 0
    assert [record.getMessage() for record in caplog.records].count(
        f"{samples / 'piano' / 'nothing.wav'} is silent from end to end: its copies hold only what effects add"
    ) == 1


def test_ogg_files_are_whole_and_equal() -> None:
    sound = np.stack([tone(60, 3.0), tone(64, 3.0)]).astype(np.float32)
    first, again = (encode(sound, 44100, "ogg") for _ in range(2))
    assert first == again
    read, rate = soundfile.read(BytesIO(first))
    assert (rate, read.shape) == (44100, (sound.shape[1], 2))
    assert np.corrcoef(read[:, 0], sound[0])[0, 1] > 0.99


def test_help_does_not_wait_for_torch() -> None:
    code = "import sys; from mp3tomidi.augment import cli; cli._parser(); print({'torch', 'numpy'} & {*sys.modules})"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


def test_a_line_of_the_manifest_is_plain_json(samples: Path, tmp_path: Path) -> None:
    assert run("apply", samples, tmp_path / "out", "--recipe", "phone", "--jobs", 1) == 0
    head, *lines = (tmp_path / "out" / manifest.NAME).read_text().splitlines()
    assert json.loads(head)["recipe"]["name"] == "phone"
    assert json.loads(head)["sources"] == "../samples"
    assert all(json.loads(line)["bytes"] > 0 for line in lines)


def test_a_pipe_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    os.mkfifo(tmp_path / "in" / "a.wav")
    soundfile.write(tmp_path / "in" / "b.wav", np.full(8_000, 0.1), 8_000)
    words = ["apply", str(tmp_path / "in"), str(tmp_path / "out"), "--copies", "1", "--recipe", "phone", "--jobs", "1"]
    assert cli.main(words) == 1
    assert "a device or a pipe" in capsys.readouterr().err
    assert len(list((tmp_path / "out").glob("b*.wav"))) == 1
