"""What the shipped network makes of rendered notes whose times are known exactly."""

import subprocess
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from mp3tomidi.transcribe import Audio, Thresholds, Transcriber
from mp3tomidi.transcribe.program.beat_remarks import remarks_on_beats

FONT = Path(pretty_midi.__file__).parent / "TimGM6mb.sf2"
PIANO, REED_ORGAN, GUITAR, TRUMPET, CLARINET, FLUTE = 0, 20, 24, 56, 71, 73


def render(notes, program, folder):
    """A WAV file of (onset_s, offset_s, pitch, velocity), dry."""
    midi = pretty_midi.PrettyMIDI(resolution=960)
    midi.instruments.append(pretty_midi.Instrument(program))
    midi.instruments[0].notes = [pretty_midi.Note(velocity, pitch, on, off) for on, off, pitch, velocity in notes]
    midi.write(str(folder / "played.mid"))
    sound = folder / "played.wav"
    command = ["fluidsynth", "-ni", "-q", "-R", "0", "-C", "0", "-g", "0.6", "-F", sound, FONT, folder / "played.mid"]
    subprocess.run(command, check=True, capture_output=True)
    return sound


def scale(lowest, highest, step_s=0.35, length_s=0.3):
    rng = np.random.default_rng(0)
    pitches = rng.permutation(np.arange(lowest, highest))
    return [
        (0.5 + i * step_s, 0.5 + i * step_s + length_s * rng.uniform(0.6, 3.0), int(p), int(rng.integers(35, 120)))
        for i, p in enumerate(pitches)
    ]


@pytest.fixture(scope="module")
def transcriber():
    return Transcriber(drums=False)


def pairs(played, heard):
    """Played and heard notes of one pitch whose onsets are within 50 ms."""
    found = []
    for onset, offset, pitch, velocity in played:
        near = [n for n in heard if n.pitch == pitch and abs(n.onset_s - onset) < 0.05]
        if near:
            found.append(((onset, offset, velocity), near[0]))
    return found


@pytest.mark.parametrize(
    ("program", "lowest", "highest", "rise_s"),
    [(PIANO, 36, 96, 0.0), (GUITAR, 42, 80, 0.0), (FLUTE, 62, 90, 0.02)],  # a flute is heard 20 ms after its key
)
def test_rendered_notes_come_out_at_their_times(transcriber, tmp_path, program, lowest, highest, rise_s):
    played = scale(lowest, highest)
    heard = transcriber.transcribe(render(played, program, tmp_path)).notes
    found = pairs(played, heard)
    assert len(found) > 0.85 * len(played)
    assert len(heard) < 1.25 * len(played)
    errors = [note.onset_s - onset - rise_s for (onset, _, _), note in found]
    assert abs(np.median(errors)) < 0.012
    assert np.percentile(np.abs(errors), 90) < 0.03


@pytest.mark.parametrize(
    ("program", "lowest", "highest"), [(REED_ORGAN, 48, 90), (TRUMPET, 55, 84), (CLARINET, 52, 90)]
)
def test_rendered_notes_end_when_they_are_released(transcriber, tmp_path, program, lowest, highest):
    """These instruments sound until the key is released and not much longer, so their ends are known."""
    played = scale(lowest, highest)
    found = pairs(played, transcriber.transcribe(render(played, program, tmp_path)).notes)
    assert len(found) > 0.9 * len(played)
    ratios = [(note.offset_s - note.onset_s) / (offset - onset) for (onset, offset, _), note in found]
    assert 0.95 < np.median(ratios) < 1.05
    assert np.median([abs(note.offset_s - offset) for (_, offset, _), note in found]) < 0.03


def test_velocities_follow_the_keys(transcriber, tmp_path):
    played = scale(45, 85)
    found = pairs(played, transcriber.transcribe(render(played, PIANO, tmp_path)).notes)
    played_velocity, heard_velocity = np.array([(velocity, note.velocity) for (_, _, velocity), note in found]).T
    assert np.corrcoef(played_velocity, heard_velocity)[0, 1] > 0.7


