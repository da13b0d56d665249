"""How figures of single items become the figure of a corpus, on any number of processes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchmetrics import Metric


class ItemMean(Metric):
    """Base: the plain mean over items of a figure that is defined for one item; nan where no item has one.

    Subclasses call `add`. `items` counts the items in the mean, `undefined` those whose figure is nan.
    """

    is_differentiable = False
    full_state_update = False
    total: Tensor
    items: Tensor
    undefined: Tensor

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self.add_state("total", torch.tensor(0.0, dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("items", torch.tensor(0), dist_reduce_fx="sum")
        self.add_state("undefined", torch.tensor(0), dist_reduce_fx="sum")

    def add(self, values: Tensor) -> None:
        """Figures of single items, of any shape."""
        values = values.detach().to(self.total)
        self.total += values.nansum()
        self.undefined += values.isnan().sum()
        self.items += (~values.isnan()).sum()

    def compute(self) -> Tensor:
        return (self.total / self.items).float()


class Gathered(Metric):
    """Base: a figure of all items together, which the processes gather.

    Subclasses call `add` with one tensor a state, `(items, ...)`, and `all` to have each from every process. A process
    that has seen nothing takes part too: an evaluation may have fewer batches than processes.

    Args:
        states: name and an empty tensor of the right type and number of axes, for each.
    """

    is_differentiable = False
    full_state_update = False

    def __init__(self, states: dict[str, Tensor], **kwargs: Any):
        super().__init__(**kwargs)
        self.empty = states
        for name in states:
            self.add_state(name, default=[], dist_reduce_fx=_joined)

    def add(self, *values: Tensor) -> None:
        for (name, empty), value in zip(self.empty.items(), values, strict=True):
            getattr(self, name).append(value.detach().to(self.device, empty.dtype))

    def all(self) -> list[Tensor]:
        """Raises ValueError where nothing was added."""
        values = [self._of(name) for name in self.empty]
        if not all(len(value) for value in values):
            raise ValueError(f"{type(self).__name__} has seen no items; call update first")
        return values

    def sync(self, *args: Any, **kwargs: Any) -> None:
        """As of torchmetrics, with one tensor a state on each process, an empty one where it has seen nothing."""
        for name in self.empty:
            setattr(self, name, [self._of(name)])
        super().sync(*args, **kwargs)

    def _of(self, name: str) -> Tensor:
        state = getattr(self, name)
        parts = [state] if isinstance(state, Tensor) else state
        return _joined([self.empty[name].to(self.device), *parts])


VECTORS = torch.empty(0, 0)
NUMBERS = torch.empty(0, dtype=torch.int64)
SCORES = torch.empty(0)


def _joined(parts: list[Tensor]) -> Tensor:
    """Concatenates along the first axis; empty parts need not have the others' shape."""
    filled = [part for part in parts if len(part)]
    return torch.cat(filled) if filled else parts[0]
