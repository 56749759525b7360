"""libespeak-ng through ctypes: speech, and when each phone sounds. GPL, from Debian.

Run with a voice and lines of phonemes, it says them and writes the pickled utterances to standard output.
"""

from __future__ import annotations

import ctypes
import pickle
import sys

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.augment.sources.sung.engines import SAME_CONSONANT, Phone, SpeechEngineError, Utterance


def main(arguments: list[str]) -> int:
    voice, *lines = arguments
    try:
        engine = Espeak()
        utterances = [engine.say(voice, phonemes) for phonemes in lines]
    except SpeechEngineError as error:
        print(error, file=sys.stderr)
        return 1
    sys.stdout.buffer.write(pickle.dumps(utterances))
    return 0


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


class Espeak:
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
                SAME_CONSONANT.get(name, name),
                name[:1] in set("aeiouEOAIUV3@0") and name != "",
                name in {"", "_", "_:"},
            )
            for (start, name), (end, _) in zip(self._events[:-1], self._events[1:], strict=True)
        )
        return Utterance(np.concatenate(self._blocks) / 32768.0, self._sample_rate, phones)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
