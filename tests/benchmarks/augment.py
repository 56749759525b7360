"""How fast sound is changed, against audiomentations. For runs of the whole command see many_copies.py.

    python tests/benchmarks/augment.py [--clips 40] [--seconds 5] [--runs 5]

A low-pass filter, a recorded impulse response and noise from a file over clips in memory, mono at 44.1 kHz, in one
thread, by turns with audiomentations (pip install ".[audiomentations]"), so that a busy machine slows both alike: the
medians of the runs, in times real time by the time of the processor, and their ratio.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

import numpy as np
import soundfile
import torch

from mp3tomidi.augment import Compose, Step

RATE = 44_100
RESPONSE_S, NOISE_S = 1.0, 60.0
LOW_PASS_HZ = (1500.0, 7000.0)
SIGNAL_TO_NOISE_DB = (10.0, 40.0)

Chain = Callable[[np.ndarray, int], np.ndarray]


def write_folders(folder: Path) -> tuple[Path, Path]:
    """A folder of one impulse response, and one of one noise."""
    rng = np.random.default_rng(0)
    response = 0.1 * rng.normal(size=round(RESPONSE_S * RATE)) * np.exp(-np.arange(round(RESPONSE_S * RATE)) / 8000.0)
    response[0] = 1.0
    for name, sound in (("response", response), ("noise", 0.1 * rng.normal(size=round(NOISE_S * RATE)))):
        (folder / name).mkdir()
        soundfile.write(folder / name / f"{name}.wav", sound, RATE)
    return folder / "response", folder / "noise"


def our_chain(responses: Path, noises: Path) -> Chain:
    augment = Compose(
        [
            Step("filter", kind_shares=(1.0, 0.0, 0.0, 0.0), low_pass_hz=LOW_PASS_HZ, order=2),
            Step("impulse_response", folder=str(responses)),
            Step("noise_files", folder=str(noises), signal_to_noise_db=SIGNAL_TO_NOISE_DB),
        ]
    )
    return lambda samples, seed: augment(samples, RATE, seed=seed)


def their_chain(responses: Path, noises: Path) -> Chain | None:
    """The same of audiomentations; None if it is not installed."""
    try:
        import audiomentations as theirs
    except ImportError:
        return None
    chain = theirs.Compose(
        [
            theirs.LowPassFilter(*LOW_PASS_HZ, min_rolloff=12, max_rolloff=12, p=1.0),
            theirs.ApplyImpulseResponse(str(responses), p=1.0, leave_length_unchanged=True),
            theirs.AddBackgroundNoise(str(noises), *SIGNAL_TO_NOISE_DB, p=1.0),
        ]
    )
    return lambda samples, seed: np.asarray(chain(samples, sample_rate=RATE))


def times_real_time(chain: Chain, clips: list[np.ndarray]) -> float:
    """By the time that this process works."""
    start_s = time.process_time()
    for seed, clip in enumerate(clips):
        chain(clip, seed)
    return sum(map(len, clips)) / RATE / (time.process_time() - start_s)


def compare(clips: list[np.ndarray], runs: int, folder: Path) -> None:
    responses, noises = write_folders(folder)
    chains = {"mp3tomidi": our_chain(responses, noises), "audiomentations": their_chain(responses, noises)}
    there = {name: chain for name, chain in chains.items() if chain is not None}
    rates: dict[str, list[float]] = {name: [] for name in there}
    for chain in there.values():
        chain(clips[0], 0)  # imports, files and tables
    for _ in range(runs):
        for name, chain in there.items():
            rates[name].append(times_real_time(chain, clips))
    print(f"filter, impulse response, noise: {len(clips)} clips of {len(clips[0]) / RATE:g} s, mono, one core")
    for name, of_runs in rates.items():
        print(f"  {name:16s}{statistics.median(of_runs):6.0f} x real time")
    if len(rates) == 2:
        ours, theirs = rates.values()
        ratio = statistics.median(one / other for one, other in zip(ours, theirs, strict=True))
        print(f"  ratio {ratio:.2f}")
    else:
        print("  audiomentations is not installed; nothing to compare with")


def main() -> None:
    parser = argparse.ArgumentParser(description="How fast sound is changed, against audiomentations.")
    parser.add_argument("--clips", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(2)
    clips = [(0.1 * rng.normal(size=round(options.seconds * RATE))).astype(np.float32) for _ in range(options.clips)]
    with tempfile.TemporaryDirectory() as folder:
        compare(clips, options.runs, Path(folder))


if __name__ == "__main__":
    main()
