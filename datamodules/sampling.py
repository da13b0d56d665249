"""Which items an epoch draws, and with which random numbers: by (seed, epoch, item) alone.

Workers and ranks get their generators from here, so the same items are drawn whatever their number, and a resumed
run draws what the uninterrupted one would have drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset
from torch.utils.data.distributed import DistributedSampler

from datamodules.resuming import ResumableLoader


@dataclass(frozen=True)
class Draw:
    """One item of one epoch: what a training dataset is indexed with."""

    index: int
    seed: int
    epoch: int

    def generator(self) -> np.random.Generator:
        """The random numbers of this item in this epoch, the same in whatever process."""
        return np.random.default_rng([self.seed, self.epoch, self.index])


class DrawSampler(DistributedSampler):
    """Shuffled draws, split over the ranks. Lightning calls `set_epoch`, and leaves this sampler in place under DDP.

    `first` draws are left out of the next pass (see `datamodules.resuming`).

    Args:
        dataset: what is drawn from.
        seed: of the order and of the items' generators.
    """

    def __init__(self, dataset: Dataset, seed: int):
        distributed = torch.distributed.is_available() and torch.distributed.is_initialized()
        ranks = torch.distributed.get_world_size() if distributed else 1
        rank = torch.distributed.get_rank() if distributed else 0
        super().__init__(dataset, num_replicas=ranks, rank=rank, shuffle=True, seed=seed)
        self.first = 0

    def __iter__(self) -> Iterator[Draw]:
        for index in islice(super().__iter__(), self.first, None):
            yield Draw(index, self.seed, self.epoch)


def training_loader(
    dataset: Dataset[Any], batch_size: int, seed: int, collate: Callable[[list[Any]], Any], workers: int = 0
) -> DataLoader[Any]:
    """Shuffled batches of a dataset that is indexed with a `Draw`; resumed in mid-epoch where a checkpoint was made.

    A last batch that is not full is left out, unless it is the only one.

    Args:
        dataset: what is drawn from.
        batch_size: items a batch and rank.
        seed: of the order and of the items' generators.
        collate: items to a batch.
        workers: processes that load; 0 loads in this one.
    """
    sampler = DrawSampler(dataset, seed)
    return ResumableLoader(
        dataset,
        batch_size,
        sampler=sampler,
        collate_fn=collate,
        num_workers=workers,
        persistent_workers=workers > 0,
        drop_last=len(sampler) >= batch_size,
    )
