"""The mean face: 68 landmarks in 3-D, frontal, at rest, and the names of their groups.

Order of the points as in iBUG 300-W (Sagonas et al. 2013). Axes x right in the image, y down, z away from the camera;
unit = distance of the outer eye corners; origin = centroid of the stable points. "Right" and "left" are the person's.
"""

from __future__ import annotations

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

# The person's right half and the midline, millimetres from the middle between the outer eye corners. Widths and
# heights: dlib detections on photographs of several adults with closed mouths, registered, mirrored and averaged.
# Depths: from the usual anthropometric proportions of an adult (corners of the eyes, nose, lips, chin, ears).
_HALF_MILLIMETRES = {
    0: (-70.0, 2.0, 68.0),
    1: (-69.0, 20.0, 64.0),
    2: (-66.0, 38.0, 60.0),
    3: (-62.0, 55.0, 52.0),
    4: (-55.0, 70.0, 38.0),
    5: (-44.0, 83.0, 20.0),
    6: (-30.0, 92.0, 4.0),
    7: (-15.0, 98.0, -8.0),
    8: (0.0, 100.0, -13.0),
    17: (-56.0, -16.0, 4.0),
    18: (-49.0, -24.0, -7.0),
    19: (-38.0, -27.0, -15.0),
    20: (-26.0, -25.0, -19.0),
    21: (-15.0, -20.0, -21.0),
    27: (0.0, -3.0, -20.0),
    28: (0.0, 11.0, -27.0),
    29: (0.0, 24.0, -35.0),
    30: (0.0, 37.0, -42.0),
    31: (-16.0, 48.0, -20.0),
    32: (-8.0, 51.0, -24.0),
    33: (0.0, 53.0, -27.0),
    36: (-44.0, 0.0, 0.0),
    37: (-36.0, -6.0, -6.0),
    38: (-26.0, -6.0, -6.0),
    39: (-17.0, 2.0, -4.0),
    40: (-26.0, 5.0, -4.0),
    41: (-36.0, 5.0, -4.0),
    48: (-26.0, 74.0, -8.0),
    49: (-17.0, 69.0, -19.0),
    50: (-7.0, 66.0, -25.0),
    51: (0.0, 68.0, -26.0),
    57: (0.0, 84.0, -23.0),
    58: (-8.0, 83.0, -22.0),
    59: (-17.0, 80.0, -17.0),
    60: (-23.0, 74.0, -10.0),
    61: (-8.0, 73.5, -21.0),
    62: (0.0, 74.0, -22.0),
    66: (0.0, 75.0, -21.0),
    67: (-8.0, 75.0, -20.0),
}


def frontal_template() -> NDArray[np.float64]:
    """`(68, 3)` float64: symmetric, outer eye corners at distance 1, centroid of `STABLE` at the origin."""
    points = np.zeros((68, 3))
    for index, position in _HALF_MILLIMETRES.items():
        points[index] = position
        points[MIRROR[index]] = np.array(position) * (-1, 1, 1)
    points -= points[list(STABLE)].mean(axis=0)
    return points / np.linalg.norm(points[LEFT_OUTER_CORNER] - points[RIGHT_OUTER_CORNER])
