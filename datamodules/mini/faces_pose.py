"""Head orientations as unit quaternions (w, x, y, z) in the picture's axes: x right, y down, z away."""

from __future__ import annotations

import numpy as np


def rotation(quaternion: np.ndarray) -> np.ndarray:
    """`(3, 3)` float32 rotation matrix of a unit quaternion (w, x, y, z)."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ],
        np.float32,
    )


def from_angles(yaw: float, pitch: float, roll: float) -> np.ndarray:
    """Unit quaternion (4,) of a head turned by yaw (to the picture's right), pitch (down), roll; radians."""
    cy, sy, cp, sp = np.cos(yaw / 2), np.sin(-yaw / 2), np.cos(pitch / 2), np.sin(pitch / 2)
    cr, sr = np.cos(roll / 2), np.sin(roll / 2)
    w, x, y, z = cy * cp, cy * sp, sy * cp, -sy * sp  # yaw then pitch
    return np.array([w * cr - z * sr, x * cr + y * sr, y * cr - x * sr, w * sr + z * cr])
