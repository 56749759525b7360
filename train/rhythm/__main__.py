"""Fits the weights that the beat finder ships with.

python -m mp3tomidi.train.rhythm WEIGHTS.json --data shared/data [--songs 3000] [--seed 11]

Those that are shipped, transcribe/rhythm/weights.json, say which fits they are of. Ten minutes on one idle core.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from mp3tomidi.train.rhythm import recorded
from mp3tomidi.train.rhythm.clicks import clicks
from mp3tomidi.train.rhythm.correcting import fit_correction
from mp3tomidi.train.rhythm.fitting import Example, example_of, fit, save, with_less
from mp3tomidi.train.rhythm.songs import Song, compose
from mp3tomidi.train.rhythm.transcription_errors import as_transcribed
from mp3tomidi.transcribe.program.parser import Parser

# Songs are drawn of all tempos alike; those that people tap most often count for more.
USUAL_BEATS_PER_MINUTE, SPREAD = 110.0, 0.4  # in natural logarithms
LEAST_WEIGHT, MOST_WEIGHT = 0.4, 1.3
CLICK_SHARE, CLICK_WEIGHT = 0.07, 0.5
GROOVE_WEIGHT, RECORDED_WEIGHT = 0.7, 1.5  # drummers alone, others
WEIGHT_OF_LESS = 0.6
EVERY_FOLK_TUNE, EVERY_GROOVE = 8, 2  # so many files of the corpora are used
FEWEST_EVENTS = 20
HELD_OUT_SEED = 61  # of tests/benchmarks/rhythm.py


def taught(songs: int, seed: int, data: Path) -> Iterator[tuple[np.random.Generator, Song, float]]:
    """All songs to learn from, each with the generator of its errors and its weight."""
    for number in range(songs):
        rng = np.random.default_rng([seed, number])
        song = compose(rng)
        tapped = song.beats_per_minute * (0.5 if song.metre.denominator == 8 and song.metre.division == 2 else 1.0)
        usual = np.exp(-0.5 * (np.log(tapped / USUAL_BEATS_PER_MINUTE) / SPREAD) ** 2)
        yield rng, song, float(LEAST_WEIGHT + (MOST_WEIGHT - LEAST_WEIGHT) * usual)
    for number in range(round(CLICK_SHARE * songs)):
        rng = np.random.default_rng([seed + 1, number])
        yield rng, clicks(rng), CLICK_WEIGHT
    rng = np.random.default_rng([seed + 2])
    for path in _some(recorded.files(data / "midi")):
        song_of_file = recorded.excerpt(rng, path)
        if song_of_file is not None:
            yield rng, song_of_file, GROOVE_WEIGHT if "groove" in path.parts else RECORDED_WEIGHT


def _some(paths: list[Path]) -> list[Path]:
    every = {"nottingham": EVERY_FOLK_TUNE, "groove": EVERY_GROOVE}
    return [
        path
        for number, path in enumerate(paths)
        if number % next((step for name, step in every.items() if name in path.parts), 1) == 0
    ]


def main() -> None:
    parser = Parser(description="Fit the weights of the beat finder.")
    parser.add_argument("weights", type=Path, metavar="WEIGHTS.json")
    parser.add_argument("--data", type=Path, required=True, help="the data root, with midi/ in it")
    parser.add_argument("--songs", type=int, default=3000, help="songs to compose")
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    if options.seed <= HELD_OUT_SEED <= options.seed + 3:
        parser.error(f"songs of seed {HELD_OUT_SEED} are kept to measure with")
    examples: list[Example] = []
    weights: list[float] = []
    for rng, song, weight in taught(options.songs, options.seed, options.data):
        notes, hits = as_transcribed(rng, song.notes, song.drum_hits, song.duration_s)
        example = example_of(song, notes, hits) if len(notes) + len(hits) >= FEWEST_EVENTS else None
        if example is not None:
            examples.append(example)
            weights.append(weight)
    rng = np.random.default_rng(options.seed + 3)
    less = [with_less(rng, example) for example in examples]
    everything, counted = examples + less, weights + [WEIGHT_OF_LESS * weight for weight in weights]
    model = fit(everything, counted)
    correction = fit_correction(model, everything, counted, options.seed)
    save(
        model,
        correction,
        options.weights,
        {"about": "weights of the beat finder", "seed": options.seed, "songs": len(examples)},
    )


if __name__ == "__main__":
    main()
