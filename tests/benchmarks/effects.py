"""What each effect takes for a whole song: memory beyond the song's, and processor time. Linux.

    python tests/benchmarks/effects.py [--seconds 240]

Mono at 44.1 kHz, one thread. Effects that need a folder of sounds are left out.
"""

from __future__ import annotations

import argparse
import re
import time
from pathlib import Path

import numpy as np
import torch

from mp3tomidi.augment import Step
from mp3tomidi.augment.effects import discovery
from mp3tomidi.augment.effects.ranges import field_kinds

RATE = 44_100


def most_memory_mb() -> float:
    """Of this process, since it was last asked to forget."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) / 1024.0


def main() -> None:
    parser = argparse.ArgumentParser(description="Memory and time of each effect over a whole song.")
    parser.add_argument("--seconds", type=float, default=240.0)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = torch.from_numpy((0.1 * rng.normal(size=(1, 1, round(RATE * options.seconds)))).astype(np.float32))
    for name in discovery.EFFECTS:
        if "folder" in field_kinds(discovery.ranges_class(name)):
            continue
        effect = Step(name).made_for(RATE)
        params = effect.draw(rng, 1)
        Path("/proc/self/clear_refs").write_text("5")  # forget the most
        before_mb, start_s = most_memory_mb(), time.process_time()
        effect.sound(x, params)
        took_s = time.process_time() - start_s
        print(
            f"{name:18s}{most_memory_mb() - before_mb:6.0f} MB {options.seconds / took_s:8.0f} times real time",
            flush=True,
        )


if __name__ == "__main__":
    main()
