"""Sound files to samples: soundfile (libsndfile) for the formats that it knows, PyAV for the rest.

Time 0 of what comes out is time 0 of what went into the encoder. Lossy codecs put silence before the sound (the
encoder's delay); most files say how much, and both libraries take it away. Where the file cannot say, the delay of
the usual encoder is taken away here.

A damaged file gives what can be decoded. No length that a header claims is trusted: sound comes in small chunks, and
memory grows with what is really there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mp3tomidi.transcribe.audio import mp3
from mp3tomidi.transcribe.audio.chunks import MP2_DELAY, MP3_DELAY, Chunk, in_one_line, without_absurdities
from mp3tomidi.transcribe.audio.claims import claimed_by_soundfile, lacks_last_page, warn_of_end
from mp3tomidi.transcribe.errors import AudioError

AUDIO_SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64"}
    | {".m4a", ".m4b", ".aac", ".wma", ".webm", ".mka", ".mp4", ".m4v", ".mov", ".mkv", ".avi"}
)
"""Suffixes (lower case) of the files worth opening when a folder is searched. A file that is named may have any."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 768_000  # outside, a header is damaged and resampling could fill the memory

_CHUNK_VALUES = 1 << 17  # samples x channels read at a time: half a megabyte
_CONTAINERS = (
    (4, b"ftyp", "an MPEG-4 file (m4a, mp4, mov)"),
    (0, b"0&\xb2u\x8ef\xcf\x11", "a Windows Media file (wma, wmv)"),
    (0, b"\x1aE\xdf\xa3", "a Matroska file (mkv, mka, webm)"),
    (0, b"\xff\xf1", "an AAC file"),
    (0, b"\xff\xf9", "an AAC file"),
    (8, b"AVI ", "an AVI file"),
)


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
        if not path.is_file():
            raise AudioError(f"{path} is a device or a pipe: save its sound in a file and name that")
        with path.open("rb") as file:
            if not file.read(1):
                raise AudioError(f"{path} is empty (0 bytes): copy or download it again")
            for rate, samples in _decode_with_either(file, path):
                if not LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ:
                    raise AudioError(
                        f"{path} claims {rate} samples a second, outside {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}: "
                        "its header seems damaged, export it again"
                    )
                frames += samples.shape[1]
                yield rate, without_absurdities(samples)
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
        from mp3tomidi.transcribe.audio.containers import decode_container
    except ImportError as error:
        kind = _kind_of_container(file)
        if kind is not None:
            raise AudioError(f"{path} is {kind}, which the package av reads: pip install av") from error
        raise AudioError(
            f"{path} holds nothing that libsndfile can decode: if it plays elsewhere, convert it to wav, "
            "or install what reads most other formats: pip install av"
        ) from error
    yield from decode_container(file, path)


def _kind_of_container(file: BinaryIO) -> str | None:
    """What a file is by its first bytes, whatever its name is, if libsndfile cannot read it and PyAV can."""
    file.seek(0)
    start = file.read(12)
    for at, signature, kind in _CONTAINERS:
        if start[at:].startswith(signature):
            return kind
    return None


def _decode_with_soundfile(file: BinaryIO, path: Path) -> Iterator[Chunk]:
    """Yields nothing when libsndfile does not know the format."""
    import soundfile

    file = mp3.without_broken_tag(file)
    has_counts = mp3.has_counts(file)
    file.seek(0)
    try:
        sound = soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        return
    with sound:
        skip = _delay_left_by_libsndfile(sound, has_counts)
        buffer = np.empty((max(1, _CHUNK_VALUES // sound.channels), sound.channels), np.float32)
        frames, damage = 0, None
        while damage is None:
            buffer[:] = np.nan
            try:
                block = sound.read(out=buffer)
            except soundfile.LibsndfileError as error:
                damage = in_one_line(error)
                block = buffer[~np.isnan(buffer).any(axis=1)]  # what came before the damage
            if not len(block):
                break
            frames += len(block)
            yield sound.samplerate, block[skip:].T.copy()
            skip = max(0, skip - len(block))
        if frames:
            cut = sound.format == "OGG" and lacks_last_page(file)
            claimed_s = claimed_by_soundfile(sound, counted=has_counts)
            warn_of_end(path, frames / sound.samplerate, claimed_s, cut=cut, damage=damage)


def _delay_left_by_libsndfile(sound: Any, has_counts: bool) -> int:
    """Samples of delay at the start that libsndfile's decoder, mpg123, leaves there; it takes away what is given."""
    if sound.format != "MP3":
        return 0
    if sound.subtype != "MPEG_LAYER_III":
        return MP2_DELAY
    return 0 if has_counts else MP3_DELAY
