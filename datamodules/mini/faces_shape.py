"""The shape of a drawn head: 68 landmarks, further points of the face, and the surface through all of them.

Head frame: x right in the picture, y down, z away from the camera; unit = outer-eye-corner distance (about 92 mm);
origin midway between the outer eye corners. The surface is a radius over (angle about the vertical axis through
`AXIS_Z`, height): an anthropometric head plus a thin-plate spline that takes it exactly through the points.
Proportions are common anthropometric means (breadths, heights and depths of adult heads).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator, RBFInterpolator

from datamodules.mini.identity import Identity

AXIS_Z = 0.75
"""depth of the vertical axis of the head"""
NECK_T = 1.60
"""surface parameter where the underside of the jaw has become the neck"""

# the half of the face with x <= 0 in iBUG order: landmark -> (x, y, z); the other half mirrors it
_HALF = {
    0: (-0.79, 0.02, 0.72), 1: (-0.78, 0.23, 0.69), 2: (-0.75, 0.43, 0.62), 3: (-0.69, 0.62, 0.52),
    4: (-0.61, 0.80, 0.37), 5: (-0.49, 0.96, 0.18), 6: (-0.34, 1.09, -0.02), 7: (-0.17, 1.18, -0.16),
    8: (0, 1.21, -0.20),
    17: (-0.62, -0.20, 0.07), 18: (-0.52, -0.29, -0.07), 19: (-0.39, -0.325, -0.17), 20: (-0.26, -0.30, -0.23),
    21: (-0.13, -0.25, -0.265),
    27: (0, -0.03, -0.24), 28: (0, 0.13, -0.32), 29: (0, 0.28, -0.41), 30: (0, 0.42, -0.50),
    31: (-0.175, 0.50, -0.27), 32: (-0.09, 0.525, -0.335), 33: (0, 0.545, -0.365),
    36: (-0.50, 0.0, 0.0), 37: (-0.405, -0.065, -0.085), 38: (-0.28, -0.07, -0.115), 39: (-0.175, 0.02, -0.065),
    40: (-0.28, 0.05, -0.095), 41: (-0.395, 0.05, -0.075),
    48: (-0.275, 0.746, -0.185), 49: (-0.18, 0.70, -0.285), 50: (-0.065, 0.665, -0.35), 51: (0, 0.68, -0.36),
    57: (0, 0.89, -0.33), 58: (-0.085, 0.88, -0.32), 59: (-0.185, 0.84, -0.275),
    60: (-0.245, 0.748, -0.20), 61: (-0.085, 0.752, -0.32), 62: (0, 0.757, -0.335),
    66: (0, 0.757, -0.33), 67: (-0.085, 0.752, -0.315),
}  # fmt: skip
MIRROR = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37, 36,
     41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)  # fmt: skip
"""`(68,)` the landmark on the other side"""

# further points that give the face its relief (x >= 0; mirrored)
_RELIEF = {
    "cheekbone": (0.60, 0.24, 0.20), "under_eye": (0.34, 0.17, -0.105), "cheek": (0.42, 0.42, -0.075),
    "cheek_low": (0.47, 0.68, 0.07), "nasolabial": (0.30, 0.60, -0.155), "side_high": (0.105, 0.02, -0.135),
    "side_mid": (0.13, 0.20, -0.185), "side_low": (0.17, 0.36, -0.225), "wing": (0.15, 0.45, -0.335),
    "tip": (0.085, 0.43, -0.455), "crease": (0.255, 0.47, -0.175), "fold": (0.34, -0.145, -0.125),
    "fold_out": (0.53, -0.10, 0.04), "fold_in": (0.19, -0.12, -0.135), "temple": (0.70, -0.36, 0.27),
    "forehead": (0, -0.62, -0.285), "forehead_side": (0.33, -0.62, -0.215), "forehead_out": (0.57, -0.56, 0.0),
    "brow_mid": (0, -0.40, -0.275), "glabella": (0, -0.19, -0.275), "chin_fold": (0, 0.965, -0.255),
    "chin": (0, 1.08, -0.285), "chin_side": (0.16, 1.06, -0.225), "jaw_side": (0.56, 0.72, 0.17),
    "zygoma": (0.745, 0.10, 0.42), "philtrum": (0, 0.61, -0.345), "lip_side": (0.13, 0.60, -0.315),
    "mouth_side": (0.37, 0.78, -0.085), "below_lip": (0.17, 0.95, -0.225),
}  # fmt: skip

# the head without a face, over the surface parameter t: height, half breadth, depth in front of the axis
_PROFILE = np.array(
    [(-1.56, -1.34, 0.02, 0.02), (-1.48, -1.325, 0.20, 0.26), (-1.35, -1.27, 0.40, 0.51), (-1.2, -1.165, 0.555, 0.70),
     (-1.0, -0.98, 0.68, 0.85), (-0.7, -0.69, 0.78, 0.975), (-0.4, -0.40, 0.82, 1.01), (0, 0, 0.80, 0.97),
     (0.4, 0.4, 0.765, 1.00), (0.8, 0.8, 0.67, 1.03), (1.25, 1.25, 0.44, 0.95)]
)  # fmt: skip


@dataclass(frozen=True)
class HeadShape:
    """One person's head.

    `landmarks` (68, 3) float64 with the mouth closed; `points` further named points (x >= 0 side and their mirrors);
    `neck` half breadth of the neck; `lean` 0 to 1: how hollow the cheeks are.
    """

    landmarks: np.ndarray
    points: np.ndarray
    profile: np.ndarray
    neck: float

    def surface(self) -> Surface:
        """The skin through all points."""
        return Surface(self)


def _step(x: np.ndarray, low: float, high: float) -> np.ndarray:
    t = np.clip((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def head_shape(identity: Identity, rng: np.random.Generator) -> HeadShape:
    """Bend the mean head to the identity: sex, age and size shift the means, the rest is the person's own."""
    landmarks = np.empty((68, 3))
    for index, point in _HALF.items():
        landmarks[index] = point
        landmarks[MIRROR[index]] = (-point[0], point[1], point[2])
    relief = np.array(list(_RELIEF.values()))
    names = list(_RELIEF)
    both = np.concatenate([landmarks, relief, relief * (-1, 1, 1)])
    row = {name: [68 + k, 68 + len(names) + k] for k, name in enumerate(names)}

    def normal(spread: float = 1.0) -> float:
        return float(np.clip(rng.normal(), -2.2, 2.2)) * spread

    male = (1.0 if identity.sex == "m" else -1.0) * float(np.clip(1 + normal(0.25), 0.5, 1.5))
    old = (identity.age - 40) / 35
    size = identity.size
    x, y, z = both[:, 0].copy(), both[:, 1].copy(), both[:, 2].copy()
    outer = np.abs(x)

    # breadth of face and jaw, length of chin
    x *= 1 + _step(outer, 0.5, 0.75) * (0.060 * size + 0.012 * male + normal(0.013))
    x *= 1 + _step(y, 0.35, 0.95) * _step(outer, 0.1, 0.4) * (0.065 * male + 0.16 * size + normal(0.022))
    x *= 1 + np.exp(-(((y - 1.15) / 0.16) ** 2)) * (0.13 * male + normal(0.06))  # square or pointed chin
    y += _step(y, 0.85, 1.2) * (0.045 * male + 0.015 * size + 0.030 * old + normal(0.018))
    y += _step(y, 0.1, 0.55) * normal(0.018) + _step(y, 0.5, 0.75) * normal(0.014)
    z += _step(y, 0.85, 1.1) * (1 - _step(outer, 0.2, 0.5)) * (-0.02 * male + normal(0.02))
    jowl = _step(y, 0.65, 0.85) * (1 - _step(y, 0.9, 1.1)) * _step(outer, 0.3, 0.45)
    y += jowl * 0.025 * max(old, 0)
    x *= 1 + jowl * (0.03 * max(old, 0) + 0.07 * max(size, 0))
    # brow ridge and brows: lower, straighter and heavier on men
    ridge = np.exp(-(((y + 0.27) / 0.12) ** 2))
    z += ridge * (-0.022 * male + normal(0.012))
    brows = np.arange(17, 27)
    y[brows] += 0.030 * male + 0.012 * max(old, 0) + normal(0.016)
    arch = np.array([0.1, 0.7, 1, 0.6, 0, 0, 0.6, 1, 0.7, 0.1])
    y[brows] -= arch * (0.010 - 0.014 * male + normal(0.011))
    y[[17, 26]] += normal(0.015) + 0.02 * max(old, 0)
    # eyes: larger on women; outer corners up or down; lids fall with age
    opening = 0.96 - 0.10 * male - 0.18 * old - 0.07 * size + normal(0.06)
    for eye in (range(36, 42), range(42, 48)):
        y[list(eye)] *= opening
    y[[36, 45]] += 0.018 * max(old, 0) - 0.006 + normal(0.012)
    x[[39, 42]] *= 1 + normal(0.04)
    # nose
    nose = [31, 32, 34, 35, *row["wing"], *row["tip"]]
    x[nose] *= 1 + 0.075 * male + 0.21 * size + 0.06 * old + normal(0.05)
    nose_all = [28, 29, 30, 31, 32, 33, 34, 35, *row["wing"], *row["tip"], *row["side_low"]]
    y[nose_all] += _step(y[nose_all], 0.1, 0.5) * (0.018 * male + 0.02 * size + 0.040 * old + normal(0.013))
    bridge = [27, 28, 29, 30, *row["tip"], 31, 32, 33, 34, 35, *row["wing"], *row["side_mid"]]
    z[bridge] -= np.array([0.5, 0.9, 1, 1, *[0.9] * 2, *[0.4] * 5, 0.5, 0.5, 0.3, 0.3]) * (
        0.028 * male + 0.045 * size + normal(0.024)
    )
    y[30] += normal(0.012) + 0.012 * old
    # mouth: fuller lips on women, thinner with age
    lips = np.arange(48, 68)
    x[lips] *= 1 + 0.025 * male + normal(0.055)
    full = np.clip(1.0 - 0.17 * male - 0.30 * old + normal(0.10), 0.42, 1.6)
    full_up = full * np.clip(1 + normal(0.12), 0.7, 1.3)
    line = y[[62]].copy()
    y[49:54] = line + (y[49:54] - line) * full_up
    y[55:60] = line + (y[55:60] - line) * full
    z[[50, 51, 52, 56, 57, 58]] -= 0.016 * (full - 1)
    y[[48, 54, 60, 64]] += normal(0.012) + 0.008 * old
    # cheeks and cheekbones
    z[row["cheek"] + row["cheek_low"]] += -0.055 * size + 0.04 * old + normal(0.014)
    x[row["cheekbone"] + row["zygoma"]] *= 1 + normal(0.025) - 0.008 * male
    # nobody is quite symmetric
    x += rng.normal(0, 0.0035, len(x))
    y += rng.normal(0, 0.0035, len(y))

    bent = np.stack([x, y, z], 1)
    bent[66] = bent[62] + (0, 0, 0.005)
    bent[[67, 65]] = bent[[61, 63]] + (0, 0, 0.005)
    profile = _PROFILE.copy()
    forehead = 1 + 0.03 * normal() + 0.02 * male
    profile[profile[:, 1] < -0.3, 1] *= forehead
    profile[:, 2] *= 1 + 0.035 * size + 0.012 * male + normal(0.012)
    neck = 0.485 + 0.055 * male + 0.085 * size + normal(0.015)
    return HeadShape(bent[:68], bent[68:], profile, neck)


