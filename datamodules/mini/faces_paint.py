"""Brushes for the textures of drawn persons: soft shapes, strokes, noise, flowing strands. All in numpy and OpenCV."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

_SHIFT = 4  # OpenCV draws at 1/16 texel


def noise(rng: np.random.Generator, shape: tuple[int, int], grain: float) -> np.ndarray:
    """Smooth noise of zero mean and unit spread, `grain` texels across: `shape` (h, w) float32."""
    small = (max(int(shape[0] / grain), 2) + 3, max(int(shape[1] / grain), 2) + 3)
    coarse = rng.normal(size=small).astype(np.float32)
    smooth = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return (smooth - smooth.mean()) / (smooth.std() + 1e-6)


def blurred(mask: np.ndarray, sigma: float) -> np.ndarray:
    """`(h, w)` softened by a Gaussian of `sigma` texels; too small a one is none."""
    return cv2.GaussianBlur(mask, (0, 0), sigma) if sigma > 0.2 else mask


def polygon(shape: tuple[int, int], points: np.ndarray, soft: float = 0.6) -> np.ndarray:
    """Mask (0 to 1, float32) of a filled outline (N, 2), its edge softened by `soft` texels."""
    part, at = _window(shape, points, soft)
    mask = np.zeros(shape, np.float32)
    drawn = np.zeros_like(mask[part])
    cv2.fillPoly(drawn, [at], 1.0, cv2.LINE_AA, _SHIFT)
    mask[part] = blurred(drawn, soft)
    return mask


def line(shape: tuple[int, int], points: np.ndarray, width: np.ndarray | float, soft: float = 0.6) -> np.ndarray:
    """Mask of a curve (N, 2) whose width may change along it (texels)."""
    widths = np.broadcast_to(np.asarray(width, float), len(points))
    part, at = _window(shape, points, soft, float(widths.max()))
    mask = np.zeros(shape, np.float32)
    drawn = np.zeros(mask[part].shape, np.uint8)
    for k in range(len(points) - 1):
        thick = (widths[k] + widths[k + 1]) / 2
        strength = int(255 * min(thick, 1.0))
        if strength > 4:
            layer_width = max(int(round(thick)), 1)
            cv2.line(drawn, at[k].tolist(), at[k + 1].tolist(), strength, layer_width, cv2.LINE_AA, _SHIFT)
    mask[part] = blurred(drawn.astype(np.float32) / 255, soft)
    return mask


def _window(
    shape: tuple[int, int], points: np.ndarray, soft: float, width: float = 0.0
) -> tuple[tuple[slice, slice], np.ndarray]:
    """Where in a picture of `shape` a drawing may leave its mark, and its points there in OpenCV's fixed point."""
    reach = int(5 * soft + width) + 24  # blur, pen, and a margin that keeps the blur's arithmetic that of the whole
    low = np.clip(np.floor(points.min(0)).astype(int) - reach, 0, (shape[1] - 1, shape[0] - 1))
    high = np.clip(np.ceil(points.max(0)).astype(int) + reach, low + 1, (shape[1], shape[0]))
    at = np.round(points * 2**_SHIFT).astype(np.int32) - (low * 2**_SHIFT).astype(np.int32)
    return (slice(low[1], high[1]), slice(low[0], high[0])), at


def strokes(shape: tuple[int, int], starts: np.ndarray, ends: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Mask of many hairs (N, 2) -> (N, 2), each `strength` (0 to 1)."""
    mask = np.zeros(shape, np.uint8)
    a, b = (np.round(p * 2**_SHIFT).astype(np.int32).tolist() for p in (starts, ends))
    for begin, end, value in zip(a, b, (255 * strength).astype(int).tolist(), strict=True):
        cv2.line(mask, begin, end, value, 1, cv2.LINE_AA, _SHIFT)
    return mask.astype(np.float32) / 255


def spot(u: np.ndarray, v: np.ndarray, centre: tuple[float, float], radii: tuple[float, float]) -> np.ndarray:
    """Gaussian blob over coordinate planes u, v (or a row of u and a column of v)."""
    return np.exp(-(((u - centre[0]) / radii[0]) ** 2) - ((v - centre[1]) / radii[1]) ** 2)


def mix(picture: np.ndarray, colour: np.ndarray | Sequence[float], mask: np.ndarray) -> None:
    """Lay a colour (3,) over `picture` (h, w, 3) in place where `mask` (h, w) says."""
    part = _touched(mask)
    if part is not None:
        cover = mask[part]
        for channel, target in enumerate(np.asarray(colour, np.float32)):
            window = picture[part][..., channel]
            window += cover * (target - window)


def shade(picture: np.ndarray, mask: np.ndarray, channels: np.ndarray | Sequence[float] = (1.0, 1.0, 1.0)) -> None:
    """Darken `picture` (h, w, 3) in place by the share `mask` (h, w), times a number for each channel."""
    part = _touched(mask)
    if part is not None:
        cover = mask[part]
        for channel, strength in enumerate(channels):
            window = picture[part][..., channel]
            window *= 1 - cover * strength


def scale(picture: np.ndarray, factor: np.ndarray) -> None:
    """Multiply `picture` (h, w, 3) in place by `factor` (h, w): channel by channel, three times as fast as at once."""
    for channel in range(3):
        picture[..., channel] *= factor


def _touched(mask: np.ndarray) -> tuple[slice, slice] | None:
    """The smallest window of a mask that holds all of it that is not 0."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if len(rows) else None


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
    """0 below `low`, 1 above `high`, a cubic between: the shape of `x`, float32."""
    s = np.clip((np.asarray(x, np.float32) - low) / (high - low), 0, 1)
    return s * s * (3 - 2 * s)


def texture(colour: np.ndarray, opacity: np.ndarray | float, gloss: np.ndarray | float) -> np.ndarray:
    """`(h, w, 5)` uint8 for the rasteriser from display colours (0 to 1), opacity and gloss."""
    planes = np.empty((*colour.shape[:2], 5), np.float32)
    planes[..., :3], planes[..., 3], planes[..., 4] = colour, opacity, gloss
    np.clip(planes, 0, 1, out=planes)
    planes *= 255
    return np.rint(planes, out=planes).astype(np.uint8)
