"""Poisson image editing (Perez et al. 2003): one picture's gradients inside a region, the other's colours around it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu


class SeamlessRegion:
    """Pastes into one region, any number of pictures; what depends on the region alone is computed once.

    A picture with another's gradients and given edges is that other plus the smoothest function (Laplace's equation)
    that makes up the difference along the edge. So a paste is one sparse solve.

    Args:
        region: `(H, W)` bool, nothing of it at the picture's border.

    Raises:
        ValueError: the region is empty or touches the border.
    """

    def __init__(self, region: NDArray[np.bool_]):
        region = np.asarray(region, dtype=bool)
        inside = region[1:-1, 1:-1]
        if not inside.any() or region.sum() != inside.sum():
            raise ValueError("the region is empty or touches the border of the picture")
        self.region = region
        numbers = np.full(region.shape, -1)
        numbers[region] = np.arange(region.sum())
        rows, columns = np.nonzero(region)
        own = numbers[rows, columns]
        laplacian: Any = sparse.eye(len(own), format="csc") * 4.0
        self._edges: list[tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.int_]]] = []
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            there = numbers[rows + down, columns + right]
            known = there < 0
            self._edges.append((own[known], rows[known] + down, columns[known] + right))
            free = ~known
            minus = np.full(free.sum(), -1.0)
            laplacian = laplacian + sparse.csc_matrix((minus, (own[free], there[free])), shape=laplacian.shape)
        self._solve = splu(sparse.csc_matrix(laplacian)).solve

    def paste(self, source: NDArray[np.float32], ground: NDArray[np.float32]) -> NDArray[np.float32]:
        """`(H, W, C)` float32 twice -> the ground with the source's gradients in the region, `(H, W, C)` float32."""
        missing = (ground - source).astype(np.float64)
        around = np.zeros((int(self.region.sum()), missing.shape[-1]))
        for own, rows, columns in self._edges:
            np.add.at(around, own, missing[rows, columns])
        made = np.array(ground, dtype=np.float32)
        made[self.region] = source[self.region] + self._solve(around).astype(np.float32)
        return made
