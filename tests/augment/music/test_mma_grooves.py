"""Grooves: charts that mma understands, its songs read and kept, and bands that play them."""

import shutil
import stat
from pathlib import Path

import numpy as np
import pytest
import symusic

from mp3tomidi.augment import cli
from mp3tomidi.augment.harmony import draw_setting
from mp3tomidi.augment.music import corpora
from mp3tomidi.augment.music import mma_grooves as grooves
from mp3tomidi.augment.music.mma_grooves import Groove, GroovesError, chord_name, find_grooves, write_chart
from mp3tomidi.augment.music.passages import Passages

needs_mma = pytest.mark.skipif(shutil.which("mma") is None, reason="the program mma is not installed")

# Plays bass, guitar and drums whatever the chart says, and fails for grooves named Broken.
FAKE_MMA = """#!/bin/sh
grep -q Broken "$3" && { echo "no such groove"; exit 1; }
cp "$(dirname "$0")/played.mid" "$2"
"""


def played() -> symusic.Score:
    score = symusic.Score(480)
    for program, pitch, drums in ((33, 40, False), (26, 60, False), (0, 38, True)):
        track = symusic.Track("", program, drums)
        for beat in range(32):
            track.notes.append(symusic.Note(beat * 480, 400, pitch, 90))
        score.tracks.append(track)
    return score


