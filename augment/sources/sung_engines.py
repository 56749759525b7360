"""Speech engines that say consonant-vowel syllables and tell when each phone sounds.

Three of them: flite (Debian, permissive), espeak-ng (Debian, GPL, used through its library)
and the Japanese HTS voice "mei" of pyopenjtalk-plus (PyPI) with the phone times of hts_engine (Debian).
"""

from __future__ import annotations

import ctypes
import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import Mp3toMidiError


class SpeechEngineError(Mp3toMidiError):
    """A speech engine is missing or did not say what it was asked to."""


@dataclass(frozen=True, slots=True)
class Phone:
    start_s: float
    end_s: float
    name: str  # the engine's own spelling, except for the consonants that `_SAME_CONSONANT` joins
    is_vowel: bool
    is_pause: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said: samples float64 [n] at `sample_rate` Hz, and its phones in order."""

    samples: NDArray[np.float64]
    sample_rate: int
    phones: tuple[Phone, ...]


_FLITE_VOWELS = ("aa", "iy", "uw", "eh", "ow", "ae", "ah", "er")
_FLITE_CONSONANTS = ("l", "m", "n", "s", "t", "d", "k", "w", "y", "r", "v", "sh", "b", "f", "hh", "g", "z", "p")
_ESPEAK_VOWELS = ("a:", "i:", "u:", "E", "o:", "a", "3:", "e:")
_ESPEAK_CONSONANTS = ("l", "m", "n", "s", "t", "d", "k", "w", "j", "r", "v", "S", "b", "f", "h", "g", "z", "p")
_MEI_SENTENCES = (
    "まみむめも、なにぬねの、らりるれろ",
    "さしすせそ、たちつてと、だでど",
    "ばびぶべぼ、がぎぐげご、やゆよわ",
    "はひふへほ、ぱぴぷぺぽ、ざじずぜぞ、かきくけこ",
    "らさまたのきみよ、れすぱんどぎ、はなそめもりうた",
)
_SAME_CONSONANT = {"hh": "h", "j": "y", "S": "sh", "ny": "n", "ry": "r", "ky": "k", "ts": "t", "ch": "sh"}


def _syllable_rows(consonants: tuple[str, ...], vowels: tuple[str, ...]) -> Iterator[list[tuple[str, str]]]:
    """Every consonant with every vowel, each row with neighbouring vowels all different."""
    for row in range(len(vowels)):
        yield [(consonant, vowels[(row + k) % len(vowels)]) for k, consonant in enumerate(consonants)]


def flite_syllables(voice: str) -> Iterator[Utterance]:
    """`voice` is one of `flite -lv`: slt, rms, awb, kal16."""
    program = _program("flite", "flite")
    for row in _syllable_rows(_FLITE_CONSONANTS, _FLITE_VOWELS):
        phones = " ".join(f"{consonant} {vowel}" for consonant, vowel in row)
        with tempfile.TemporaryDirectory() as folder:
            sound = Path(folder) / "said.wav"
            said = _run(
                [
                    program,
                    "-voice",
                    voice,
                    "--setf",
                    "duration_stretch=2.0",
                    "-psdur",
                    "-p",
                    f"pau {phones} pau",
                    "-o",
                    str(sound),
                ]
            )
            samples, sample_rate = soundfile.read(sound)
        ends = [entry.split(":") for entry in said.split()]
        yield Utterance(samples, sample_rate, _phones_from_ends(ends, frozenset(_FLITE_VOWELS)))


def _phones_from_ends(ends: list[list[str]], vowels: frozenset[str]) -> tuple[Phone, ...]:
    phones = []
    start_s = 0.0
    for name, end in ends:
        phones.append(Phone(start_s, float(end), _SAME_CONSONANT.get(name, name), name in vowels, name == "pau"))
        start_s = float(end)
    return tuple(phones)


def mei_syllables() -> Iterator[Utterance]:
    program = _program("hts_engine", "htsengine")
    if importlib.util.find_spec("pyopenjtalk") is None:
        raise SpeechEngineError("pyopenjtalk-plus is missing; get it with: pip install pyopenjtalk-plus")
    import pyopenjtalk

    voice = Path(pyopenjtalk.__file__).parent / "htsvoice" / "mei_normal.htsvoice"
    for sentence in _MEI_SENTENCES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "labels").write_text("\n".join(pyopenjtalk.extract_fullcontext(sentence)))
            _run(
                [
                    program,
                    "-m",
                    str(voice),
                    "-r",
                    "0.4",
                    "-od",
                    str(folder / "times"),
                    "-ow",
                    str(folder / "said.wav"),
                    str(folder / "labels"),
                ]
            )
            samples, sample_rate = soundfile.read(folder / "said.wav")
            lines = (folder / "times").read_text().splitlines()
        phones = []
        for line in lines:
            start, end, context = line.split()
            match = re.search(r"-([^+]+)\+", context)
            phone = match.group(1) if match else "sil"
            phones.append(
                Phone(
                    int(start) / 1e7,  # HTS counts in 100 ns
                    int(end) / 1e7,
                    _SAME_CONSONANT.get(phone, phone),
                    phone in set("aiueo"),
                    phone in {"sil", "pau"},
                )
            )
        yield Utterance(samples, sample_rate, tuple(phones))


def espeak_syllables(voice: str) -> Iterator[Utterance]:
    """`voice` is a language and a variant, such as "en+f2"."""
    engine = _espeak()
    for row in _syllable_rows(_ESPEAK_CONSONANTS, _ESPEAK_VOWELS):
        yield engine.say(voice, " ".join(f"{consonant}'{vowel}" for consonant, vowel in row))


class _EspeakEvent(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("phone", ctypes.c_char * 8),
    )


class _Espeak:
    """libespeak-ng, which alone (not its program) tells the time of every phone."""

    _SYNCHRONOUS, _PHONEME_EVENTS, _EVENT_PHONEME = 2, 1, 7
    _RATE, _PITCH, _RANGE = 1, 3, 4  # espeak_PARAMETER
    _UTF8_PHONEMES = 0x101

    def __init__(self) -> None:
        try:
            self._library = ctypes.CDLL("libespeak-ng.so.1")
        except OSError as error:
            raise SpeechEngineError(
                "libespeak-ng is missing; get it with: apt-get install espeak-ng libespeak-ng1"
            ) from error
        callback_type = ctypes.CFUNCTYPE(
            ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_EspeakEvent)
        )
        self._blocks: list[NDArray[np.int16]] = []
        self._events: list[tuple[int, str]] = []
        self._callback = callback_type(self._receive)  # kept: the library holds only a pointer to it
        self._sample_rate = self._library.espeak_Initialize(self._SYNCHRONOUS, 0, None, self._PHONEME_EVENTS)
        if self._sample_rate <= 0:
            raise SpeechEngineError("espeak-ng finds no voices; get them with: apt-get install espeak-ng-data")
        self._library.espeak_SetSynthCallback(self._callback)

    def _receive(self, block: ctypes.Array[ctypes.c_short], count: int, events: ctypes.Array[_EspeakEvent]) -> int:
        if count > 0 and block:
            self._blocks.append(np.ctypeslib.as_array(block, (count,)).copy())
        index = 0
        while events[index].type != 0:
            if events[index].type == self._EVENT_PHONEME:
                self._events.append((events[index].sample, events[index].phone.decode("utf8", "replace")))
            index += 1
        return 0

    def say(self, voice: str, phonemes: str) -> Utterance:
        self._blocks.clear()
        self._events.clear()
        if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise SpeechEngineError(f"espeak-ng has no voice {voice!r}; `espeak-ng --voices=variant` lists them")
        for parameter, value in ((self._RATE, 100), (self._PITCH, 50), (self._RANGE, 0)):
            self._library.espeak_SetParameter(parameter, value, 0)
        text = f"[[{phonemes}]]".encode()
        self._library.espeak_Synth(
            ctypes.c_char_p(text),
            ctypes.c_size_t(len(text) + 1),
            ctypes.c_uint(0),
            ctypes.c_int(1),
            ctypes.c_uint(0),
            ctypes.c_uint(self._UTF8_PHONEMES),
            None,
            None,
        )
        self._library.espeak_Synchronize()
        if not self._blocks:
            raise SpeechEngineError(f"espeak-ng said nothing with voice {voice!r}; install espeak-ng-data again")
        phones = tuple(
            Phone(
                start / self._sample_rate,
                end / self._sample_rate,
                _SAME_CONSONANT.get(name, name),
                name[:1] in set("aeiouEOAIUV3@0") and name != "",
                name in {"", "_", "_:"},
            )
            for (start, name), (end, _) in zip(self._events[:-1], self._events[1:], strict=True)
        )
        return Utterance(np.concatenate(self._blocks) / 32768.0, self._sample_rate, phones)


@cache
def _espeak() -> _Espeak:
    return _Espeak()


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SpeechEngineError(f"the program {name} is missing; get it with: apt-get install {package}")
    return path


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise SpeechEngineError(f"{command[0]} failed: {reason}; check that it is installed whole")
    return done.stdout
