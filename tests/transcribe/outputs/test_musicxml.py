"""Scores: what is written comes back through partitura as what was quantised, and MuseScore opens it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np
import pytest

from mp3tomidi.transcribe.events import (
    BeatExplanation,
    DrumHit,
    MetreChange,
    Note,
    PedalEvent,
    TempoChange,
    Transcription,
)
from mp3tomidi.transcribe.outputs import musicxml
from mp3tomidi.transcribe.outputs.midi import quarter_times_s
from mp3tomidi.transcribe.rhythm.quantisation import TICKS_PER_QUARTER, quantise

from .midi_starts import starts

BAR = 4 * TICKS_PER_QUARTER
partitura = pytest.importorskip("partitura")


def busy_piece(programs: tuple[int, ...] = (0,), count: int = 400) -> Transcription:
    """Chords, held notes, triplets and sixteenths, played unevenly at 100 beats a minute."""
    rng = np.random.default_rng(3)
    notes = []
    for index in range(count):
        parts = int(rng.choice([1, 2, 3, 4]))
        beat = index // 5 + int(rng.integers(0, parts)) / parts
        onset_s = max(0.0, 0.6 * beat + float(rng.normal(0.0, 0.01)))
        pitch, length_s = int(rng.integers(30, 90)), float(rng.choice([0.15, 0.3, 0.6, 1.2, 2.4]))
        notes.append(Note(onset_s, onset_s + length_s, pitch, 64, programs[index % len(programs)]))
    return Transcription(notes=tuple(notes), tempo=(TempoChange(0.0, 100.0),), duration_s=0.12 * count + 5.0)


def read_back(transcription: Transcription, path: Path) -> list[list[tuple[int, int, int, int]]]:
    """For each part (onset, duration, pitch, voice) in ticks, tied notes joined, as partitura reads them."""
    musicxml.write(transcription, path)
    parts = []
    for part in partitura.load_musicxml(path).parts:
        notes = part.note_array()
        fields = ("onset_div", "duration_div", "pitch", "voice")
        parts.append(sorted(tuple(int(note[field]) for field in fields) for note in notes))
    return parts


@pytest.mark.parametrize("programs", [(0,), (0, 33, 73)])
def test_the_quantised_notes_come_back(tmp_path: Path, programs: tuple[int, ...]) -> None:
    piece = busy_piece(programs)
    parts = read_back(piece, tmp_path / "x.musicxml")
    assert len(parts) == len(programs)
    for program, got in zip(programs, parts, strict=True):
        notes = [note for note in piece.notes if note.program == program]
        written = quantise(notes, quarter_times_s(piece), two_staves=program == 0)
        assert got == sorted((n.onset, n.duration, n.pitch, 4 * (n.staff - 1) + n.voice) for n in written.notes)


def test_a_part_opens_with_its_key_its_time_and_its_clefs(tmp_path: Path) -> None:
    musicxml.write(busy_piece((0, 33), 40), tmp_path / "x.musicxml")
    parts = ElementTree.parse(tmp_path / "x.musicxml").getroot().findall("part")
    for part, clefs in zip(parts, (["G2", "F4"], ["F4"]), strict=True):
        first = part[0][0]
        assert first.tag == "attributes"
        assert [
            (clef.findtext("sign") or "") + (clef.findtext("line") or "") for clef in first.findall("clef")
        ] == clefs
        assert first.find("key/fifths") is not None
        assert first.findtext("time/beats") == "4"


def test_every_bar_of_a_first_voice_is_full_and_every_length_can_be_written() -> None:
    (part,) = musicxml.to_score(busy_piece()).parts
    bars = len(list(part.iter_all(partitura.score.Measure)))
    filled = np.zeros(BAR * bars, int)
    for event in part.iter_all(partitura.score.GenericNote, include_subclasses=True):
        assert event.start.t // BAR == (event.end.t - 1) // BAR
        symbol = event.symbolic_duration
        if not symbol:  # a rest for a whole bar
            assert (event.start.t % BAR, event.end.t % BAR) == (0, 0)
            filled[event.start.t : event.end.t] += event.voice == 1
            continue
        ticks = {"whole": 48, "half": 24, "quarter": 12, "eighth": 6, "16th": 3}[symbol["type"]]
        ticks = ticks * 3 // 2 if symbol.get("dots") else ticks
        assert event.end.t - event.start.t == ticks * symbol.get("normal_notes", 1) // symbol.get("actual_notes", 1)
        if event.voice == 1:
            filled[event.start.t : event.end.t] += 1
    assert filled.min() >= 1


def test_beats_are_those_of_the_tempo_map() -> None:
    tempo = (TempoChange(0.0, 60.0), TempoChange(2.0, 120.0))
    onsets_s = [0.0, 1.0, 2.0, 2.5, 3.0]
    notes = tuple(Note(t, t + 0.2, 60, 64) for t in onsets_s)
    transcription = Transcription(notes=notes, tempo=tempo, duration_s=4.0)
    assert quarter_times_s(transcription)[:6] == pytest.approx([*onsets_s, 3.5])
    (part,) = musicxml.to_score(transcription).parts
    assert part.note_array()["onset_div"].tolist() == [beat * TICKS_PER_QUARTER for beat in range(5)]


def test_bars_are_those_of_the_metre_for_all_parts_alike(tmp_path: Path) -> None:
    # A waltz with an upbeat, which only the first part plays.
    metre = (MetreChange(0.0, 1), MetreChange(0.6, 3))
    melody = [Note(0.6 * beat, 0.6 * beat + 0.5, 72, 64, 73) for beat in range(10)]
    bass = [Note(0.6 + 1.8 * bar, 2.3 + 1.8 * bar, 43, 64, 33) for bar in range(3)]
    waltz = Transcription(notes=(*melody, *bass), tempo=(TempoChange(0.0, 100.0),), metre=metre, duration_s=7.0)
    low, high = read_back(waltz, tmp_path / "x.musicxml")
    assert [(onset, duration) for onset, duration, *_ in low] == [(12, 36), (48, 36), (84, 36)]
    assert [onset for onset, *_ in high] == [12 * beat for beat in range(10)]
    part = partitura.load_musicxml(tmp_path / "x.musicxml").parts[0]
    assert [(bar.start.t, bar.end.t) for bar in part.iter_all(partitura.score.Measure)] == [
        (0, 12),
        (12, 48),
        (48, 84),
        (84, 120),
    ]
    bars = list(ElementTree.parse(tmp_path / "x.musicxml").getroot().iter("measure"))
    assert [(bar.get("number"), bar.get("implicit")) for bar in bars[:3]] == [("0", "yes"), ("1", None), ("2", None)]


def test_a_scale_in_d_is_spelled_and_signed_so() -> None:
    scale = (62, 64, 66, 67, 69, 71, 73, 74)
    notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, pitch, 64) for i, pitch in enumerate(scale * 2))
    (part,) = musicxml.to_score(Transcription(notes=notes, duration_s=9.0)).parts
    assert [signature.fifths for signature in part.iter_all(partitura.score.KeySignature)] == [2]
    spelled = {note.step + note.alter_sign for note in part.iter_all(partitura.score.Note)}
    assert spelled == {"D", "E", "F#", "G", "A", "B", "C#"}


def test_the_key_is_that_of_the_notes_that_are_there_not_of_the_longest() -> None:
    line = (62, 62, 64, 62, 62, 64, 67, 69, 67, 69, 71, 72)  # D often, but a C without a sharp
    notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, pitch, 64) for i, pitch in enumerate(line))
    (part,) = musicxml.to_score(Transcription(notes=notes, duration_s=7.0)).parts
    assert [signature.fifths for signature in part.iter_all(partitura.score.KeySignature)] == [1]


def test_the_pedal_is_a_line_below_the_piano_alone(tmp_path: Path) -> None:
    parts = ((72, 0), (40, 0), (67, 40))  # a piano's two hands, and a violin
    notes = tuple(Note(beat / 2, beat / 2 + 0.5, pitch, 64, program) for beat in range(8) for pitch, program in parts)
    pedal = (PedalEvent(0.52, True), PedalEvent(1.74, False), PedalEvent(1.8, True), PedalEvent(1.81, False))
    musicxml.write(Transcription(notes=notes, pedal=pedal, duration_s=4.0), tmp_path / "x.musicxml")
    piano, violin = ElementTree.parse(tmp_path / "x.musicxml").getroot().findall("part")
    assert not list(violin.iter("pedal"))
    marks = [mark for mark in piano.iter("direction") if mark.find("direction-type/pedal") is not None]
    assert [(mark.find("direction-type/pedal").get("type"), mark.findtext("staff")) for mark in marks] == [
        ("start", "2"),
        ("stop", "2"),
    ]
    part = partitura.load_musicxml(tmp_path / "x.musicxml").parts[0]
    (read,) = part.iter_all(partitura.score.SustainPedalDirection)
    assert (read.start.t, read.end.t) == (TICKS_PER_QUARTER, 3.5 * TICKS_PER_QUARTER)  # at 120 beats a minute


def test_only_the_first_voice_of_a_staff_shows_its_rests() -> None:
    content = io.BytesIO()
    musicxml.write(busy_piece(), content)
    root = ElementTree.fromstring(content.getvalue())
    shown: dict[str, set[str]] = {}
    for rest in (note for note in root.iter("note") if note.find("rest") is not None):
        shown.setdefault(rest.findtext("voice"), set()).add(rest.get("print-object", "yes"))
    assert shown == {"1": {"yes"}, "5": {"yes"}, "2": {"no"}, "6": {"no"}}


def test_notes_are_spelled_in_the_key_that_is_signed(tmp_path: Path) -> None:
    scale = (61, 63, 65, 66, 68, 70, 72, 73)  # D flat major
    notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, pitch, 64) for i, pitch in enumerate(scale * 2))
    (part,) = musicxml.to_score(Transcription(notes=notes, duration_s=9.0)).parts
    assert [signature.fifths for signature in part.iter_all(partitura.score.KeySignature)] == [-5]
    assert {note.step + note.alter_sign for note in part.iter_all(partitura.score.Note)} == {
        *("Db", "Eb", "F", "Gb", "Ab", "Bb", "C")
    }


@pytest.mark.parametrize(
    ("pitches", "clefs"),
    [((28, 64), ["F"]), ((55, 90), ["G"]), ((50, 70), ["G", "F"]), ((57, 62), ["F"])],
)
@pytest.mark.parametrize("outliers", [0, 1, 10])
def test_one_staff_is_enough_for_a_low_or_a_high_part(
    pitches: tuple[int, int], clefs: list[str], outliers: int
) -> None:
    """One outlier in a hundred notes changes nothing."""
    line = [pitches[0] + step % (pitches[1] - pitches[0] + 1) for step in range(100)]
    line[50 : 50 + outliers] = ([21, 108] * 5)[:outliers]
    notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, pitch, 64) for i, pitch in enumerate(line))
    (part,) = musicxml.to_score(Transcription(notes=notes, duration_s=51.0)).parts
    found = [clef.sign for clef in part.iter_all(partitura.score.Clef)]
    assert found == (["G", "F"] if outliers == 10 else clefs)


def test_silence_is_a_bar_of_rest(tmp_path: Path) -> None:
    content = io.BytesIO()
    musicxml.write(Transcription(duration_s=0.0), content, title="no <sound> & no light")
    assert content.getvalue().count(b'<rest measure="yes"/>') == 2
    assert b"no &lt;sound&gt; &amp; no light" in content.getvalue()


def test_a_title_may_be_the_name_of_any_file() -> None:
    content = io.BytesIO()
    musicxml.write(Transcription(duration_s=0.0), content, title="\x1b[1m\x00\udcff\ufffe夜🎹")
    root = ElementTree.fromstring(content.getvalue())
    assert root.findtext("work/work-title") == "\ufffd[1m\ufffd\ufffd\ufffd夜🎹"


@pytest.mark.parametrize(
    ("program", "pitches", "clef"),
    [
        (25, range(40, 72), ("G", -1)),  # a guitar sounds an octave lower than it is written
        (33, range(28, 50), ("F", -1)),
        (65, range(50, 66), ("G", -1)),  # a tenor saxophone reads no bass clef
        (65, range(58, 80), ("G", 0)),
        (70, range(36, 58), ("F", 0)),  # a bassoon's range does
        (48, range(40, 60), ("F", 0)),
    ],
)
def test_each_instrument_has_the_clef_that_its_players_read(
    program: int, pitches: range, clef: tuple[str, int]
) -> None:
    notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, pitch, 64, program) for i, pitch in enumerate(pitches))
    (part,) = musicxml.to_score(Transcription(notes=notes, duration_s=30.0)).parts
    assert [(found.sign, found.octave_change) for found in part.iter_all(partitura.score.Clef)] == [clef]


def page_of(transcription: Transcription) -> ElementTree.Element:
    content = io.BytesIO()
    musicxml.write(transcription, content)
    return ElementTree.fromstring(content.getvalue())


def explained(beats_per_bar: int, beat_unit: int, quarters_per_minute: float, *, swung: bool) -> Transcription:
    """A scale in eighths, swung or not, with its tempo and bars."""
    quarter_s = 60.0 / quarters_per_minute
    late = 2 / 3 if swung else 0.5
    onsets_s = [quarter_s * (beat + part) for beat in range(12) for part in (0.0, late)]
    ends_s = [*onsets_s[1:], onsets_s[-1] + quarter_s * (1 - late)]
    notes = [Note(a, b, 60 + k % 12, 64, 73) for k, (a, b) in enumerate(zip(onsets_s, ends_s, strict=True))]
    said = BeatExplanation(1.0, quarters_per_minute, beats_per_bar, beat_unit, swung, 0.0)
    return Transcription(
        notes=tuple(notes),
        tempo=(TempoChange(0.0, quarters_per_minute),),
        metre=(MetreChange(0.0, beats_per_bar, beat_unit),),
        beat_explanations=(said,),
        duration_s=13 * quarter_s,
    )


def test_a_tune_that_swings_says_so_and_has_even_eighths() -> None:
    root = page_of(explained(4, 4, 112.0, swung=True))
    assert [word.text.strip() for word in root.iter("words")] == ["Swing"]
    assert {note.findtext("type") for note in root.iter("note")} == {"eighth"}
    assert root.find(".//time-modification") is None
    straight = page_of(explained(4, 4, 112.0, swung=False))
    assert straight.find(".//words") is None


@pytest.mark.parametrize(
    ("metre", "quarters_per_minute", "dotted", "per_minute"),
    [
        ((4, 4), 112.0, False, "112"),
        ((4, 4), 92.5, False, "92.5"),
        ((4, 4), 101.3, False, "101"),
        ((6, 8), 97.5, True, "65"),
    ],
)
def test_the_tempo_mark_counts_the_beats_of_the_metre(
    metre: tuple[int, int], quarters_per_minute: float, dotted: bool, per_minute: str
) -> None:
    root = page_of(explained(*metre, quarters_per_minute, swung=False))
    (mark,) = root.iter("metronome")
    assert (mark.find("beat-unit-dot") is not None) == dotted
    assert mark.findtext("per-minute") == per_minute
    sounds = [float(sound.get("tempo", 0)) for sound in root.iter("sound")]
    assert sounds == [pytest.approx(quarters_per_minute, abs=0.5)]


@pytest.mark.skipif(shutil.which("mscore3") is None, reason="needs the program mscore3")
def test_musescore_opens_it_without_complaint_and_plays_the_same_pitches(tmp_path: Path) -> None:
    piece = busy_piece((0, 73), count=120)
    musicxml.write(piece, tmp_path / "x.musicxml", title="x")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    command = ["mscore3", "-o", str(tmp_path / "x.mid"), str(tmp_path / "x.musicxml")]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=120)
    assert "rror" not in done.stderr + done.stdout
    assert "implicit" not in done.stderr
    file = mido.MidiFile(tmp_path / "x.mid")
    beats = quarter_times_s(piece)
    written = [quantise([n for n in piece.notes if n.program == p], beats, two_staves=p == 0) for p in (0, 73)]
    expected = sorted((note.onset, note.pitch) for part in written for note in part.notes)
    assert sorted(starts(file)) == expected


def test_a_triplet_in_a_beat_that_a_bar_line_cuts_is_written(tmp_path: Path) -> None:
    """In 7/8 every other bar begins between two quarters."""
    notes = [Note(3 + third / 3, 3 + (third + 1) / 3, 60 + third, 80) for third in range(3)]
    hits = [DrumHit(3 + third / 3, 38, 80) for third in range(3)]
    heard = Transcription(
        notes=notes, drum_hits=hits, tempo=[TempoChange(0, 60)], metre=[MetreChange(0, 7, 8)], duration_s=12
    )
    musicxml.write(heard, tmp_path / "seven.musicxml")
    assert (tmp_path / "seven.musicxml").stat().st_size > 1000


def signs(pitches: list[int], *, beat_s: float = 0.5, length_s: float = 0.45) -> list[tuple[str, str | None]]:
    """Name and accidental of each note as it is written, of quarters in C major at 120 beats a minute."""
    scale = [60, 62, 64, 65, 67, 69, 71, 72] * 3
    notes = [Note(beat_s * k, beat_s * k + length_s, pitch, 64, 73) for k, pitch in enumerate(pitches + scale)]
    root = page_of(Transcription(notes=tuple(notes), duration_s=40.0))
    assert root.findtext(".//key/fifths") == "0"
    written = [note for note in root.iter("note") if note.find("rest") is None]
    named = [(f"{n.findtext('pitch/step')}{n.findtext('pitch/octave')}", n.findtext("accidental")) for n in written]
    return named[: len(pitches)]


def test_accidentals_are_written_where_readers_need_them() -> None:
    assert signs([66, 66, 65, 78, 66, 65, 67, 65]) == [
        ("F4", "sharp"),
        ("F4", None),  # still
        ("F4", "natural"),
        ("F5", "sharp"),  # an octave of its own
        ("F4", "sharp"),  # in the next bar again
        ("F4", "natural"),
        ("G4", None),
        ("F4", None),
    ]


def test_a_note_tied_over_the_bar_line_has_no_second_accidental() -> None:
    notes = [Note(1.5, 2.45, 66, 64, 73), Note(2.5, 2.95, 66, 64, 73), Note(3.0, 3.45, 67, 64, 73)]
    scale = [Note(4.0 + k / 2, 4.45 + k / 2, p, 64, 73) for k, p in enumerate([60, 62, 64, 65, 67, 69, 71, 72] * 3)]
    root = page_of(Transcription(notes=(*notes, *scale), duration_s=17.0))
    assert root.findtext(".//key/fifths") == "0"
    of_f = [note for note in root.iter("note") if note.findtext("pitch/alter") == "1"]
    ties = [[tie.get("type") for tie in note.findall("tie")] for note in of_f]
    assert ties == [["start"], ["stop"], []]
    assert [note.findtext("accidental") for note in of_f] == ["sharp", None, "sharp"]


def test_a_scale_in_the_key_needs_no_accidental() -> None:
    for tonic in range(60, 72):
        pitches = [tonic + step for step in (0, 2, 4, 5, 7, 9, 11, 12, 7, 4, 0)] * 2
        notes = tuple(Note(0.5 * i, 0.5 * i + 0.45, pitch, 64) for i, pitch in enumerate(pitches))
        assert page_of(Transcription(notes=notes, duration_s=12.0)).find(".//accidental") is None


def test_eighths_are_joined_by_beams_in_every_part() -> None:
    def beams(part: ElementTree.Element) -> list[str]:
        return [beam.text or "" for beam in part.iter("beam")]

    eighths = tuple(
        Note(0.25 * k, 0.25 * k + 0.24, pitch, 64, program)
        for k in range(8)
        for pitch, program in ((72, 0), (76, 0), (48, 0), (74, 73))
    )
    hits = tuple(DrumHit(0.25 * k, 42, 90) for k in range(8))
    root = page_of(Transcription(notes=eighths, drum_hits=hits, tempo=(TempoChange(0.0, 120.0),), duration_s=2.0))
    piano, flute, drums = root.findall("part")
    half = ["begin", "continue", "continue", "end"]
    assert beams(piano) == 4 * half  # two hands; of a chord the first note alone
    assert beams(flute) == beams(drums) == 2 * half
    assert all(note.find("beam") is None for note in piano.iter("note") if note.find("chord") is not None)


def test_elements_of_notes_stand_as_the_schema_has_them() -> None:
    order = ("chord", "pitch", "rest", "duration", "tie", "voice", "type", "dot", "accidental")
    order += ("time-modification", "stem", "notehead", "staff", "beam", "notations")
    root = page_of(busy_piece())
    assert root.find(".//accidental") is not None
    assert root.find(".//beam[@number='2']") is not None
    for note in root.iter("note"):
        places = [order.index(element.tag) for element in note]
        assert places == sorted(places)
