"""Sound files to samples: soundfile (libsndfile) for the formats that it knows, PyAV for the rest.

Time 0 of what comes out is time 0 of what went into the encoder. Lossy codecs put silence before the sound (the
encoder's delay); most files say how much, and both libraries take it away. Where the file cannot say, the delay of
the usual encoder is taken away here.

A damaged file gives what can be decoded, with silence for what is lost before that, so that the rest keeps its time.
Files joined byte by byte follow one another. A line in the log says what was lost or joined. No length that a header
claims is trusted: sound comes in small chunks, and memory grows with what is really there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.chunks import Chunk, without_absurdities
from mp3tomidi.transcribe.audio.claims import StreamAccount, warn_of_losses
from mp3tomidi.transcribe.audio.joined import joined_files
from mp3tomidi.transcribe.audio.resampling import resampled
from mp3tomidi.transcribe.errors import AudioError
from mp3tomidi.transcribe.installing import install_command

EXTRA = "mp3tomidi[video]"  # brings PyAV
AUDIO_SUFFIXES = frozenset(
    {".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".caf", ".w64"}
    | {".m4a", ".m4b", ".aac", ".wma", ".webm", ".mka", ".mp4", ".m4v", ".mov", ".mkv", ".avi"}
)
"""Suffixes (lower case) of the files worth opening when a folder is searched. A file that is named may have any."""

LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 4_000, 768_000  # outside, a header is damaged and resampling could fill the memory

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
    accounts: list[StreamAccount] = []
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
            for rate, samples in _alike(_plausible(_decode_joined(file, path, accounts), path)):
                frames += samples.shape[1]
                yield rate, without_absurdities(samples)
    except OSError as error:
        reason = error.strerror or error
        raise AudioError(f"{path} cannot be read ({reason}): check its permissions and the disk") from error
    if not frames:
        raise AudioError(f"{path} holds no sound that can be decoded: if it plays elsewhere, convert it to wav first")
    warn_of_losses(path, accounts)


def _plausible(chunks: Iterable[Chunk], path: Path) -> Iterator[Chunk]:
    """The chunks. Raises AudioError for rates that no recording has."""
    for rate, samples in chunks:
        if not LOWEST_RATE_HZ <= rate <= HIGHEST_RATE_HZ:
            raise AudioError(
                f"{path} claims {rate} samples a second, outside {LOWEST_RATE_HZ} to {HIGHEST_RATE_HZ}: "
                "its header seems damaged, export it again"
            )
        yield rate, samples


def _decode_joined(file: BinaryIO, path: Path, accounts: list[StreamAccount]) -> Iterator[Chunk]:
    """All files that `file` consists of, one after the other; those that hold no sound are only counted."""
    found, error = False, None
    for joined in joined_files(file):
        try:
            for chunk in _decode_with_either(joined, path, accounts):
                found = True
                yield chunk
        except AudioError as undecodable:
            error = error or undecodable
            accounts.append(StreamAccount(damage="one of them cannot be decoded"))
    if error is not None and not found:
        raise error


def _decode_with_either(file: BinaryIO, path: Path, accounts: list[StreamAccount]) -> Iterator[Chunk]:
    from mp3tomidi.transcribe.audio.sndfile import decode_sndfile

    found = False
    for chunk in decode_sndfile(file, accounts):
        found = True
        yield chunk
    if found:
        return
    try:
        from mp3tomidi.transcribe.audio.containers import decode_container
    except ImportError as error:
        kind = _kind_of_container(file)
        if kind is not None:
            raise AudioError(f"{path} is {kind}, which the package av reads: {install_command(EXTRA)}") from error
        raise AudioError(
            f"{path} holds nothing that libsndfile can decode: if it plays elsewhere, convert it to wav, "
            f"or install what reads most other formats: {install_command(EXTRA)}"
        ) from error
    yield from decode_container(file, path, accounts)


def _alike(chunks: Iterable[Chunk]) -> Iterator[Chunk]:
    """The chunks at the rate, and in as many channels, as the first."""
    first: tuple[int, int] | None = None
    for (rate, channels), group in groupby(chunks, key=lambda chunk: (chunk[0], chunk[1].shape[0])):
        first = first or (rate, channels)
        samples: Iterator[NDArray[np.float32]] = (chunk for _, chunk in group)
        if channels != first[1]:
            samples = (np.repeat(chunk.mean(axis=0, keepdims=True), first[1], axis=0) for chunk in samples)
        for chunk in resampled(samples, rate, first[0]):
            yield first[0], chunk


def _kind_of_container(file: BinaryIO) -> str | None:
    """What a file is by its first bytes, whatever its name is, if libsndfile cannot read it and PyAV can."""
    file.seek(0)
    start = file.read(12)
    for at, signature, kind in _CONTAINERS:
        if start[at:].startswith(signature):
            return kind
    return None
