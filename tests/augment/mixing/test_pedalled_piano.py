"""A piano with its pedal: the strings that ring along do so only while the dampers are off."""

from __future__ import annotations

import struct
from pathlib import Path

import mido
import numpy as np
import pytest

from mp3tomidi.augment.banks.bank import Bank
from mp3tomidi.augment.mixing.pedalled_piano import LEVEL, PedalledPiano, ringing_along
from mp3tomidi.augment.music.corpora import HELD_OUT_SONGS
from mp3tomidi.augment.music.pedalled_passages import PedalledPassages
from mp3tomidi.augment.music.pedalling import PEDAL
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE as SAMPLE_RATE
from mp3tomidi.transcribe.errors import LabelsError

DURATION_S = 4.0


def write_song(path: Path, number: int) -> None:
    """A piano at 120 beats a minute whose pedal goes down 10 ms after every bar's first stroke, for 1.5 s."""
    piano = mido.MidiTrack([mido.MetaMessage("track_name", name="PIANO")])
    timed = []
    for bar in range(20):
        at = 1920 * bar
        timed += [(at + 10, "control_change", 127), (at + 10 + 1440, "control_change", 0)]
        for step in range(8):
            pitch = 48 + number + (5 * step) % 24
            timed += [(at + 240 * step, "note_on", pitch), (at + 240 * step + 200, "note_off", pitch)]
    now = 0
    for tick, kind, value in sorted(timed):
        content = {"control": 64, "value": value} if kind == "control_change" else {"note": value, "velocity": 80}
        piano.append(mido.Message(kind, time=tick - now, **content))
        now = tick
    mido.MidiFile(tracks=[piano], ticks_per_beat=480).save(path)


@pytest.fixture(scope="module")
def passages(tmp_path_factory: pytest.TempPathFactory) -> PedalledPassages:
    folder = tmp_path_factory.mktemp("data") / "midi" / "pop909"
    folder.mkdir(parents=True)
    for number in range(HELD_OUT_SONGS + 2):
        write_song(folder / f"{number:03d}.mid", number)
    return PedalledPassages(folder.parent.parent)


def test_passages_are_tidy_and_of_every_kind(passages: PedalledPassages) -> None:
    own = none = 0
    for seed in range(60):
        played = passages.draw(np.random.default_rng(seed), lowest=30, highest=100, duration_s=8.0)
        assert (played.keys["pitch"] >= 30).all()
        assert (played.keys["pitch"] <= 100).all()
        assert (np.diff(played.keys["onset_s"]) >= 0).all()
        assert (played.sounding()["offset_s"] >= played.keys["onset_s"] + 0.03 - 1e-9).all()
        lengths_s, none = played.pedal["up_s"] - played.pedal["down_s"], none + (not len(played.pedal))
        own += len(lengths_s) > 2 and np.ptp(lengths_s[1:-1]) < 1e-3  # all alike, as the songs have them
    assert 5 <= own <= 25
    assert 3 <= none <= 25


def test_the_same_seed_plays_the_same(passages: PedalledPassages, tiny_banks: Path) -> None:
    piano = PedalledPiano([Bank.open(tiny_banks / "sines")], [1.0], passages)
    (first, pedal), (again, _) = (piano.clip(np.random.default_rng(4), DURATION_S) for _ in range(2))
    assert first.tobytes() == again.tobytes()
    assert np.sqrt(np.square(first).mean()) == pytest.approx(LEVEL, rel=1e-3)
    assert pedal.dtype == PEDAL


def test_strings_ring_along_while_the_dampers_are_off() -> None:
    time_s = np.arange(round(DURATION_S * SAMPLE_RATE)) / SAMPLE_RATE
    tone = (0.1 * np.sin(2 * np.pi * 220.0 * time_s)).astype(np.float32)
    pedal = np.array([(1.0, 2.0), (3.0, 3.5)], PEDAL)
    for seed in range(5):
        rung = ringing_along(tone, pedal, np.random.default_rng(seed))
        is_open = ((time_s > 1.0) & (time_s < 2.1)) | ((time_s > 3.0) & (time_s < 3.6))
        assert not rung[~is_open].any()
        level_db = 10 * np.log10(np.square(rung).mean() / np.square(tone).mean())
        assert -36.1 < level_db < -17.9
        hz = np.fft.rfftfreq(16_000, 1 / SAMPLE_RATE)[np.abs(np.fft.rfft(rung[16_000:32_000])).argmax()]
        assert hz == pytest.approx(220.0, abs=3.0)
    assert not ringing_along(tone, pedal[:0], np.random.default_rng(0)).any()


def test_what_is_no_song_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="pop909: no songs"):
        PedalledPassages(tmp_path)
    folder = tmp_path / "midi" / "pop909"
    folder.mkdir(parents=True)
    for number in range(HELD_OUT_SONGS + 1):
        (folder / f"{number}.mid").write_bytes(struct.pack(">I", number))
    with pytest.raises(LabelsError, match=r"0\.mid: not a MIDI file"):
        PedalledPassages(tmp_path)
