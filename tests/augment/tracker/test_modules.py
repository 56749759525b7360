"""Tracker modules: a ProTracker file written byte by byte, whose strokes lie at times that follow from its rows."""

import ctypes.util
import struct
from pathlib import Path

import numpy as np
import pytest

from mp3tomidi.augment.cli import main
from mp3tomidi.augment.label_files import drums_tsv
from mp3tomidi.augment.tracker import libopenmpt, songs
from mp3tomidi.augment.tracker.libopenmpt import ticks_of
from mp3tomidi.augment.tracker.songs import TrackerSong, find_songs, known_songs, render
from mp3tomidi.augment.tracker.strokes import heard_strokes
from mp3tomidi.transcribe.drum_kit import PIECE_OF_KEY
from mp3tomidi.transcribe.errors import LabelsError

RATE = 44100
ROW_S = 6 * 2.5 / 125  # six ticks at the tempo that every module begins with
KICK, HAT, LEAD = 1, 2, 3
C3 = 428  # period of a sample played at 8287 Hz
Cell = tuple[int, int, int, int, int]  # row, channel, instrument, effect, parameter


def module_of(cells: list[Cell], title: bytes = b"test") -> bytes:
    """A MOD of one pattern: a falling square as kick, noise as hat, a looped square as lead."""
    rng = np.random.default_rng(0)
    length = 1200
    fall = np.exp(-np.arange(length) / 250)
    sounds = [
        100 * np.sign(np.sin(2 * np.pi * np.arange(length) / 100)) * fall,
        rng.uniform(-90, 90, length) * fall,
        60 * np.sign(np.sin(2 * np.pi * np.arange(length) / 30)),
    ]
    samples = [np.round(sound).astype(np.int8).tobytes() for sound in sounds]
    headers = b""
    for index in range(31):
        words = length // 2 if index < 3 else 0
        loop = (0, words) if index == 2 else (0, 1)
        headers += struct.pack(">22sHBBHH", b"", words, 0, 64, *loop)
    pattern = bytearray(64 * 4 * 4)
    for row, channel, instrument, effect, parameter in cells:
        at = (row * 4 + channel) * 4
        pattern[at : at + 4] = bytes(
            (instrument & 0xF0 | C3 >> 8, C3 & 0xFF, (instrument & 15) << 4 | effect, parameter)
        )
    order = bytes((1, 127, *[0] * 128))
    return title.ljust(20, b"\0") + headers + order + b"M.K." + bytes(pattern) + b"".join(samples)


CELLS: list[Cell] = [
    (0, 0, KICK, 0, 0),
    (8, 0, KICK, 0xC, 0x20),  # at half its volume
    (16, 0, KICK, 0xE, 0xD3),  # three ticks late
    (24, 0, KICK, 0xE, 0x93),  # struck again after three ticks
    (32, 0, KICK, 0xC, 0x00),  # not heard
    *((row, 1, HAT, 0, 0) for row in range(4, 64, 8)),
    (2, 2, LEAD, 0, 0),
]
KICKS_S = [0.0, 8 * ROW_S, 16.5 * ROW_S, 24 * ROW_S, 24.5 * ROW_S]


@pytest.fixture
def module(tmp_path: Path) -> Path:
    path = tmp_path / "zb-tnt.xm"  # libopenmpt goes by what is in a file
    path.write_bytes(module_of(CELLS))
    return path


def song(**changes: object) -> TrackerSong:
    values = {"drums": {KICK: 36, HAT: 42}, "silent": ()} | changes
    return TrackerSong("zb-tnt.xm", "bomberclone-data", "GPL-2", "nobody", **values)  # type: ignore[arg-type]


def test_notes_are_where_their_rows_and_ticks_are(module: Path) -> None:
    notes = libopenmpt.notes_of(module, RATE, 10.0)
    kicks_s = [note.time_s for note in notes if note.instrument == KICK]
    assert kicks_s == pytest.approx([*KICKS_S, 32 * ROW_S], abs=0.003)
    hats_s = [note.time_s for note in notes if note.instrument == HAT]
    assert hats_s == pytest.approx([row * ROW_S for row in range(4, 64, 8)], abs=0.003)


def test_hits_lie_where_their_sound_rises(module: Path) -> None:
    hits = render(song(), module, RATE).hits
    kicks = hits[hits["key"] == 36]
    assert kicks["onset_s"].tolist() == pytest.approx(KICKS_S, abs=0.008)  # and none of volume 0
    assert np.count_nonzero(hits["key"] == 42) == 8
    assert kicks["velocity"][1] == pytest.approx(kicks["velocity"][0] - 1.6 * 6.02, abs=1.5)
    assert np.all(np.diff(hits["onset_s"]) >= 0)


def test_stems_add_up_to_the_mix_and_what_is_silent_is_not_heard(module: Path) -> None:
    whole = libopenmpt.play(module, RATE, 10.0)
    assert len(whole) == pytest.approx(64 * ROW_S * RATE, rel=0.02)
    parts = [libopenmpt.play(module, RATE, 10.0, {instrument}) for instrument in (KICK, HAT, LEAD)]
    assert np.abs(whole - sum(parts)).max() < 0.01 * np.abs(whole).max()
    assert np.abs(libopenmpt.play(module, RATE, 10.0, {5})).max() == 0
    rendered = render(song(silent=(LEAD,)), module, RATE)
    assert np.abs(rendered.others).max() == 0
    assert np.abs(render(song(), module, RATE).others).max() > 0.05


