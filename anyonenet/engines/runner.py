"""What an engine offers: functions from pictures to what the convolutions make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pictures = NDArray[np.float32]
"""`(batch, channels, height, width)`"""


@dataclass(frozen=True)
class Runner:
    """A network, ready; each function may be called in any number of threads."""

    convolved: Callable[[Pictures], Pictures]
    """`ImageTranslator.convolved`"""
    whole: Callable[[Pictures], tuple[Pictures, Pictures]] | None = None
    """the same, and what the coarse levels made; see `anyonenet.engines.walk.Walk`"""
    fine: Callable[[Pictures, Pictures], Pictures] | None = None
    """`convolved` of pictures and what the coarse levels made; these two come together or not at all"""
