"""An eye in a frame: where its lids are, how open it would be, and how far the landmarks ask it to close."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

_MEETING_OPENING = 0.12
"""share of the open eye below which the lids are drawn as meeting"""


@dataclass(frozen=True)
class EyeIndices:
    """Landmarks of one eye in the order of the picture, from left to right."""

    corners: tuple[int, int]
    upper: tuple[int, int]
    lower: tuple[int, int]


EYE_INDICES = (EyeIndices((36, 39), (37, 38), (41, 40)), EyeIndices((42, 45), (43, 44), (47, 46)))


@dataclass(frozen=True)
class _Lid:
    """n(t) = t (1 - t) (a + b t): a lid's edge, pixels below the line through the corners at share t of its length."""

    a: float
    b: float

    def __call__(self, t: Array) -> Array:
        inside = np.clip(t, 0.0, 1.0)
        return inside * (1 - inside) * (self.a + self.b * inside)


def _lid_through(t: list[float], n: list[float]) -> _Lid:
    first, second = _clipped(t[0], 0.15, 0.48), _clipped(t[1], 0.52, 0.85)
    low, high = n[0] / (first * (1 - first)), n[1] / (second * (1 - second))
    b = (high - low) / (second - first)
    return _Lid(low - b * first, b)


def _clipped(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


class EyePose:
    """One eye as it stands in a frame: its axes, its lids in the photo's opening, and the lids asked for.

    Points of the plane are complex numbers here, x + iy: a quotient by the eye's axis turns and measures in one.

    Args:
        indices: which eye.
        points: (68,) pixels of the frame.
        skull: (68,) the same as the head alone would move them.
    """

    def __init__(self, indices: EyeIndices, points: NDArray[np.complex128], skull: NDArray[np.complex128]) -> None:
        order = [*indices.corners, *indices.upper, *indices.lower]
        inner, outer, *lids = points[order].tolist()
        inner_skull, outer_skull, *open_lids = skull[order].tolist()
        shift = (inner - inner_skull + outer - outer_skull) / 2
        self.start: complex = inner
        self.length = max(abs(outer - inner), 1.0)
        self.along: complex = (outer - inner) / self.length
        self.down = 1j * self.along
        self.open_lids = [lid + shift for lid in open_lids]  # upper two, lower two
        axis = self.length * self.along
        axis = axis if axis else 1.0
        places = [(lid - inner) / axis for lid in self.open_lids]
        t, deep = [place.real for place in places], [place.imag * self.length for place in places]
        asked = [((lid - inner) / axis).imag * self.length for lid in lids]
        outwards = (-1, -1, 1, 1)
        self.widening = [max(sign * (new - old), 0.0) for sign, new, old in zip(outwards, asked, deep)]
        self.upper, self.lower = _lid_through(t[:2], deep[:2]), _lid_through(t[2:], deep[2:])
        gaps = [deep[2] - deep[0], deep[3] - deep[1]]
        share = (asked[2] + asked[3] - asked[0] - asked[1]) / max(sum(gaps), 1.0)
        self.closing = 1.0 - _clipped((share - _MEETING_OPENING) / (1 - _MEETING_OPENING), 0.0, 1.0)
        # the lids come together at the height asked for, as far as `closing` says
        upper_moves = max(asked[0] - deep[0], 0.0) + max(asked[1] - deep[1], 0.0)
        lower_moves = max(deep[2] - asked[2], 0.0) + max(deep[3] - asked[3], 0.0)
        total = upper_moves + lower_moves
        low = min(lower_moves / total, 0.5) * self.closing if total > 2e-6 else 0.0
        self.asked_upper = _lid_through(t[:2], [deep[k] + (self.closing - low) * gaps[k] for k in (0, 1)])
        self.asked_lower = _lid_through(t[2:], [deep[2 + k] - low * gaps[k] for k in (0, 1)])

    def outline(self) -> Array:
        """(34, 2) pixels around the open eye."""
        t = np.linspace(0, 1, 17, dtype=np.float32)
        around = np.concatenate([t, t[::-1]])
        deep = np.concatenate([self.upper(t), self.lower(t[::-1])])
        return plane_points(self.start + around * self.length * self.along + deep * self.down)


def complex_points(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    """(N, 2) or more columns -> (N,) x + iy."""
    return points[:, 0] + 1j * points[:, 1]


def plane_points(points: NDArray[np.complexfloating]) -> Array:
    """(N,) x + iy -> (N, 2)."""
    return np.stack([points.real, points.imag], 1).astype(np.float32)
