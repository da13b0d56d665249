"""Finding faces: dlib's HOG detector over sizes and tilts, then MTCNN for what it misses (paintings, cartoons)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from anyonenet.errors import FaceError, InputError
from anyonenet.face.image import shrink
from anyonenet.face.models import network_device

BACKENDS = ("dlib", "mtcnn")
SMALLEST_FACE_PIXELS = 64

_FIRST_SIDE, _LAST_SIDE = 640, 2560
"""longest side of the picture on the first and last rung of the ladder: HOG finds faces from about 75 pixels on"""
_TILTS_DEGREES = (-35.0, 35.0, -70.0, 70.0)
_WEAK_SCORE = 0.6
"""HOG scores below this (0 = dlib's own threshold) need a second opinion"""
_LONE_SCORE = 0.25
"""... or stand alone with at least this"""
_MTCNN_PROBABILITY = 0.93
_MTCNN_SIDE, _MTCNN_SMALLEST = 1280, 24
"""longest side of the picture it is given; its own smallest window is 20 pixels"""


@dataclass(frozen=True)
class FaceBox:
    """A square around a face, brows to chin, in pixels of the picture; it may reach over the picture's edge."""

    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    """0 to 1; comparable within one picture"""
    roll_degrees: float = 0.0
    """how far the head seems tilted, clockwise in the picture; the square stands upright all the same"""

    @property
    def side(self) -> float:
        return self.right - self.left

    @property
    def centre(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


def detect_faces(image: NDArray[np.uint8], backend: str = "dlib") -> list[FaceBox]:
    """All faces of a picture, largest first; an empty list where there is none.

    The search stops at the first rung that finds a face: the picture at 640 pixels, at twice that (enlarged where it
    is small), at four times where it is that large, then tilted, then MTCNN. Weak boxes count only where MTCNN agrees.

    Args:
        image: `(H, W, 3)` uint8 RGB.
        backend: 'dlib' as above, or 'mtcnn' alone.

    Raises:
        InputError: unknown backend, or not an RGB picture.
    """
    if backend not in BACKENDS:
        raise InputError(f"unknown face detector '{backend}'; choose one of {', '.join(BACKENDS)}")
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise InputError(f"expected a picture of shape (H, W, 3) uint8, got {image.shape} {image.dtype}")
    boxes: list[FaceBox] = []
    if min(image.shape[:2]) >= 16:
        boxes = _detect_mtcnn(image) if backend == "mtcnn" else _detect_ladder(image)
    return _by_size(boxes)


def detect_in_frames(frames: Sequence[NDArray[np.uint8]], backend: str = "dlib") -> list[list[FaceBox]]:
    """The faces of frames of one video, as `detect_faces` gives them for each.

    With 'mtcnn' frames of one size go through the networks at once, on the GPU where there is one.

    Args:
        frames: `(H, W, 3)` uint8 RGB each.
        backend: 'dlib' or 'mtcnn'.

    Raises:
        InputError: as `detect_faces`.
    """
    one_size = len({frame.shape for frame in frames}) == 1
    if backend != "mtcnn" or not one_size or min(frames[0].shape[:2]) < _MTCNN_SMALLEST:
        return [detect_faces(frame, backend) for frame in frames]
    small = [shrink(frame, _MTCNN_SIDE) for frame in frames]
    back = max(frames[0].shape[:2]) / max(small[0].shape[:2])
    found = _mtcnn(network_device()).detect(np.stack(small), landmarks=True)
    return [_by_size(_mtcnn_boxes(one, back)) for one in zip(*found, strict=True)]


def load_detector() -> None:
    """Load dlib's face detector now rather than at the first picture: its packed form takes half a second to read."""
    _hog()


def choose_face(
    image: NDArray[np.uint8],
    index: int | None = None,
    backend: str = "dlib",
    notice: Callable[[str], None] | None = None,
) -> FaceBox:
    """The face to speak: the largest, or the `index`-th by size.

    Args:
        image: `(H, W, 3)` uint8 RGB.
        index: 1 = the largest, 2 = the next …; None takes the largest.
        notice: called with one line where there are several faces and no index was given.

    Raises:
        FaceError: no face, no face of that number, or the face is smaller than 64 pixels.
    """
    boxes = detect_faces(image, backend)
    height, width = image.shape[:2]
    if not boxes:
        raise FaceError(
            f"no face found in the picture ({width}x{height} pixels); "
            "give a picture where one face looks towards the camera, well lit and not covered"
        )
    if index is not None and not 1 <= index <= len(boxes):
        raise FaceError(f"there is no face {index}: found {len(boxes)}; choose a number from 1 to {len(boxes)}")
    box = boxes[(index or 1) - 1]
    if box.side < SMALLEST_FACE_PIXELS:
        raise FaceError(
            f"the face is too small: {box.side:.0f} pixels wide, at least {SMALLEST_FACE_PIXELS} are needed; "
            "give a larger picture or one cropped closer from the original"
        )
    if index is None and len(boxes) > 1 and notice is not None:
        x, y = box.centre
        notice(
            f"found {len(boxes)} faces; taking the largest, around ({x:.0f}, {y:.0f}) "
            f"(another: give its number, 1 to {len(boxes)} from large to small)"
        )
    return box


def _detect_ladder(image: NDArray[np.uint8]) -> list[FaceBox]:
    longest = max(image.shape[:2])
    first = min(longest, _FIRST_SIDE)
    sides = [first, 2 * first] + [_LAST_SIDE] * (longest >= 0.75 * _LAST_SIDE)
    for side in sides:
        boxes = _detect_hog(image, side, 0.0)
        if boxes:
            return boxes
    tilted = [box for tilt in _TILTS_DEGREES for box in _detect_hog(image, sides[0], tilt)]
    return _without_overlaps(tilted) or _detect_mtcnn(image)


def _detect_hog(image: NDArray[np.uint8], side: int, tilt_degrees: float) -> list[FaceBox]:
    """HOG on the picture scaled to `side` and turned so that a head tilted by `tilt_degrees` stands upright."""
    turned, matrix = _turned(image, side, tilt_degrees)
    rectangles, scores, _ = _hog().run(turned, 0, 0.0)
    inverse = np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)
    factor = math.hypot(inverse[0, 0], inverse[0, 1])
    boxes = []
    for rectangle, score in zip(rectangles, scores):
        centre = np.array([(rectangle.left() + rectangle.right()) / 2, (rectangle.top() + rectangle.bottom()) / 2, 1])
        x, y = (float(value) for value in inverse @ centre)
        half = factor * rectangle.width() / 2
        confidence = 1 / (1 + math.exp(-2 * score))
        boxes.append((FaceBox(x - half, y - half, x + half, y + half, confidence, tilt_degrees), score))
    strong = [box for box, score in boxes if score >= _WEAK_SCORE]
    weak = [(box, score) for box, score in boxes if score < _WEAK_SCORE]
    if weak:
        second = _detect_mtcnn(turned, inverse)
        strong += [box for box, _ in weak if any(_overlap(box, other) > 0.25 for other in second)]
        if not strong and tilt_degrees == 0:
            strong = [box for box, score in weak if score >= _LONE_SCORE]
    return _without_overlaps(strong)


def _turned(image: NDArray[np.uint8], side: int, tilt_degrees: float) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """The picture scaled and turned about its middle, on a canvas that holds it all, and the matrix that did it."""
    height, width = image.shape[:2]
    factor = side / max(height, width)
    if factor < 1:
        small = shrink(image, side)
        scale = small.shape[1] / width
    else:
        small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR).astype(np.uint8)
        scale = factor
    if tilt_degrees == 0:
        return np.ascontiguousarray(small), np.array([[scale, 0, 0], [0, scale, 0]], dtype=np.float64)
    angle = math.radians(tilt_degrees)
    cosine, sine = math.cos(angle), math.sin(angle)
    rows, columns = small.shape[:2]
    canvas_width = math.ceil(columns * abs(cosine) + rows * abs(sine))
    canvas_height = math.ceil(columns * abs(sine) + rows * abs(cosine))
    turn = np.array([[cosine, sine, 0], [-sine, cosine, 0]])
    turn[:, 2] = np.array([canvas_width, canvas_height]) / 2 - turn[:, :2] @ np.array([columns, rows]) / 2
    turned = cv2.warpAffine(small, turn, (canvas_width, canvas_height), flags=cv2.INTER_LINEAR).astype(np.uint8)
    matrix = turn.copy()
    matrix[:, :2] *= scale
    return turned, matrix


