"""The processes of one training, agreeing with each other on the CPU: a GPU is not kept waiting for it."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as distributed


class Ranks:
    """What the processes of a training tell each other. Every method is to be called by all of them, or by none.

    With one process each is answered at once.
    """

    _group: Any = None

    @property
    def count(self) -> int:
        return distributed.get_world_size() if distributed.is_available() and distributed.is_initialized() else 1

    @property
    def mine(self) -> int:
        return distributed.get_rank() if self.count > 1 else 0

    def connect(self) -> None:
        """Make the group over which is spoken; before anything is asked."""
        if self.count > 1 and distributed.get_backend() != "gloo" and self._group is None:
            self._group = distributed.new_group(backend="gloo")

    def highest(self, value: int) -> int:
        """The highest of the values that the processes ask with."""
        return self._reduced(value, distributed.ReduceOp.MAX)

    def lowest(self, value: int) -> int:
        """The lowest of the values that the processes ask with."""
        return self._reduced(value, distributed.ReduceOp.MIN)

    def gathered(self, value: Any) -> list[Any]:
        """What every process has, in order of the ranks."""
        if self.count == 1:
            return [value]
        values: list[Any] = [None] * self.count
        distributed.all_gather_object(values, value, group=self._group)
        return values

    def _reduced(self, value: int, how: Any) -> int:
        if self.count == 1:
            return value
        tensor = torch.tensor([value], dtype=torch.int64)
        distributed.all_reduce(tensor, op=how, group=self._group)
        return int(tensor)
