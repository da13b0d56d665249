"""Which items an epoch draws, with which random numbers, and how processes ("ranks") share them.

Order and random numbers go by (seed, epoch, item) alone, so the same items are drawn whatever the number of workers and
ranks, and a resumed run draws what the uninterrupted one would have drawn. Every rank gets as many batches as any
other: in training by leaving out what fills no batch of all ranks, in validation by batches that are an item smaller.
The loaders share by themselves; the trainer's `use_distributed_sampler` must be False.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset, Sampler
from torch.utils.data.distributed import DistributedSampler

from datamodules.resuming import ResumableLoader, SteadyLoader


@dataclass(slots=True, unsafe_hash=True)  # not frozen, which would take three times as long to make
class Draw:
    """One item of one epoch: what a training dataset is indexed with."""

    index: int
    seed: int
    epoch: int
    part: int = 0
    """which of the items that are drawn together, see `DrawSampler`"""

    def generator(self) -> np.random.Generator:
        """The random numbers of this item in this epoch, the same in whatever process and for all parts."""
        return np.random.default_rng([self.seed, self.epoch, self.index])


def picks(draws: Sequence[Draw], counts: np.ndarray) -> np.ndarray:
    """For each draw one of so many things, by (seed, epoch, item) alone: for items that need no other random numbers,
    and far sooner there than a generator for each.

    Args:
        draws: of one epoch.
        counts: `(draws,)` at least 1.

    Returns:
        `(draws,)` int64, from 0 to below the count.
    """
    epoch = _mixed(_mixed(np.array([draws[0].seed], dtype=np.uint64)) ^ np.uint64(draws[0].epoch))
    own = _mixed(epoch ^ np.fromiter((draw.index for draw in draws), np.uint64, len(draws)))
    return (own % counts.astype(np.uint64)).astype(np.int64)


def _mixed(numbers: np.ndarray) -> np.ndarray:
    """SplitMix64's output function (Steele, Lea and Flood 2014) of uint64: neighbours come out far apart."""
    numbers = numbers + np.uint64(0x9E3779B97F4A7C15)
    numbers = (numbers ^ (numbers >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    numbers = (numbers ^ (numbers >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return numbers ^ (numbers >> np.uint64(31))


class DrawSampler(DistributedSampler):
    """Shuffled draws, split over the ranks. Lightning calls `set_epoch`, and leaves this sampler in place under DDP.

    Batch k of all W ranks together holds the items of batch k of one process with W times the batch size. Up to W - 1
    items are left out of an epoch; fewer items than ranks are repeated.

    `first` draws are left out of the next pass (see `datamodules.resuming`).

    Args:
        dataset: what is drawn from.
        seed: of the order and of the items' generators.
        together: parts that each draw has, one behind the other; an epoch is as long as with one, and so takes only
            every so many of the items, others in the next.
    """

    def __init__(self, dataset: Dataset, seed: int, together: int = 1):
        rank, ranks = rank_and_ranks()
        items = len(dataset)  # type: ignore[arg-type]
        super().__init__(dataset, ranks, rank, shuffle=True, seed=seed, drop_last=items >= ranks)
        self.first = 0
        self.together = together

    def __len__(self) -> int:
        return super().__len__() // self.together * self.together

    def __iter__(self) -> Iterator[Draw]:
        return islice(self._draws(), self.first, len(self))

    def _draws(self) -> Iterator[Draw]:
        for index in super().__iter__():
            for part in range(self.together):
                yield Draw(index, self.seed, self.epoch, part)


def training_loader(
    dataset: Dataset[Any],
    batch_size: int,
    seed: int,
    collate: Callable[[Any], Any],
    workers: int = 0,
    together: int = 1,
) -> DataLoader[Any]:
    """Shuffled batches of a dataset that is indexed with a `Draw`; resumed in mid-epoch where a checkpoint was made.

    A last batch that is not full is left out, unless it is the only one.

    Args:
        dataset: what is drawn from.
        batch_size: items a batch and rank.
        seed: of the order and of the items' generators.
        collate: items to a batch.
        workers: processes that load; 0 loads in this one.
        together: parts of each draw, see `DrawSampler`; a divisor of the batch size keeps them in one batch.
    """
    sampler = DrawSampler(dataset, seed, together)
    return ResumableLoader(
        dataset,
        batch_size,
        sampler=sampler,
        collate_fn=collate,
        num_workers=workers,
        persistent_workers=workers > 0,
        drop_last=len(sampler) >= batch_size,
    )


class EvenBatches(Sampler[list[int]]):
    """All items once, in order, shared over the ranks in equally many batches each: for validation.

    Args:
        order: of the items.
        batch_size: items a batch at most.
        rank, ranks: this process and the number of processes.
    """

    def __init__(self, order: Sequence[int] | np.ndarray, batch_size: int, rank: int = 0, ranks: int = 1):
        self.batches = even_batches(np.asarray(order), batch_size, rank, ranks)

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[list[int]]:
        return iter(batch.tolist() for batch in self.batches)


def even_batches(order: np.ndarray, batch_size: int, rank: int, ranks: int) -> list[np.ndarray]:
    """Every W-th item from the rank's on, in as many batches as any other of the W ranks has.

    Where that cannot be (fewer items than ranks, or batches of one item that do not come out even), some items are
    taken twice, and a warning says how many.
    """
    if not len(order):
        return []
    count = math.ceil(math.ceil(len(order) / ranks) / batch_size)  # batches of the rank with most items
    shares = [max(len(range(number, len(order), ranks)), count) for number in range(ranks)]
    twice = sum(shares) - len(order)
    if twice and rank == 0:
        warnings.warn(
            f"{len(order)} items do not make {count} batches on each of {ranks} processes: {twice} of them are counted "
            "twice in validation",
            stacklevel=2,
        )
    places = (rank + ranks * np.arange(shares[rank])) % len(order)
    return np.array_split(order[places], count)


def even_loader(
    dataset: Dataset[Any], batch_size: int, collate: Callable[[Any], Any], workers: int = 0
) -> DataLoader[Any]:
    """Batches of all items in order, for validation and test; arguments as of `training_loader`."""
    batches = EvenBatches(range(len(dataset)), batch_size, *rank_and_ranks())  # type: ignore[arg-type]
    return SteadyLoader(
        dataset, batch_sampler=batches, collate_fn=collate, num_workers=workers, persistent_workers=workers > 0
    )


def rank_and_ranks() -> tuple[int, int]:
    """This process's number and how many there are: 0 and 1 outside of distributed training."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1
