"""What a network drew on a small square is laid into the photo at the photo's own resolution.

Two heads, two ways (see `anyonenet.networks.image_translation`). "flow" says where in the photo each pixel looks, and
paints only where its mask asks: the photo itself is sampled, so skin and hair stay as sharp as they are. "picture"
paints everything (MakeItTalk 4.3, AnyoneNet III-E): its drawing is held against its own drawing of the photo at rest;
where the two agree the photo stays, where they differ the drawing is laid in, its tint corrected. Both fade out
towards the edge of the square; outside of it the photo is untouched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.errors import InputError
from anyonenet.face.square import square_around

HEADS = {3: "picture", 6: "flow"}
"""channels that a network gives -> its head"""

_FEATHER = 0.12
"""width of the soft edge, in sides of the square"""
_TINT_REACH = 0.06
"""sigma of the low-pass under which colours are matched, in sides of the square"""
_LARGEST_TINT = 40.0
"""grey levels: farther off is no tint"""
_SURE = 0.02
"""the less, the sooner the tint of a little paint is believed: that of a share of 14 % by half"""
_THIN, _COVERING = 0.6, 0.9
"""masks up to which paint is thin, and from which on it covers the photo"""
_SAME, _OTHER = 3.0, 12.0
"""grey levels between two drawings up to which the face has not moved, and from which on it has"""
_CHANGE_REACH = 0.01
"""sigma under which they are compared, in sides of the square"""
_BOTH_IN_ONE = np.empty(0, np.float32)
"""OpenCV's second map where the first holds x and y"""
_FACE_MARGIN = 0.12
"""around the face's landmarks, in heights of the face: sampled most sharply"""


