"""Whether a picture shows the landmarks that were asked for: they are found again in it and compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from evaluation.metrics.aggregates import ItemMean


class Detector(Protocol):
    """Finds landmarks."""

    def __call__(self, picture: Tensor, near: Tensor | None = None) -> Tensor | None:
        """`(68, 2)` pixels, or None where no face is shown.

        Args:
            picture: `(3, H, W)` in [-1, 1].
            near: `(N, 2)` pixels: of several faces the one is meant whose middle is nearest to theirs; None: the
                largest.
        """
        ...


POINTS = {"lips": slice(48, 68), "all": slice(0, 68)}


def redetected_landmark_distance(found: Tensor, wanted: Tensor, points: str = "lips") -> Tensor:
    """Mean distance of landmarks found in a picture from those it should show.

    Args:
        found, wanted: `(..., 68, 2)` pixels.
        points: 'lips' (48-67) or 'all'.

    Returns:
        `(...)`, in outer-eye distances (36 to 45) of the wanted face.

    Raises:
        ValueError: the shapes differ or are not of landmarks, unknown points.
    """
    if found.shape != wanted.shape or found.shape[-2:] != (68, 2):
        raise ValueError(f"found is {tuple(found.shape)}, wanted {tuple(wanted.shape)}; expected (..., 68, 2) twice")
    _check_points(points)
    apart = (found - wanted)[..., POINTS[points], :].norm(dim=-1).mean(-1)
    return apart / (wanted[..., 36, :] - wanted[..., 45, :]).norm(dim=-1)


class RedetectedLandmarkDistance(ItemMean):
    """Mean of `redetected_landmark_distance` over pictures; `undefined` counts those in which no face is found.

    Args:
        detector: what finds landmarks; see `dlib_detector`. Its own error on true pictures is part of the figure:
            measure those too and say both.
        points: 'lips' or 'all'.
    """

    higher_is_better = False

    def __init__(self, detector: Detector | None = None, points: str = "lips", **kwargs: Any):
        super().__init__(**kwargs)
        _check_points(points)
        self.detector, self.points = detector or dlib_detector(), points

    def update(self, pictures: Tensor | Sequence[Tensor], wanted: Tensor) -> None:
        """`(batch, 3, H, W)` in [-1, 1] and `(batch, 68, 2)` pixels."""
        if len(pictures) != len(wanted):
            raise ValueError(f"{len(pictures)} pictures and {len(wanted)} landmarks; expected one a picture")
        for picture, asked in zip(pictures, wanted):
            found = self.detector(picture)
            if found is None:
                self.add(torch.tensor(torch.nan))
            else:
                self.add(redetected_landmark_distance(found.to(asked), asked, self.points))


def dlib_detector() -> Detector:
    """dlib's, whose weights come with its package."""
    import numpy as np

    from anyonenet.errors import FaceError
    from anyonenet.face.detection import detect_faces
    from anyonenet.face.landmarks import LandmarkDetector

    detector = LandmarkDetector("dlib")

    def detect(picture: Tensor, near: Tensor | None = None) -> Tensor | None:
        pixels = ((picture.permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
        image = np.ascontiguousarray(pixels.cpu().numpy())
        boxes = detect_faces(image)
        if near is not None:
            middle = near.double().mean(0).numpy()
            boxes.sort(key=lambda box: float(np.hypot(*(np.array(box.centre) - middle))))
        try:
            return torch.from_numpy(detector(image, boxes[0])[:, :2]) if boxes else None
        except FaceError:  # a box around what the landmarks do not take for a face
            return None

    return detect


def _check_points(points: str) -> None:
    if points not in POINTS:
        raise ValueError(f"points are '{points}'; choose 'lips' or 'all'")
