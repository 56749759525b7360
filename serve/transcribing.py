"""Transcribes one recording in a process of its own, and writes its sound and spectrogram for the page.

A process, because a damaged file may end it without taking the server along, and because it can be stopped.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mp3tomidi.serve.folder import RecordingFolder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mp3tomidi.transcribe import Transcriber

PEAKS_A_SECOND = 50
LONGEST_STEREO_S = 600.0  # of longer recordings one channel at half the rate is played: a browser holds it decoded
STEREO_RATE, MONO_RATE = 44_100, 22_050
# The spectrogram: a column every 20 ms, a byte for each third of a semitone.
BINS_PER_SEMITONE = 3
RANGE_DB = 70.0
PREVIEW_THRESHOLD = 0.5  # of onset activations, for notes that are shown until all candidates are judged

Report = Callable[[str, Any], None]


def serve_jobs(pipe: Connection) -> None:
    """Do the jobs that come through a pipe (folder and name, or None to end) and send back what happens to each."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the server ends this process
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    with suppress(AttributeError, OSError):
        os.nice(5)  # the page comes first

    def report(kind: str, content: Any) -> None:
        pipe.send((kind, content))

    from mp3tomidi.transcribe import Transcriber
    from mp3tomidi.transcribe.errors import explain
    from mp3tomidi.transcribe.program.worker import logged_warnings

    transcriber = Transcriber()
    with suppress(EOFError, ConnectionError):  # the server is gone
        while (job := pipe.recv()) is not None:
            path, name = job
            original = str(RecordingFolder(Path(path)).original)
            with logged_warnings() as warnings:
                try:
                    info = transcribe(transcriber, RecordingFolder(Path(path)), report)
                except ConnectionError:
                    raise
                except Exception as error:
                    report("failed", explain(error).replace(original, name))
                    continue
            info["warnings"] = [line.replace(original, name) for line in dict.fromkeys(warnings)]
            report("done", info)


def transcribe(transcriber: Transcriber, folder: RecordingFolder, report: Report) -> dict[str, Any]:
    """Write all results of a recording into its folder, and return what the page should know of it.

    report: is given ("stage", name), ("progress", 0 to 1) and ("notes", rows of notes as the JSON writer has them).
    Raises AudioError and OutputError.
    """
    from mp3tomidi.serve import analysis_file
    from mp3tomidi.transcribe.outputs import json as json_writer

    report("stage", "decoding")
    folder.forget_refined()
    analysis = transcriber.analyse(folder.original, _watch_notes(transcriber, report), _watch_drums(report))
    report("stage", "deciding")
    first = transcriber.decode(analysis, transcriber.thresholds)
    analysis_file.write(analysis, folder.analysis)
    report("stage", "drawing")
    sound_rate, channels = _write_sound(folder, analysis.duration_s)
    columns = _write_spectrogram(folder, analysis.tuning_cents)
    json_writer.write_exactly(first, folder.first)
    return {
        "duration_s": first.duration_s,
        "tuning_cents": first.tuning_cents,
        "note_count": len(first.notes),
        "drum_hit_count": len(first.drum_hits),
        "least_confidence": {
            "notes": min((note.confidence for note in first.notes), default=None),
            "drums": min((hit.confidence for hit in first.drum_hits), default=None),
        },
        "sound": {"sample_rate": sound_rate, "channels": channels},
        "spectrogram": {"columns": columns, "hop_s": 0.02, "bins_per_semitone": BINS_PER_SEMITONE, "lowest_pitch": 21},
        "peaks_a_second": PEAKS_A_SECOND,
    }


def _watch_notes(transcriber: Transcriber, report: Report) -> Callable[[NDArray[np.float32], int], None]:
    """Reports how far NoteNet is, and the notes decoded by then, before the judge has decided on them."""
    from dataclasses import asdict

    from mp3tomidi.transcribe import Thresholds
    from mp3tomidi.transcribe.inference.activations import Activations
    from mp3tomidi.transcribe.notes.candidates import find_candidates
    from mp3tomidi.transcribe.notes.decoding import decode_notes

    hop_s = transcriber.network.settings.hop_s
    margin = round(2.0 / hop_s)  # frames before the new ones, in which notes may still have been sounding
    done = 0

    def watch(outputs: NDArray[np.float32], frame_count: int) -> None:
        nonlocal done
        if not done:
            report("stage", "notes")
        start, stop = max(0, done - margin), outputs.shape[1]
        part = Activations.of(outputs[:, start:stop], hop_s)
        candidates = find_candidates(part)
        notes = decode_notes(part, candidates, candidates.height, Thresholds(onset=PREVIEW_THRESHOLD))
        rows = [asdict(note) for note in notes if note.onset_s >= (done - start) * hop_s or not done]
        for row in rows:
            row["onset_s"] += start * hop_s
            row["offset_s"] += start * hop_s
        done = stop
        report("notes", rows)
        report("progress", stop / max(1, frame_count))

    return watch


