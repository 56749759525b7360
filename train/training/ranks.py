"""Training on several GPUs and machines: the processes that torchrun starts, and what they do together.

    torchrun --nproc-per-node 8 -m mp3tomidi.train.cli run RECIPE --banks banks --device cuda

Each process (rank) holds the network and takes its share of the clips of every batch. Batches, effects and levels are
drawn by seed, step and clip, whoever draws them, and gradients are averaged by DistributedDataParallel: so the same
recipe gives the same run, up to rounding, with any number of ranks, and a run goes on with another number of them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from mp3tomidi.train.recipe import RecipeError
from mp3tomidi.transcribe.interruption import interruptions_remembered


@dataclass(frozen=True, slots=True)
class Ranks:
    """The processes that train together, as one of them sees them: itself and how many there are."""

    rank: int = 0
    count: int = 1

    @property
    def is_first(self) -> bool:
        """The one that writes: log, state and recipe."""
        return self.rank == 0

    def share(self, clips: int) -> range:
        """Which of the clips of a batch are this rank's. Raises RecipeError where they cannot be shared equally."""
        if clips % self.count:
            raise RecipeError(
                f"{clips} clips a batch cannot be shared by {self.count} processes; "
                f"--set training.batch_clips={-(-clips // self.count) * self.count}"
            )
        each = clips // self.count
        return range(self.rank * each, (self.rank + 1) * each)

    def parallel(self, net: nn.Module) -> nn.Module:
        """`net`, its gradients averaged over the ranks. Its buffers are not touched: see `average_buffers`."""
        return net if self.count == 1 else DistributedDataParallel(net, broadcast_buffers=False)

    @staticmethod
    def gradients_kept(net: nn.Module, *, until_later: bool) -> AbstractContextManager[None]:
        """For a backward pass whose gradients are averaged with those of a later one."""
        if until_later and isinstance(net, DistributedDataParallel):
            kept: AbstractContextManager[None] = net.no_sync()
            return kept
        return nullcontext()

    def average_buffers(self, net: nn.Module) -> None:
        """Gives all ranks the mean of their running statistics: each has had its own clips."""
        if self.count > 1:
            for buffer in net.buffers():
                if buffer.is_floating_point():
                    distributed.all_reduce(buffer)
                    buffer.div_(self.count)

    def mean(self, values: Mapping[str, float], device: torch.device) -> dict[str, float]:
        """The mean over the ranks of each value."""
        if self.count == 1:
            return dict(values)
        together = torch.tensor(list(values.values()), dtype=torch.float64, device=device)
        distributed.all_reduce(together)
        return dict(zip(values, (together / self.count).tolist(), strict=True))

    def any(self, flag: bool, device: torch.device) -> bool:
        """Whether it is so on any of the ranks."""
        if self.count == 1:
            return flag
        flags = torch.tensor([float(flag)], device=device)
        distributed.all_reduce(flags)
        return bool(flags.item())

    @contextmanager
    def interruptions(self) -> Iterator[Callable[[], bool]]:
        """Says, within the block, whether the run was interrupted.

        Of several ranks none may leave on its own: the others would wait for it. So theirs are only remembered; with
        one a KeyboardInterrupt comes as always.
        """
        if self.count == 1:
            yield lambda: False
            return
        with interruptions_remembered() as caught:
            yield lambda: bool(caught)


ALONE = Ranks()


@contextmanager
def joined(device: str) -> Iterator[tuple[Ranks, str]]:
    """The ranks that torchrun has started, and this one's device; ALONE where it has not been started by it.

    "cuda" becomes this rank's own GPU, and NCCL carries the messages; on a CPU it is gloo.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield ALONE, device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    try:
        yield Ranks(distributed.get_rank(), count), device
    finally:
        distributed.destroy_process_group()
