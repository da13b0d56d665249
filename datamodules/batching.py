"""Batches of items of similar length: less padding, hence less work, and the same work for every process."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from anyonenet.errors import InputError
from datamodules.sampling import Draw, even_batches


class LengthBatchSampler(Sampler[list[Draw]]):
    """Batches of draws of similar length, in an order and composition that depend on (seed, epoch) alone.

    Every process draws the same batches and takes its own of each `world` neighbours in length, so all have equally
    many and, step by step, similar work. `first` batches are left out of the next pass (see `datamodules.resuming`).
    Lightning announces each epoch through `set_epoch`; set the trainer's `use_distributed_sampler` to False, since
    this sampler already shards.

    Args:
        lengths: of the items.
        batch_size: items a batch; a last, smaller batch of the epoch is dropped unless `shuffle` is False.
        seed: of the order.
        rank, world: this process and the number of processes.
        shuffle: False gives the items by falling length, all of them, every time, in batches that may be an item
            smaller so that all processes have equally many.
        spread: how much lengths are disturbed before sorting, as a fraction: mixes the batches between epochs.
    """

    def __init__(
        self,
        lengths: Sequence[int] | np.ndarray,
        batch_size: int,
        seed: int = 0,
        rank: int = 0,
        world: int = 1,
        shuffle: bool = True,
        spread: float = 0.1,
    ):
        if batch_size < 1:
            raise InputError(f"batch_size is {batch_size}; expected at least 1")
        if not 0 <= rank < world:
            raise ValueError(f"rank {rank} is outside 0 to {world - 1}")
        self.lengths = np.asarray(lengths)
        self.batch_size = batch_size
        self.seed = seed
        self.rank = rank
        self.world = world
        self.shuffle = shuffle
        self.spread = spread
        self.epoch = 0
        self.first = 0
        if len(self) == 0:
            raise InputError(
                f"{len(self.lengths)} items give no batch of {batch_size} for each of {world} processes; "
                "use a smaller batch_size"
            )

    @property
    def sampler(self) -> LengthBatchSampler:
        """Lightning looks for `set_epoch` on a batch sampler's `sampler`."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Lightning says before each epoch which one it is: it is part of the order's seed."""
        self.epoch = epoch

    def __len__(self) -> int:
        if not self.shuffle:
            return math.ceil(math.ceil(len(self.lengths) / self.world) / self.batch_size)
        return len(self.lengths) // self.batch_size // self.world

    def __iter__(self) -> Iterator[list[Draw]]:
        for batch in self._batches()[self.first :]:
            yield [Draw(int(index), self.seed, self.epoch) for index in batch]

    def _batches(self) -> list[np.ndarray]:
        if not self.shuffle:
            return even_batches(np.argsort(-self.lengths, kind="stable"), self.batch_size, self.rank, self.world)
        rng = np.random.default_rng([self.seed, self.epoch])
        disturbed = self.lengths * rng.uniform(1 - self.spread, 1 + self.spread, len(self.lengths))
        kept = rng.permutation(len(self.lengths))[: len(self) * self.world * self.batch_size]
        order = kept[np.argsort(disturbed[kept], kind="stable")]
        steps = order.reshape(-1, self.world, self.batch_size)
        return list(steps[rng.permutation(len(steps)), self.rank])
