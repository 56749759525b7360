"""Speech engines that say consonant-vowel syllables and tell when each phone sounds.

Three of them: flite (Debian, permissive), espeak-ng (Debian, GPL, used through its library)
and the Japanese HTS voice "mei" of pyopenjtalk-plus (PyPI) with the phone times of hts_engine (Debian).
"""

from __future__ import annotations

import importlib.util
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.errors import Mp3toMidiError
from mp3tomidi.transcribe.installing import install_command


class SpeechEngineError(Mp3toMidiError):
    """A speech engine is missing or did not say what it was asked to."""


@dataclass(frozen=True, slots=True)
class Phone:
    start_s: float
    end_s: float
    name: str  # the engine's own spelling, except for the consonants that `SAME_CONSONANT` joins
    is_vowel: bool
    is_pause: bool = False


@dataclass(frozen=True, slots=True)
class Utterance:
    """Speech: samples float64 [n] at `sample_rate` Hz, and its phones in order."""

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
SAME_CONSONANT = {"hh": "h", "j": "y", "S": "sh", "ny": "n", "ry": "r", "ky": "k", "ts": "t", "ch": "sh"}


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
            output = _run(
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
        ends = [entry.split(":") for entry in output.split()]
        yield Utterance(samples, sample_rate, _phones_from_ends(ends, frozenset(_FLITE_VOWELS)))


def _phones_from_ends(ends: list[list[str]], vowels: frozenset[str]) -> tuple[Phone, ...]:
    phones = []
    start_s = 0.0
    for name, end in ends:
        phones.append(Phone(start_s, float(end), SAME_CONSONANT.get(name, name), name in vowels, name == "pau"))
        start_s = float(end)
    return tuple(phones)


def mei_syllables() -> Iterator[Utterance]:
    program = _program("hts_engine", "htsengine")
    if importlib.util.find_spec("pyopenjtalk") is None:
        raise SpeechEngineError(f"pyopenjtalk-plus is missing: {install_command('mp3tomidi[sung]')}")
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
                    SAME_CONSONANT.get(phone, phone),
                    phone in set("aiueo"),
                    phone in {"sil", "pau"},
                )
            )
        yield Utterance(samples, sample_rate, tuple(phones))


def espeak_syllables(voice: str) -> Iterator[Utterance]:
    """`voice` is a language and a variant, such as "en+f2".

    Spoken by a process of its own: the library goes on from one voice to the next with what it did before, so that
    the same voice would come out differently each time.
    """
    lines = [" ".join(f"{c}'{v}" for c, v in row) for row in _syllable_rows(_ESPEAK_CONSONANTS, _ESPEAK_VOWELS)]
    command = [sys.executable, "-m", "mp3tomidi.augment.sources.sung.espeak", voice, *lines]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0:
        raise SpeechEngineError((done.stderr.decode(errors="replace").strip().splitlines() or ["espeak-ng failed"])[-1])
    yield from pickle.loads(done.stdout)  # what our own process wrote


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
