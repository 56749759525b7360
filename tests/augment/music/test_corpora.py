"""The MIDI corpora: pedal, drum keys, beats, what is held out, and the cache."""

from pathlib import Path

import mido
import numpy as np
import pytest

from mp3tomidi.augment.music import corpora
from mp3tomidi.transcribe.errors import LabelsError

TICKS = 480  # a beat; at 120 beats a minute half a second


def write_midi(path: Path, tracks: list[list[tuple[float, mido.Message]]]) -> None:
    """One MIDI file from tracks of (time in s at 120 beats a minute, message)."""
    file = mido.MidiFile(ticks_per_beat=TICKS)
    for messages in tracks:
        track = mido.MidiTrack()
        now = 0
        for time_s, message in sorted(messages, key=lambda item: item[0]):
            tick = round(time_s * 2 * TICKS)
            track.append(message.copy(time=tick - now))
            now = tick
        file.tracks.append(track)
    path.parent.mkdir(parents=True, exist_ok=True)
    file.save(path)


def note(
    onset_s: float, offset_s: float, pitch: int, velocity: int = 80, channel: int = 0
) -> list[tuple[float, mido.Message]]:
    return [
        (onset_s, mido.Message("note_on", note=pitch, velocity=velocity, channel=channel)),
        (offset_s, mido.Message("note_off", note=pitch, channel=channel)),
    ]


def pedal(time_s: float, value: int) -> tuple[float, mido.Message]:
    return time_s, mido.Message("control_change", control=64, value=value)


def offsets_of(tmp_path: Path, messages: list[tuple[float, mido.Message]]) -> list[tuple[int, float, float]]:
    write_midi(tmp_path / "midi/pop909/001.mid", [messages])
    notes = corpora.read(tmp_path).part_notes(0)
    return [(int(n["pitch"]), round(float(n["onset_s"]), 3), round(float(n["offset_s"]), 3)) for n in notes]


def test_pedal_lets_notes_ring_until_it_lifts_or_the_key_is_struck_again(tmp_path: Path) -> None:
    messages = [
        *note(0.0, 0.25, 50),  # released before the pedal goes down
        *note(0.0, 1.0, 60),  # released while it is down
        *note(1.0, 1.25, 62),  # struck again below
        *note(1.5, 1.75, 62),
        *note(1.75, 3.0, 64),  # held longer than the pedal
        *note(3.0, 3.5, 65),  # after it
        pedal(0.5, 127),
        pedal(2.5, 0),
    ]
    assert offsets_of(tmp_path, messages) == [
        (50, 0.0, 0.25),
        (60, 0.0, 2.5),
        (62, 1.0, 1.5),
        (62, 1.5, 2.5),
        (64, 1.75, 3.0),
        (65, 3.0, 3.5),
    ]


def test_half_pedal_counts_from_64_and_a_pedal_that_never_lifts_ends_with_the_music(tmp_path: Path) -> None:
    messages = [pedal(0.0, 63), *note(0.0, 0.5, 60), pedal(1.0, 64), *note(1.0, 1.5, 62), *note(1.0, 4.0, 64)]
    assert offsets_of(tmp_path, messages) == [(60, 0.0, 0.5), (62, 1.0, 4.0), (64, 1.0, 4.0)]


def test_drums_ignore_the_pedal_and_roland_keys_become_general_midi(tmp_path: Path) -> None:
    keys = [22, 26, 58, 36]
    hits = [message for i, key in enumerate(keys) for message in note(i * 0.5, i * 0.5 + 0.1, key, channel=9)]
    hits.append((0.0, mido.Message("control_change", control=64, value=127, channel=9)))
    write_midi(tmp_path / "midi/groove/drummer1/1.mid", [hits])
    write_midi(tmp_path / "midi/freedoom/d_a.mid", [note(0, 0.1, 58, channel=9) + note(1, 1.1, 58, channel=9)])
    read = corpora.read(tmp_path)
    by_name = {str(name): read.part_notes(read.song_parts(song)[0]) for song, name in enumerate(read.names)}
    assert by_name["groove/drummer1/1"]["pitch"].tolist() == [42, 46, 43, 36]
    assert by_name["groove/drummer1/1"]["offset_s"][0] == pytest.approx(0.1, abs=1e-3)
    assert by_name["freedoom/d_a"]["pitch"].tolist() == [58, 58]
    assert read.parts["is_drums"].all()


def test_programs_polyphony_and_order(tmp_path: Path) -> None:
    program = [(0.0, mido.Message("program_change", program=33, channel=1))]
    bass = program + note(0, 0.5, 40, channel=1) + note(0.5, 1.0, 43, channel=1)
    chords = [m for pitch in (67, 60, 64) for m in note(0, 1, pitch)] + note(2, 3, 60)
    write_midi(tmp_path / "midi/freedoom/d_a.mid", [bass, [], chords])
    read = corpora.read(tmp_path)
    assert read.parts["program"].tolist() == [33, 0]
    assert read.parts["polyphony"].tolist() == pytest.approx([1.0, 2.5])  # (3 + 3 + 3 + 1) / 4
    assert read.part_notes(1)["pitch"].tolist() == [60, 64, 67, 60]


def test_beats_follow_the_tempo_map(tmp_path: Path) -> None:
    tempo = [
        (0.0, mido.MetaMessage("time_signature", numerator=6, denominator=8)),
        (0.0, mido.MetaMessage("set_tempo", tempo=500_000)),
        (1.0, mido.MetaMessage("set_tempo", tempo=1_000_000)),  # from the third beat on one beat a second
    ]
    write_midi(tmp_path / "midi/nottingham/a.mid", [tempo, note(0.0, 2.0, 60)])
    read = corpora.read(tmp_path)
    assert read.song_beats_s(0).tolist() == pytest.approx([0.0, 0.5, 1.0, 2.0, 3.0])
    assert read.songs["beats_per_bar"].tolist() == [3]


def test_last_songs_by_name_are_held_out(tmp_path: Path) -> None:
    for number in range(11):
        write_midi(tmp_path / f"midi/pop909/{number:03d}.mid", [note(0, 1, 60 + number)])
    read = corpora.read(tmp_path)
    assert [str(name) for name in read.names[~read.songs["held_out"]]] == [f"pop909/{n:03d}" for n in range(3)]


def test_cache_gives_the_same_and_needs_no_midi_files(tmp_path: Path) -> None:
    write_midi(tmp_path / "midi/pop909/001.mid", [note(0, 1, 60), note(0.5, 1, 72)])
    built = corpora.load(tmp_path, tmp_path / "cache")
    again = corpora.load(tmp_path / "nowhere", tmp_path / "cache")
    for column in ("notes", "parts", "songs", "beats_s", "names"):
        assert np.array_equal(getattr(built, column), getattr(again, column))
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [corpora.CACHE_NAME]


def test_missing_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="no MIDI files in pop909"):
        corpora.load(tmp_path, tmp_path / "cache")
    damaged = tmp_path / "midi/pop909/001.mid"
    damaged.parent.mkdir(parents=True)
    damaged.write_bytes(b"no music")
    with pytest.raises(LabelsError, match=r"001\.mid"):
        corpora.load(tmp_path, tmp_path / "cache")
