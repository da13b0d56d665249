"""Measures of the mouth on 68 landmarks; for numpy arrays and torch tensors alike."""

from __future__ import annotations

from typing import Any

from anyonenet.face.template import INNER_LIPS, OUTER_LIPS


def polygon_area(points: Any) -> Any:
    """Area of closed polygons, `(..., corners, 2)` -> `(...)`, in squared units of the points (shoelace formula)."""
    x, y = points[..., 0], points[..., 1]
    # slices, since picking by index costs more than all the arithmetic
    along = (x[..., :-1] * y[..., 1:] - x[..., 1:] * y[..., :-1]).sum(-1)
    return abs(along + x[..., -1] * y[..., 0] - x[..., 0] * y[..., -1]) / 2


def mouth_area(landmarks: Any, contour: str = "inner") -> Any:
    """Area inside the lips.

    Args:
        landmarks: `(..., 68, 2)` or `(..., 68, 3)`; depth is ignored.
        contour: 'inner' is the open mouth (points 60 to 67), 'outer' the mouth with its lips (48 to 59).

    Returns:
        `(...)`, in squared units of the landmarks.

    Raises:
        ValueError: another contour.
    """
    contours = {name: slice(lips[0], lips[-1] + 1) for name, lips in (("inner", INNER_LIPS), ("outer", OUTER_LIPS))}
    if contour not in contours:
        raise ValueError(f"contour is '{contour}'; choose 'inner' or 'outer'")
    return polygon_area(landmarks[..., contours[contour], :2])


def mouth_opening(landmarks: Any) -> Any:
    """Mean gap between the inner lips (61-67, 62-66, 63-65), down positive: `(..., 68, 2|3)` -> `(...)`."""
    return (landmarks[..., [67, 66, 65], 1] - landmarks[..., [61, 62, 63], 1]).mean(-1)


def mouth_width(landmarks: Any) -> Any:
    """Distance between the mouth corners (48 and 54): `(..., 68, 2|3)` -> `(...)`."""
    step = landmarks[..., 54, :2] - landmarks[..., 48, :2]
    return (step**2).sum(-1) ** 0.5