def test_notes_and_sound_stay_together_at_every_rate(tmp_path: Path) -> None:
    long = tmp_path / "long.mod"
    content = bytearray(module_of([(row, 0, KICK, 0, 0) for row in range(0, 64, 8)] + [(0, 3, 0, 0xF, 132)]))
    content[20 + 31 * 30] = 12  # its one pattern, twelve times
    long.write_bytes(content)
    for rate in (8000, 16000, RATE):
        times_s = [note.time_s for note in libopenmpt.notes_of(long, rate, 120.0)]
        strokes = heard_strokes(libopenmpt.play(long, rate, 120.0, {KICK}), rate, times_s)
        assert len(strokes) == len(times_s) == 96
        assert [onset_s for onset_s, _ in strokes] == pytest.approx(times_s, abs=0.008)


def test_a_part_of_a_module_is_as_long_as_asked_for(module: Path) -> None:
    assert len(libopenmpt.play(module, RATE, 1.5)) == round(1.5 * RATE)
    assert max(note.time_s for note in libopenmpt.notes_of(module, RATE, 1.5)) < 1.5


@pytest.mark.parametrize(
    ("kind", "effect", "ticks"),
    [
        ("mod", ".", [0]),
        ("mod", "ED4", [4]),
        ("mod", "ED7", []),  # later than its row ends: never
        ("xm", "E92", [0, 2, 4]),
        ("xm", "R03", [0, 3]),
        ("it", "SD2", [2]),
        ("s3m", "Q12", [0, 2, 4]),
        ("s3m", "ED4", [0]),  # a slide there
        ("mod", "C20", [0]),
    ],
)
def test_delays_and_retriggers(kind: str, effect: str, ticks: list[int]) -> None:
    assert ticks_of(kind, effect, 6) == ticks


def test_a_note_without_a_rise_is_no_stroke() -> None:
    stem = np.zeros(RATE, np.float32)
    ringing = 0.5 * np.sin(2 * np.pi * 220 * np.arange(RATE // 2) / RATE)
    stem[RATE // 4 : RATE // 4 + len(ringing)] = ringing
    assert [onset_s for onset_s, _ in heard_strokes(stem, RATE, [0.1, 0.25, 0.5])] == pytest.approx([0.25], abs=0.004)
    assert heard_strokes(stem[:200], RATE, [0.0]) == []


def test_the_table_names_pieces_of_a_kit_once() -> None:
    known = known_songs()
    assert len({each.file for each in known}) == len(known) > 15
    for each in known:
        assert len(each.drums) >= 2
        assert set(each.drums.values()) <= PIECE_OF_KEY.keys()
        assert not set(each.drums) & set(each.silent)
        assert each.licence
        assert each.author


def test_the_command_writes_recordings_with_labels(
    module: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["modules", str(out), "--data", str(module.parent), "--stems", "--rate", "16000"]) == 1
    assert "none of its drums is heard" in capsys.readouterr().err  # its instruments are not those of the table
    known = next(each for each in known_songs() if each.file == "zb-tnt.xm")
    cells = [(row, 0, instrument, 0, 0) for row, instrument in zip(range(0, 64, 8), [*known.drums] * 8, strict=False)]
    module.write_bytes(module_of([(row, channel, 1 + at % 2, 0, 0) for at, (row, channel, *_) in enumerate(cells)]))
    songs_of_table = [song()]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(songs, "known_songs", lambda: songs_of_table)
        assert main(["modules", str(out), "--data", str(module.parent), "--stems", "--rate", "16000"]) == 0
    hits = drums_tsv.read_hits(out / "mixes" / "zb-tnt.drums.tsv")
    assert hits["onset_s"].tolist() == pytest.approx([row * ROW_S for row in range(0, 64, 8)], abs=0.008)
    assert (out / "stems" / "zb-tnt" / "drums.wav").is_file()
    assert "1 songs" in capsys.readouterr().out


def test_what_cannot_be_done_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["modules", str(tmp_path / "out"), "--data", str(tmp_path)]) == 1
    assert "none of the known modules lies here" in capsys.readouterr().err
    broken = tmp_path / "broken.mod"
    broken.write_bytes(b"no module")
    with pytest.raises(LabelsError, match="not a tracker module"):
        libopenmpt.play(broken, RATE, 1.0)
    with pytest.raises(LabelsError, match="cannot read"):
        libopenmpt.play(tmp_path / "nothing.mod", RATE, 1.0)
    monkeypatch.setattr(ctypes.util, "find_library", lambda name: None)
    libopenmpt._library.cache_clear()
    try:
        with pytest.raises(LabelsError, match="apt install libopenmpt0"):
            libopenmpt.play(broken, RATE, 1.0)
    finally:
        libopenmpt._library.cache_clear()


def test_recordings_kept_back_are_refused(tmp_path: Path) -> None:
    (tmp_path / "valid").mkdir()
    with pytest.raises(LabelsError, match="kept back"):
        list(find_songs(tmp_path / "valid"))
