"""Dark lines between lips or rows of teeth, found as cheapest paths through the picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.raster import sample

Array = NDArray[np.float32]

_SEAM_REACH = 0.05
_SEAM_COLUMNS = 48
_SEAM_ROWS = 41


def find_seam(photo: NDArray[np.uint8], middle: Array, down: Array, unit: float) -> Array:
    """The line where closed lips meet: (N, 2) pixels, the darkest smooth path near `middle`.

    Args:
        photo: (H, W, 3) uint8.
        middle: (N, 2) pixels, the line as the landmarks have it, from corner to corner.
        down: (2,) unit vector from the upper to the lower lip.
        unit: pixels to one outer-eye distance.
    """
    last = len(middle) - 1
    along = np.linspace(0, last, _SEAM_COLUMNS)
    base = np.stack([np.interp(along, np.arange(last + 1), middle[:, axis]) for axis in (0, 1)], 1)
    steps = np.linspace(-_SEAM_REACH, _SEAM_REACH, _SEAM_ROWS) * unit
    samples = (base.T[:, None] + steps[:, None] * down[:, None, None]).astype(np.float32)
    grey = cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), (0, 0), max(0.008 * unit, 0.5))
    light = sample(np.asarray(grey), samples).astype(np.float64)
    light = (light - light.min(0)) / np.maximum(np.ptp(light, axis=0), 8.0)
    prior = 0.6 * (steps[:, None] / (_SEAM_REACH * unit)) ** 2
    # at the corners the line must run into the corner landmarks
    ends = np.minimum(along, last - along) * (8 / last)
    prior = prior * (1.0 + 8.0 * np.exp(-((ends / 0.6) ** 2)))
    rows = darkest_path(light + prior)
    smooth = np.asarray(cv2.GaussianBlur(steps[rows][None], (17, 1), 2.0, borderType=cv2.BORDER_REPLICATE))
    offsets = np.interp(np.arange(last + 1), along, smooth[0])
    return (middle + offsets[:, None] * down).astype(np.float32)


def darkest_path(cost: NDArray[np.float64]) -> NDArray[np.intp]:
    """(R, C) cost -> (C,) the row of each column: neighbours at most one row apart, least total cost."""
    rows, columns = cost.shape
    padded = np.full(rows + 2, np.inf)
    padded[1:-1] = cost[:, 0]
    before, same, behind = padded[:-2], padded[1:-1], padded[2:]
    came = np.zeros((columns, rows), np.intp)
    own = np.arange(rows)
    for column in range(1, columns):
        options = np.stack([before + 0.02, same, behind + 0.02])
        step = options.argmin(0)
        came[column] = own + step - 1
        same[:] = options[step, own] + cost[:, column]
    total = same
    path = np.empty(columns, np.intp)
    path[-1] = total.argmin()
    for column in range(columns - 1, 0, -1):
        path[column - 1] = came[column][path[column]]
    return path
