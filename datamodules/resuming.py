"""Loaders of trainings that are stopped: they go on in the middle of an epoch, and their workers outlive a signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader


class Resumable(Protocol):
    """A sampler that can leave out the beginning of an epoch; what follows is what would have followed."""

    seed: int
    epoch: int
    first: int
    """draws (or batches, of a batch sampler) that the next pass leaves out"""


class SteadyLoader(DataLoader[Any]):
    """A DataLoader whose workers do not hear what asks the training to stop.

    Ctrl-C and a scheduler's signals go to all processes of a job. The training finishes its step at them, which a
    worker that dies on the way would make an error. The workers end with the training, whatever ends it.
    """

    def _get_iterator(self) -> Any:
        if not self.num_workers:
            return super()._get_iterator()
        # a process inherits what the thread that starts it has blocked
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1))
        try:
            return super()._get_iterator()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class ResumableLoader(SteadyLoader):
    """A loader with a state, made with a `Resumable` sampler or batch sampler.

    Lightning puts the state into its checkpoints, and gives it back before the first epoch of a resumed run. Batches
    count as drawn when they are given out, not when a worker prefetches them; those left out are not loaded. The seeds
    of its workers come from (seed, epoch), so that a pass takes nothing from the training's random numbers.
    """

    _resumed: dict[str, int] | None = None
    _drawn: int = 0

    def state_dict(self) -> dict[str, int]:
        """`epoch` and the `batches` given out in it, of this rank."""
        return {"epoch": self._order.epoch, "batches": self._drawn}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on behind those batches, if the next pass is of that epoch."""
        self._resumed = dict(state)

    def __iter__(self) -> Iterator[Any]:  # type: ignore[override]
        """Begins when the first batch is asked for: Lightning announces the epoch after it has made the iterator."""
        order, begin = self._order, 0
        if self._resumed is not None and self._resumed["epoch"] == order.epoch:
            begin = self._resumed["batches"]
        self._resumed, self._drawn = None, begin
        order.first = begin * (self.batch_size or 1)
        mixed = int(np.random.SeedSequence([order.seed, order.epoch]).generate_state(1)[0])
        self.generator = torch.Generator().manual_seed(mixed)
        try:
            for batch in super().__iter__():
                self._drawn += 1
                yield batch
        finally:
            order.first = 0

    @property
    def _order(self) -> Resumable:
        return self.batch_sampler if self.batch_size is None else self.sampler  # type: ignore[return-value]
