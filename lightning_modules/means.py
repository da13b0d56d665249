"""Weighted means over the batches of all processes."""

from __future__ import annotations

import torch
from torch import Tensor

from anyonenet.ranks import sum_over_ranks


class Means:
    """Collects sums, and divides once at the end: how items fall into batches and processes does not matter."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}

    def add(self, name: str, values: Tensor, weights: Tensor | float = 1.0) -> None:
        """Take values in.

        Args:
            name: of the mean.
            values: any shape; those that are not finite are left out.
            weights: of the values, broadcast to them.
        """
        values = values.detach().double()
        weight = torch.as_tensor(weights, dtype=torch.float64, device=values.device).expand_as(values)
        finite = values.isfinite()
        sums = torch.stack([(values.nan_to_num(0, 0, 0) * weight).sum(), (weight * finite).sum()])
        self._sums[name] = self._sums[name] + sums if name in self._sums else sums

    def take(self, device: torch.device) -> dict[str, float]:
        """Name -> mean, the same on all processes, which must have gathered the same names; then begins anew.

        Names without any weight have no mean.
        """
        names = sorted(self._sums)
        if not names:
            return {}
        sums = sum_over_ranks(torch.stack([self._sums[name] for name in names]).to(device)).cpu()
        self._sums.clear()
        return {name: float(total / weight) for name, (total, weight) in zip(names, sums, strict=True) if weight > 0}
