"""The teeth that a photo shows: cut out of it, upper and lower rows apart."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from anyonenet.render.raster import fill_polygon, smoothstep
from anyonenet.render.seam import darkest_path
from anyonenet.render.teeth import Layer, canvas

Array = NDArray[np.float32]


_SPECK = 0.2
"""share of the largest piece of teeth below which a piece is none"""
_TEETH_LIGHTER = 14.0
"""by how much teeth outshine the lips where lips are barely apart, in CIELAB lightness scaled to 255"""


def shows_teeth(photo: NDArray[np.uint8], upper: Array, lower: Array) -> bool:
    """Whether lips that are barely apart show teeth: something clearly lighter than the lips between them.

    Args:
        photo: (H, W, 3) uint8.
        upper, lower: (9, 2) pixels, inner edges of the lips.
    """
    inside = np.zeros(photo.shape[:2], np.uint8)
    fill_polygon(inside, np.concatenate([upper, lower[::-1]]))
    gap = float(np.linalg.norm(lower[len(lower) // 2] - upper[len(upper) // 2]))
    # the lips: as much again above and below the opening
    down = (lower - upper).mean(0) / max(float(np.linalg.norm((lower - upper).mean(0))), 1e-6)
    reach = max(1.5 * gap, 3.0) * down
    around = np.zeros_like(inside)
    fill_polygon(around, np.concatenate([upper[2:7] - reach, (lower[2:7] + reach)[::-1]]))
    around[np.asarray(cv2.dilate(inside, np.ones((3, 3), np.uint8))) > 0] = 0
    if not inside.any() or not around.any():
        return False
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    teeth, lips = np.quantile(lab[inside > 0], 0.75, axis=0), np.median(lab[around > 0], axis=0)
    redness = np.median(lab[inside > 0][:, 1]) - lips[1]
    return bool(teeth[0] - lips[0] > _TEETH_LIGHTER and redness < 0)


def photo_teeth(
    photo: NDArray[np.uint8], upper: Array, lower: Array, unit: float, lip: Array
) -> tuple[Layer | None, Layer | None]:
    """The upper and the lower teeth that an open mouth shows, cut out of the photo; None for those it does not show.

    Teeth are brighter than the dark of the mouth and less coloured than the lips. Where a dark line runs between two
    rows, what is below it belongs to the jaw. Away from the opening each row goes on with the colours of its last
    visible part, for lips that draw back farther than in the photo.

    Args:
        photo: (H, W, 3) uint8.
        upper: (9, 2) pixels, inner edge of the upper lip.
        lower: (9, 2) pixels, of the lower lip.
        unit: pixels to one outer-eye distance.
        lip: (3,) RGB of the lips.
    """
    axis = upper[-1] - upper[0]
    axis = axis / max(float(np.hypot(*axis)), 1e-6)
    axes = np.array([[axis[0], -axis[1]], [axis[1], axis[0]]], np.float64)
    anchor = upper[len(upper) // 2]
    u, v, to_photo = canvas(anchor, axes, unit)
    moved = cv2.warpAffine(
        photo,
        to_photo,
        (u.shape[1], u.shape[0]),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    cut = np.asarray(moved, np.uint8)
    up, low = (upper - anchor) @ axes / unit, (lower - anchor) @ axes / unit
    top, bottom = np.interp(u[0], up[:, 0], up[:, 1]), np.interp(u[0], low[:, 0], low[:, 1])
    inside = (v > top + 0.004) & (v < bottom - 0.004) & (u > up[0, 0]) & (u < up[-1, 0])
    alpha = _tooth_cover(cut, inside, lip)
    if alpha is None:
        return None, None
    alpha = _without_specks(alpha)
    colour = cut.astype(np.float32)
    parting = _row_parting(colour, inside, top, bottom, v)
    if parting is None:
        return _grown(colour, alpha, to_photo), None
    # the parting itself is dark, and stays the cavity's
    clear = max(0.006 * len(v) / float(np.ptp(v)), 1.0)
    rows = np.arange(len(v))[:, None]
    above, below = np.asarray(rows < parting - clear), np.asarray(rows > parting + clear)
    flipped = _grown(colour[::-1], (alpha * below)[::-1], to_photo)
    lower_row = None if flipped is None else Layer(np.ascontiguousarray(flipped.picture[::-1]), to_photo)
    return _grown(colour, alpha * above, to_photo), lower_row


def _tooth_cover(cut: NDArray[np.uint8], inside: NDArray[np.bool_], lip: Array) -> Array | None:
    """(h, w) share of tooth in each pixel of `inside`; None where nothing there looks like teeth."""
    if inside.sum() < 30:
        return None
    lab = cv2.cvtColor(cut, cv2.COLOR_RGB2LAB).astype(np.float32)
    lip_lab = cv2.cvtColor(lip.astype(np.uint8)[None, None], cv2.COLOR_RGB2LAB).astype(np.float32)[0, 0]
    light = lab[..., 0] - 1.5 * np.maximum(lab[..., 1] - 128, 0)
    bright = float(np.quantile(light[inside], 0.85))
    dark = min(float(np.quantile(light[inside], 0.05)), bright - 1.0)
    tooth_lab = np.median(lab[inside & (light >= bright)], axis=0)
    if tooth_lab[0] - lip_lab[0] < 8 and lip_lab[1] - tooth_lab[1] < 8:
        return None  # neither brighter nor less red than the lips
    from_dark = smoothstep((light - dark - 0.45 * (bright - dark)) / max(0.25 * (bright - dark), 4.0) + 0.5)
    away = tooth_lab[1:] - lip_lab[1:]
    span = float(away @ away)
    from_lip = np.ones_like(light)
    if span > 36:
        from_lip = smoothstep((((lab[..., 1:] - lip_lab[1:]) @ away) / span - 0.35) / 0.35)
    return (from_dark * from_lip * inside).astype(np.float32)


def _without_specks(cover: Array) -> Array:
    """Cover without pieces that are much smaller than the largest: light on a lip, a corner of a tooth."""
    _, labels, statistics, _ = cv2.connectedComponentsWithStats((cover > 0.3).astype(np.uint8))
    areas = statistics[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    return np.where((areas >= _SPECK * max(areas.max(), 1))[labels], cover, np.float32(0))


def _row_parting(
    colour: Array, inside: NDArray[np.bool_], top: NDArray[np.floating], bottom: NDArray[np.floating], v: Array
) -> NDArray[np.intp] | None:
    """(w,) the row of the dark line between upper and lower teeth; None where there is only one row of teeth."""
    columns = np.flatnonzero((bottom - top > 0.6 * float((bottom - top).max())) & inside.any(0))
    if len(columns) < 8:
        return None
    share = (v - top) / np.maximum(bottom - top, 1e-3)
    light = cv2.GaussianBlur(colour.mean(2), (0, 0), 1.0)
    middle = (share > 0.2) & (share < 0.85) & inside
    cost = np.where(middle, light, 255.0)[:, columns].astype(np.float64)
    path = darkest_path(cost)
    across = np.arange(len(columns))
    block = np.where(inside, light, 0.0)[:, columns]
    rows = np.arange(len(v))[:, None]
    above, below = np.where(rows < path, block, 0).max(0), np.where(rows > path, block, 0).max(0)
    line = block[path, across]
    parted = line < 0.75 * np.minimum(above, below)
    if parted.mean() < 0.6:
        return None
    return np.interp(np.arange(len(top)), columns, path).round().astype(np.intp)


def _grown(colour: Array, alpha: Array, to_photo: NDArray[np.float64]) -> Layer | None:
    """A layer of what `alpha` covers, going on upwards with the colours of its first rows."""
    solid = alpha > 0.6
    columns = np.asarray(solid.any(0))
    if columns.mean() < 0.08:
        return None
    first = np.where(columns, solid.argmax(0) + 2, 0)
    rows = np.arange(len(alpha))[:, None]
    source = np.maximum(rows, np.minimum(first, len(alpha) - 1))
    across = np.arange(alpha.shape[1])[None].repeat(len(alpha), 0)
    grown = np.asarray(cv2.GaussianBlur(alpha[source, across] * columns[None], (0, 0), 0.8))[:, :, None]
    fade = np.clip(1 - (first[None] - rows) / (0.75 * len(alpha)), 0.4, 1)[:, :, None]  # darker towards the gum
    return Layer(np.dstack([colour[source, across] * fade * grown, grown]).astype(np.float32), to_photo)
