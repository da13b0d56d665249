"""One made frame held against what was asked for: lips and all landmarks found again, and who is seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from evaluation.metrics.lips import Detector, dlib_detector, redetected_landmark_distance

SAME_FACE = 0.5
"""distance of two dlib embeddings up to which a frame keeps the photo's identity; dlib takes 0.6 for one person"""

Embedder = Callable[[NDArray[np.uint8], NDArray[np.floating]], NDArray[np.float32]]
"""picture `(H, W, 3)` uint8 and landmarks `(68, 2)` -> embedding"""


def dlib_embedder() -> Embedder:
    """dlib's, whose weights come inside a package."""
    from anyonenet.face.embedding import FaceEmbedder

    return FaceEmbedder("dlib")


@dataclass(frozen=True)
class Sight:
    """What was found in a picture; None where it shows no face."""

    landmarks: Tensor | None  # (68, 2) pixels
    embedding: NDArray[np.float32] | None


class FrameJudge:
    """Looks at frames.

    Args:
        detector: finds landmarks; None: dlib's.
        embedder: says who it is; None: dlib's.
    """

    def __init__(self, detector: Detector | None = None, embedder: Embedder | None = None):
        self.detector, self.embedder = detector or dlib_detector(), embedder or dlib_embedder()

    def see(self, picture: Tensor, near: Tensor | None = None) -> Sight:
        """Face and identity in a picture `(3, H, W)` in [-1, 1]; `near` as of `Detector`."""
        found = self.detector(picture, near)
        if found is None:
            return Sight(None, None)
        return Sight(found, self.embedder(pixels_of(picture), found.numpy()))


def judged(sight: Sight, asked: Tensor, portrait: NDArray[np.float32] | None) -> dict[str, float]:
    """What a frame shows against what it should.

    Args:
        sight: of the frame.
        asked: `(68, 2)` pixels, the landmarks it should show.
        portrait: the photo's embedding; None: identity is not known.

    Returns:
        `lips` and `landmarks`, distances from those asked for in outer-eye distances, nan without a face;
        `faces_found`, 1 or 0; `identity`, the distance to the portrait, and `identity_held`, 1 where that is under
        `SAME_FACE`: a frame without a face has not kept it.
    """
    values = {"lips": math.nan, "landmarks": math.nan, "faces_found": 0.0, "identity": math.nan}
    values["identity_held"] = math.nan if portrait is None else 0.0
    if sight.landmarks is None:
        return values
    found = sight.landmarks.to(asked)
    values["faces_found"] = 1.0
    for name, points in (("lips", "lips"), ("landmarks", "all")):
        values[name] = float(redetected_landmark_distance(found, asked, points))
    if portrait is not None and sight.embedding is not None:
        values["identity"] = float(np.linalg.norm(sight.embedding - portrait))
        values["identity_held"] = float(values["identity"] < SAME_FACE)
    return values


def pixels_of(picture: Tensor) -> NDArray[np.uint8]:
    """`(3, H, W)` in [-1, 1] -> `(H, W, 3)` uint8."""
    pixels = ((picture.permute(1, 2, 0) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(pixels.cpu().numpy())
