from __future__ import annotations

import io
import os
import stat
from pathlib import Path

import mido
import numpy as np
import pretty_midi
import pytest

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.events import (
    DrumHit,
    EffectAmounts,
    MetreChange,
    Note,
    PedalEvent,
    TempoChange,
    Transcription,
)
from mp3tomidi.transcribe.outputs import midi

HALF_A_TICK_S = 0.5 * 0.5 / 960 * 1.001  # at 120 beats a minute


def random_notes(rng: np.random.Generator, n: int, programs: tuple[int, ...] = (0,)) -> list[Note]:
    """Notes over a minute such that no two of a program and pitch overlap."""
    notes = []
    for index in range(n):
        start_s = 60.0 * index / n
        pitch = 21 + index % 88
        end_s = start_s + 60.0 * rng.uniform(0.1, 80.0) / n
        velocity = int(rng.integers(1, 128))
        notes.append(Note(start_s, end_s, pitch, velocity, programs[index % len(programs)]))
    return notes


def through_pretty_midi(transcription: Transcription) -> pretty_midi.PrettyMIDI:
    content = io.BytesIO()
    midi.write(transcription, content)
    content.seek(0)
    return pretty_midi.PrettyMIDI(content)


def read_with_mido(path: Path) -> mido.MidiFile:
    return mido.MidiFile(path, clip=False)


def timed_messages(file: mido.MidiFile) -> list[tuple[float, mido.Message]]:
    """Messages with their time in seconds, by mido's own reckoning."""
    now_s = 0.0
    messages = []
    for message in file:
        now_s += message.time
        messages.append((now_s, message))
    return messages


def test_notes_come_back_to_half_a_tick_with_pitch_velocity_and_program() -> None:
    notes = random_notes(np.random.default_rng(0), 500, programs=(0, 40, 127))
    read = through_pretty_midi(Transcription(notes=tuple(notes), duration_s=61.0))
    got = sorted((n.start, n.end, n.pitch, n.velocity, i.program) for i in read.instruments for n in i.notes)
    assert len(got) == len(notes)
    for note, (start_s, end_s, pitch, velocity, program) in zip(sorted(notes), got, strict=True):
        assert (pitch, velocity, program) == (note.pitch, note.velocity, note.program)
        assert start_s == pytest.approx(note.onset_s, abs=HALF_A_TICK_S)
        assert end_s == pytest.approx(note.offset_s, abs=HALF_A_TICK_S)


def test_tracks_are_named_and_have_channels_of_their_own(tmp_path: Path) -> None:
    transcription = Transcription(
        notes=(Note(0.0, 1.0, 60, 64), Note(0.0, 1.0, 60, 64, program=33)),
        drum_hits=(DrumHit(0.5, 38, 99),),
        duration_s=1.0,
    )
    midi.write(transcription, tmp_path / "x.mid")
    file = read_with_mido(tmp_path / "x.mid")
    assert (file.type, file.ticks_per_beat) == (1, 960)
    names = [track.name for track in file.tracks]
    assert names == ["", "acoustic grand piano", "finger bass", "drums"]
    channels = [{m.channel for m in track if not m.is_meta} for track in file.tracks]
    assert channels == [set(), {0}, {1}, {9}]


def test_the_note_of_a_choked_cymbal_ends_with_its_sound() -> None:
    hits = DrumHit(0.5, 49, 99, offset_s=0.87), DrumHit(2.0, 49, 99)
    choked, ringing = through_pretty_midi(Transcription(drum_hits=hits, duration_s=4.0)).instruments[0].notes
    assert choked.end == pytest.approx(0.87, abs=0.001)
    assert ringing.end == pytest.approx(2.1, abs=0.001)


def test_drum_hits_go_to_channel_ten() -> None:
    hits = tuple(DrumHit(0.25 * i, 36 + 2 * (i % 3), 40 + i) for i in range(16))
    read = through_pretty_midi(Transcription(drum_hits=hits, duration_s=4.0))
    (drums,) = read.instruments
    assert drums.is_drum
    got = sorted(drums.notes, key=lambda n: n.start)
    assert [(n.pitch, n.velocity) for n in got] == [(h.key, h.velocity) for h in hits]
    assert np.allclose([n.start for n in got], [h.onset_s for h in hits], atol=HALF_A_TICK_S, rtol=0)


