"""Which frames of a video show best who somebody is."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face.mouth import mouth_opening


def stills_of(landmarks: ArrayLike, wanted: int) -> NDArray[np.int64]:
    """`(wanted,)` frames: the one with the most closed mouth, or several spread from the most closed to the most open.

    Args:
        landmarks: `(F, 68, 2 or 3)`, frontal or registered, F at least 1.
        wanted: how many; repeated where there are fewer frames.
    """
    order = np.argsort(mouth_opening(np.asarray(landmarks)), kind="stable")
    return order[np.linspace(0, len(order) - 1, wanted).round().astype(int)].astype(np.int64)
