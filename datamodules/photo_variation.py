"""What cameras and prints do to a picture: colour, light, sharpness, grain, compression. The face stays in its place.

Put on faces before they are embedded, so that a face encoder trained on one kind of picture carries over to others.
"""

from __future__ import annotations

import cv2
import numpy as np


def vary_photo(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One random treatment: `(H, W, 3)` uint8 RGB -> the same shape."""
    levels = image.astype(np.float32) / 255
    levels = _shaded(levels, rng)
    levels = np.clip(levels, 0, 1) ** np.exp(rng.uniform(-0.5, 0.5))
    grey = levels @ np.array([0.299, 0.587, 0.114], np.float32)
    saturation = 0.0 if rng.random() < 0.15 else rng.uniform(0.4, 1.5)
    levels = grey[..., None] + saturation * (levels - grey[..., None])
    if rng.random() < 0.15:  # old prints
        levels = grey[..., None] * np.array([1.08, 0.98, 0.80], np.float32)
    levels = (levels - 0.5) * rng.uniform(0.7, 1.4) + 0.5 + rng.uniform(-0.1, 0.1)
    levels = levels * (1 + rng.normal(0, 0.08, 3)).astype(np.float32)
    levels = _resampled(levels, rng)
    if rng.random() < 0.5:
        levels = levels + rng.normal(0, rng.uniform(0.005, 0.04), levels.shape[:2] + (1,)).astype(np.float32)
    varied = np.clip(levels * 255 + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.4:
        quality = int(rng.integers(25, 80))
        _, packed = cv2.imencode(".jpg", varied, [cv2.IMWRITE_JPEG_QUALITY, quality])
        varied = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), dtype=np.uint8)
    return varied


def _shaded(levels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Light from one side: a linear fall across the picture in a random direction."""
    height, width = levels.shape[:2]
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.5)
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)
    return levels * (1 + depth * (np.cos(angle) * x[None] + np.sin(angle) * y[:, None]))[..., None].astype(np.float32)


def _resampled(levels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Out of focus, or enlarged from a smaller picture, or neither."""
    height, width = levels.shape[:2]
    kind = rng.integers(4)
    if kind == 0:
        return cv2.GaussianBlur(levels, (0, 0), float(rng.uniform(0.4, 0.008 * width + 0.5)))
    if kind == 1:
        factor = rng.uniform(0.35, 0.9)
        small = cv2.resize(
            levels, (max(8, int(width * factor)), max(8, int(height * factor))), interpolation=cv2.INTER_AREA
        )
        return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    if kind == 2:  # sharpened
        return levels + rng.uniform(0.2, 0.9) * (levels - cv2.GaussianBlur(levels, (0, 0), 1.2))
    return levels
