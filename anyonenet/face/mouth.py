"""Measures of the mouth on 68 landmarks; for numpy arrays and torch tensors alike."""

from __future__ import annotations

from typing import Any

from anyonenet.face.template import INNER_LIPS, OUTER_LIPS


def polygon_area(points: Any) -> Any:
    """Area of closed polygons, `(..., corners, 2)` -> `(...)`, in squared units of the points (shoelace formula)."""
    following = [*range(1, points.shape[-2]), 0]
    x, y = points[..., 0], points[..., 1]
    return abs((x * y[..., following] - x[..., following] * y).sum(-1)) / 2


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
    contours = {"inner": INNER_LIPS, "outer": OUTER_LIPS}
    if contour not in contours:
        raise ValueError(f"contour is '{contour}'; choose 'inner' or 'outer'")
    return polygon_area(landmarks[..., list(contours[contour]), :2])


def mouth_opening(landmarks: Any) -> Any:
    """Mean gap between the inner lips (61-67, 62-66, 63-65), down positive: `(..., 68, 2|3)` -> `(...)`."""
    return (landmarks[..., [67, 66, 65], 1] - landmarks[..., [61, 62, 63], 1]).mean(-1)


def mouth_width(landmarks: Any) -> Any:
    """Distance between the mouth corners (48 and 54): `(..., 68, 2|3)` -> `(...)`."""
    step = landmarks[..., 54, :2] - landmarks[..., 48, :2]
    return (step**2).sum(-1) ** 0.5