@dataclass(frozen=True)
class Square:
    """The part of a photo that a network draws, in whole pixels, so that the way back is a plain resize.

    Args:
        left, top: its first pixel; it may reach over the photo's edge.
        side: pixels.
    """

    left: int
    top: int
    side: int

    @classmethod
    def around(cls, landmarks: ArrayLike, faces: float = 2.0) -> Square:
        """The square that training cuts out, rounded to whole pixels; arguments as of `square_around`."""
        matrix = square_around(landmarks, faces, 1)
        side = max(2, round(1 / matrix[0, 0]))
        left, top = np.round(-matrix[:, 2] / matrix[0, 0]).astype(int)
        return cls(int(left), int(top), side)

    def points(self, landmarks: NDArray[np.floating], size: int) -> NDArray[np.float32]:
        """`(..., 2)` pixels of the photo -> pixels of the square drawn with `size` pixels a side."""
        shifted = np.asarray(landmarks, dtype=np.float64) - (self.left, self.top) + 0.5
        return (shifted * (size / self.side) - 0.5).astype(np.float32)

    def cut(self, photo: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
        """`(size, size, 3)` uint8; the photo's edge is repeated beyond it.

        Raises:
            InputError: no part of it lies in the photo.
        """
        (top, bottom), (left, right) = self._span(photo.shape[0], self.top), self._span(photo.shape[1], self.left)
        beyond = (top - self.top, self.top + self.side - bottom, left - self.left, self.left + self.side - right)
        inside = photo[top:bottom, left:right]
        whole = cv2.copyMakeBorder(inside, *beyond, borderType=cv2.BORDER_REPLICATE) if any(beyond) else inside
        how = cv2.INTER_AREA if self.side > size else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(whole, (size, size), interpolation=how), dtype=np.uint8)

    def inside(self, shape: tuple[int, ...]) -> tuple[slice, slice]:
        """Rows and columns of a photo `(H, W, ...)` that the square covers."""
        return slice(*self._span(shape[0], self.top)), slice(*self._span(shape[1], self.left))

    def enlarged(self, drawn: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
        """`(S, S[, C])` -> the part of it that lies on the photo, in the photo's pixels."""
        whole = cv2.resize(drawn, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        rows, columns = self.inside(shape)
        part = whole[rows.start - self.top : rows.stop - self.top, columns.start - self.left : columns.stop - self.left]
        return np.asarray(part, dtype=np.float32)

    def _span(self, length: int, start: int) -> tuple[int, int]:
        """First pixel and end along one side of the photo."""
        first, end = max(start, 0), min(start + self.side, length)
        if first >= end:
            raise InputError("the landmarks lie beside the photo; give those of a face in it")
        return first, end


class Blend(Protocol):
    """Lays drawings of one head into one photo; keeps nothing from frame to frame."""

    def frame(self, raw: NDArray[np.float32]) -> NDArray[np.uint8]:
        """What the network gave, `(outputs, S, S)`, -> the photo with it, `(H, W, 3)` uint8."""
        ...


def blend_of(photo: NDArray[np.uint8], landmarks: NDArray[np.floating], square: Square, rest: NDArray) -> Blend:
    """The blend that fits a network's head.

    Args:
        photo: `(H, W, 3)` uint8 RGB.
        landmarks: `(68, 2)` or `(68, 3)` of its face, pixels.
        square: what the network draws.
        rest: `(outputs, S, S)` float32, what it gives for the photo with the photo's own sketch; 3 or 6 outputs.
    """
    if HEADS[len(rest)] == "picture":
        return PictureBlend(photo, square, rest)
    return FlowBlend(photo, landmarks, square, rest)


class FlowBlend:
    """Head "flow": colour (3, in [-1, 1]), mask (1, in [0, 1]), displacement (2, half sides of the square).

    What the network says of the photo at rest is taken as its error: displacements there are taken off, paint counts
    only where it is other than there, and the tint of paint that covers the photo there is matched.

    Args:
        photo, landmarks, square, rest: as of `blend_of`.
    """

    def __init__(
        self, photo: NDArray[np.uint8], landmarks: NDArray[np.floating], square: Square, rest: NDArray[np.float32]
    ):
        self._photo, self._square, self._inside = photo, square, square.inside(photo.shape)
        size = rest.shape[-1]
        self._edge = soft_edge(size)
        rows, columns = self._inside
        across, down = np.arange(columns.start, columns.stop), np.arange(rows.start, rows.stop)
        self._identity = np.stack(np.meshgrid(across, down), axis=-1).astype(np.float32)
        self._parts = _parts(landmarks, self._inside)
        self._mask = rest[3]
        # where it paints, its displacements say nothing
        self._rest = rest[4:] * (1 - self._mask)
        # thin paint may have any colour: only where it covers is it meant to be the photo's
        covering = np.clip((self._mask - _THIN) / (_COVERING - _THIN), 0, 1)
        self._tint = _tint(_levels(square.cut(photo, size)), _pixels(rest[:3]), covering)
        self._paint = (_pixels(rest[:3]) + self._tint) * self._mask[..., None]

    def frame(self, raw: NDArray[np.float32]) -> NDArray[np.uint8]:
        """See `Blend`."""
        reach = self._edge * np.float32(self._square.side / 2)
        moved = self._sampled(cv2.merge(list((raw[4:] - self._rest) * reach)))
        paint = (_pixels(raw[:3]) + self._tint) * raw[3][..., None]
        apart = np.maximum(_apart(paint, self._paint), 128 * np.abs(raw[3] - self._mask))
        # paint that is there at rest too is left away, and with it its lower resolution
        still = 1 - _changed(apart)
        mask = (raw[3] - still * self._mask) * self._edge
        paint = (paint - self._paint * still[..., None]) * self._edge[..., None]
        return _painted(self._photo, moved, paint, mask, self._square)

    def _sampled(self, displacements: NDArray[np.float32]) -> NDArray[np.uint8]:
        """The covered part of the photo, each pixel from where its displacement (photo's pixels) says."""
        maps = cv2.add(self._identity, self._square.enlarged(displacements, self._photo.shape))
        places, fractions = cv2.convertMaps(maps, _BOTH_IN_ONE, cv2.CV_16SC2)
        moved = np.empty((*maps.shape[:2], 3), np.uint8)
        for part, how in self._parts:
            if fractions[part].size:
                moved[part] = cv2.remap(
                    self._photo, places[part], fractions[part], how, borderMode=cv2.BORDER_REPLICATE
                )
        return moved


class PictureBlend:
    """Head "picture": colour (3, in [-1, 1]).

    Args:
        photo, square, rest: as of `blend_of`.
    """

    def __init__(self, photo: NDArray[np.uint8], square: Square, rest: NDArray[np.float32]):
        self._photo, self._square, self._inside = photo, square, square.inside(photo.shape)
        size = rest.shape[-1]
        self._edge = soft_edge(size)
        self._rest = _pixels(rest)
        self._tint = _tint(_levels(square.cut(photo, size)), self._rest, np.ones((size, size), np.float32))

    def frame(self, raw: NDArray[np.float32]) -> NDArray[np.uint8]:
        """See `Blend`."""
        drawn = _pixels(raw)
        changed = _changed(_apart(drawn, self._rest)) * self._edge
        # where the face stays, only what differs from the drawing at rest is added to the photo
        colours = (drawn - self._rest) * self._edge[..., None] + (self._rest + self._tint) * changed[..., None]
        return _painted(self._photo, self._photo[self._inside], colours, changed, self._square)


def soft_edge(size: int) -> NDArray[np.float32]:
    """`(size, size)` float32: 1 in the middle, 0 at the border, smooth between."""
    across = np.minimum(np.arange(size), size - 1 - np.arange(size)) / (_FEATHER * size)
    ramp = np.clip(across, 0, 1)
    ramp = ramp * ramp * (3 - 2 * ramp)
    return np.outer(ramp, ramp).astype(np.float32)


def _painted(
    photo: NDArray[np.uint8],
    ground: NDArray[np.uint8],
    colours: NDArray[np.float32],
    mask: NDArray[np.float32],
    square: Square,
) -> NDArray[np.uint8]:
    """The photo with `ground * (1 - mask) + colours` where the square lies.

    Args:
        photo: `(H, W, 3)`.
        ground: its covered part, perhaps moved.
        colours: `(S, S, 3)` grey levels, times the mask already.
        mask: `(S, S)`.
    """
    left = 1 - square.enlarged(mask, photo.shape)
    kept = cv2.multiply(ground, cv2.merge([left, left, left]), dtype=cv2.CV_32F)
    frame = photo.copy()
    frame[square.inside(photo.shape)] = cv2.add(kept, square.enlarged(colours, photo.shape), dtype=cv2.CV_8U)
    return frame


def _tint(photo: NDArray[np.float32], drawn: NDArray[np.float32], painted: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(S, S, 3)` grey levels to add to what is painted: how far it misses the photo, low-passed, where it paints."""
    sigma = _TINT_REACH * len(photo)
    missing = cv2.GaussianBlur((photo - drawn) * painted[..., None], (0, 0), sigma)
    weight = cv2.GaussianBlur(painted, (0, 0), sigma)
    # with paint everywhere the mean itself, with little of it less and less
    share = weight / np.maximum(weight * weight + _SURE * (1 - weight), 1e-6)
    return np.clip(missing * share[..., None], -_LARGEST_TINT, _LARGEST_TINT).astype(np.float32)


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(S, S, 3)` twice -> `(S, S)`, the largest difference of the channels."""
    red, green, blue = cv2.split(cv2.absdiff(one, other))
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.float32)


def _changed(apart: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far two drawings lie apart, `(S, S)` grey levels -> 0 where they are the same, 1 where the face has moved."""
    smooth = cv2.GaussianBlur(apart, (0, 0), _CHANGE_REACH * len(apart))
    share = np.clip((smooth - _SAME) * np.float32(1 / (_OTHER - _SAME)), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), dtype=np.float32)


def _parts(landmarks: NDArray[np.floating], inside: tuple[slice, slice]) -> list[tuple[tuple[slice, slice], int]]:
    """The covered part in five rectangles, some empty, and how each is sampled: the face more sharply than the rest."""
    points = np.asarray(landmarks, dtype=np.float64)[:, :2] - (inside[1].start, inside[0].start)
    margin = _FACE_MARGIN * np.ptp(points[:, 1])
    width, height = inside[1].stop - inside[1].start, inside[0].stop - inside[0].start
    left, top = np.clip(np.floor(points.min(0) - margin), 0, (width, height)).astype(int).tolist()
    right, bottom = np.clip(np.ceil(points.max(0) + margin), 0, (width, height)).astype(int).tolist()
    middle = slice(top, bottom)
    return [
        ((middle, slice(left, right)), cv2.INTER_CUBIC),
        ((middle, slice(0, left)), cv2.INTER_LINEAR),
        ((middle, slice(right, width)), cv2.INTER_LINEAR),
        ((slice(0, top), slice(0, width)), cv2.INTER_LINEAR),
        ((slice(bottom, height), slice(0, width)), cv2.INTER_LINEAR),
    ]


def _pixels(colours: NDArray[np.float32]) -> NDArray[np.float32]:
    """`(3, S, S)` in [-1, 1] -> `(S, S, 3)` grey levels."""
    return np.asarray(cv2.merge(list(colours * np.float32(127.5) + np.float32(127.5))))


def _levels(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    return picture.astype(np.float32)
