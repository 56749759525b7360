"""Songs out of scores: what is played, how fast and how loud, and the chart that a band plays a lead sheet by."""

import shutil
import zipfile
from pathlib import Path

import numpy as np
import pretty_midi
import pytest

from mp3tomidi.augment import cli
from mp3tomidi.augment.music import corpora, scores
from mp3tomidi.augment.music.passages import Passages
from mp3tomidi.augment.music.scores import Chord, chart, program_of
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.instruments import PROGRAMS

needs_mma = pytest.mark.skipif(shutil.which("mma") is None, reason="the program mma is not installed")

TEMPO = '<direction><sound tempo="90"/><direction-type><metronome><beat-unit>quarter</beat-unit>' + (
    "<per-minute>90</per-minute></metronome></direction-type></direction>"
)


def note(step: str, octave: int, quarters: int, *, tied: str = "") -> str:
    tie = f'<tie type="{tied}"/>' if tied else ""
    pitch = f"<pitch><step>{step}</step><octave>{octave}</octave></pitch>"
    return f"<note>{pitch}<duration>{quarters}</duration>{tie}<voice>1</voice></note>"


def loud(mark: str) -> str:
    return f"<direction><direction-type><dynamics><{mark}/></dynamics></direction-type></direction>"


def chord(step: str, kind: str, alter: int = 0) -> str:
    return (
        f"<harmony><root><root-step>{step}</root-step><root-alter>{alter}</root-alter></root>"
        f"<kind>{kind}</kind></harmony>"
    )


def document(parts: dict[str, list[str]], beats: int = 4) -> str:
    """A score of parts by their names, each a list of bars."""
    head = (
        f"<attributes><divisions>1</divisions><time><beats>{beats}</beats><beat-type>4</beat-type></time></attributes>"
    )
    names = "".join(f'<score-part id="P{n}"><part-name>{name}</part-name></score-part>' for n, name in enumerate(parts))
    music = ""
    for number, bars in enumerate(parts.values()):
        measures = "".join(
            f'<measure number="{n}">{head if n == 1 else ""}{bar}</measure>' for n, bar in enumerate(bars, start=1)
        )
        music += f'<part id="P{number}">{measures}</part>'
    return f'<score-partwise version="3.1"><part-list>{names}</part-list>{music}</score-partwise>'