class Surface:
    """The skin as a function of (angle, t): t is the height on the head, and runs on under the jaw and on the neck."""

    def __init__(self, shape: HeadShape):
        self.shape = shape
        profile = shape.profile
        self._height = PchipInterpolator(profile[:, 0], profile[:, 1], extrapolate=True)
        self._breadth = PchipInterpolator(profile[:, 0], profile[:, 2], extrapolate=True)
        self._front = PchipInterpolator(profile[:, 0], profile[:, 3], extrapolate=True)
        points = np.concatenate([shape.landmarks, shape.points])
        points = points[np.unique(np.round(points, 6), axis=0, return_index=True)[1]]
        angle, t = self.parameters(points)
        radius = np.hypot(points[:, 0], AXIS_Z - points[:, 2])
        rest = [(a, t) for a in (-1.9, -1.2, -0.6, 0, 0.6, 1.2, 1.9) for t in (-1.5, -1.25, -1.0)]
        rest += [(a, t) for a in (-2.2, -1.85, 1.85, 2.2) for t in (-0.6, -0.2, 0.2, 0.6, 1.0, 1.4)]
        where = np.concatenate([np.stack([angle, t], 1), np.array(rest)])
        residual = np.concatenate([radius - self._plain(angle, t), np.zeros(len(rest))])
        self._residual = RBFInterpolator(where, residual, smoothing=1e-5)
        jaw = shape.landmarks[:17]
        jaw_angle = np.arctan2(jaw[:, 0], AXIS_Z - jaw[:, 2])
        self._jaw_y = CubicSpline(jaw_angle, jaw[:, 1])
        self._jaw_range = (jaw_angle[0], jaw_angle[-1])

    def _plain(self, angle: np.ndarray, t: np.ndarray) -> np.ndarray:
        return 1 / np.hypot(np.sin(angle) / self._breadth(t), np.cos(angle) / self._front(t))

    def parameters(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(angle, t) of points (N, 3) on the head above the jaw."""
        profile = self.shape.profile
        angle = np.arctan2(points[:, 0], AXIS_Z - points[:, 2])
        return angle, np.interp(points[:, 1], profile[:, 1], profile[:, 0])

    def jaw(self, angle: np.ndarray) -> np.ndarray:
        """The surface parameter t of the jaw line at angles of any shape: the same shape."""
        low, high = self._jaw_range
        inside = self._jaw_y(np.clip(angle, low, high))
        return inside

    def __call__(self, angle: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Points (N, 3) at parameters (N,), (N,)."""
        jaw = self.jaw(angle)
        above = np.minimum(t, jaw)
        radius = self._plain(angle, above) + self._residual(np.stack([angle, above], 1))
        height = self._height(above)
        below = np.clip((t - jaw) / (NECK_T - jaw), 0, 1)
        blend = below * below * (3 - 2 * below)
        # the head turns under: quickly in front (chin), slowly at the side (behind the jaw angle)
        neck = self.shape.neck
        side = np.abs(np.sin(angle))
        neck_radius = 1 / np.hypot(np.sin(angle) / neck, np.cos(angle) / (neck * 0.62))
        neck_y = 1.40 - 0.05 * side
        under = np.clip(1.6 * below, 0, 1)
        radius = radius + (neck_radius - radius) * (blend * (0.5 + 0.5 * side) + (1 - (0.5 + 0.5 * side)) * under)
        height = height + (neck_y - height) * np.where(below > 0, below, 0)
        down = np.maximum(t - NECK_T, 0)
        radius = radius + 0.12 * down**2 * (0.4 + side)
        height = height + down
        return np.stack([radius * np.sin(angle), height, AXIS_Z - radius * np.cos(angle)], 1)