def test_a_fast_roll_on_one_drum_keeps_every_stroke() -> None:
    hits = tuple(DrumHit(0.03 * i, 38, 80) for i in range(50))
    (drums,) = through_pretty_midi(Transcription(drum_hits=hits, duration_s=4.0)).instruments
    assert np.allclose(sorted(n.start for n in drums.notes), [h.onset_s for h in hits], atol=HALF_A_TICK_S)


def test_times_hold_under_a_changing_tempo() -> None:
    rng = np.random.default_rng(2)
    notes = random_notes(rng, 400)
    # Rates that no whole number of microseconds or ticks expresses; 500 changes would let any error add up.
    tempo = tuple(TempoChange(0.123 * i, float(rng.uniform(40.0, 240.0))) for i in range(1, 480))
    read = through_pretty_midi(Transcription(notes=tuple(notes), tempo=tempo, duration_s=61.0))
    got = sorted(read.instruments[0].notes, key=lambda n: n.start)
    assert np.abs(np.subtract([n.start for n in got], [n.onset_s for n in notes])).max() < 0.00079
    assert np.abs(np.subtract([n.end for n in got], [n.offset_s for n in notes])).max() < 0.00079
    times_s, rates = read.get_tempo_changes()
    # The first rate counts from the start, before its own change comes.
    assert np.allclose(rates, [change.beats_per_minute for change in tempo], rtol=1e-5)
    assert np.allclose(times_s[1:], [change.time_s for change in tempo[1:]], atol=0.00079, rtol=0)


def test_beats_fall_on_the_beats_of_the_file() -> None:
    read = through_pretty_midi(Transcription(tempo=(TempoChange(0.0, 96.0),), duration_s=10.0))
    assert read.get_tempo_changes()[1] == pytest.approx([96.0])
    assert read.tick_to_time(960) == pytest.approx(60 / 96)


def test_of_two_tempos_at_one_tick_the_later_counts() -> None:
    tempo = (TempoChange(0.0, 100.0), TempoChange(0.00001, 80.0))
    assert through_pretty_midi(Transcription(tempo=tempo, duration_s=1.0)).get_tempo_changes()[1] == pytest.approx(
        [80.0]
    )