def store(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", "<container broken")
        archive.writestr("score.xml", text)
    return path


def song(bars: int = 4) -> str:
    sung = [TEMPO + loud("p") + note("C", 5, 4), note("D", 5, 2) + note("E", 5, 2, tied="start")]
    sung += [loud("f") + note("E", 5, 1, tied="stop") + note("G", 5, 3)]
    sung += [note(step, 5, 4) for step in "CDEFG"][: bars - 3] * ((bars + 1) // 2)
    played = [note("C", 3, 2) + note("G", 3, 2)] * len(sung)
    return document({"Singstimme\nVoice": sung, "Klavier": played, "Piano for practice only": played})


def lead_sheet(bars: int = 8) -> str:
    tune = [TEMPO + chord("C", "major") + note("C", 5, 4), chord("E", "minor-seventh", -1) + note("D", 5, 4)]
    return document({"Voice": (tune * bars)[:bars]})


def test_a_song_is_played_with_its_tempo_its_ties_and_its_marks(tmp_path: Path) -> None:
    score, _ = scores.load(store(tmp_path / "song.mxl", song()))
    scores.write_song(score, "song", tmp_path / "song.mid")
    midi = pretty_midi.PrettyMIDI(str(tmp_path / "song.mid"))
    voice, piano = midi.instruments
    assert [PROGRAMS[track.program].family for track in (voice, piano)] == ["voice", "piano"]
    quarter_s = 60.0 / 90.0
    assert [(n.pitch, n.velocity) for n in voice.notes[:4]] == [(72, 49), (74, 49), (76, 49), (79, 96)]
    assert [n.start for n in voice.notes[:4]] == pytest.approx(np.array([0, 4, 6, 9]) * quarter_s, abs=2e-3)
    assert voice.notes[2].end - voice.notes[2].start == pytest.approx(3 * quarter_s, abs=2e-3)
    assert midi.time_signature_changes[0].numerator == 4


@pytest.mark.parametrize(
    ("name", "family"),
    [("Gesang\nVoice", "voice"), ("Pianoforte", "piano"), ("Guitarre / Guitar", "guitar"), ("Violoncello", "strings")],
)
def test_names_of_parts_give_their_instruments(name: str, family: str) -> None:
    assert PROGRAMS[program_of(name)].family == family


def test_chords_are_read_with_their_kinds(tmp_path: Path) -> None:
    score, tree = scores.load(store(tmp_path / "tune.mxl", lead_sheet(2)))
    assert scores.chords_of(score.parts[0], tree) == [Chord(0.0, "C"), Chord(4.0, "Ebm7")]


def test_a_chart_waits_for_the_first_chord_and_counts_a_pickup() -> None:
    assert chart([Chord(1.0, "C"), Chord(3.0, "G7")], 2.0, 3, "Tempo 90") == "Tempo 90\n1 z / /\n2 C / G7\n3 / / /\n"


def test_a_lead_sheet_is_played_by_a_band_with_the_tune_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    charts = []

    def play(text: str, path: Path) -> str:
        charts.append(text)
        midi = pretty_midi.PrettyMIDI(initial_tempo=90.0)
        midi.instruments.append(pretty_midi.Instrument(33))
        midi.instruments[0].notes.append(pretty_midi.Note(80, 36, 0.0, 1.0))
        midi.write(str(path))
        return ""

    monkeypatch.setattr(scores, "play", play)
    bars = [note("G", 4, 1), chord("C", "dominant") + note("C", 5, 3), note("D", 5, 3)]
    score, tree = scores.load(store(tmp_path / "waltz.mxl", document({"Voice": bars}, beats=3)))
    scores.write_lead_sheet(score, tree, "waltz", {3: ["std/waltz:Waltz"]}, tmp_path / "waltz.mid")
    assert "Groove std/waltz:Waltz\n1 z / /\n2 C7 / /\n" in charts[0]
    band, tune = pretty_midi.PrettyMIDI(str(tmp_path / "waltz.mid")).instruments
    quarter_s = 60.0 / float(charts[0].split()[1])
    assert (band.program, len(band.notes)) == (33, 1)
    assert [n.start for n in tune.notes] == pytest.approx(np.array([2, 3, 6]) * quarter_s, abs=2e-3)
    with pytest.raises(LabelsError, match="no groove of mma has 3 quarters"):
        scores.write_lead_sheet(score, tree, "waltz", {4: ["std/rock:Rock"]}, tmp_path / "waltz.mid")


def test_songs_are_kept_beside_the_banks_and_played_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], tiny_banks: Path
) -> None:
    data, banks = tmp_path / "data", tmp_path / "banks"
    for number in range(corpora.HELD_OUT_SONGS + 2):
        store(data / "scores" / "lieder" / f"{number:02d}.mxl", song(12))
    store(data / "scores" / "lieder" / "00b.mxl", "no score")
    cli.main(["scores", str(banks), "--data", str(data)])
    told = capsys.readouterr()
    assert "10 scores" in told.out
    assert "00b.mxl: left out" in told.err
    shutil.copy(tiny_banks / corpora.CACHE_NAME, banks)
    read = corpora.load(data, banks)
    ours = np.flatnonzero(read.songs["corpus"] == corpora.CORPORA.index("lieder"))
    assert len(ours) == 10
    assert read.songs["held_out"][ours].sum() == corpora.HELD_OUT_SONGS
    alone = Passages(scores_alone(banks))
    notes = alone.draw(np.random.default_rng(0), family="voice", lowest=60, highest=90, duration_s=6.0)
    assert len(notes)


def scores_alone(banks: Path) -> corpora.Corpora:
    (banks / corpora.SCORES_CACHE_NAME).rename(banks / corpora.CACHE_NAME)
    return corpora.load(banks, banks)


def test_a_folder_without_scores_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"no \.mxl"):
        scores.build(tmp_path, tmp_path)


@needs_mma
def test_mma_plays_a_lead_sheet(tmp_path: Path) -> None:
    store(tmp_path / "scores" / "openewld" / "tune.mxl", lead_sheet())
    read = scores.build(tmp_path, tmp_path)
    assert len(read.parts) >= 2
    tune = read.parts[-1]
    assert tune["note_count"] == 8
    onsets_s = read.part_notes(len(read.parts) - 1)["onset_s"]
    assert np.diff(onsets_s) == pytest.approx(4 * 60.0 / 90.0, abs=2e-3)
