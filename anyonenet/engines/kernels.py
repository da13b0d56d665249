"""Convolution kernels rewritten so that the same result costs fewer multiply-adds. All of it is exact."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Kernel = NDArray[np.float32]
"""`(outputs, inputs, height, width)`"""


def doubling(kernel: Kernel) -> Kernel:
    """Nearest-neighbour doubling and a 3x3 convolution, as one 2x2 convolution before the doubling.

    Of the nine places under the kernel only four hold different values, so 16 multiply-adds do the work of 36. The
    2x2 convolution, with one place of padding all round, gives `(4 * outputs, H + 1, W + 1)`; its channels moved to
    pixels (`pixel_shuffle` by 2) give `2H + 2` rows, of which the first and the last belong to no result, and columns
    likewise.

    Args:
        kernel: `(outputs, inputs, 3, 3)`.

    Returns:
        `(4 * outputs, inputs, 2, 2)`, channels in the order of `pixel_shuffle`.
    """
    # along one side, window p covers rows p - 1 and p. Its first pixel, row 2p - 1, sees p - 1 twice, then p;
    # its second, row 2p, sees p - 1 once, then p twice
    sums = np.array([[[1, 1, 0], [0, 0, 1]], [[1, 0, 0], [0, 1, 1]]], dtype=np.float64)
    outputs, inputs = kernel.shape[:2]
    made = np.einsum("rak,sbl,oikl->orsiab", sums, sums, kernel.astype(np.float64))
    return made.reshape(4 * outputs, inputs, 2, 2).astype(np.float32)


def folded(kernel: Kernel) -> Kernel:
    """A 3x3 convolution of a picture whose 2x2 pixels lie in channels (`pixel_unshuffle` by 2), on channels like those.

    With few channels a convolution at full size computes mostly padding; folded it has four times as many on a quarter
    of the places.

    Args:
        kernel: `(outputs, inputs, 3, 3)`.

    Returns:
        `(4 * outputs, 4 * inputs, 3, 3)`.
    """
    return _placed(kernel).reshape(4 * kernel.shape[0], 4 * kernel.shape[1], 3, 3).astype(np.float32)


def folded_doubling(kernel: Kernel) -> Kernel:
    """Nearest-neighbour doubling and a 3x3 convolution whose result is folded as for `folded`.

    Args:
        kernel: `(outputs, inputs, 3, 3)`.

    Returns:
        `(4 * outputs, inputs, 3, 3)`, for the picture before it is doubled.
    """
    made = _placed(kernel).sum(axis=(4, 5))
    return made.reshape(4 * kernel.shape[0], kernel.shape[1], 3, 3).astype(np.float32)


def _placed(kernel: Kernel) -> NDArray[np.float64]:
    """`(outputs, row, column, inputs, row, column, 3, 3)`: which folded place each weight meets."""
    outputs, inputs = kernel.shape[:2]
    made = np.zeros((outputs, 2, 2, inputs, 2, 2, 3, 3))
    for row, column, across, down in np.ndindex(2, 2, 3, 3):
        y, x = row + across - 1, column + down - 1
        made[:, row, column, :, y % 2, x % 2, y // 2 + 1, x // 2 + 1] = kernel[:, :, across, down]
    return made
