"""The formats that libsndfile knows (wav, flac, ogg, opus, mp3, aiff, ...), decoded through soundfile.

libsndfile stops at the first damage. A format that says where in time its blocks lie is read on from the first place
behind the damage that can be decoded; an mp3, which does not, is mended before it is read (`mp3`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio import mp3
from mp3tomidi.transcribe.audio.chunks import MP2_DELAY, MP3_DELAY, Chunk, in_one_line
from mp3tomidi.transcribe.audio.claims import StreamAccount, claimed_by_soundfile
from mp3tomidi.transcribe.audio.ogg import lacks_last_page, stretches

_CHUNK_VALUES = 1 << 17  # samples x channels read at a time: half a megabyte
_BLOCK_FRAMES = 4096  # of flac; damage is left behind in such steps
_LARGEST_STEP_FRAMES = 1 << 31
_MOST_DAMAGES = 100  # in one file; trying on costs time
_OPUS_RATE_HZ = 48_000  # at which Opus counts


def decode_sndfile(file: BinaryIO, accounts: list[StreamAccount]) -> Iterator[Chunk]:
    """Chunks of the streams in `file`, with an account of each; nothing where libsndfile does not know the format."""
    file = mp3.without_broken_tag(file)
    sound = _opened(file)
    if sound is None:
        return
    with sound:
        kind = sound.format
    for piece in mp3.pieces(file) if kind == "MP3" else [mp3.Piece(file)]:
        account = StreamAccount(silent=list(piece.silent), cut=kind == "OGG" and lacks_last_page(file))
        yield from _decode_stretches(file, account) if kind == "OGG" else _decode_stream(piece.file, account)
        account.damage = account.damage or piece.damage
        if account.seconds:
            accounts.append(account)


def _opened(file: BinaryIO) -> Any:
    file.seek(0)
    try:
        return soundfile.SoundFile(file)
    except soundfile.LibsndfileError:
        return None


def _decode_stretches(file: BinaryIO, account: StreamAccount) -> Iterator[Chunk]:
    """An Ogg stream, with silence where pages are damaged or missing: libsndfile would join what is left."""
    parts = stretches(file)
    if not parts:
        yield from _decode_stream(file, account)
        return
    for part in parts:
        sound = _opened(part.beginning)
        if sound is None:
            continue
        with sound:
            rate, channels = sound.samplerate, sound.channels
            to_s = 1 / (_OPUS_RATE_HZ if sound.subtype == "OPUS" else rate)
            start_s = part.position * to_s - sum(map(len, _blocks(sound, StreamAccount()))) / rate
        if (lost := round((start_s - account.seconds) * rate)) > 0:
            account.silent.append((account.seconds, lost / rate))
            yield from _silence(rate, channels, lost)
            account.seconds += lost / rate
        stretch = StreamAccount()
        yield from _decode_stream(part.file, stretch)
        account.seconds += stretch.seconds


def _decode_stream(file: BinaryIO, account: StreamAccount) -> Iterator[Chunk]:
    counted = mp3.has_counts(file)
    sound = _opened(file)
    if sound is None:
        return
    rate, skip = sound.samplerate, _delay_left_by_libsndfile(sound, counted)
    account.claimed_s = claimed_by_soundfile(sound, counted=counted)
    frames = 0
    while sound is not None:
        with sound:
            for block in _blocks(sound, account):
                frames += len(block)
                yield rate, block[skip:].T.copy()
                skip = max(0, skip - len(block))
        resumed = _resumed(file, frames) if account.damage and len(account.silent) < _MOST_DAMAGES else None
        sound = None
        if resumed is not None:
            sound, resumed_at = resumed
            account.silent.append((frames / rate, (resumed_at - frames) / rate))
            yield from _silence(rate, sound.channels, resumed_at - frames)
            frames = resumed_at
    account.seconds = frames / rate


def _silence(rate: int, channels: int, frames: int) -> Iterator[Chunk]:
    for start in range(0, frames, _CHUNK_VALUES):
        yield rate, np.zeros((channels, min(_CHUNK_VALUES, frames - start)), np.float32)


def _blocks(sound: Any, account: StreamAccount) -> Iterator[NDArray[np.float32]]:
    """What can be read from where `sound` stands to the next damage, which is noted, or to the end."""
    buffer = np.empty((max(1, _CHUNK_VALUES // sound.channels), sound.channels), np.float32)
    account.damage = None
    while account.damage is None:
        buffer[:] = np.nan
        try:
            block = sound.read(out=buffer)
        except soundfile.LibsndfileError as error:
            account.damage = in_one_line(error)
            block = buffer[~np.isnan(buffer).any(axis=1)]  # what came before the damage
        if not len(block):
            break
        yield block


def _resumed(file: BinaryIO, damage_at: int) -> tuple[Any, int] | None:
    """The sound again, standing at the first place that can be read behind damage, and that place, in frames.

    What cannot be read any more, or cannot be skipped in the format, gives None.
    """
    step = _BLOCK_FRAMES
    while (found := _standing_at(file, damage_at + step)) is None:
        step *= 2
        if step > _LARGEST_STEP_FRAMES:
            return None
    unreadable, readable = damage_at + step // 2, damage_at + step
    while readable - unreadable > _BLOCK_FRAMES // 2:
        middle = (unreadable + readable) // 2
        if (nearer := _standing_at(file, middle)) is None:
            unreadable = middle
        else:
            found.close()
            found, readable = nearer, middle
    return found, readable


def _standing_at(file: BinaryIO, frame: int) -> Any:
    """The sound opened anew, standing at a frame; None if there is nothing to be read there."""
    sound = _opened(file)
    if sound is None:
        return None
    try:
        if frame < sound.frames and sound.seek(frame) == frame and len(sound.read(1)) and sound.seek(frame) == frame:
            return sound
    except soundfile.LibsndfileError:
        pass
    sound.close()
    return None


def _delay_left_by_libsndfile(sound: Any, has_counts: bool) -> int:
    """Samples of delay at the start that libsndfile's decoder, mpg123, leaves there; it takes away what is given."""
    if sound.format != "MP3":
        return 0
    if sound.subtype != "MPEG_LAYER_III":
        return MP2_DELAY
    return 0 if has_counts else MP3_DELAY
