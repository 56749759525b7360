"""The one list of what a transcription can be written as. Each writer is loaded when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mp3tomidi.transcribe.errors import OutputError
from mp3tomidi.transcribe.installing import install_command
from mp3tomidi.transcribe.nearest import did_you_mean

if TYPE_CHECKING:
    from mp3tomidi.transcribe.audio.reading import Audio
    from mp3tomidi.transcribe.drums.transcriber import DrumAnalysis
    from mp3tomidi.transcribe.events import Transcription
    from mp3tomidi.transcribe.transcriber import Analysis

PLAIN, MPE = BEND_MODES = ("plain", "mpe")  # how MIDI bends notes: one at a time on a channel, or each on its own

Destination = str | os.PathLike[str] | BinaryIO


@dataclass(frozen=True, slots=True)
class Result:
    """All that a writer may want to know of one recording."""

    source: str | os.PathLike[str] | Audio
    transcription: Transcription
    analysis: Analysis | DrumAnalysis | None = None
    """What the networks computed; needed by the formats that say so."""
    soundfont: str | os.PathLike[str] | None = None
    """What plays the sounds; without it plain tones do."""
    title: str | None = None
    """What the recording is called; None for as its file is."""
    mpe: bool = False
    """Whether notes that bend do so in MIDI by MPE."""

    @property
    def shown_title(self) -> str:
        """The title; where there is none, the name of the recording's file."""
        if self.title is not None:
            return self.title
        return Path(self.source).stem if isinstance(self.source, str | os.PathLike) else ""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file, and what writes it."""

    name: str
    suffix: str
    """Takes the place of the recording's own."""
    contents: str
    writer: str
    """The function that writes it, as "module.function" of this package; loaded when it is first needed."""
    takes: tuple[str, ...] = ("transcription",)
    """What of a Result the writer is given, before the destination."""
    options: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Keywords of the writer, and what of a Result they are given."""
    of_notes: bool = False
    """It has no place for drums."""
    of_effects: bool = False
    """It has a place for the effects that lie over the recording."""
    of_bends: bool = False
    """It has a place for what notes do between keys."""
    streams: bool = True
    """It can be written into an open stream, standard output among them; otherwise only to a path."""
    package: str | None = None
    """What must be importable, and does not come with a plain install."""
    extra: str | None = None
    """The extra of this package that brings it."""

    @property
    def needs_analysis(self) -> bool:
        """Whether it needs the analysis."""
        return "analysis" in self.takes

    def write(self, result: Result, destination: Destination) -> None:
        """Raises OutputError where the destination cannot be written, AudioError where the recording cannot be read
        again.
        """
        if self.needs_analysis and result.analysis is None:
            raise ValueError("this format needs Result.analysis")
        if not self.streams and not isinstance(destination, str | os.PathLike):
            raise TypeError("this format goes to a path only")
        module, name = self.writer.split(".")
        writer = getattr(import_module(f"mp3tomidi.transcribe.outputs.{module}"), name)
        keywords = {keyword: getattr(result, of) for keyword, of in self.options.items()}
        writer(*(getattr(result, of) for of in self.takes), destination, **keywords)


MIDI = Format("mid", ".mid", "a MIDI file", "midi.write", options={"mpe": "mpe"}, of_effects=True, of_bends=True)
PICTURE = Format(
    "picture",
    ".png",
    "notes, pedal and drums over the spectrogram",
    "picture.write",
    takes=("transcription", "source"),
    of_bends=True,
    streams=False,
    package="matplotlib",
    extra="picture",
)
SOUND = Format(
    "sound",
    ".notes.wav",
    "notes and drums as a WAV file",
    "sound.write",
    options={"soundfont": "soundfont"},
    of_bends=True,
    streams=False,
)
MIX = Format(
    "mix",
    ".mix.wav",
    "the original on the left, notes and drums on the right",
    "sound.write_mix",
    takes=("transcription", "source"),
    options={"soundfont": "soundfont"},
    of_bends=True,
    streams=False,
)
SCORE = Format(
    "musicxml",
    ".musicxml",
    "a score",
    "musicxml.write",
    options={"title": "shown_title"},
    package="partitura",
    extra="score",
)
MELODY = Format(
    "f0",
    ".f0.csv",
    "the melody's frequency every 10 ms",
    "f0.write_melody",
    takes=("analysis", "source"),
    of_notes=True,
)
FORMATS = {
    format.name: format
    for format in (
        MIDI,
        Format("json", ".json", "all events, in a versioned schema", "json.write", of_effects=True, of_bends=True),
        Format("csv", ".csv", "a table of notes, drum hits and pedal", "csv.write"),
        Format("npz", ".npz", "the networks' activations", "npz.write", takes=("analysis",), streams=False),
        SCORE,
        Format("onsets", ".onsets.txt", "the times of the onsets, one a line", "onsets.write"),
        MELODY,
        PICTURE,
        SOUND,
        MIX,
    )
}
_ALSO_CALLED = {"midi": MIDI.name}
SOUND_SUFFIXES = (SOUND.suffix, MIX.suffix)


def named(text: str) -> tuple[Format, ...]:
    """The formats of a list such as "mid,csv", each once; midi is mid.

    Raises
    ------
    ValueError
        One of them does not exist.
    """
    words = [name.strip().lower() for name in text.split(",")]
    names = dict.fromkeys(_ALSO_CALLED.get(word, word) for word in words)
    for name in names:
        if name not in FORMATS:
            guess = did_you_mean(name, FORMATS)
            raise ValueError(f"there is no format {name!r}{guess} there are {', '.join(FORMATS)}")
    return tuple(FORMATS[name] for name in names)


def of_file(path: Path) -> Format | None:
    """The format that a file's name ends in, if any; .midi is .mid."""
    name = path.name.lower()
    if name.endswith(".midi"):
        return MIDI
    ending_so = [format for format in FORMATS.values() if name.endswith(format.suffix)]
    return max(ending_so, key=lambda format: len(format.suffix), default=None)  # .f0.csv also ends in .csv