@pytest.mark.parametrize("kind", ["silence", "noise", "hum"])
def test_nothing_is_heard_where_nothing_is_played(transcriber, kind):
    from mp3tomidi.transcribe import Audio

    time = np.arange(10 * 16_000) / 16_000
    sound = {
        "silence": np.zeros(len(time)),
        "noise": 0.1 * np.random.default_rng(0).standard_normal(len(time)),
        "hum": 0.001 * np.random.default_rng(1).standard_normal(len(time)),
    }[kind]
    assert transcriber.transcribe(Audio(sound.astype(np.float32), 16_000)).notes == ()


def test_what_begins_with_the_file_is_heard(transcriber):
    """A chord that is there from the first sample on, as in a song cut by hand, and the next one."""
    time_s = np.arange(3 * 16_000) / 16_000

    def chord(pitches, start_s):
        since_s = time_s - start_s
        tones = (
            np.sin(2 * np.pi * k * 440 * 2 ** ((pitch - 69) / 12) * since_s) / k
            for pitch in pitches
            for k in range(1, 12)
        )
        return 0.1 * sum(tones) * ((since_s >= 0) & (since_s < 0.9))

    sound = chord((60, 64, 67), 0.0) + chord((62, 65, 69), 1.0)
    notes = transcriber.transcribe(Audio(sound.astype(np.float32), 16_000)).notes
    assert {note.pitch for note in notes if note.onset_s < 0.05} >= {64, 67}
    assert {note.pitch for note in notes if 0.95 < note.onset_s < 1.05} == {62, 65, 69}


def test_a_line_of_808s_is_a_bass_and_no_toms():
    """A sine that falls by an octave to its pitch as it begins, fades, and is cut off by the next."""
    pitches, length_s, rate = (33, 33, 36, 31, 29, 29, 32, 28), 0.75, 16_000
    time_s = np.arange(round(length_s * rate)) / rate
    tones = []
    for pitch in pitches:
        hz = 440.0 * 2.0 ** ((pitch - 69 + 12.0 * np.exp(-time_s / 0.03)) / 12.0)
        fade = np.exp(-time_s / 0.6) * np.minimum(1.0, (length_s - time_s) / 0.01)
        tones.append(0.5 * np.sin(2.0 * np.pi * np.cumsum(hz) / rate) * fade)
    sound = np.concatenate([np.zeros(rate // 2), *tones, np.zeros(rate // 2)]).astype(np.float32)
    heard = Transcriber().transcribe(Audio(sound, rate))
    assert [note.pitch for note in heard.notes] == list(pitches)
    onsets_s = 0.5 + length_s * np.arange(len(pitches))
    np.testing.assert_allclose([note.onset_s for note in heard.notes], onsets_s, atol=0.035)
    assert {note.instrument for note in heard.notes} == {"synth bass 1"}
    assert not {hit.key for hit in heard.drum_hits} & {41, 43, 45, 47, 48, 50}


def test_notes_that_are_left_out_tell_the_beat_all_the_same(transcriber, tmp_path):
    """And no remark takes them for clicks that are no notes."""
    low, high = ([(0.25 + 0.5 * n, 0.5 + 0.5 * n, pitch, 80) for n in range(24)] for pitch in (45, 76))
    analysis = transcriber.analyse(render([*low, *high[::8]], PIANO, tmp_path))
    every = transcriber.decode(analysis, Thresholds())
    few = transcriber.decode(analysis, Thresholds(min_pitch=60))
    assert {note.pitch for note in few.notes} == {76}
    assert len(few.notes) < len(every.notes) - 15
    assert few.tempo == every.tempo != ()
    assert few.metre == every.metre
    assert list(remarks_on_beats(few, all_notes=False)) == []
