"""Decodes damaged copies of sound files and writes down what is in them; run by test_audio_mutations.py.

    python mutate_sounds.py SEED FIRST LAST SCRATCH SOURCE...

Copy number i is of source i modulo their count. Prints "begin i" before and "heard i", "refused i" or "failed i WHY"
after each copy, and at the end the largest memory that was needed. Dies of SIGPROF in a copy that takes too long.
"""

from __future__ import annotations

import re
import resource
import signal
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import mido
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe.audio.reading import stream
from mp3tomidi.transcribe.errors import AudioError
from mp3tomidi.transcribe.events import Note, Transcription
from mp3tomidi.transcribe.outputs import midi

SECONDS_EACH = 10  # of the processor
BYTES_IN_ALL = 4 << 30  # of address space, of which libraries take a good part
RATE_HZ = 16_000
HEADER_BYTES = 200
EXTREMES = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80")


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """A copy with one to five wounds, half of them in the header."""
    wounded = bytearray(content)
    for _ in range(rng.integers(1, 6)):
        if not wounded:
            break
        at = int(rng.integers(len(wounded) if rng.random() < 0.5 else min(len(wounded), HEADER_BYTES)))
        end = at + int(rng.integers(1, 400))
        match rng.integers(7):
            case 0:
                wounded[at] ^= 1 << int(rng.integers(8))
            case 1:
                wounded[at] = int(rng.integers(256))
            case 2:
                wounded[at : at + 4] = EXTREMES[rng.integers(len(EXTREMES))]
            case 3:
                del wounded[at:end]
            case 4:
                wounded[at:at] = wounded[at:end]
            case 5:
                wounded[at:end] = rng.bytes(end - at)
            case 6:
                del wounded[at:]
    return bytes(wounded)


def notes(sound: NDArray[np.float32]) -> Iterator[Note]:
    """Something to write down: a note for each tenth of a second that is not silent."""
    for index, block in enumerate(np.split(sound, range(RATE_HZ // 10, len(sound), RATE_HZ // 10))):
        level = float(np.abs(block).max(initial=0))
        if level > 0.01:
            yield Note(0.1 * index, 0.1 * (index + 1), 21 + index % 88, round(1 + 126 * min(1.0, level)))


def transcribe(path: Path) -> None:
    duration_s, beginning = 0.0, np.zeros(0, np.float32)
    for block in stream(path, sample_rate=RATE_HZ, mono=True):
        assert np.isfinite(block.samples).all()
        duration_s += block.duration_s
        if len(beginning) < 10 * RATE_HZ:
            beginning = np.concatenate([beginning, block.samples])
    heard = tuple(notes(beginning))
    file = BytesIO()
    midi.write(Transcription(notes=heard, duration_s=max(duration_s, 0.1 * (len(beginning) // 1600 + 1))), file)
    tracks = mido.MidiFile(file=BytesIO(file.getvalue())).tracks
    assert sum(message.type == "note_on" for track in tracks for message in track) == len(heard)


def _peak_kib() -> int:
    """The most memory that this program has had; resource.getrusage counts what it was started from, too."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1])


def main() -> None:
    seed, first, last = map(int, sys.argv[1:4])
    scratch, *sources = map(Path, sys.argv[4:])
    contents = [source.read_bytes() for source in sources]
    resource.setrlimit(resource.RLIMIT_AS, (BYTES_IN_ALL, BYTES_IN_ALL))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for number in range(first, last):
        print("begin", number, flush=True)
        damaged = scratch.with_suffix(sources[number % len(sources)].suffix)
        damaged.write_bytes(mutate(contents[number % len(sources)], np.random.default_rng([seed, number])))
        signal.setitimer(signal.ITIMER_PROF, SECONDS_EACH)  # ends the process, even where C code hangs
        try:
            transcribe(damaged)
            print("heard", number, flush=True)
        except AudioError as error:
            in_order = str(damaged) in str(error) and "\n" not in str(error)
            print("refused" if in_order else f"failed {number} {error!r}", number, flush=True)
        except Exception as error:
            print("failed", number, repr(error), flush=True)
        signal.setitimer(signal.ITIMER_PROF, 0)
    print("peak", _peak_kib(), "KiB", flush=True)


if __name__ == "__main__":
    main()
