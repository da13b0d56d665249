"""68 landmarks in 3-D from a photograph.

Backend `fan` is the paper's detector (Bulat & Tzimiropoulos 2017; downloads its weights); `dlib` finds the points in
the picture with an ensemble of regression trees (Kazemi & Sullivan 2014; weights inside a package) and lifts them by
fitting the 3-D template.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray

from anyonenet.batches import batched
from anyonenet.errors import FaceError, InputError
from anyonenet.face import quaternion
from anyonenet.face.depth import fit_pose, lift
from anyonenet.face.detection import FaceBox
from anyonenet.face.fan import CutOut, FanNetworks
from anyonenet.face.models import dlib_model
from anyonenet.face.registration import outer_eye_distance, register
from anyonenet.face.template import MIRROR, frontal_template

BACKENDS = ("dlib", "fan")
LARGEST_YAW_DEGREES = 45.0

_TOGETHER = 32
"""faces that go through a network at once"""

_HOG_CENTRE = np.array([0.0, 0.03, 0.22])
"""frontal coordinates, outer-eye distances"""
_HOG_SIDE = 1.78
_LARGEST_SPREAD = 0.065
"""outer-eye distances: photographs seen well stay below 0.025, grass has 0.09 to 0.13, heads at 60 degrees 0.08"""


Found = NDArray[np.float32] | FaceError
"""landmarks, or why there are none"""


class _Backend(Protocol):
    def each(self, faces: Iterable[tuple[NDArray[np.uint8], FaceBox]]) -> Iterator[Found]: ...


class LandmarkDetector:
    """Finds landmarks; loads its models once, so keep it for many pictures."""

    def __init__(self, backend: str = "dlib"):
        """
        Args:
            backend: 'dlib' or 'fan'.

        Raises:
            InputError: unknown backend.
            WeightsError: its weights are not there (and, for 'fan', cannot be downloaded).
        """
        if backend not in BACKENDS:
            raise InputError(f"unknown landmark backend '{backend}'; choose one of {', '.join(BACKENDS)}")
        self.backend = backend
        self._detect: _Backend = _DlibLandmarks() if backend == "dlib" else _FanLandmarks()

    def __call__(
        self, image: NDArray[np.uint8], box: FaceBox, largest_yaw_degrees: float = LARGEST_YAW_DEGREES
    ) -> NDArray[np.float32]:
        """Landmarks of the face in `box`.

        Args:
            image: `(H, W, 3)` uint8 RGB.
            box: from `anyonenet.face.detection`.
            largest_yaw_degrees: how far the head may be turned.

        Returns:
            `(68, 3)` float32 pixels: x right, y down, z away from the camera (zero mean).

        Raises:
            FaceError: the face is in profile, or its landmarks make no face.
        """
        found = next(self.each([(image, box)], largest_yaw_degrees))
        if isinstance(found, FaceError):
            raise found
        return found

    def each(
        self,
        faces: Iterable[tuple[NDArray[np.uint8], FaceBox]],
        largest_yaw_degrees: float = LARGEST_YAW_DEGREES,
    ) -> Iterator[Found]:
        """Landmarks of many faces, in batches where the backend is a network; only small cut-outs wait in memory.

        Args:
            faces: picture and box of each, as for one.
            largest_yaw_degrees: how far heads may be turned.

        Returns:
            Of each face, in order, what a call would return or raise.
        """
        for found in self._detect.each(faces):
            if not isinstance(found, FaceError):
                yaw = math.degrees(abs(float(quaternion.to_euler(register(found).quaternions)[1])))
                if yaw > largest_yaw_degrees:
                    found = FaceError(
                        f"the face is in profile (turned by about {yaw:.0f} degrees, at most "
                        f"{largest_yaw_degrees:.0f} work); give a picture where the face looks towards the camera"
                    )
            yield found


class _DlibLandmarks:
    """dlib's 68 points: found once from the detector's box, then again from boxes that the points themselves give.

    The later rounds free the result from the detector's coarse steps; the mean over a few boxes and the mirrored
    picture takes out most of the trees' noise. Faces are cut out on a canvas of their own, upright and of one size,
    middle grey beyond the picture's edge, so tilted heads and heads at the edge are no special case. (Repeating the
    edge or reflecting it misleads the trees two to four times as far.) The canvas is large because dlib gives whole
    pixels, and grey because the trees compare brightness only.
    """

    _canvas = 480
    _face = 300
    _shifts = ((0.0, 0.0, 1.0), (0.04, 0.0, 1.0), (-0.04, 0.0, 1.0), (0.0, 0.04, 1.06), (0.0, -0.04, 0.94))

    def __init__(self) -> None:
        self._predictor: Any = dlib.shape_predictor(dlib_model("shape_predictor_68_face_landmarks.dat"))

    def each(self, faces: Iterable[tuple[NDArray[np.uint8], FaceBox]]) -> Iterator[Found]:
        return (self._one(image, box) for image, box in faces)

    def _one(self, image: NDArray[np.uint8], box: FaceBox) -> Found:
        grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.uint8)
        views = self._views(grey, box.centre, box.side, math.radians(box.roll_degrees), self._shifts[:1])
        for shifts in (self._shifts[:1], self._shifts):
            centre, side, roll = square_of(views.mean(axis=0))
            views = self._views(grey, centre, side, roll, shifts)
        points = views.mean(axis=0)
        spread = float(np.sqrt(np.mean(np.sum((views - points) ** 2, axis=-1))) / outer_eye_distance(points))
        if spread > _LARGEST_SPREAD:
            return FaceError(
                f"the face cannot be read (its landmarks waver by {spread:.2f} eye distances): it is in profile, "
                "covered or blurred; give a picture where the face looks towards the camera"
            )
        return lift(points)[0]

    def _views(
        self,
        image: NDArray[np.uint8],
        centre: tuple[float, float],
        side: float,
        roll_radians: float,
        shifts: tuple[tuple[float, float, float], ...],
    ) -> NDArray[np.float64]:
        """Points `(2 S, 68, 2)` of the grey image: from S shifted squares, each as it is and mirrored."""
        scale = self._face / side
        cosine, sine = scale * math.cos(roll_radians), scale * math.sin(roll_radians)
        matrix = np.array([[cosine, sine, 0.0], [-sine, cosine, 0.0]])
        matrix[:, 2] = self._canvas / 2 - matrix[:, :2] @ np.array(centre)
        canvas = _warped(image, matrix, self._canvas)
        mirrored = np.ascontiguousarray(canvas[:, ::-1])
        found = []
        for x, y, size in shifts:
            found.append(self._predict(canvas, x, y, size))
            other = self._predict(mirrored, -x, y, size)[list(MIRROR)]
            found.append(np.stack([self._canvas - 1 - other[:, 0], other[:, 1]], axis=-1))
        inverse = cv2.invertAffineTransform(matrix)
        return np.stack(found) @ inverse[:, :2].T + inverse[:, 2]

    def _predict(self, canvas: NDArray[np.uint8], x: float, y: float, size: float) -> NDArray[np.float64]:
        middle_x, middle_y = self._canvas / 2 + x * self._face, self._canvas / 2 + y * self._face
        half = size * self._face / 2
        rectangle = dlib.rectangle(
            round(middle_x - half), round(middle_y - half), round(middle_x + half), round(middle_y + half)
        )
        shape = self._predictor(canvas, rectangle)
        return np.array([(part.x, part.y) for part in shape.parts()], dtype=np.float64)


def _warped(image: NDArray[np.uint8], matrix: NDArray[np.float64], canvas: int) -> NDArray[np.uint8]:
    """The cut-out; a picture that shrinks much is averaged first, as `warpAffine` samples single points."""
    scale = math.hypot(matrix[0, 0], matrix[0, 1])
    if scale < 0.5:
        smaller = cv2.resize(image, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        factors = np.array([image.shape[1] / smaller.shape[1], image.shape[0] / smaller.shape[0]])
        matrix = np.concatenate([matrix[:, :2] * factors, matrix[:, 2:]], axis=1)
        image = smaller.astype(np.uint8)
    size = (canvas, canvas)
    return cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=128).astype(np.uint8)


def square_of(points: NDArray[np.floating]) -> tuple[tuple[float, float], float, float]:
    """Centre, side (pixels) and roll (radians) of the square that the HOG detector would put around these 68 points.

    It sits on the head, not on the outline of the points: a point behind the bridge of the nose is its centre however
    the head is turned (fitted to 288 detections between -35 and 35 degrees of yaw; they lie within 4 % of its side).
    """
    pose = fit_pose(np.asarray(points, dtype=np.float64), frontal_template())
    centre = pose.scale * (quaternion.to_matrix(pose.quaternion) @ _HOG_CENTRE)[:2] + pose.translation
    roll = float(quaternion.to_euler(pose.quaternion)[2])
    return (float(centre[0]), float(centre[1])), _HOG_SIDE * pose.scale, roll


class _FanLandmarks:
    """The paper's networks, given our boxes."""

    def __init__(self) -> None:
        self._networks = FanNetworks()

    def each(self, faces: Iterable[tuple[NDArray[np.uint8], FaceBox]]) -> Iterator[Found]:
        cut_outs: Iterator[CutOut] = (self._networks.cut_out(image, box) for image, box in faces)
        for some in batched(cut_outs, _TOGETHER):
            for landmarks in self._networks(some):
                if outer_eye_distance(landmarks) > 1:
                    yield landmarks
                else:  # both eyes in one place: heatmaps of something that is no face
                    yield FaceError("no landmarks found in the face; give a clearer picture of it")
