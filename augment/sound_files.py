"""Sound to the bytes of a file: 16-bit WAV and FLAC, Ogg Vorbis. The same sound gives the same bytes."""

from __future__ import annotations

import struct
from io import BytesIO
from typing import TYPE_CHECKING

from mp3tomidi.transcribe.errors import OutputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = {"wav": ".wav", "flac": ".flac", "ogg": ".ogg"}
_SUBTYPES = {"wav": "PCM_16", "flac": "PCM_16", "ogg": "VORBIS"}
_BLOCK_FRAMES = 1 << 14  # libsndfile's Vorbis encoder takes its memory from the stack
_OGG_SERIAL = 0x6D703374  # libsndfile draws one; any will do for a file with a single stream


def encode(samples: NDArray[np.float32], sample_rate: int, format_name: str) -> bytes:
    """samples [channels, frames], none beyond -1 to 1, as a file of a format of SUFFIXES.

    Raises OutputError for what the format cannot hold.
    """
    import numpy as np  # here, since options name the formats without it
    import soundfile

    content = BytesIO()
    try:
        with soundfile.SoundFile(
            content,
            "w",
            samplerate=sample_rate,
            channels=len(samples),
            format=format_name.upper(),
            subtype=_SUBTYPES[format_name],
        ) as file:
            for start in range(0, samples.shape[1], _BLOCK_FRAMES):
                file.write(np.ascontiguousarray(samples[:, start : start + _BLOCK_FRAMES].T))
    except (soundfile.LibsndfileError, RuntimeError, ValueError) as error:
        raise OutputError(
            f"{format_name} cannot hold {len(samples)} channels at {sample_rate} Hz ({error}); "
            "choose another --format or --rate"
        ) from error
    return _with_serial(content.getvalue()) if format_name == "ogg" else content.getvalue()


def _with_serial(content: bytes) -> bytes:
    """An Ogg file (RFC 3533) with the serial number of its stream replaced, and so the checksums of its pages."""
    pages, start = bytearray(content), 0
    while start < len(pages):
        segments = pages[start + 26]
        end = start + 27 + segments + sum(pages[start + 27 : start + 27 + segments])
        pages[start + 14 : start + 18] = struct.pack("<I", _OGG_SERIAL)
        pages[start + 22 : start + 26] = bytes(4)
        pages[start + 22 : start + 26] = struct.pack("<I", _ogg_checksum(bytes(pages[start:end])))
        start = end
    return bytes(pages)


def _ogg_checksum(page: bytes) -> int:
    remainder = 0
    for byte in page:
        remainder = ((remainder << 8) & 0xFFFFFFFF) ^ _CHECKSUMS[(remainder >> 24) ^ byte]
    return remainder


def _checksum_table() -> list[int]:
    table = []
    for byte in range(256):
        remainder = byte << 24
        for _ in range(8):
            remainder = ((remainder << 1) ^ (0x04C11DB7 if remainder & 0x80000000 else 0)) & 0xFFFFFFFF
        table.append(remainder)
    return table


_CHECKSUMS = _checksum_table()
