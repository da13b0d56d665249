"""The photo moved onto the target by somebody who sees the target: how far moving alone could come."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def moved_photo(photo: NDArray[np.uint8], target: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Each pixel of the target is looked for in the photo, by dense inverse search (Kroeger et al. 2016).

    Args:
        photo, target: `(H, W, 3)` uint8 RGB.

    Returns:
        `(H, W, 3)` uint8: the photo's pixels alone, where the target has them.
    """
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    wanted, known = (cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (target, photo))
    empty = np.zeros((*wanted.shape, 2), np.float32)
    y, x = np.indices(wanted.shape, np.float32)
    places = search.calc(wanted, known, empty) + np.stack([x, y], axis=-1)
    moved = cv2.remap(photo, places, np.empty(0, np.float32), cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)
