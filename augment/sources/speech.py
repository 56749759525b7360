"""Synthetic speech: sound without notes, which a transcriber must leave empty. From espeak-ng and flite."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mp3tomidi.augment.labels import empty_notes
from mp3tomidi.augment.sources.sample_folders import read_mono
from mp3tomidi.augment.sources.source import DEFAULT_SAMPLE_RATE, SPEECH, BankKind, RenderedInstrument, RenderedPhrase
from mp3tomidi.transcribe.array_types import Samples
from mp3tomidi.transcribe.errors import LabelsError

ESPEAK_VOICES = (
    *("en+m1", "en+m3", "en+m5", "en+m7", "en+f1", "en+f2", "en+f4", "en+f5", "en-us+croak", "en-us+whisper"),
    *("de+m2", "de+f3", "fr+m4", "fr+f2", "es+m6", "es+f1", "it+f4", "pt+m1", "sv+f5", "cs+m3", "tr+m8"),
)
FLITE_VOICES = ("slt", "rms", "awb", "kal")
PHRASES = 6
# The octave above this is mirrored from the one below, softer by so much at its lowest frequency and so much more from
# there on: speech falls by about as much, and has hiss and breath there.
MIRROR_HZ = 8000.0
_MIRRORED_DB, _MIRRORED_DB_A_HZ = -5.0, -12.0 / 4000.0
_WORDS = (
    *("the", "a", "and", "of", "to", "in", "we", "you", "it", "was", "is", "that", "on", "for", "with", "they", "not"),
    *("river", "window", "seven", "because", "yellow", "morning", "question", "paper", "winter", "machine", "garden"),
    *("often", "perhaps", "between", "remember", "children", "silver", "quickly", "thought", "mountain", "bread"),
    *("open", "street", "music", "weather", "neighbour", "station", "listen", "evening", "letter", "voice", "hundred"),
)


@dataclass(frozen=True, slots=True)
class Speech:
    """Each voice says a few random lines of 12 to 24 words."""

    seed: int = 1
    name: str = "speech"
    sample_rate: int = DEFAULT_SAMPLE_RATE

    def instruments(self) -> Iterator[RenderedInstrument]:
        voices = [("espeak-ng", voice) for voice in ESPEAK_VOICES] + [("flite", voice) for voice in FLITE_VOICES]
        for index, (engine, voice) in enumerate(voices):
            yield RenderedInstrument(
                name=f"{engine}/{voice}",
                family=SPEECH,
                program=0,
                licence="GPL-3 program, unrestricted output" if engine == "espeak-ng" else "BSD-like",
                attribution=engine,
                phrases=_phrases(engine, voice, np.random.default_rng([self.seed, index]), self.sample_rate),
                sample_rate=self.sample_rate,
            )


BANK = BankKind(
    "speech",
    "voices of espeak-ng and flite, sound without notes (needs nothing in DIR)",
    lambda _data, _progress, rate: Speech(sample_rate=rate),
)


def _phrases(engine: str, voice: str, rng: np.random.Generator, sample_rate: int) -> Iterator[RenderedPhrase]:
    for _ in range(PHRASES):
        text = " ".join(rng.choice(_WORDS, int(rng.integers(12, 25)))) + "."
        pace = float(rng.uniform(0.8, 1.2))
        yield RenderedPhrase(say(engine, voice, text, rate=pace, sample_rate=sample_rate), empty_notes())


def say(engine: str, voice: str, text: str, *, rate: float, sample_rate: int = DEFAULT_SAMPLE_RATE) -> Samples:
    """`text` in a voice, float32 [n] at `sample_rate` Hz; `rate` 1 is the voice's own pace.

    Above 8 kHz, where the engines have little or nothing, lies what `with_mirrored_octave` puts there. Raises
    LabelsError without engine.
    """
    if shutil.which(engine) is None:
        raise LabelsError(f"{engine}: the program is not installed; `apt install {engine}`")
    with tempfile.TemporaryDirectory(prefix="mp3tomidi-") as folder:
        path = Path(folder) / "speech.wav"
        if engine == "espeak-ng":
            command = [engine, "-v", voice, "-s", str(round(175 * rate)), "-w", str(path), text]
        else:
            stretch = f"duration_stretch={1 / rate:.3f}"
            command = [engine, "-voice", voice, "--setf", stretch, "-t", text, "-o", str(path)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode or not path.exists():
            raise LabelsError(f"{engine}: could not speak as {voice!r}: {run.stderr.strip()[-300:] or 'no message'}")
        return with_mirrored_octave(read_mono(path, sample_rate), sample_rate)


def with_mirrored_octave(sound: Samples, sample_rate: int) -> Samples:
    """Sound [n] and above MIRROR_HZ the mirrored image of what lies below, falling; as it is at 16 kHz and below."""
    if sample_rate <= 2.0 * MIRROR_HZ:
        return sound
    spectrum = np.fft.rfft(sound)
    edge = round(MIRROR_HZ * len(sound) / sample_rate)
    count = min(len(spectrum) - 1 - edge, edge)
    above_hz = np.arange(1, count + 1) * sample_rate / len(sound)
    gain = 10.0 ** ((_MIRRORED_DB + _MIRRORED_DB_A_HZ * above_hz) / 20.0)
    image = np.conj(spectrum[edge - count : edge][::-1]) * gain
    spectrum[edge + 1 : edge + 1 + count] += image
    return np.asarray(np.fft.irfft(spectrum, len(sound)), np.float32)
