"""How many times real time a GPU hears recordings, and how long it waits for them.

    python tests/benchmarks/gpu.py FOLDER [--device cuda] [--threads 8] [--model best] [--copies 4]

All recordings below the folder are transcribed, notes and drums, in one process and so many threads, after some of them
to warm up; --copies hears each several times. Printed are times real time, the share of the time in which the GPU was
at work, the mean size of its batches, and the most of its memory that was taken. Aim: 5,000 times real time. With
--device cpu the same is done on a CPU, to try the script.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from mp3tomidi.transcribe import Transcriber
from mp3tomidi.transcribe.audio.folders import find_sounds
from mp3tomidi.transcribe.inference.batches import Times
from mp3tomidi.transcribe.inference.engines import TorchEngine, open_engine
from mp3tomidi.transcribe.networks.model_names import FAST, MODELS
from mp3tomidi.transcribe.networks.registry import DRUM_NET, NOTE_NET
from mp3tomidi.transcribe.networks.weight_files import shipped_folder
from mp3tomidi.transcribe.threads import in_order


def transcriber_on(device: str, model: str) -> tuple[Transcriber, list[TorchEngine]]:
    """A transcriber and its two engines, which on a CPU are torch's, too, and work in batches as on a GPU."""
    transcriber = Transcriber(device=device, model=model)
    assert transcriber.drums is not None
    engines = []
    for network, folder, spec in (
        (transcriber.network, shipped_folder(model), NOTE_NET),
        (transcriber.drums.network, shipped_folder(), DRUM_NET),
    ):
        engine = network.engine if device != "cpu" else open_engine(folder, "cpu:0", spec)
        assert isinstance(engine, TorchEngine)
        engine.in_batches = engine.equal_windows = True
        network.engine = engine
        engines.append(engine)
    return transcriber, engines


def hear(transcriber: Transcriber, sounds: Sequence[Path], threads: int) -> float:
    """Seconds of sound in all."""
    return sum(heard.duration_s for heard in in_order(transcriber.transcribe, sounds, threads))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measures transcription on a GPU.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--model", choices=MODELS, default=FAST)
    parser.add_argument("--copies", type=int, default=1)
    options = parser.parse_args()
    sounds = [sound for sound in find_sounds(options.folder) for _ in range(options.copies)]
    transcriber, engines = transcriber_on(options.device, options.model)
    hear(transcriber, sounds[: options.threads], options.threads)
    for engine in engines:
        engine.batches.times = Times()
    start_s = time.perf_counter()
    sound_s = hear(transcriber, sounds, options.threads)
    took_s = time.perf_counter() - start_s
    busy_s = sum(engine.batches.times.busy_s for engine in engines)
    sizes = [size for engine in engines for size in engine.batches.times.batches]
    print(f"{options.device}: {torch.cuda.get_device_name() if options.device.startswith('cuda') else 'CPU'}")
    print(f"{len(sounds)} recordings, {sound_s / 3600:.2f} h of sound in {took_s:.1f} s")
    print(f"{sound_s / took_s:.0f} times real time with {options.threads} threads")
    print(f"at work {100 * min(1.0, busy_s / took_s):.0f} % of the time, waiting for windows the rest")
    print(f"{statistics.mean(sizes):.1f} windows a batch, {len(sizes)} batches")
    if options.device.startswith("cuda"):
        print(f"{torch.cuda.max_memory_allocated() / 2**30:.2f} GiB of its memory at most")


if __name__ == "__main__":
    main()
