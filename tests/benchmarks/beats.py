"""How well beats are found: on recordings whose beats are known, and on clicks and songs whose tempo moves.

    python tests/benchmarks/beats.py [FOLDER] [--drums heard|labelled|none]

Any folder will do in which `NAME.beats` lies beside `NAME.mp3`, `.wav`, …: a beat a line, its time in seconds first;
each sub-folder is a set. Without one, only what is made here is measured: a song for a piano (a bass on every beat, a
chord on the first of a bar, eighths above) played by a fixed synthesis, at a constant tempo, with a sudden change and
with a ritardando; and the clicks of a metronome. Beats are found by notes and the drum hits heard; by
`--drums labelled`, those of `NAME.drums.tsv` beside the recording take their place.

Printed is, for each, the F1 of beats within 70 ms (mir_eval, the first five seconds left out, as is the custom), the
same with any octave or offbeat allowed (AMLt), the tempo found over the tempo there is, the number of tempo changes,
and how long finding the beats took.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.transcribe import Audio, DrumHit, Transcriber, Transcription
from mp3tomidi.transcribe.outputs.midi import beat_times_s
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo

SOUND_SUFFIXES = (".ogg", ".mp3", ".wav", ".flac")
DRUM_KEYS = {"KD": 36, "SD": 38, "HH": 42, "TT": 45, "CY": 49}
RATE_HZ = 22_050
MADE_S = 60.0
Rate = Callable[[float], float]
TEMPOS: dict[str, Rate] = {
    "72 a minute": lambda _: 72.0,
    "96 a minute": lambda _: 96.0,
    "133 a minute": lambda _: 133.0,
    "90, then 130": lambda time_s: 90.0 if time_s < MADE_S / 2 else 130.0,
    "120 to 70, slowing": lambda time_s: 120.0 - 50.0 * max(0.0, time_s - 20.0) / (MADE_S - 20.0),
}


@dataclass(frozen=True)
class Result:
    name: str
    f1: float
    any_level: float
    tempo_ratio: float
    changes: int
    took_s: float


def result(name: str, heard: Transcription, wanted_s: NDArray[np.float64]) -> Result:
    started_s = time.process_time()
    found = with_tempo(heard)
    took_s = time.process_time() - started_s
    # As a reader of the file sees them: what is written is what counts.
    found_s = np.array(beat_times_s(found)[0])
    found_s = found_s[found_s <= heard.duration_s]
    wanted_s, found_s = mir_eval.beat.trim_beats(wanted_s), mir_eval.beat.trim_beats(found_s)
    return Result(
        name,
        float(mir_eval.beat.f_measure(wanted_s, found_s)),
        float(mir_eval.beat.continuity(wanted_s, found_s)[3]),
        float(np.median(np.diff(wanted_s)) / np.median(np.diff(found_s))),
        len(found.tempo),
        took_s,
    )


def recordings(folder: Path) -> Iterator[tuple[Path, NDArray[np.float64]]]:
    for labels in sorted(folder.rglob("*.beats")):
        times_s = [float(line.split()[0]) for line in labels.read_text().splitlines() if line.strip()]
        for suffix in SOUND_SUFFIXES:
            if labels.with_suffix(suffix).exists():
                yield labels.with_suffix(suffix), np.array(times_s)


def drum_hits(recording: Path) -> tuple[DrumHit, ...]:
    rows = [line.split() for line in recording.with_suffix(".drums.tsv").read_text().splitlines()]
    return tuple(DrumHit(float(row[0]), DRUM_KEYS[row[1]], 90) for row in rows if row and not row[0].startswith("#"))


def made_beats(rate: Rate) -> NDArray[np.float64]:
    times_s = [0.3]
    while times_s[-1] < MADE_S:
        times_s.append(times_s[-1] + 60.0 / rate(times_s[-1]))
    return np.array(times_s[:-1])


def tone(pitch: int, length_s: float) -> NDArray[np.float64]:
    time_s = np.arange(round(length_s * RATE_HZ)) / RATE_HZ
    frequency_hz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    partials = [np.sin(2 * np.pi * k * frequency_hz * time_s) / k**1.5 for k in range(1, 9) if k * frequency_hz < 8e3]
    fade = np.minimum(1.0, np.minimum(time_s / 0.003, (length_s - time_s) / 0.01))
    return np.asarray(sum(partials) * np.exp(-3.0 * time_s) * fade)


def made_song(times_s: NDArray[np.float64]) -> Audio:
    sound = np.zeros(round((MADE_S + 4.0) * RATE_HZ))

    def play(pitch: int, start_s: float, length_s: float) -> None:
        played = 0.1 * tone(pitch, length_s)
        first = round(start_s * RATE_HZ)
        sound[first : first + len(played)] += played[: len(sound) - first]

    for beat, (start_s, end_s) in enumerate(pairwise(times_s)):
        beat_s = end_s - start_s
        root = (0, 5, 7, 3)[beat // 4 % 4]
        play(40 + root, start_s, 0.8 * beat_s)
        play((72, 76, 74, 79)[beat % 4] + root, start_s, 0.4 * beat_s)
        play((67, 74, 72, 71)[beat % 4] + root, start_s + 0.5 * beat_s, 0.4 * beat_s)
        if beat % 4 == 0:
            for third in (52, 55, 60):
                play(third + root, start_s, 3.8 * beat_s)
    return Audio(sound[: round(MADE_S * RATE_HZ)].astype(np.float32), RATE_HZ)


def made_clicks(times_s: NDArray[np.float64]) -> Audio:
    sound = np.zeros(round((MADE_S + 1.0) * RATE_HZ))
    for time_s in times_s:
        first = round(time_s * RATE_HZ)
        click = 0.3 * tone(84, 0.08)
        sound[first : first + len(click)] += click
    return Audio(sound[: round(MADE_S * RATE_HZ)].astype(np.float32), RATE_HZ)


def show(title: str, results: list[Result]) -> None:
    print(f"\n{title:<32}{'F1':>6}{'AMLt':>7}{'tempo':>7}{'changes':>9}{'ms':>6}")
    for r in results:
        print(f"{r.name:<32}{r.f1:6.3f}{r.any_level:7.3f}{r.tempo_ratio:7.2f}{r.changes:9d}{1000 * r.took_s:6.0f}")
    if len(results) > 1:
        mean = np.mean([(r.f1, r.any_level) for r in results], axis=0)
        print(f"{'mean':<32}{mean[0]:6.3f}{mean[1]:7.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="How well beats are found.")
    parser.add_argument("folder", nargs="?", type=Path, help="recordings with their beats beside them")
    parser.add_argument("--drums", choices=("heard", "labelled", "none"), default="heard", help="which hits are known")
    options = parser.parse_args()
    transcriber = Transcriber(drums=options.drums == "heard")
    for title, make in (("song", made_song), ("clicks", made_clicks)):
        beats = {name: made_beats(rate) for name, rate in TEMPOS.items()}
        show(title, [result(name, transcriber.transcribe(make(times)), times) for name, times in beats.items()])
    sets: dict[str, list[Result]] = {}
    for path, times_s in recordings(options.folder) if options.folder else ():
        heard = transcriber.transcribe(path)
        if options.drums == "labelled":
            heard = replace(heard, drum_hits=drum_hits(path))
        sets.setdefault(path.parent.name, []).append(result(path.stem, heard, times_s))
    for name, results in sets.items():
        show(name, results)


if __name__ == "__main__":
    main()
