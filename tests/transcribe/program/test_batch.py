from __future__ import annotations

import os
from pathlib import Path

import pytest

from mp3tomidi.transcribe.outputs.formats import FORMATS
from mp3tomidi.transcribe.program import batch


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder with recordings in it, below it, and things that are none."""
    for name in (
        "b.mp3",
        "a.WAV",
        "notes.txt",
        ".hidden.mp3",
        "album/01. Träum.flac",
        "album/._01. Träum.flac",
        "album/disc 2/01.ogg",
        ".cache/x.mp3",
    ):
        path = tmp_path / "music" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "music"


def pairs(plan: batch.Plan, root: Path) -> dict[str, str]:
    return {str(job.source.relative_to(root)): str(job.target.relative_to(root)) for job in plan.jobs if job.target}


def touch(*paths: Path) -> list[Path]:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return list(paths)


def test_a_folder_is_searched_and_mirrored(music: Path, tmp_path: Path) -> None:
    plan = batch.plan([music], tmp_path / "out")
    assert pairs(plan, tmp_path) == {
        "music/a.WAV": "out/a.mid",
        "music/b.mp3": "out/b.mid",
        "music/album/01. Träum.flac": "out/album/01. Träum.mid",
        "music/album/disc 2/01.ogg": "out/album/disc 2/01.mid",
    }
    assert not plan.failures
    assert not plan.remarks


def test_without_a_folder_results_lie_beside_their_recordings(music: Path, tmp_path: Path) -> None:
    plan = batch.plan([music / "album", music / "notes.txt"], None)
    assert pairs(plan, tmp_path) == {
        "music/album/01. Träum.flac": "music/album/01. Träum.mid",
        "music/album/disc 2/01.ogg": "music/album/disc 2/01.mid",
        "music/notes.txt": "music/notes.mid",  # named itself, so tried
    }


def test_recordings_that_share_a_name_keep_their_suffix_and_it_is_said(tmp_path: Path) -> None:
    files = touch(tmp_path / "song.mp3", tmp_path / "Song.wav", tmp_path / "other.wav")
    plan = batch.plan(files, tmp_path / "out")
    assert pairs(plan, tmp_path) == {
        "song.mp3": "out/song.mp3.mid",
        "Song.wav": "out/Song.wav.mid",
        "other.wav": "out/other.mid",
    }
    assert len(plan.remarks) == 2
    # The order in which they are named does not decide what they are called.
    assert pairs(batch.plan(files[::-1], tmp_path / "out"), tmp_path) == pairs(plan, tmp_path)


def test_recordings_that_share_even_their_suffix_are_numbered(tmp_path: Path) -> None:
    files = touch(*(tmp_path / folder / "song.mp3" for folder in "abc"), tmp_path / "song.mp3-2.wav")
    plan = batch.plan(files, tmp_path / "out")
    assert list(pairs(plan, tmp_path).values()) == [
        "out/song.mp3.mid",
        "out/song.mp3-2.mid",
        "out/song.mp3-3.mid",
        "out/song.mp3-2.wav.mid",
    ]


def test_a_recording_that_is_named_twice_is_done_once(music: Path, tmp_path: Path) -> None:
    plan = batch.plan([music, music / "b.mp3", music / "album" / ".." / "b.mp3"], None)
    assert len(plan.jobs) == 4


def test_existing_results_are_refused_unless_told_otherwise(music: Path, tmp_path: Path) -> None:
    touch(music / "b.mid")
    plan = batch.plan([music], None)
    assert [job.source.name for job in plan.existing] == ["b.mp3"]
    assert not plan.failures
    assert len(plan.jobs) == 3
    assert len(batch.plan([music], None, existing=batch.Existing.OVERWRITE).jobs) == 4


def test_of_a_recording_with_some_of_the_results_the_others_are_written(music: Path) -> None:
    touch(music / "b.mid")
    plan = batch.plan([music], None, formats=[FORMATS["mid"], FORMATS["picture"]])
    assert not plan.existing
    assert len(plan.jobs) == 4
    (job,) = plan.completed
    assert job in plan.jobs
    assert job.kept == {music / "b.mid"}
    everything = batch.plan([music], None, existing=batch.Existing.OVERWRITE, formats=[FORMATS["mid"], FORMATS["csv"]])
    assert not any(job.kept for job in everything.jobs)
    assert not everything.completed


def test_what_exists_is_skipped_if_that_is_wanted(music: Path, tmp_path: Path) -> None:
    touch(music / "b.mid", music / "a.csv")
    formats = [FORMATS["mid"], FORMATS["csv"]]
    plan = batch.plan([music], None, existing=batch.Existing.SKIP)
    assert [job.source.name for job in plan.skipped] == ["b.mp3"]
    assert len(plan.jobs) == 3
    assert not plan.failures
    # Of a recording with some of the results, only the others are written.
    plan = batch.plan([music], None, existing=batch.Existing.SKIP, formats=formats)
    assert not plan.skipped
    kept = {job.source.name: [path.name for path in job.kept] for job in plan.jobs}
    assert kept == {"a.WAV": ["a.csv"], "b.mp3": ["b.mid"], "01. Träum.flac": [], "01.ogg": []}


def test_a_folder_that_takes_no_files_is_known_before_anything_slow(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = music / "album"
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != closed and may(path, mode))
    plan = batch.plan([music], None)
    assert [failure.source.name for failure in plan.failures] == ["01. Träum.flac"]
    assert "-o FOLDER" in plan.failures[0].reason
    assert len(plan.jobs) == 3
    assert not batch.plan([music], tmp_path / "out" / "new").failures
    assert len(batch.plan([music], closed / "new").failures) == 4


def test_what_cannot_be_done_is_named_and_the_rest_is_planned(music: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    touch(tmp_path / "x.mid")
    long = tmp_path / ("x" * 300 + ".mp3")
    below_a_file = music / "b.mp3" / "c.mp3"
    inputs = [tmp_path / "missing.mp3", tmp_path / "empty", tmp_path / "x.mid", long, below_a_file, music]
    plan = batch.plan(inputs, None)
    assert [failure.source for failure in plan.failures] == inputs[:-1]
    assert all(str(failure.source) in failure.reason for failure in plan.failures)
    assert len(plan.jobs) == 4


def test_a_folder_where_a_result_should_be_is_refused_even_when_overwriting(music: Path, tmp_path: Path) -> None:
    (music / "b.mid").mkdir()
    plan = batch.plan([music], None, existing=batch.Existing.OVERWRITE)
    assert [failure.source.name for failure in plan.failures] == ["b.mp3"]


@pytest.mark.parametrize("existing", batch.Existing)
def test_no_result_replaces_a_recording(tmp_path: Path, existing: batch.Existing) -> None:
    """Whatever was said of results that exist: a recording is none."""
    song, mix, link = touch(tmp_path / "song.wav", tmp_path / "song.mix.wav", tmp_path / "other.mid")
    formats = [FORMATS["mid"], FORMATS["mix"]]
    plan = batch.plan([song, mix], None, existing=existing, formats=formats)
    assert [job.source for job in plan.jobs] == [mix]
    assert [failure.source for failure in plan.failures] == [song]
    assert "song.mix.wav: it is a recording of this run" in plan.failures[0].reason

    link.unlink()
    link.symlink_to(song)
    for target in (song, link):
        plan = batch.plan_file(song, target, existing=existing)
        assert not plan.jobs
        assert "it is a recording of this run; -o names another place" in plan.failures[0].reason


def test_links_in_a_circle_end(music: Path) -> None:
    (music / "album" / "up").symlink_to(music)
    assert len(batch.plan([music], None).jobs) == 4


def test_no_two_results_have_one_name(tmp_path: Path) -> None:
    files = touch(tmp_path / "song.f0.wav", tmp_path / "song.wav")
    formats = [FORMATS["f0"], FORMATS["csv"]]  # the suffix of the first ends in that of the second
    (alone,) = batch.plan(files[1:], None, formats=formats).jobs
    assert [target.name for target in alone.targets] == ["song.f0.csv", "song.csv"]
    both = batch.plan(files, None, formats=formats)
    assert len({target for job in both.jobs for target in job.targets}) == 4
    assert len(both.remarks) == 1


def test_sounds_that_an_earlier_run_has_written_are_no_recordings(tmp_path: Path) -> None:
    music, out = tmp_path / "music", tmp_path / "music" / "out"
    touch(music / "a.mp3", out / "a.notes.wav", out / "b" / "c.mix.wav", out / "new.wav", music / "final.mix.wav")
    taken = [job.source.relative_to(music) for job in batch.plan([music], out).jobs]
    assert taken == [Path("a.mp3"), Path("final.mix.wav"), Path("out/new.wav")]
    assert len(batch.plan([music], tmp_path / "elsewhere").jobs) == 5
    assert len(batch.plan([out], out).jobs) == 3  # nobody writes there but beside recordings