def _watch_drums(report: Report) -> Callable[[NDArray[np.float32], int], None]:
    begun = False

    def watch(outputs: NDArray[np.float32], frame_count: int) -> None:
        nonlocal begun
        if not begun:
            report("stage", "drums")
            begun = True
        report("progress", outputs.shape[1] / max(1, frame_count))

    return watch


def _write_sound(folder: RecordingFolder, duration_s: float) -> tuple[int, int]:
    """The recording as FLAC, one or two channels, and its outline; its rate and channels."""
    import numpy as np
    import soundfile

    from mp3tomidi.transcribe.audio.reading import stream
    from mp3tomidi.transcribe.outputs.files import written_beside

    is_long = duration_s > LONGEST_STEREO_S
    rate = MONO_RATE if is_long else STEREO_RATE
    blocks = stream(folder.original, sample_rate=rate, mono=is_long)
    first = next(blocks)
    channels = min(2, first.channels)  # of more the first two are front left and right
    per_peak = rate // PEAKS_A_SECOND
    peaks: list[NDArray[np.uint8]] = []
    with (
        written_beside(folder.sound) as beside,
        soundfile.SoundFile(beside, "w", rate, channels, subtype="PCM_16", format="FLAC") as file,
    ):
        for block in chain([first], blocks):
            frames = np.clip(np.atleast_2d(block.samples)[:channels].T, -1.0, 1.0)
            file.write(frames)
            loudest = np.abs(frames).max(axis=1)
            loudest = np.pad(loudest, (0, -len(loudest) % per_peak)).reshape(-1, per_peak).max(axis=1)
            peaks.append(np.round(loudest * 255.0).astype(np.uint8))
    _save(np.concatenate(peaks), folder.peaks)
    return rate, channels


def _write_spectrogram(folder: RecordingFolder, tuning_cents: float) -> int:
    """Levels below the loudest, 255 for it, as bytes; how many columns there are."""
    import numpy as np

    from mp3tomidi.transcribe.front_end.filters import LogFrequencySettings
    from mp3tomidi.transcribe.front_end.long_sound import spectra
    from mp3tomidi.transcribe.instruments import PIANO_LOWEST_PITCH, PITCH_COUNT
    from mp3tomidi.transcribe.outputs.original import mono_blocks

    settings = LogFrequencySettings(
        window_samples=(4096,),
        lowest_pitch=PIANO_LOWEST_PITCH - 1 / BINS_PER_SEMITONE,
        bins_per_semitone=BINS_PER_SEMITONE,
        bin_count=BINS_PER_SEMITONE * PITCH_COUNT,
    )
    blocks = mono_blocks(folder.original, settings.sample_rate, 10.0)
    levels_db = [
        (20.0 * np.log10(amplitude + 1e-10)).astype(np.float16) for amplitude in spectra(blocks, settings, tuning_cents)
    ]
    level_db = np.concatenate(levels_db) if levels_db else np.zeros((0, settings.bin_count), np.float16)
    loudest_db = float(np.percentile(level_db[::7], 99.9)) if level_db.size else 0.0
    pictured = np.empty(level_db.shape, np.uint8)
    for start in range(0, len(level_db), 4096):
        shown = level_db[start : start + 4096].astype(np.float32) - (loudest_db - RANGE_DB)
        pictured[start : start + 4096] = np.round(np.clip(shown / RANGE_DB, 0.0, 1.0) * 255.0)
    _save(pictured, folder.spectrogram)
    return len(pictured)


def _save(array: NDArray[np.uint8], path: Path) -> None:
    import numpy as np

    from mp3tomidi.transcribe.outputs.files import written_beside

    with written_beside(path) as beside, beside.open("wb") as file:
        np.save(file, array, allow_pickle=False)
