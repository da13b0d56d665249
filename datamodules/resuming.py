"""Loaders of trainings that are stopped: they go on in the middle of an epoch, and their workers outlive a signal."""

from __future__ import annotations

import dataclasses
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import DataLoader

from anyonenet.types import Batch


class Resumable(Protocol):
    """A sampler that can leave out the beginning of an epoch; what follows is what would have followed."""

    seed: int
    epoch: int
    first: int
    """draws (or batches, of a batch sampler) that the next pass leaves out"""


class SteadyLoader(DataLoader[Any]):
    """A DataLoader whose workers do not hear what asks the training to stop.

    Ctrl-C and a scheduler's signals go to all processes of a job. The training finishes its step at them, which a
    worker that dies on the way would make an error. The workers end when the training tells them to, or is no more.
    """

    def _get_iterator(self) -> Any:
        if not self.num_workers:
            return super()._get_iterator()
        # a process inherits what the thread that starts it has blocked
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1))
        begin, self.worker_init_fn = self.worker_init_fn, _Beginning(self.worker_init_fn)
        try:
            return super()._get_iterator()
        finally:
            self.worker_init_fn = begin
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Beginning:
    """What a worker does first: it listens for the training's own SIGTERM, then what it was to do anyway."""

    def __init__(self, then: Callable[[int], None] | None):
        self.then = then

    def __call__(self, worker: int) -> None:
        threading.Thread(target=_end_when_told, args=(os.getppid(),), daemon=True).start()
        if self.then is not None:
            self.then(worker)


def _end_when_told(parent: int) -> None:
    while signal.sigwaitinfo([signal.SIGTERM]).si_pid != parent:
        pass
    os._exit(0)


class Names(Sequence[str]):
    """Names of a batch's items, made when they are asked for: hardly any batch is ever asked."""

    def __init__(self, name: Callable[[Any], str], draws: Sequence[Any]):
        self._name, self._draws = name, draws

    def __len__(self) -> int:
        return len(self._draws)

    def __getitem__(self, place: Any) -> Any:
        chosen = self._draws[place]
        return [self._name(draw) for draw in chosen] if isinstance(place, slice) else self._name(chosen)


class ResumableLoader(SteadyLoader):
    """A loader with a state, made with a `Resumable` sampler or batch sampler.

    Lightning puts the state into its checkpoints, and gives it back before the first epoch of a resumed run. Batches
    count as drawn when they are given out, not when a worker prefetches them; those left out are not loaded. The seeds
    of its workers come from (seed, epoch), so that a pass takes nothing from the training's random numbers.

    Batches bear the names of their items where the dataset has a method `item_name(draw)`.
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
        # a second pass over the same order, beside the one that loads
        draws = iter(self.batch_sampler)  # type: ignore[arg-type]
        try:
            for batch in super().__iter__():
                self._drawn += 1
                yield self._named(batch, next(draws))
        finally:
            order.first = 0

    def _named(self, batch: Any, draws: Any) -> Any:
        """The batch with the names of its items, if it has room for them and the dataset knows them."""
        name = getattr(self.dataset, "item_name", None)
        if name is None or not isinstance(batch, Batch):
            return batch
        return dataclasses.replace(batch, items=Names(name, draws))

    @property
    def _order(self) -> Resumable:
        return self.batch_sampler if self.batch_size is None else self.sampler  # type: ignore[return-value]
