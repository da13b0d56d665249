"""Brushes for the textures of drawn persons: soft shapes, strokes, noise, flowing strands. All in numpy and OpenCV."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

_SHIFT = 4  # OpenCV draws at 1/16 texel


def noise(rng: np.random.Generator, shape: tuple[int, int], grain: float) -> np.ndarray:
    """Smooth noise of zero mean and unit spread, `grain` texels across: `shape` float32."""
    small = (max(int(shape[0] / grain), 2) + 3, max(int(shape[1] / grain), 2) + 3)
    coarse = rng.normal(size=small).astype(np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return (smooth - smooth.mean()) / (smooth.std() + 1e-6)


def blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    return cv2.GaussianBlur(mask, (0, 0), sigma) if sigma > 0.2 else mask


def polygon(shape: tuple[int, int], points: np.ndarray, soft: float = 0.6) -> np.ndarray:
    """Mask (0 to 1, float32) of a filled outline (N, 2), its edge softened by `soft` texels."""
    mask = np.zeros(shape, np.float32)
    cv2.fillPoly(mask, [np.round(points * 2**_SHIFT).astype(np.int32)], 1.0, cv2.LINE_AA, _SHIFT)
    return blurred(mask, soft)


def line(shape: tuple[int, int], points: np.ndarray, width: np.ndarray | float, soft: float = 0.6) -> np.ndarray:
    """Mask of a curve (N, 2) whose width may change along it (texels)."""
    mask = np.zeros(shape, np.uint8)
    widths = np.broadcast_to(np.asarray(width, float), len(points))
    at = np.round(points * 2**_SHIFT).astype(np.int32)
    for k in range(len(points) - 1):
        thick = (widths[k] + widths[k + 1]) / 2
        strength = int(255 * min(thick, 1.0))
        if strength > 4:
            layer_width = max(int(round(thick)), 1)
            cv2.line(mask, at[k].tolist(), at[k + 1].tolist(), strength, layer_width, cv2.LINE_AA, _SHIFT)
    return blurred(mask.astype(np.float32) / 255, soft)


def strokes(shape: tuple[int, int], starts: np.ndarray, ends: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Mask of many hairs (N, 2) -> (N, 2), each `strength` (0 to 1)."""
    mask = np.zeros(shape, np.uint8)
    a, b = (np.round(p * 2**_SHIFT).astype(np.int32).tolist() for p in (starts, ends))
    for begin, end, value in zip(a, b, (255 * strength).astype(int).tolist(), strict=True):
        cv2.line(mask, begin, end, value, 1, cv2.LINE_AA, _SHIFT)
    return mask.astype(np.float32) / 255


def spot(u: np.ndarray, v: np.ndarray, centre: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    """Gaussian blob over coordinate planes u, v."""
    return np.exp(-(((u - centre[0]) / radii[0]) ** 2) - ((v - centre[1]) / radii[1]) ** 2)


def mix(picture: np.ndarray, colour: np.ndarray | Sequence[float], mask: np.ndarray) -> None:
    """Lay a colour over `picture` (h, w, 3) in place where `mask` (h, w) says."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if len(rows):
        part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        target = np.asarray(colour, np.float32)
        window = picture[part]
        window += mask[part][..., None] * ((target[part] if target.ndim == 3 else target) - window)


def flowing(rng: np.random.Generator, flow: np.ndarray, grain: float, doublings: int = 4) -> np.ndarray:
    """Strands: noise smeared along a flow field (line integral convolution by doubling the step).

    Args:
        flow: `(h, w, 2)` float32 unit directions (u, v) in texels.
        grain: thickness of a strand in texels.
        doublings: the strands are about 2**doublings * 2 texels long.

    Returns:
        `(h, w)` float32 of zero mean and unit spread.
    """
    height, width = flow.shape[:2]
    strands = noise(rng, (height, width), grain)
    v, u = np.mgrid[:height, :width].astype(np.float32)
    for k in range(doublings):
        step = flow * (1.5 * 2**k)
        ahead = cv2.remap(strands, u + step[..., 0], v + step[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        strands = (strands + ahead) * 0.5
    return (strands - strands.mean()) / (strands.std() + 1e-6)


def smooth_step(x: np.ndarray | float, low: float, high: float) -> np.ndarray:
    s = np.clip((np.asarray(x, np.float32) - low) / (high - low), 0, 1)
    return s * s * (3 - 2 * s)


def texture(colour: np.ndarray, opacity: np.ndarray | float, gloss: np.ndarray | float) -> np.ndarray:
    """`(h, w, 5)` uint8 for the rasteriser from display colours (0 to 1), opacity and gloss."""
    planes = np.empty((*colour.shape[:2], 5), np.float32)
    planes[..., :3], planes[..., 3], planes[..., 4] = colour, opacity, gloss
    return np.round(np.clip(planes, 0, 1) * 255).astype(np.uint8)
