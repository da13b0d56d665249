"""The mean face: 68 landmarks in 3-D, frontal, at rest, and the names of their groups.

Order of the points as in iBUG 300-W (Sagonas et al. 2013). Axes x right in the image, y down, z away from the camera;
unit = distance of the outer eye corners; origin = centroid of the stable points. "Right" and "left" are the person's.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

JAW = tuple(range(17))
RIGHT_BROW = tuple(range(17, 22))
LEFT_BROW = tuple(range(22, 27))
BROWS = RIGHT_BROW + LEFT_BROW
NOSE_BRIDGE = tuple(range(27, 31))
NOSE_BASE = tuple(range(31, 36))
NOSE = NOSE_BRIDGE + NOSE_BASE
RIGHT_EYE = tuple(range(36, 42))
LEFT_EYE = tuple(range(42, 48))
EYES = RIGHT_EYE + LEFT_EYE
OUTER_LIPS = tuple(range(48, 60))
INNER_LIPS = tuple(range(60, 68))
LIPS = OUTER_LIPS + INNER_LIPS

RIGHT_OUTER_CORNER = 36
LEFT_OUTER_CORNER = 45
EYE_CORNERS = (36, 39, 42, 45)

STABLE = NOSE + EYE_CORNERS
"""the points that speech and blinks do not move"""

MIRROR = (
    *range(16, -1, -1),  # jaw
    *range(26, 16, -1),  # brows
    *range(27, 31),
    *range(35, 30, -1),  # nose
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),  # eyes
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
    *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
)
"""index of each point's mirror image"""

# The person's right half and the midline, millimetres from the middle between the outer eye corners. Depths: the usual
# anthropometric proportions of an adult. Widths and heights: detections on eleven persons who look at the camera,
# registered, mirrored and averaged, lips of those whose mouths are closed; their mean pitch is the frontal pose.
_HALF_MILLIMETRES = {
    0: (-69.4, 5.3, 68.0),
    1: (-67.6, 24.3, 64.0),
    2: (-64.7, 42.9, 60.0),
    3: (-61.5, 61.1, 52.0),
    4: (-55.9, 78.0, 38.0),
    5: (-46.5, 92.7, 20.0),
    6: (-33.3, 104.3, 4.0),
    7: (-17.7, 113.1, -8.0),
    8: (0.0, 115.8, -13.0),
    17: (-58.2, -12.5, 4.0),
    18: (-49.5, -21.6, -7.0),
    19: (-36.9, -24.5, -15.0),
    20: (-23.9, -22.8, -19.0),
    21: (-11.9, -17.7, -21.0),
    27: (0.0, -3.3, -20.0),
    28: (0.0, 9.1, -27.0),
    29: (0.0, 21.2, -35.0),
    30: (0.0, 33.9, -42.0),
    31: (-13.9, 43.7, -20.0),
    32: (-7.2, 45.9, -24.0),
    33: (0.0, 47.9, -27.0),
    36: (-44.0, 0.0, 0.0),
    37: (-36.4, -4.8, -6.0),
    38: (-27.0, -4.6, -6.0),
    39: (-18.9, 1.7, -4.0),
    40: (-27.6, 3.6, -4.0),
    41: (-36.9, 3.7, -4.0),
    48: (-25.1, 71.4, -8.0),
    49: (-15.7, 66.0, -19.0),
    50: (-6.8, 62.8, -25.0),
    51: (0.0, 64.6, -26.0),
    57: (0.0, 81.1, -23.0),
    58: (-7.1, 80.4, -22.0),
    59: (-15.9, 77.7, -17.0),
    60: (-20.7, 71.4, -10.0),
    61: (-6.9, 69.3, -21.0),
    62: (0.0, 70.2, -22.0),
    66: (0.0, 72.3, -21.0),
    67: (-6.8, 71.5, -20.0),
}


def frontal_template() -> NDArray[np.float64]:
    """`(68, 3)` float64: symmetric, outer eye corners at distance 1, centroid of `STABLE` at the origin."""
    return _template().copy()


@lru_cache(maxsize=1)
def _template() -> NDArray[np.float64]:
    points = np.zeros((68, 3))
    for index, position in _HALF_MILLIMETRES.items():
        points[index] = position
        points[MIRROR[index]] = np.array(position) * (-1, 1, 1)
    points -= points[list(STABLE)].mean(axis=0)
    return points / np.linalg.norm(points[LEFT_OUTER_CORNER] - points[RIGHT_OUTER_CORNER])
