"""Beats that others have found: as they stand in files, and what becomes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.events import Note, Transcription
from mp3tomidi.transcribe.outputs.midi import beat_times_s
from mp3tomidi.transcribe.rhythm.beat_files import LabelledBeats, read_beats
from mp3tomidi.transcribe.rhythm.tempo_map import with_labelled_beats

WALTZ = "# of a waltz\n" + "".join(f"{0.3 + 0.5 * beat:.4f}\t{(beat + 1) % 3 + 1}\n" for beat in range(30))


@pytest.mark.parametrize("separator", ["\t", " ", ","])
def test_times_and_bars_are_read(tmp_path: Path, separator: str) -> None:
    (tmp_path / "x.beats").write_text(WALTZ.replace("\t", separator))
    read = read_beats(tmp_path / "x.beats")
    assert read.times_s == pytest.approx([0.3 + 0.5 * beat for beat in range(30)])
    assert (read.bars, read.beats_per_bar, read.first_downbeat) == (True, 3, 2)


def test_times_alone_are_enough(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("0.0\n0.5\n1.0\n")
    assert read_beats(tmp_path / "x.txt") == LabelledBeats((0.0, 0.5, 1.0))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "fewer than 2"),
        ("0.5\n", "fewer than 2"),
        ("first\nsecond\n", "holds no beats"),
        ("1.0\n0.5\n", "do not rise"),
        ("-1.0\n0.5\n", "do not rise"),
        ("0.5\ninf\n", "do not rise"),
        ("0.5 one\n1.0 two\n", "holds no beats"),
    ],
)
def test_what_are_no_beats_is_refused_in_one_line(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "x.beats").write_text(content)
    with pytest.raises(LabelsError, match=message) as caught:
        read_beats(tmp_path / "x.beats")
    assert "\n" not in str(caught.value)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.beats").write_bytes(b"\xff\xfe\x00\x81")
    for path in (tmp_path / "none.beats", tmp_path, tmp_path / "x.beats"):
        with pytest.raises(LabelsError, match="cannot read"):
            read_beats(path)


def test_the_file_s_beats_are_those_that_are_given() -> None:
    rng = np.random.default_rng(5)
    times_s = np.cumsum(rng.uniform(0.45, 0.55, 40))
    heard = Transcription(notes=(Note(1.0, 2.0, 60, 64),), duration_s=18.0)
    given = LabelledBeats(tuple(times_s.tolist()), True, 3, 1)
    found = with_labelled_beats(heard, given)
    beats_s, upbeats = beat_times_s(found)
    first = beats_s[upbeats % 3 :: 3]
    inside_s = times_s[times_s < 18.0]
    assert np.abs(inside_s[:, None] - np.array(beats_s)).min(axis=1).max() < 0.05
    assert np.abs(inside_s[1::3][:, None] - np.array(first)).min(axis=1).max() < 0.05
    assert found.notes == heard.notes
    assert with_labelled_beats(heard, LabelledBeats(given.times_s)).metre == ()


def test_beats_that_begin_after_the_recording_are_refused() -> None:
    with pytest.raises(LabelsError, match="the recording ends at 2 s"):
        with_labelled_beats(Transcription(duration_s=2.0), LabelledBeats((30.0, 31.0)))