def beside(target: Path, formats: Sequence[Format]) -> tuple[Path, ...]:
    """Where all but the first of the formats go, which `target` is of: "a/song.mid" gives "a/song.csv" and so on."""
    own, *others = formats
    stem = target.stem if own is MIDI else target.name[: -len(own.suffix)]
    return tuple(target.with_name(stem + format.suffix) for format in others)


def missing(format: Format, soundfont: str | os.PathLike[str] | None = None) -> str | None:
    """What writes this format but is not installed, and how to get it, as a sentence; None if nothing is missing."""
    if format.package is not None and find_spec(format.package) is None:
        return (
            f"{format.name} ({format.contents}) needs the package {format.package}: "
            f"{install_command(f'mp3tomidi[{format.extra}]')}"
        )
    if soundfont is not None and format in (SOUND, MIX):
        from mp3tomidi.transcribe.outputs.sound import missing_player

        return missing_player()
    return None


def check(formats: Iterable[Format], soundfont: str | os.PathLike[str] | None = None) -> None:
    """Find out before anything slow begins whether all that is needed is there.

    Raises
    ------
    OutputError
        Something is missing; the message says how to get it.
    """
    wanted = dict.fromkeys(formats)
    for format in wanted:
        if (reason := missing(format, soundfont)) is not None:
            raise OutputError(reason)
    if soundfont is not None and not wanted.keys().isdisjoint((SOUND, MIX)):
        from mp3tomidi.transcribe.outputs.sound import check_soundfont

        check_soundfont(soundfont)


def write(result: Result, formats: Sequence[Format], targets: Sequence[Destination]) -> None:
    """Write a recording's results, each whole or not at all.

    Raises
    ------
    OutputError
        One cannot be written; those before it are.
    AudioError
        The recording is needed again and cannot be read.
    """
    for format, target in zip(formats, targets, strict=True):
        format.write(result, target)
