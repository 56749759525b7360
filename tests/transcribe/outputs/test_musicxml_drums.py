"""Drums in scores: where drummers read them, and as MusicXML has them."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import mido
import pytest

from mp3tomidi.transcribe.events import DrumHit, MetreChange, Note, TempoChange, Transcription
from mp3tomidi.transcribe.outputs import musicxml

from .midi_starts import starts

partitura = pytest.importorskip("partitura")

KICK, SNARE, HAT, OPEN_HAT, CRASH, TAMBOURINE = 36, 38, 42, 46, 49, 54


def groove(*more: DrumHit, notes: tuple[Note, ...] = ()) -> Transcription:
    """A bar of rock at 120: a crash, then hi-hats in eighths, the last one open; played a little unevenly."""
    eighths = [(0, CRASH), *((k, HAT) for k in range(1, 7)), (7, OPEN_HAT)]
    beats = [(0, KICK), (2, SNARE), (4, KICK), (5, KICK), (6, SNARE)]
    hits = [DrumHit(0.25 * k + 0.01 * (k % 3), key, 90) for k, key in eighths + beats]
    return Transcription(
        drum_hits=tuple(sorted([*hits, *more])), notes=notes, tempo=(TempoChange(0.0, 120.0),), duration_s=5.0
    )


def test_drums_stand_where_drummers_read_them() -> None:
    (part,) = musicxml.to_score(groove()).parts
    assert part.part_name == "Drums"
    assert [clef.sign for clef in part.iter_all(partitura.score.Clef)] == ["percussion"]
    assert not list(part.iter_all(partitura.score.KeySignature))
    found = [
        (n.start.t, n.end.t - n.start.t, n.voice, f"{n.step}{n.octave}", n.notehead, n.stem_direction)
        for n in part.iter_all(partitura.score.UnpitchedNote)
    ]
    hands = [
        (0, 6, 1, "A5", "x", "up"),
        *((6 * k, 6, 1, "G5", "x", "up") for k in range(1, 7)),
        (42, 6, 1, "G5", "circle-x", "up"),
        *((beat, 6, 1, "C5", None, "up") for beat in (12, 36)),
    ]
    feet = [(0, 12, 2, "F4", None, "down"), (24, 6, 2, "F4", None, "down"), (30, 6, 2, "F4", None, "down")]
    assert sorted(found, key=str) == sorted(hands + feet, key=str)
    rests = [(r.start.t, r.end.t - r.start.t, r.voice) for r in part.iter_all(partitura.score.Rest)]
    assert rests == [(12, 12, 2), (36, 12, 2)]


def test_drums_stand_below_the_other_parts_in_the_same_bars(tmp_path: Path) -> None:
    melody = tuple(Note(0.5 * beat, 0.5 * beat + 0.45, 72, 64, 73) for beat in range(9))
    flute, drums = musicxml.to_score(groove(notes=melody)).parts
    assert [part.part_name for part in (flute, drums)] == ["Flute", "Drums"]
    bars = [[(bar.start.t, bar.end.t) for bar in part.iter_all(partitura.score.Measure)] for part in (flute, drums)]
    assert bars[0] == bars[1] == [(0, 48), (48, 96), (96, 144)][: len(bars[0])]


def test_a_hit_before_the_first_bar_has_a_pickup_bar() -> None:
    early = Transcription(
        drum_hits=(DrumHit(0.5, SNARE, 90), DrumHit(1.0, KICK, 90)),
        tempo=(TempoChange(0.0, 120.0),),
        metre=(MetreChange(0.0, 2), MetreChange(1.0, 4)),
        duration_s=3.0,
    )
    (part,) = musicxml.to_score(early).parts
    assert [n.start.t for n in part.iter_all(partitura.score.UnpitchedNote)] == [0, 12]


def test_other_percussion_has_a_place_and_one_stroke_on_two_keys_is_one() -> None:
    transcription = groove(DrumHit(0.5, 40, 90), DrumHit(0.5, TAMBOURINE, 90), DrumHit(0.5, 60, 90))
    (part,) = musicxml.to_score(transcription).parts
    at_the_snare = [n for n in part.iter_all(partitura.score.UnpitchedNote) if n.start.t == 12]
    assert sorted((f"{n.step}{n.octave}", n.notehead) for n in at_the_snare if n.step != "G") == [
        ("B5", "diamond"),
        ("B5", "triangle"),
        ("C5", None),
    ]


ORDER = (
    "chord",
    "unpitched",
    "rest",
    "duration",
    "instrument",
    "voice",
    "type",
    "dot",
    "stem",
    "notehead",
    "beam",
    "notations",
)


def test_drums_are_written_as_the_schema_has_them() -> None:
    content = io.BytesIO()
    musicxml.write(groove(notes=(Note(0.0, 1.0, 60, 64),)), content)
    root = ElementTree.fromstring(content.getvalue())
    drums = root.findall("part-list/score-part")[1]
    played = {each.get("id"): each for each in drums.findall("midi-instrument")}
    assert {int(each.findtext("midi-unpitched")) - 1 for each in played.values()} == {36, 38, 42, 46, 49}
    assert {each.findtext("midi-channel") for each in played.values()} == {"10"}
    assert {each.get("id") for each in drums.findall("score-instrument")} == played.keys()
    for note in root.findall("part")[1].iter("note"):
        places = [ORDER.index(element.tag) for element in note]
        assert places == sorted(places)
        if note.find("rest") is None:
            assert note.find("instrument").get("id") in played


@pytest.mark.skipif(shutil.which("mscore3") is None, reason="needs the program mscore3")
def test_musescore_plays_the_same_drums(tmp_path: Path) -> None:
    musicxml.write(groove(), tmp_path / "x.musicxml")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_RUNTIME_DIR": str(tmp_path)}
    command = ["mscore3", "-o", str(tmp_path / "x.mid"), str(tmp_path / "x.musicxml")]
    subprocess.run(command, capture_output=True, env=environment, check=True, timeout=120)
    expected = sorted((round(2 * hit.onset_s * 2) * 6, hit.key) for hit in groove().drum_hits)
    assert sorted(starts(mido.MidiFile(tmp_path / "x.mid"))) == expected
