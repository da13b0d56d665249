"""How the inputs of a convolution are rounded to bytes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from anyonenet.engines.kernels import Kernel

EVENNESS = 0.5
"""1: every channel uses all 256 steps, and weights pay for it; 0: channels stay as they are (Xiao et al. 2023)"""


@dataclass(frozen=True)
class Scaling:
    """Channels are divided by `factors`, then rounded to 256 steps from `low` to `high`.

    The convolution's weights are multiplied by the factors, so without rounding nothing changes. Zero is one of the
    steps, as it is what pads.
    """

    factors: NDArray[np.float32]
    low: float
    high: float

    @classmethod
    def of(cls, bounds: NDArray[np.float32], kernel: Kernel) -> Scaling:
        """From what is read, least and greatest `(2, channels)`, and the weights `(outputs, channels, k, k)`."""
        low, high = np.minimum(bounds[0], 0).astype(np.float64), np.maximum(bounds[1], 0).astype(np.float64)
        reach = np.maximum(-low, high)
        reach = np.maximum(reach, max(1e-3 * reach.max(), 1e-6))  # a channel that is always zero
        most = np.maximum(np.abs(kernel).max(axis=(0, 2, 3)), 1e-9)
        logs = EVENNESS * np.log(reach) - (1 - EVENNESS) * np.log(most)
        factors = np.exp(np.clip(logs - logs.mean(), -4, 4))
        least, greatest = float((low / factors).min()), float((np.maximum(high, 1e-6) / factors).max())
        step = (greatest - least) / 255
        zero = round(-least / step)
        return cls(factors.astype(np.float32), -zero * step, (255 - zero) * step)