def test_notes_of_one_pitch_never_overlap_in_a_track(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    onsets_s = 0.002 * rng.choice(5000, 400, replace=False)  # no two at one tick
    notes = tuple(
        Note(onset_s, onset_s + rng.uniform(0.00001, 2.0), int(rng.integers(60, 64)), 64) for onset_s in onsets_s
    )
    midi.write(Transcription(notes=notes, duration_s=12.0), tmp_path / "x.mid")
    sounding: dict[int, float] = {}
    ends: dict[tuple[int, float], float] = {}
    for time_s, message in timed_messages(read_with_mido(tmp_path / "x.mid")):
        if message.type == "note_on":
            assert message.note not in sounding
            sounding[message.note] = time_s
        elif message.type == "note_off":
            ends[message.note, sounding.pop(message.note)] = time_s
    assert not sounding
    for pitch in range(60, 64):
        onsets = [n.onset_s for n in notes if n.pitch == pitch]
        written = sorted(onset for key, onset in ends if key == pitch)
        assert np.allclose(written, sorted(onsets), atol=HALF_A_TICK_S, rtol=0)
    for note in notes:
        later = [n.onset_s for n in notes if n.pitch == note.pitch and n.onset_s > note.onset_s]
        expected = min([note.offset_s, *later])
        end_s = min(ends.items(), key=lambda e: abs(e[0][1] - note.onset_s) + 99 * (e[0][0] != note.pitch))[1]
        assert end_s == pytest.approx(expected, abs=4 * HALF_A_TICK_S)


def test_notes_at_one_tick_become_one() -> None:
    notes = (Note(1.0, 1.5, 60, 50), Note(1.00001, 3.0, 60, 40), Note(1.0, 2.0, 60, 90))
    (piano,) = through_pretty_midi(Transcription(notes=notes, duration_s=4.0)).instruments
    assert [(n.start, n.end, n.velocity) for n in piano.notes] == [(1.0, 3.0, 90)]


def test_a_note_shorter_than_a_tick_is_still_a_note() -> None:
    (piano,) = through_pretty_midi(Transcription(notes=(Note(1.0, 1.00001, 60, 64),), duration_s=2.0)).instruments
    assert len(piano.notes) == 1
    assert piano.notes[0].end > piano.notes[0].start


def test_a_repeated_note_ends_before_it_begins_again(tmp_path: Path) -> None:
    notes = (Note(0.0, 1.0, 60, 64), Note(1.0, 2.0, 60, 64))
    midi.write(Transcription(notes=notes, duration_s=2.0), tmp_path / "x.mid")
    kinds = [m.type for m in read_with_mido(tmp_path / "x.mid").tracks[1] if m.type.startswith("note")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]


def test_all_128_programs_are_kept_apart(tmp_path: Path) -> None:
    notes = tuple(Note(0.01 * p, 5.0, 60, 64, program=p) for p in range(128))
    transcription = Transcription(notes=notes, drum_hits=(DrumHit(0.0, 36, 64),), duration_s=5.0)
    read = through_pretty_midi(transcription)
    assert [i.program for i in read.instruments if not i.is_drum] == list(range(128))
    assert all(len(i.notes) == 1 for i in read.instruments)

    midi.write(transcription, tmp_path / "x.mid")
    places = []
    for track in read_with_mido(tmp_path / "x.mid").tracks[1:]:
        port = next((m.port for m in track if m.type == "midi_port"), 0)
        (channel,) = {m.channel for m in track if not m.is_meta}
        places.append((port, channel))
    assert len(set(places)) == 129
    assert [place for place in places if place[1] == 9] == [(0, 9)]


def test_the_pedal_is_in_the_piano_track_only() -> None:
    pedal = (PedalEvent(0.5, True), PedalEvent(1.5, False), PedalEvent(1.5, True), PedalEvent(2.0, False))
    notes = (Note(0.0, 3.0, 60, 64, program=0), Note(0.0, 3.0, 64, 64, program=40))
    read = through_pretty_midi(Transcription(notes=notes, pedal=pedal, duration_s=3.0))
    piano, violin = read.instruments
    assert [(c.number, c.value, c.time) for c in piano.control_changes] == [
        (64, 127, 0.5),
        (64, 0, 1.5),
        (64, 127, 1.5),
        (64, 0, 2.0),
    ]
    assert not violin.control_changes


def test_effects_are_controls_of_every_track(tmp_path: Path) -> None:
    heard = Transcription(
        notes=(Note(0.0, 1.0, 60, 64), Note(0.0, 1.0, 50, 64, program=33)),
        drum_hits=(DrumHit(0.5, 38, 100),),
        effects=EffectAmounts(reverb=0.5, chorus=1.0, low_pass=0.25),
        duration_s=1.0,
    )
    midi.write(heard, tmp_path / "x.mid")
    file = read_with_mido(tmp_path / "x.mid")
    channels = set()
    for track in file.tracks[1:]:
        controls = [message for message in track if message.type == "control_change"]
        assert {message.control: message.value for message in controls} == {91: 64, 93: 127, 74: 48}
        assert all(message.time == 0 for message in controls)
        played = {message.channel for message in track if message.type == "note_on"}
        assert {message.channel for message in controls} == played
        channels |= played
    assert len(channels) == 3
    midi.write(Transcription(notes=heard.notes, duration_s=1.0), tmp_path / "y.mid")
    assert not any(message.type == "control_change" for message in read_with_mido(tmp_path / "y.mid"))


def test_a_pedal_without_a_piano_is_kept_and_holds_no_other_instrument(tmp_path: Path) -> None:
    transcription = Transcription(
        notes=(Note(0.0, 1.0, 60, 64, program=40),), pedal=(PedalEvent(0.5, True),), duration_s=1.0
    )
    midi.write(transcription, tmp_path / "x.mid")
    messages = [message for _, message in timed_messages(read_with_mido(tmp_path / "x.mid"))]
    pedalled = {m.channel for m in messages if m.type == "control_change"}
    played = {m.channel for m in messages if m.type == "note_on"}
    assert len(pedalled) == len(played) == 1
    assert pedalled != played


def test_silence_gives_a_valid_file_as_long_as_the_recording(tmp_path: Path) -> None:
    midi.write(Transcription(duration_s=12.5), tmp_path / "x.mid")
    assert read_with_mido(tmp_path / "x.mid").length == pytest.approx(12.5, abs=HALF_A_TICK_S)
    assert through_pretty_midi(Transcription(duration_s=0.0)).instruments == []


def test_the_same_transcription_gives_the_same_bytes() -> None:
    notes = random_notes(np.random.default_rng(5), 50, programs=(0, 40, 70))
    contents = [io.BytesIO(), io.BytesIO()]
    midi.write(Transcription(notes=tuple(notes), duration_s=61.0), contents[0])
    midi.write(Transcription(notes=tuple(notes[::-1]), duration_s=61.0), contents[1])
    assert contents[0].getvalue() == contents[1].getvalue()


def test_a_file_that_cannot_be_written_is_named_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"missing/x\.mid"):
        midi.write(Transcription(duration_s=1.0), tmp_path / "missing" / "x.mid")
    (tmp_path / "folder.mid").mkdir()
    with pytest.raises(OutputError, match=r"folder\.mid"):
        midi.write(Transcription(duration_s=1.0), tmp_path / "folder.mid")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mid"]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_an_interrupted_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, interruption: type[BaseException] | BaseException
) -> None:
    (tmp_path / "x.mid").write_bytes(b"old")
    whole = Path.write_bytes

    def half(path: Path, content: bytes) -> int:
        whole(path, content[: len(content) // 2])
        raise interruption

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises((KeyboardInterrupt, OutputError)):
        midi.write(Transcription(duration_s=1.0), tmp_path / "x.mid")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x.mid": b"old"}


def test_a_link_is_kept_and_its_file_replaced(tmp_path: Path) -> None:
    (tmp_path / "real.mid").write_bytes(b"old")
    (tmp_path / "link.mid").symlink_to("real.mid")
    midi.write(Transcription(duration_s=1.0), tmp_path / "link.mid")
    assert (tmp_path / "link.mid").is_symlink()
    assert (tmp_path / "real.mid").read_bytes().startswith(b"MThd")


def test_a_link_that_leads_nowhere_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "circle.mid").symlink_to("circle.mid")
    midi.write(Transcription(duration_s=1.0), tmp_path / "circle.mid")
    assert (tmp_path / "circle.mid").read_bytes().startswith(b"MThd")


def test_a_name_as_long_as_the_system_allows_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / ("é" * 125 + "x.mid")
    midi.write(Transcription(duration_s=1.0), path)
    assert path.read_bytes().startswith(b"MThd")


def test_a_device_is_written_to_and_not_replaced() -> None:
    midi.write(Transcription(duration_s=1.0), os.devnull)
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_full_disk_is_reported() -> None:
    with pytest.raises(OutputError, match="/dev/full"):
        midi.write(Transcription(duration_s=1.0), "/dev/full")
    with Path("/dev/full").open("wb", buffering=0) as stream, pytest.raises(OutputError, match="/dev/full"):
        midi.write(Transcription(duration_s=1.0), stream)


def test_bars_are_written_as_time_signatures(tmp_path: Path) -> None:
    transcription = Transcription(
        tempo=(TempoChange(0.0, 90.0),),
        metre=(MetreChange(0.0, 1), MetreChange(60 / 90, 3)),
        duration_s=6.0,
    )
    midi.write(transcription, tmp_path / "x.mid")
    tick, written = 0, []
    for message in read_with_mido(tmp_path / "x.mid").tracks[0]:
        tick += message.time
        if message.type == "time_signature":
            written.append((tick, message.numerator, message.denominator))
    assert written == [(0, 1, 4), (960, 3, 4)]


def test_a_file_without_known_bars_states_the_usual_ones() -> None:
    track = midi.to_midi(Transcription(tempo=(TempoChange(0.0, 96.0),), duration_s=6.0)).tracks[0]
    assert [(m.numerator, m.denominator) for m in track if m.type == "time_signature"] == [(4, 4)]


@pytest.mark.parametrize(
    ("beats", "short_bars"),
    [
        (0.25, [(0.0, 1, 16)]),
        (0.5, [(0.0, 1, 8)]),
        (2.0, [(0.0, 2, 4)]),
        (2.5, [(0.0, 1, 8), (0.25, 2, 4)]),  # so that what follows is on the lines of beats
        (1.625, [(0.0, 5, 32), (0.3125, 1, 4)]),
        (0.51, []),
    ],
)
def test_what_comes_before_the_first_bar_is_a_short_one(
    tmp_path: Path, beats: float, short_bars: list[tuple[float, int, int]]
) -> None:
    tempo, metre = (TempoChange(0.0, 120.0),), (MetreChange(0.5 * beats, 3),)
    midi.write(Transcription(tempo=tempo, metre=metre, duration_s=6.0), tmp_path / "x.mid")
    messages = timed_messages(read_with_mido(tmp_path / "x.mid"))
    written = [(t, m.numerator, m.denominator) for t, m in messages if m.type == "time_signature"]
    assert np.array(written) == pytest.approx(np.array([*short_bars, (0.5 * beats, 3, 4)]), abs=HALF_A_TICK_S)


@pytest.mark.parametrize(
    ("metre", "tapped_s", "before"),
    [
        (MetreChange(1.0, 6, 8), [0.25, 1.0, 1.75], 1),  # dotted quarters
        (MetreChange(0.5, 7, 8), [0.0, 0.25, 0.5], 2),
        (MetreChange(1.0, 3), [0.0, 0.5, 1.0], 2),
    ],
)
def test_beats_are_what_is_tapped_in_the_metre(metre: MetreChange, tapped_s: list[float], before: int) -> None:
    piece = Transcription(tempo=(TempoChange(0.0, 120.0),), metre=(metre,), duration_s=4.0)
    times_s, first_bar = midi.beat_times_s(piece)
    assert times_s[:3] == pytest.approx(tapped_s)
    assert first_bar == before
    assert midi.quarter_times_s(piece)[:2] == pytest.approx([metre.time_s, metre.time_s + 0.5])


def test_compound_bars_and_their_pickup_are_written(tmp_path: Path) -> None:
    piece = Transcription(tempo=(TempoChange(0.0, 97.5),), metre=(MetreChange(1.5 * 60 / 97.5, 6, 8),), duration_s=6.0)
    midi.write(piece, tmp_path / "x.mid")
    signatures = [m for m in read_with_mido(tmp_path / "x.mid").tracks[0] if m.type == "time_signature"]
    assert [(m.numerator, m.denominator) for m in signatures] == [(3, 8), (6, 8)]


def test_the_melody_is_a_track_of_its_own_before_the_others() -> None:
    lead = [Note(0.5, 1.0, 72, 90, 52, melody=True), Note(1.0, 1.5, 74, 90, 52, melody=True)]
    lead.append(Note(1.5, 2.0, 76, 90, 0, melody=True))
    midi_file = midi.to_midi(
        Transcription(notes=(*lead, Note(0.5, 2.0, 48, 90, 0), Note(0.5, 1.0, 60, 90, 52)), duration_s=3.0)
    )
    pitches = {track.name: [m.note for m in track if m.type == "note_on"] for track in midi_file.tracks[1:]}
    assert pitches == {"melody": [72, 74, 76], "acoustic grand piano": [48], "choir aahs": [60]}
    assert [m.program for m in midi_file.tracks[1] if m.type == "program_change"] == [52]