@pytest.fixture
def fake_mma(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a program mma and a library of ten styles, the first with a broken groove too."""
    home = tmp_path / "mma"
    for style in range(10):
        path = home / "lib" / "std" / f"style{style}.mma"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Time 4\nDefGroove Groove{style}  one\n  defgroove groove{style}  the same\n")
    with (home / "lib" / "std" / "style0.mma").open("a") as file:
        file.write("DefGroove Broken/other two names\n")
    program = home / "mma"
    program.write_text(FAKE_MMA)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    played().dump_midi(home / "played.mid")
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    return home


def test_grooves_are_found_by_their_definitions_once_each(fake_mma: Path) -> None:
    found = find_grooves(grooves.find_library())
    assert found[:3] == [
        Groove("std/style0", "Broken"),
        Groove("std/style0", "Groove0"),
        Groove("std/style1", "Groove1"),
    ]
    assert len(found) == 11


def test_all_grooves_are_played_and_kept_and_the_last_styles_held_out(
    fake_mma: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    banks = tmp_path / "banks"
    assert cli.main(["grooves", str(banks)]) == 0
    printed = capsys.readouterr()
    assert "10 grooves, 960 notes, 30 parts" in printed.out
    assert "std/style0/Broken: left out (no such groove)" in printed.err
    with np.load(banks / corpora.GROOVES_CACHE_NAME) as stored:
        assert stored["names"].tolist() == [f"mma/std/style{style}/Groove{style}" for style in range(10)]
        assert stored["songs"]["held_out"].tolist() == [False] * 2 + [True] * 8
        assert (stored["songs"]["corpus"] == corpora.CORPORA.index("mma")).all()
        assert stored["parts"]["program"][:3].tolist() == [33, 26, 0]
        assert stored["parts"]["is_drums"][:3].tolist() == [False, False, True]


def test_grooves_join_the_other_corpora_and_are_played_only_when_asked_for(
    fake_mma: Path, tmp_path: Path, tiny_corpora: corpora.Corpora
) -> None:
    corpora.store(tiny_corpora, tmp_path / corpora.CACHE_NAME)
    alone = corpora.load(tmp_path / "nowhere", tmp_path)
    assert not Passages(alone).has_grooves
    grooves.build(tmp_path)
    both = corpora.load(tmp_path / "nowhere", tmp_path)
    assert [str(name) for name in both.names[:3]] == ["pop909/one", "groove/two", "mma/std/style0/Groove0"]
    for part in range(len(tiny_corpora.parts)):
        assert both.part_notes(part).tobytes() == tiny_corpora.part_notes(part).tobytes()
    first = both.song_parts(2)
    assert set(both.part_notes(first[0])["pitch"].tolist()) == {40}
    assert both.song_beats_s(2)[:3].tolist() == pytest.approx([0.0, 0.5, 1.0])
    assert both.song_beats_s(1).tolist() == tiny_corpora.song_beats_s(1).tolist()

    passages = Passages(both)
    families = ["bass", "guitar", "winds"]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        band = passages.draw_ensemble(rng, families=families, duration_s=4.0, groove=True)
        bass, guitar, winds = (notes for _, notes in band.parts)
        assert len(set(bass["pitch"].tolist())) == 1  # the groove's own bass and guitar on one note each
        assert len(set(guitar["pitch"].tolist())) == 1
        assert (bass["pitch"][0] - guitar["pitch"][0]) % 12 == (40 - 60) % 12
        assert len(winds)  # has no part in the groove: its line is written, or doubles another
        assert set(band.drum_hits["key"].tolist()) == {38}
        other, same = (
            source.draw_ensemble(np.random.default_rng(seed), families=families, duration_s=4.0)
            for source in (passages, Passages(alone))
        )
        for (_, notes), (_, unchanged) in zip(other.parts, same.parts, strict=True):
            assert notes.tobytes() == unchanged.tobytes()


def test_held_out_grooves_are_kept_apart(fake_mma: Path, tmp_path: Path) -> None:
    songs = grooves.build(tmp_path)
    songs.notes["pitch"] += np.repeat(songs.songs["held_out"], 96).astype(np.uint8)  # a semitone up
    for held_out, key in ((False, 38), (True, 39)):
        passages = Passages(songs, held_out=held_out)
        keys = set()
        for seed in range(20):
            band = passages.draw_ensemble(
                np.random.default_rng(seed), families=["bass", "guitar"], duration_s=4.0, groove=True
            )
            keys |= set(band.drum_hits["key"].tolist())
            assert (band.parts[0][1]["pitch"][0] - band.parts[1][1]["pitch"][0]) % 12 == 4
        assert keys == {key}


def test_without_the_program_one_line_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["grooves", str(tmp_path / "banks")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "apt install mma" in error
    assert not (tmp_path / "banks").exists()


def test_a_library_that_plays_nothing_is_an_error(fake_mma: Path, tmp_path: Path) -> None:
    (fake_mma / "played.mid").unlink()
    with pytest.raises(GroovesError, match="none of its grooves"):
        grooves.build(tmp_path / "banks")


def test_chords_are_named_from_their_intervals() -> None:
    cases = {
        (0, 4, 7): "C",
        (9, 0, 4): "Am",
        (11, 2, 5): "Bdim",
        (2, 5, 9, 0): "Dm7",
        (5, 9, 0, 4): "FM7",
        (7, 11, 2, 5, 9): "G9",
        (1, 5, 9): "Dbaug",
        (3, 6, 9, 0): "Ebdim7",
        (6, 9, 2): "Gbm",  # no name of its own: a third and a sixth
    }
    assert {pitches: chord_name(np.array(pitches)) for pitches in cases} == cases


def test_a_chart_has_eight_bars_and_is_the_same_for_the_same_state() -> None:
    first, again, other = (write_chart(Groove("std/swing", "Swing"), np.random.default_rng(s)) for s in (1, 1, 2))
    assert first == again != other
    lines = first.splitlines()
    assert lines[2] == "Groove std/swing:Swing"
    assert [line.split()[0] for line in lines[3:]] == [str(bar) for bar in range(1, 9)]


@needs_mma
def test_mma_plays_a_chart_with_every_chord_that_is_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    names = {chord_name(chord) for _ in range(300) for chord in draw_setting(rng, 0.0, 20.0).chords}
    suffixes = {name[2:] if name[1:2] == "b" else name[1:] for name in names}
    assert suffixes >= {"", "m", "dim", "aug", "7", "m7", "M7"}
    bars = "\n".join(f"{bar + 1} C{suffix}" for bar, suffix in enumerate(sorted(suffixes)))
    assert grooves.play(f"RndSeed 1\nTempo 120\nGroove stdlib/swing:Swing\n{bars}\n", tmp_path / "a.mid") == ""
    assert grooves.play("Groove NoSuchGroove\n1 C\n", tmp_path / "b.mid") != ""


@needs_mma
def test_mma_plays_the_same_again_and_in_the_chords_of_the_chart(tmp_path: Path) -> None:
    chart = "RndSeed 7\nTempo 120\nGroove stdlib/swing:Swing\n" + "".join(f"{bar} C\n" for bar in range(1, 9))
    for name in ("a", "b"):
        assert grooves.play(chart, tmp_path / f"{name}.mid") == ""
    songs = [corpora.read_songs([corpora.SongFile("mma", n, tmp_path / f"{n}.mid", False)]) for n in ("a", "b")]
    assert songs[0].notes.tobytes() == songs[1].notes.tobytes()
    pitched = songs[0].parts[~songs[0].parts["is_drums"]]
    assert len(pitched) >= 2
    assert songs[0].parts["is_drums"].any()
    assert songs[0].song_beats_s(0)[:3].tolist() == pytest.approx([0.0, 0.5, 1.0], abs=1e-3)
    chords = songs[0].part_notes(int(np.flatnonzero(~songs[0].parts["is_drums"])[np.argmax(pitched["polyphony"])]))
    assert np.isin(chords["pitch"] % 12, (0, 4, 7)).mean() > 0.9
