"""Sound files to samples: soundfile (libsndfile) for the formats that it knows, PyAV for the rest.

Time 0 of what comes out is time 0 of what went into the encoder. Lossy codecs put silence before the sound (the
encoder's delay); most files say how much, and both libraries take it away. Where the file cannot say, the delay of
the usual encoder is taken away here.

A damaged file gives what can be decoded. No length that a header claims is trusted: sound comes in small chunks, and
memory grows with what is really there.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np

from mp3tomidi.transcribe.audio_chunks import MP2_DELAY, MP3_DELAY, Chunk, in_one_line
from mp3tomidi.transcribe.errors import AudioError

AUDIO_SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64"}
    | {".m4a", ".m4b", ".aac", ".wma", ".webm", ".mka", ".mp4", ".m4v", ".mov", ".mkv", ".avi"}
)
"""Suffixes (lower case) of the files worth opening when a folder is searched. A file that is named may have any."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 768_000  # outside, a header is damaged and resampling could fill the memory

_CHUNK_VALUES = 1 << 17  # samples x channels read at a time: half a megabyte
_ABSURD = 1e12  # a damaged float file holds NaN, inf and values like 1e38, which overflow in the first sum

_log = logging.getLogger(__name__)


def decode(path: Path) -> Iterator[Chunk]:
    """Decodes a file in chunks of a few seconds at most, all samples finite.

    Raises AudioError, when the first chunk is asked for, if the file cannot be read or holds no sound.
    """
    frames = 0
    try:
        if path.is_dir():
            raise AudioError(f"{path} is a folder: name the sound files in it")
        if not path.exists():
            raise AudioError(f"{path}: there is no such file, check its name")
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioError(f"{path} is empty (0 bytes): copy or download it again")
            for rate, samples in _decode_with_either(file, path):
                if not LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ:
                    raise AudioError(
                        f"{path} claims {rate} samples a second, outside {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}: "
                        "its header seems damaged, export it again"
                    )
                samples[~(np.abs(samples) < _ABSURD)] = 0  # written so that NaN is met too
                frames += samples.shape[1]
                yield rate, samples
    except OSError as error:
        reason = error.strerror or error
        raise AudioError(f"{path} cannot be read ({reason}): check its permissions and the disk") from error
    if not frames:
        raise AudioError(f"{path} holds no sound that can be decoded: if it plays elsewhere, convert it to wav first")


def _decode_with_either(file: BinaryIO, path: Path) -> Iterator[Chunk]:
    found = False
    for chunk in _decode_with_soundfile(file, path):
        found = True
        yield chunk
    if found:
        return
    try:
        from mp3tomidi.transcribe.audio_containers import decode_container
    except ImportError as error:
        raise AudioError(
            f"{path} holds nothing that libsndfile can decode: to read m4a, aac, wma and the sound of videos, "
            '`pip install "mp3tomidi[video]"`'
        ) from error
    yield from decode_container(file, path)


def _decode_with_soundfile(file: BinaryIO, path: Path) -> Iterator[Chunk]:
    """Yields nothing when libsndfile does not know the format."""
    import soundfile

    file.seek(0)
    skip = _delay_left_by_libsndfile(file)
    file.seek(0)
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        return
    with sound:
        if sound.format != "MP3":
            skip = 0
        elif sound.subtype != "MPEG_LAYER_III":
            skip = MP2_DELAY
        frames = max(1, _CHUNK_VALUES // sound.channels)
        while True:
            try:
                block = sound.read(frames, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError as error:
                _log.warning("%s is damaged (%s): the sound after that is left out", path, in_one_line(error))
                return
            if not len(block):
                return
            yield sound.samplerate, np.ascontiguousarray(block[skip:].T)
            skip = max(0, skip - len(block))


def _delay_left_by_libsndfile(mp3: BinaryIO) -> int:
    """Samples of delay at the start of an mp3 that libsndfile's decoder, mpg123, leaves there.

    mpg123 takes the delay away when the first frame, called "Xing" or "Info", gives it. An mp3 that was written to a
    pipe or cut from a stream has no such frame.
    """
    start = mp3.read(10)
    while start[:3] == b"ID3" and len(start) == 10:  # a tag, its size in four bytes of seven bits
        mp3.seek(sum(byte << shift for byte, shift in zip(start[6:], (21, 14, 7, 0), strict=True)), 1)
        start = mp3.read(10)
    first_frame = start + mp3.read(1024)
    return 0 if b"Xing" in first_frame or b"Info" in first_frame else MP3_DELAY
