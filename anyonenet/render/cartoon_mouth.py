"""The inside of a drawn mouth that was closed: flat colours between the lips, as a draughtsman would fill it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from anyonenet.render.lips import CURVE_POINTS, MouthShape, PhotoLips
from anyonenet.render.palette import mouth_colours
from anyonenet.render.raster import fill_polygon, ramp
from anyonenet.render.spline import natural_spline

Array = NDArray[np.float32]

_FINE = natural_spline(np.arange(CURVE_POINTS), np.linspace(0, CURVE_POINTS - 1, 33))
"""(33, 9): a lip curve's points -> a smooth outline"""
_FAINT = 0.012
"""openings, outer-eye distances, that the drawn line of the mouth stands for"""
_TEETH = 0.045
"""height of the upper teeth, outer-eye distances"""
_TEETH_SEEN = (0.07, 0.13)
"""openings, outer-eye distances, between which the teeth come into sight, and the tongue with them"""
_TONGUE = (0.62, 0.55)
"""where the tongue begins, as share of the opening, and half its width, as share of the mouth's"""


class CartoonMouth:
    """Fills the opening of a mouth that was drawn closed; one that was drawn open shows what was drawn.

    Args:
        photo: (H, W, 3) uint8, the drawing.
        landmarks: (68, 3) pixels.
        lips: the drawing's lips.
        unit: pixels to one outer-eye distance.
        smooth: smooth the edges of the filling.
    """

    def __init__(
        self, photo: NDArray[np.uint8], landmarks: Array, lips: PhotoLips, unit: float, smooth: bool = True
    ) -> None:
        self._closed, self._unit, self._smooth = lips.closed, unit, smooth
        colours = mouth_colours(photo, landmarks)
        self._colours = [np.round(colour) for colour in (colours.cavity, colours.tongue, colours.teeth)]

    def paint(self, frame: NDArray[np.uint8], mouth: MouthShape, scale: float) -> None:
        """Fill the opening of `mouth` in `frame` (H, W, 3), in place.

        Args:
            scale: how much larger the head is than in the drawing.
        """
        if not self._closed or mouth.opening < _FAINT:
            return
        upper, lower = _FINE @ mouth.upper, _FINE @ mouth.lower
        outline = np.concatenate([upper, lower[::-1]])
        left, top = np.maximum(np.floor(outline.min(0)).astype(int) - 2, 0).tolist()
        right, bottom = np.minimum(np.ceil(outline.max(0)).astype(int) + 3, frame.shape[1::-1]).tolist()
        if left >= right or top >= bottom:
            return
        box, corner = frame[top:bottom, left:right], np.array([left, top], np.float32)
        opening = self._mask(box, outline - corner)
        inside = np.empty((*box.shape[:2], 3), np.float32)
        inside[:] = self._colours[0]
        seen = ramp((mouth.opening - _TEETH_SEEN[0]) / (_TEETH_SEEN[1] - _TEETH_SEEN[0]))
        if seen > 0:
            for colour, layer in zip(self._colours[1:], self._layers(upper, lower, mouth, seen, scale)):
                _lay(inside, self._mask(box, layer - corner), colour)
        mixed = box.astype(np.float32)
        _lay(mixed, opening, inside)
        box[:] = np.round(mixed).astype(np.uint8)

    def _layers(self, upper: Array, lower: Array, mouth: MouthShape, seen: float, scale: float) -> tuple[Array, Array]:
        """Outlines of tongue and upper teeth; what of them lies beyond the lips is not seen."""
        place = np.linspace(-1, 1, len(upper), dtype=np.float32)
        top, gap = upper @ mouth.down, (lower - upper) @ mouth.down
        # teeth stand in an even arc, whatever the lip does
        arc = np.polynomial.Polynomial.fit(place, top, 2)(place)
        height = seen * _TEETH * self._unit * scale
        teeth = upper + (arc + height - top)[:, None] * mouth.down
        bow = np.sqrt(np.maximum(1 - (place / _TONGUE[1]) ** 2, 0))
        low = top + gap * (1 - bow * seen * (1 - _TONGUE[0]))
        tongue = upper + (low - top)[:, None] * mouth.down
        beyond = 0.1 * self._unit * mouth.down
        outlines = np.concatenate([tongue, (lower + beyond)[::-1]]), np.concatenate([upper - beyond, teeth[::-1]])
        return outlines[0].astype(np.float32), outlines[1].astype(np.float32)

    def _mask(self, box: NDArray[np.uint8], polygon: Array) -> Array:
        mask = np.zeros(box.shape[:2], np.uint8)
        fill_polygon(mask, polygon, smooth=self._smooth)
        return mask.astype(np.float32) / np.float32(255)


def _lay(picture: Array, mask: Array, colour: Array) -> None:
    """Colour over a picture where the mask is 1, in place; exactly the colour there, exactly the picture at 0."""
    share = mask[..., None]
    picture *= 1 - share
    picture += share * colour
