"""Plays tracker modules by the library libopenmpt (BSD), called through ctypes: all instruments, or some of them.

A module holds short samples and a table of rows, each with a note or none for every channel. Without instruments, as in
MOD and S3M files, what is called instrument here is a sample. Instruments are counted from 1, as trackers show them.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

_ROW_BLOCK_S = 0.0015  # while rows are followed: the error of their times
_BLOCK_FRAMES = 8192
# Of a song's length as it is computed: libopenmpt plays ticks of whole samples, and soon after it would begin again.
_ONCE = 0.995
_NOTE, _INSTRUMENT, _EFFECT, _PARAMETER = 0, 1, 3, 5  # OPENMPT_MODULE_COMMAND_...
_HIGHEST_NOTE = 120  # above are the commands that end a note
_TICK_BEATS_S = 2.5  # a tick lasts this divided by the tempo

_Handle = ctypes.c_void_p
_Log = ctypes.CFUNCTYPE(None, ctypes.c_char_p, _Handle)
_Mute = ctypes.CFUNCTYPE(ctypes.c_int, _Handle, ctypes.c_int32, ctypes.c_int)


class _Interactive(ctypes.Structure):
    """openmpt_module_ext_interface_interactive, of which only the muting of instruments is used."""

    _fields_ = [
        *((f"_{number}", _Handle) for number in range(12)),
        ("set_instrument_mute_status", _Handle),
        *((f"_{number}", _Handle) for number in range(13, 16)),
    ]


@dataclass(frozen=True, slots=True)
class ModuleNote:
    """A note of the table, played at `time_s` from the start; retriggered ones are several."""

    time_s: float
    instrument: int
    note: int  # 1 is the lowest C


@cache
def _library() -> ctypes.CDLL:
    """Raises LabelsError where it is not installed."""
    name = ctypes.util.find_library("openmpt")
    if name is None:
        raise LabelsError("libopenmpt, which plays tracker modules, is not installed (Debian: apt install libopenmpt0)")
    library = ctypes.CDLL(name)
    of_module = [_Handle]
    at_row = [_Handle, ctypes.c_int32, ctypes.c_int32, ctypes.c_int32, ctypes.c_int]
    number = ctypes.c_int32
    for function, result, arguments in (
        ("ext_create_from_memory", _Handle, [_Handle, ctypes.c_size_t, _Log, *[_Handle] * 6]),
        ("ext_destroy", None, of_module),
        ("ext_get_module", _Handle, of_module),
        ("ext_get_interface", ctypes.c_int, [_Handle, ctypes.c_char_p, _Handle, ctypes.c_size_t]),
        ("read_float_mono", ctypes.c_size_t, [_Handle, number, ctypes.c_size_t, _Handle]),
        ("get_duration_seconds", ctypes.c_double, of_module),
        *((f"get_num_{what}", number, of_module) for what in ("channels", "instruments", "samples")),
        *((f"get_current_{what}", number, of_module) for what in ("order", "pattern", "row", "speed", "tempo")),
        ("get_pattern_row_channel_command", ctypes.c_uint8, at_row),
        ("format_pattern_row_channel_command", _Handle, at_row),
        ("get_metadata", _Handle, [_Handle, ctypes.c_char_p]),
    ):
        made = getattr(library, f"openmpt_module_{function}")
        made.restype, made.argtypes = result, arguments
    library.openmpt_free_string.restype, library.openmpt_free_string.argtypes = None, [_Handle]
    return library


@contextmanager
def _opened(path: Path, only: Collection[int] | None = None) -> Iterator[tuple[ctypes.CDLL, int]]:
    """The library and a module, with all instruments muted but `only`. Raises LabelsError."""
    library = _library()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LabelsError(f"cannot read {path}: {error.strerror or error}") from error
    silent = _Log(lambda message, user: None)
    extended = library.openmpt_module_ext_create_from_memory(
        ctypes.cast(ctypes.c_char_p(content), _Handle), len(content), silent, *[None] * 6
    )
    if not extended:
        raise LabelsError(f"{path}: not a tracker module that libopenmpt can read")
    try:
        module = library.openmpt_module_ext_get_module(extended)
        if only is not None:
            interactive = _Interactive()
            library.openmpt_module_ext_get_interface(
                extended, b"interactive", ctypes.byref(interactive), ctypes.sizeof(interactive)
            )
            mute = _Mute(interactive.set_instrument_mute_status)
            for index in range(_instrument_count(library, module)):
                mute(extended, index, index + 1 not in only)
        yield library, module
    finally:
        library.openmpt_module_ext_destroy(extended)


def _instrument_count(library: ctypes.CDLL, module: int) -> int:
    return int(library.openmpt_module_get_num_instruments(module) or library.openmpt_module_get_num_samples(module))


def _text(library: ctypes.CDLL, pointer: int) -> str:
    text = ctypes.string_at(pointer).decode("utf-8", "replace")
    library.openmpt_free_string(pointer)
    return text


def play(path: Path, sample_rate: int, longest_s: float, only: Collection[int] | None = None) -> Samples:
    """The sound [samples] of a module once through, at most `longest_s`; `only` these of its instruments.

    Stems of disjoint instruments add up to the whole. Raises LabelsError where libopenmpt is not installed or cannot
    read the file.
    """
    with _opened(path, only) as (library, module):
        return np.concatenate([np.zeros(0, np.float32), *_blocks(library, module, sample_rate, longest_s)])


def _blocks(
    library: ctypes.CDLL, module: int, sample_rate: int, longest_s: float, frames: int = _BLOCK_FRAMES
) -> Iterator[Samples]:
    duration_s = _ONCE * library.openmpt_module_get_duration_seconds(module)
    left = round(min(longest_s, duration_s) * sample_rate)
    while left > 0:
        block = np.zeros(min(frames, left), np.float32)
        got = library.openmpt_module_read_float_mono(module, sample_rate, len(block), block.ctypes.data)
        if not got:
            return
        yield block[:got]
        left -= got


def notes_of(path: Path, sample_rate: int, longest_s: float) -> list[ModuleNote]:
    """The notes that `play` plays with the same arguments, in the order of their rows; it raises the same.

    Ticks are rounded to whole samples, so that a song takes a little longer at one rate than at another.
    """
    notes: list[ModuleNote] = []
    with _opened(path) as (library, module):
        kind = _text(library, library.openmpt_module_get_metadata(module, b"type"))
        playing = [0] * library.openmpt_module_get_num_channels(module)
        for row in _rows(library, module, sample_rate, longest_s):
            for channel in range(len(playing)):
                cell = module, row.pattern, row.row, channel
                note = library.openmpt_module_get_pattern_row_channel_command(*cell, _NOTE)
                instrument = library.openmpt_module_get_pattern_row_channel_command(*cell, _INSTRUMENT)
                playing[channel] = instrument or playing[channel]
                if 1 <= note <= _HIGHEST_NOTE and playing[channel]:
                    effect = "".join(
                        _text(library, library.openmpt_module_format_pattern_row_channel_command(*cell, column))
                        for column in (_EFFECT, _PARAMETER)
                    )
                    notes += [
                        ModuleNote(row.time_s + tick * row.tick_s, playing[channel], note)
                        for tick in ticks_of(kind, effect, row.tick_count)
                    ]
    return notes


@dataclass(frozen=True, slots=True)
class _Row:
    """A row as it is played: of which pattern, when, and how many ticks of which length it has."""

    time_s: float
    pattern: int
    row: int
    tick_s: float
    tick_count: int


def _rows(library: ctypes.CDLL, module: int, sample_rate: int, longest_s: float) -> Iterator[_Row]:
    played, before = 0, None
    for block in _blocks(library, module, sample_rate, longest_s, round(_ROW_BLOCK_S * sample_rate)):
        pattern, row = (getattr(library, f"openmpt_module_get_current_{what}")(module) for what in ("pattern", "row"))
        place = library.openmpt_module_get_current_order(module), pattern, row
        if place != before:
            before = place
            tick_s = _TICK_BEATS_S / max(library.openmpt_module_get_current_tempo(module), 1)
            ticks = library.openmpt_module_get_current_speed(module)
            yield _Row(played / sample_rate, pattern, row, tick_s, ticks)
        played += len(block)


def ticks_of(kind: str, effect: str, row_ticks: int) -> list[int]:
    """The ticks within its row at which a note of a module of a kind ("mod", "xm", "s3m", "it") is struck.

    `effect` is its column's as a tracker shows it: ED3 (S3M and IT: SD3) delays it by three ticks, E93 (Q03, in XM
    R03) strikes it again after every three.
    """
    try:
        value = int(effect[1:], 16)
    except ValueError:
        return [0]
    old = kind in ("mod", "xm")
    name, high, low = effect[0], value >> 4, value & 15
    if (name, high) == ("E" if old else "S", 0xD):
        return [low] if low < row_ticks else []
    again = (old and name == "E" and high == 9) or name == ("R" if kind == "xm" else "Q")
    return list(range(0, row_ticks, low)) if again and low else [0]
