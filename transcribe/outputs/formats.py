"""The one list of what a transcription can be written as. Each writer is loaded when it is first needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from mp3tomidi.transcribe.errors import OutputError

if TYPE_CHECKING:
    from mp3tomidi.transcribe.audio.reading import Audio
    from mp3tomidi.transcribe.drums.transcriber import DrumsHeard
    from mp3tomidi.transcribe.events import Transcription
    from mp3tomidi.transcribe.transcriber import Heard

PLAIN, MPE = BEND_MODES = ("plain", "mpe")  # how MIDI bends notes: one at a time on a channel, or each on its own

Destination = str | os.PathLike[str] | BinaryIO


@dataclass(frozen=True, slots=True)
class Result:
    """All that a writer may want to know of one recording."""

    source: str | os.PathLike[str] | Audio
    transcription: Transcription
    heard: Heard | DrumsHeard | None = None
    """What the networks said; needed by the formats that say so."""
    soundfont: str | os.PathLike[str] | None = None
    """What plays the sounds; without it plain tones do."""
    title: str | None = None
    """What the recording is called; None for as its file is."""
    mpe: bool = False
    """Whether notes that bend do so in MIDI by MPE."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file, and who writes it.

    write: raises OutputError where the destination cannot be written, AudioError where the recording cannot be
        read again.
    """

    name: str
    suffix: str
    """Takes the place of the recording's own."""
    contents: str
    write: Callable[[Result, Destination], None]
    needs_heard: bool = False
    of_notes: bool = False
    """It has no place for drums."""
    streams: bool = True
    """It can be written into an open stream, standard output among them; otherwise only to a path."""
    package: str | None = None
    """What must be importable, and does not come with a plain install; the package index knows it by the same name."""


def _mid(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import midi

    midi.write(result.transcription, destination, mpe=result.mpe)


def _json(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import json

    json.write(result.transcription, destination)


def _csv(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import csv

    csv.write(result.transcription, destination)


def _onsets(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import onsets

    onsets.write(result.transcription, destination)


def _npz(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import npz

    npz.write(_heard(result), _path(destination))


def _musicxml(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import musicxml

    source, title = result.source, result.title
    if title is None:
        title = Path(source).stem if isinstance(source, str | os.PathLike) else ""
    musicxml.write(result.transcription, destination, title=title)


def _f0(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.drums.transcriber import DrumsHeard
    from mp3tomidi.transcribe.notes import melody
    from mp3tomidi.transcribe.notes.salience import SAMPLE_RATE
    from mp3tomidi.transcribe.outputs import f0
    from mp3tomidi.transcribe.outputs.original import mono_blocks

    heard = _heard(result)
    if isinstance(heard, DrumsHeard):
        raise ValueError("drums have no melody")
    blocks = mono_blocks(result.source, SAMPLE_RATE, melody.SEGMENT_S)
    f0.write(melody.follow(blocks, heard.activations, heard.tuning_cents), destination)


def _picture(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import picture

    picture.write(result.transcription, result.source, _path(destination))


def _sound(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import sound

    sound.write(result.transcription, _path(destination), soundfont=result.soundfont)


def _mix(result: Result, destination: Destination) -> None:
    from mp3tomidi.transcribe.outputs import sound

    sound.write_mix(result.transcription, result.source, _path(destination), soundfont=result.soundfont)


def _heard(result: Result) -> Heard | DrumsHeard:
    if result.heard is None:
        raise ValueError("this format needs Result.heard")
    return result.heard


def _path(destination: Destination) -> str | os.PathLike[str]:
    if not isinstance(destination, str | os.PathLike):
        raise TypeError("this format goes to a path only")
    return destination


MIDI = Format("mid", ".mid", "a MIDI file", _mid)
PICTURE = Format(
    "picture",
    ".png",
    "notes, pedal and drums over the spectrogram",
    _picture,
    streams=False,
    package="matplotlib",
)
SOUND = Format("sound", ".notes.wav", "notes and drums as a WAV file", _sound, streams=False)
MIX = Format("mix", ".mix.wav", "the original on the left, notes and drums on the right", _mix, streams=False)
FORMATS = {
    format.name: format
    for format in (
        MIDI,
        Format("json", ".json", "all events, in a versioned schema", _json),
        Format("csv", ".csv", "a table of notes, drum hits and pedal", _csv),
        Format("npz", ".npz", "what the networks said", _npz, needs_heard=True, streams=False),
        Format("musicxml", ".musicxml", "a score", _musicxml, package="partitura"),
        Format("onsets", ".onsets.txt", "the times of the onsets, one a line", _onsets),
        Format("f0", ".f0.csv", "the melody's frequency every 10 ms", _f0, needs_heard=True, of_notes=True),
        PICTURE,
        SOUND,
        MIX,
    )
}
SOUND_SUFFIXES = (SOUND.suffix, MIX.suffix)


def named(text: str) -> tuple[Format, ...]:
    """The formats of a list such as "mid,csv", each once.

    Raises:
        ValueError: one of them does not exist.
    """
    names = dict.fromkeys(name.strip().lower() for name in text.split(","))
    for name in names:
        if name not in FORMATS:
            raise ValueError(f"there is no format {name!r}; there are {', '.join(FORMATS)}")
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


def check(formats: Iterable[Format], soundfont: str | os.PathLike[str] | None = None) -> None:
    """Find out before anything slow begins whether all that is needed is there.

    Raises:
        OutputError: something is missing; the message says how to get it.
    """
    for format in formats:
        if format.package is not None and find_spec(format.package) is None:
            raise OutputError(
                f"{format.name} ({format.contents}) needs the package {format.package}: pip install {format.package}"
            )
    if soundfont is not None:
        from mp3tomidi.transcribe.outputs.sound import check_soundfont

        check_soundfont(soundfont)


def write(result: Result, formats: Sequence[Format], targets: Sequence[Destination]) -> None:
    """Write a recording's results, each whole or not at all.

    Raises:
        OutputError: one cannot be written; those before it are.
        AudioError: the recording is needed again and cannot be read.
    """
    for format, target in zip(formats, targets, strict=True):
        format.write(result, target)