def _detect_mtcnn(image: NDArray[np.uint8], inverse: NDArray[np.float64] | None = None) -> list[FaceBox]:
    """MTCNN's faces as squares like HOG's; `inverse` takes the given picture's points to those of the original."""
    small = shrink(image, _MTCNN_SIDE)
    if min(small.shape[:2]) < _MTCNN_SMALLEST:
        return []
    found = _mtcnn("cpu").detect(small, landmarks=True)
    return _mtcnn_boxes(found, max(image.shape[:2]) / max(small.shape[:2]), inverse)


def _mtcnn_boxes(found: Any, back: float, inverse: NDArray[np.float64] | None = None) -> list[FaceBox]:
    """What MTCNN found in one picture (rectangles, probabilities, five points), times `back`, as squares."""
    boxes = []
    for rectangle, probability, five in zip(*([] if item is None else item for item in found)):
        if probability is None or probability < _MTCNN_PROBABILITY:
            continue
        left, top, right, bottom = (float(value) * back for value in rectangle)
        # its rectangles reach from the middle of the forehead to below the chin
        centre = np.array([(left + right) / 2, (top + bottom) / 2 + 0.04 * (bottom - top), 1.0])
        half = 0.39 * (bottom - top)
        eyes = np.asarray(five[1], dtype=np.float64) - np.asarray(five[0], dtype=np.float64)
        roll = math.degrees(math.atan2(eyes[1], eyes[0]))
        if inverse is not None:
            centre[:2] = inverse @ centre
            half *= math.hypot(inverse[0, 0], inverse[0, 1])
            roll += math.degrees(math.atan2(inverse[1, 0], inverse[0, 0]))
        x, y = float(centre[0]), float(centre[1])
        boxes.append(FaceBox(x - half, y - half, x + half, y + half, float(probability), roll))
    return _without_overlaps(boxes)


def _by_size(boxes: list[FaceBox]) -> list[FaceBox]:
    """Largest first."""
    return sorted(boxes, key=lambda box: (-box.side, box.left, box.top))


def _without_overlaps(boxes: list[FaceBox]) -> list[FaceBox]:
    """Keep the surest of boxes that lie on one another."""
    kept: list[FaceBox] = []
    for box in sorted(boxes, key=lambda box: -box.confidence):
        if all(_overlap(box, other) < 0.3 for other in kept):
            kept.append(box)
    return kept


def _overlap(a: FaceBox, b: FaceBox) -> float:
    """Shared area over the smaller box's area: 1 where one lies within the other."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(width, 0) * max(height, 0) / min(a.side, b.side) ** 2


@lru_cache(maxsize=1)
def _hog() -> Any:
    return dlib.get_frontal_face_detector()


@lru_cache(maxsize=2)
def _mtcnn(device: str) -> Any:
    from facenet_pytorch import MTCNN  # brings PyTorch's vision stack: only where HOG does not suffice

    return MTCNN(keep_all=True, post_process=False, device=device)
