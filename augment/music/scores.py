"""Songs out of scores (MusicXML): written ones for voice and piano, and lead sheets whose chords a band of mma plays.

Below `scores/` of the data root, `lieder/` holds songs with all that is played in them, `openewld/` tunes with chord
symbols. What they become is kept as one cache of songs beside the banks. A score has one tempo throughout, its first
or, where it names none, one drawn by its name; repeats are not played. Marks such as p and f give MuseScore's
velocities.
"""

from __future__ import annotations

import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mp3tomidi.augment.music import corpora
from mp3tomidi.augment.music.mma_grooves import find_grooves, find_library, play
from mp3tomidi.transcribe.errors import LabelsError
from mp3tomidi.transcribe.installing import install_command

SONGS, LEAD_SHEETS = "lieder", "openewld"  # folders, and names of corpora
_VOICE_PROGRAM, _PIANO_PROGRAM = 53, 0
_LEADS = (53, 53, 53, 73, 65, 40, 56, 71, 81, 26)  # programs that play the tune of a lead sheet: voices, winds, strings
_INSTRUMENTS = {
    r"piano|klavier|cembalo|harmonium|organ": _PIANO_PROGRAM,
    r"guitar": 24,
    r"flute|flöte|flauto": 73,
    r"clarinet|klarinette": 71,
    r"violoncell|cello": 42,
    r"viola|bratsche": 41,
    r"violin": 40,
    r"horn": 60,
}
_ONLY_TO_PRACTISE = "practice"  # in the name of a part that doubles the others
_VELOCITIES = {"ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 126}
_USUAL_VELOCITY = 72
_TEMPOS = (60.0, 130.0)  # quarters a minute of what names none
_CHORDS = {  # MusicXML's kinds, in mma's words
    "major": "",
    "minor": "m",
    "augmented": "aug",
    "diminished": "dim",
    "dominant": "7",
    "major-seventh": "M7",
    "minor-seventh": "m7",
    "diminished-seventh": "dim7",
    "augmented-seventh": "aug7",
    "half-diminished": "m7b5",
    "major-minor": "mM7",
    "minor-major": "mM7",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "dominant-ninth": "9",
    "augmented-ninth": "9",
    "major-ninth": "M9",
    "minor-ninth": "m9",
    "dominant-11th": "11",
    "minor-11th": "m11",
    "dominant-13th": "13",
    "suspended-second": "sus2",
    "suspended-fourth": "sus4",
}
_ALTERS = {-1: "b", 0: "", 1: "#"}
_METRE_OF_GROOVE = re.compile(r"^\s*time\s+(\d+)", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Chord:
    """A chord symbol: from which quarter on, and its name for mma."""

    quarter: float
    name: str


def build(data_root: Path, cache_folder: Path, progress: Callable[[str], None] = lambda _: None) -> corpora.Corpora:
    """Read all scores below `data_root/scores` and write their cache into `cache_folder`.

    `progress` is given a line every hundred scores, and one for each that is left out. Raises LabelsError where there
    is no score or nothing to read them with, and GroovesError where there are lead sheets but no mma.
    """
    with tempfile.TemporaryDirectory() as folder:
        songs = list(_played(Path(data_root) / "scores", Path(folder), progress))
        if not songs:
            raise LabelsError(f"{Path(data_root) / 'scores'}: no .mxl in {SONGS} or {LEAD_SHEETS}")
        read = corpora.read_songs(songs)
    corpora.store(read, Path(cache_folder) / corpora.SCORES_CACHE_NAME)
    return read


def _played(scores: Path, folder: Path, progress: Callable[[str], None]) -> Iterator[corpora.SongFile]:
    """The songs, each written into `folder` first."""
    grooves: dict[int, list[str]] | None = None
    for corpus in (SONGS, LEAD_SHEETS):
        paths = sorted((scores / corpus).glob("*.mxl"))
        for number, path in enumerate(paths):
            played = folder / f"{corpus}{number}.mid"
            try:
                score, document = load(path)
                if corpus == SONGS:
                    write_song(score, path.stem, played)
                else:
                    grooves = grooves or grooves_by_metre(find_library())
                    write_lead_sheet(score, document, path.stem, grooves, played)
            except LabelsError as error:
                progress(f"{path.name}: left out ({error})")
                continue
            yield corpora.SongFile(corpus, path.stem, played, number >= len(paths) - corpora.HELD_OUT_SONGS)
            if (number + 1) % 100 == 0:
                progress(f"{corpus}: {number + 1} of {len(paths)} scores")


def load(path: Path) -> tuple[Any, Any]:
    """A compressed MusicXML file as partitura's score and as lxml's tree. Raises LabelsError."""
    try:
        import partitura
        from lxml import etree
    except ImportError as error:
        raise LabelsError(f"scores need partitura and lxml: {install_command('mp3tomidi[score]')}") from error
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            (name,) = (name for name in archive.namelist() if name.endswith("xml") and not name.startswith("META-INF"))
            plain = Path(folder) / "score.musicxml"
            plain.write_bytes(archive.read(name))
            with warnings.catch_warnings(action="ignore"):  # of words and repeats, which are not played
                return partitura.load_musicxml(plain), etree.parse(plain)
    except Exception as error:  # partitura raises whatever its parts do
        raise LabelsError(f"not a score that can be read: {error}") from error


def write_song(score: Any, name: str, path: Path) -> None:
    """Write what all parts of a score play as a MIDI file, each on a track. Raises LabelsError if that is nothing."""
    tempo = _tempo(score, name)
    midi = _empty(tempo, score.parts[0])
    for part in score.parts:
        if _ONLY_TO_PRACTISE not in (part.part_name or "").lower():
            midi.instruments.append(_track(part, program_of(part.part_name or ""), tempo))
    if not any(track.notes for track in midi.instruments):
        raise LabelsError("plays nothing")
    midi.write(str(path))


def program_of(name: str) -> int:
    """The General MIDI program (from 0) of a part by its name; of one that names no instrument, a voice's."""
    for words, program in _INSTRUMENTS.items():
        if re.search(words, name, re.IGNORECASE):
            return program
    return _VOICE_PROGRAM


def write_lead_sheet(score: Any, document: Any, name: str, grooves: dict[int, list[str]], path: Path) -> None:
    """Write a tune with the band that mma plays to its chords as a MIDI file.

    grooves: the names of mma's grooves by quarters a bar. Raises LabelsError where there are no chords, none of the
    metre's grooves, or mma cannot play them.
    """
    import pretty_midi

    part = score.parts[0]
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    quarters = _quarters_a_bar(part)
    chords = chords_of(part, document)
    if not chords or quarters not in grooves:
        raise LabelsError("no chords" if not chords else f"no groove of mma has {quarters} quarters a bar")
    tempo = _tempo(score, name)
    pickup = _pickup_quarters(part, quarters)
    groove = grooves[quarters][int(rng.integers(len(grooves[quarters])))]
    fault = play(chart(chords, pickup, quarters, f"Tempo {tempo:.2f}\nGroove {groove}"), path)
    if fault:
        raise LabelsError(f"mma: {fault}")
    midi = pretty_midi.PrettyMIDI(str(path))
    midi.instruments.append(_track(part, int(rng.choice(_LEADS)), tempo, later_quarters=pickup))
    midi.write(str(path))


def chords_of(part: Any, document: Any) -> list[Chord]:
    """The chord symbols of a part; partitura knows when they come, only the document of which kind they are."""
    from partitura.score import ChordSymbol

    first_part = document.getroot().find("part")
    symbols = [symbol for symbol in first_part.findall(".//harmony") if symbol.find("root") is not None]
    times = sorted(_quarter(part, symbol.start) for symbol in part.iter_all(ChordSymbol))
    if len(times) != len(symbols):
        raise LabelsError("chord symbols that cannot be placed")
    return [Chord(time, _chord_name(symbol)) for time, symbol in zip(times, symbols, strict=True)]


def _chord_name(symbol: Any) -> str:
    alter = _ALTERS.get(int(symbol.findtext("root/root-alter") or 0), "")
    return f"{symbol.findtext('root/root-step')}{alter}{_CHORDS.get(symbol.findtext('kind'), '')}"


def chart(chords: Sequence[Chord], pickup_quarters: float, quarters: int, head: str) -> str:
    """A chart for mma, a line a bar and a chord or a slash a quarter.

    pickup_quarters: what is missing of a first bar that is no whole one; the band waits through what is before the
    first chord.
    """
    by_beat = {int(chord.quarter + pickup_quarters): chord.name for chord in chords}
    bars = max(by_beat) // quarters + 2  # the last chord sounds on
    lines = [head]
    for bar in range(bars):
        beats = [by_beat.get(bar * quarters + beat, "/") for beat in range(quarters)]
        if beats[0] == "/" and not lines[1:]:
            beats[0] = "z"
        lines.append(f"{bar + 1} {' '.join(beats)}")
    return "\n".join(lines) + "\n"


def grooves_by_metre(library: Path) -> dict[int, list[str]]:
    """The grooves of mma's library, "style:name", by the quarters of their bars; a style that says none has four."""
    result: dict[int, list[str]] = {}
    for groove in find_grooves(library):
        text = (library / f"{groove.style}.mma").read_text(encoding="utf-8", errors="replace")
        metres = {int(metre) for metre in _METRE_OF_GROOVE.findall(text)} or {4}
        if len(metres) == 1:
            result.setdefault(metres.pop(), []).append(f"{groove.style}:{groove.name}")
    return result


def _empty(tempo: float, part: Any) -> Any:
    import pretty_midi

    midi = pretty_midi.PrettyMIDI(initial_tempo=tempo)
    midi.time_signature_changes.append(pretty_midi.TimeSignature(_quarters_a_bar(part), 4, 0.0))
    return midi


def _track(part: Any, program: int, tempo: float, later_quarters: float = 0.0) -> Any:
    """What a part plays; `tempo`: quarters a minute. Grace notes, which have no time of their own, are left out."""
    import pretty_midi

    quarter_s = 60.0 / tempo
    marked, velocities = _loudness(part)
    track = pretty_midi.Instrument(program)
    for note in part.notes_tied:
        start, end = _quarter(part, note.start), _quarter(part, note.end_tied)
        if end > start:
            velocity = velocities[np.searchsorted(marked, start + 1e-6)]
            times_s = [(quarter + later_quarters) * quarter_s for quarter in (start, end)]
            track.notes.append(pretty_midi.Note(velocity, note.midi_pitch, *times_s))
    return track


def _loudness(part: Any) -> tuple[list[float], list[int]]:
    """The quarters at which a mark changes how loud it is played, and the velocities between them."""
    from partitura.score import ConstantLoudnessDirection

    marks = [(_quarter(part, mark.start), mark.text) for mark in part.iter_all(ConstantLoudnessDirection)]
    known = sorted((quarter, _VELOCITIES[text]) for quarter, text in marks if text in _VELOCITIES)
    return [quarter for quarter, _ in known], [_USUAL_VELOCITY, *(velocity for _, velocity in known)]


def _tempo(score: Any, name: str) -> float:
    """Quarters a minute."""
    from partitura.score import Tempo

    for part in score.parts:
        for tempo in part.iter_all(Tempo):
            return min(max(6e7 / float(tempo.microseconds_per_quarter), 30.0), 300.0)
    return float(np.random.default_rng(zlib.crc32(name.encode())).uniform(*_TEMPOS))


def _quarters_a_bar(part: Any) -> int:
    """Of the first bar; four where the score does not say."""
    from partitura.score import TimeSignature

    for signature in part.iter_all(TimeSignature):
        return max(1, round(4 * float(signature.beats) / float(signature.beat_type)))
    return 4


def _pickup_quarters(part: Any, quarters: int) -> float:
    """What is missing of the first bar, in quarters."""
    from partitura.score import Measure

    for measure in part.iter_all(Measure):
        return max(0.0, quarters - _quarter(part, measure.end) + _quarter(part, measure.start))
    return 0.0


def _quarter(part: Any, point: Any) -> float:
    """How many quarters after the beginning of a part; partitura's own count begins after a pickup."""
    return float(part.quarter_map(point.t) - part.quarter_map(part.first_point.t))
