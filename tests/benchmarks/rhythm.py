"""How well tempo, beats, metre and bars are found: on composed songs of freely drawn style, tempo and metre.

    python tests/benchmarks/rhythm.py [--songs 200] [--seed 61] [--each]

Songs are those of `mp3tomidi.train.rhythm.songs`, and reach the beat finder as a transcriber would report them: notes
and hits are missing, false, late and mistaken (`transcription_errors`). Nothing is set by the songs of seed 61, and
nobody has looked at them: the weights are fitted on others, and other seeds are there to look at while something is
changed.

Printed are, over all songs and for each metre, the shares in percent of

- tempo: the tempo is right within 4 %, not half or double;
- phase: beats lie on beats, whichever of the two tempos is the slower (80 % within 70 ms);
- metre: the time signature is right (in brackets: 4/4 for 12/8 and the other way round allowed);

and the F1 of beats and of downbeats within 70 ms (mir_eval, the first five seconds left out).
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from dataclasses import dataclass

import mir_eval
import numpy as np
from numpy.typing import NDArray

from mp3tomidi.train.rhythm.songs import Song, compose
from mp3tomidi.train.rhythm.transcription_errors import as_transcribed
from mp3tomidi.transcribe import Transcription
from mp3tomidi.transcribe.outputs.midi import beat_times_s
from mp3tomidi.transcribe.rhythm.tempo_map import with_tempo

FINAL_SEED = 61
TEMPO_TOLERANCE = 0.04
NEAR_S = 0.07
SHARE_ON_BEATS = 0.8
SAME_BARS = {"12/8": "4/4"}


@dataclass(frozen=True)
class Found:
    """What was made of a song."""

    metre: str
    beats_per_minute: float
    tempo: bool
    phase: bool
    metre_right: bool
    bars_alike: bool
    beat_f1: float
    downbeat_f1: float


def heard_song(seed: int, number: int) -> tuple[Song, Transcription]:
    """A song, and what a transcriber might report of it."""
    rng = np.random.default_rng([seed, number])
    song = compose(rng)
    notes, hits = as_transcribed(rng, song.notes, song.drum_hits, song.duration_s)
    return song, Transcription(notes=notes, drum_hits=hits, duration_s=song.duration_s)


def found_in(song: Song, heard: Transcription) -> Found:
    """Compare the beats that a song has with those that a transcription with its tempo map tells."""
    beats_s, upbeats = beat_times_s(heard)
    times_s = np.array(beats_s)
    metre, per_bar = "", 4
    if heard.metre:
        last = heard.metre[-1]
        metre = f"{last.beats_per_bar}/{last.beat_unit}"
        per_bar = round(last.bar_quarters / last.tapped_quarters)
    downbeats_s = times_s[upbeats % per_bar :: per_bar]
    times_s, downbeats_s = times_s[times_s <= heard.duration_s], downbeats_s[downbeats_s <= heard.duration_s]
    wanted_s = song.beats_s
    wanted_downbeats_s = wanted_s[song.first_downbeat % song.metre.beats :: song.metre.beats]
    ratio = float(np.median(np.diff(wanted_s)) / np.median(np.diff(times_s)))
    inside = times_s[(times_s > wanted_s[0] - NEAR_S) & (times_s < wanted_s[-1] + NEAR_S)]
    few, many = (inside, wanted_s) if ratio < 1 else (wanted_s, times_s)
    on_beats = np.mean(np.abs(few[:, None] - many).min(axis=1) < NEAR_S) if len(few) else 0.0
    name = song.metre.signature
    return Found(
        metre,
        60.0 / float(np.median(np.diff(times_s))),
        abs(np.log(ratio)) < TEMPO_TOLERANCE,
        bool(on_beats > SHARE_ON_BEATS),
        metre == name,
        SAME_BARS.get(metre, metre) == SAME_BARS.get(name, name),
        _f1(wanted_s, times_s),
        _f1(wanted_downbeats_s, downbeats_s),
    )


def _f1(wanted_s: NDArray[np.float64], found_s: NDArray[np.float64]) -> float:
    wanted_s, found_s = mir_eval.beat.trim_beats(wanted_s), mir_eval.beat.trim_beats(found_s)
    return float(mir_eval.beat.f_measure(wanted_s, found_s))


def show(name: str, results: list[Found]) -> None:
    def share(values: list[bool]) -> float:
        return 100.0 * float(np.mean(values))

    print(
        f"{name:<16}{len(results):5d}{share([r.tempo for r in results]):7.0f}{share([r.phase for r in results]):7.0f}"
        f"{share([r.metre_right for r in results]):7.0f} ({share([r.bars_alike for r in results]):3.0f})"
        f"{np.mean([r.beat_f1 for r in results]):8.3f}{np.mean([r.downbeat_f1 for r in results]):10.3f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="How well tempo, beats, metre and bars are found.")
    parser.add_argument("--songs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=FINAL_SEED)
    parser.add_argument("--each", action="store_true", help="print a line for every song")
    options = parser.parse_args()
    by_metre: defaultdict[str, list[Found]] = defaultdict(list)
    for number in range(options.songs):
        song, heard = heard_song(options.seed, number)
        result = found_in(song, with_tempo(heard))
        name = song.metre.signature + (" swung" if song.metre.swung else "")
        by_metre[name].append(result)
        if options.each:
            wrong = " ".join(word for word in ("tempo", "phase", "metre_right") if not getattr(result, word))
            print(
                f"{number:4d} {name:<11}{song.beats_per_minute:6.1f} -> {result.metre:<5}{result.beats_per_minute:6.1f}"
                f"  beats {result.beat_f1:.2f} downbeats {result.downbeat_f1:.2f}  {wrong}"
            )
    print(f"{'':<16}songs  tempo  phase  metre       beat F1  downbeats")
    for name in sorted(by_metre):
        show(name, by_metre[name])
    show("all", [result for results in by_metre.values() for result in results])


if __name__ == "__main__":
    main()
