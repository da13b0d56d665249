"""A photograph made ready: scaled to the video's size, its face found, its landmarks taken apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from anyonenet.errors import FaceError
from anyonenet.face import quaternion
from anyonenet.face.depth import lift
from anyonenet.face.detection import choose_face, load_detector
from anyonenet.face.image import load_photo
from anyonenet.face.landmark_file import read_landmarks
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.registration import place, register
from anyonenet.video_rate import FaceMotion

NECK = np.array([0.0, 1.2, 0.8])
"""where the head turns, in frontal coordinates (outer-eye distances): below the skull's middle"""
CROP_FACES = 2.4
"""side of a cropped picture, in heights of the face from brow to chin"""


@dataclass(frozen=True)
class Portrait:
    """A photo and its face, in pixels of the video."""

    image: np.ndarray  # (H, W, 3) uint8 RGB, sides even
    landmarks: np.ndarray  # (68, 3) float32
    frontal: np.ndarray  # (68, 3) float32, outer-eye distances
    quaternion: np.ndarray  # (4,) float32
    scale: float
    """pixels an outer-eye distance"""
    translation: np.ndarray  # (3,) pixels
    photo: np.ndarray  # (H', W', 3) uint8 RGB, as it came: a face embedding wants every pixel there is
    photo_landmarks: np.ndarray  # (68, 3) pixels of `photo`
    notices: tuple[str, ...] = ()
    """what the user should know, one line each"""

    def place(self, motion: FaceMotion) -> np.ndarray:
        """Moved frontal landmarks into the picture, turning about the neck: `(F, 68, 3)` float32 pixels."""
        matrices = quaternion.to_matrix(np.concatenate([self.quaternion[None], motion.quaternions]))
        necks = self.scale * (matrices @ NECK)  # (F + 1, 3)
        translations = self.translation + necks[0] - necks[1:]
        return place(motion.landmarks, motion.quaternions, np.full(len(translations), self.scale), translations)


class PortraitReader:
    """Reads photos with the face models loaded once.

    Args:
        backend: 'dlib' (weights inside its package) or 'fan' (the paper's; downloads its weights).
    """

    def __init__(self, backend: str = "dlib"):
        load_detector()
        self._detector = LandmarkDetector(backend)

    def read(
        self,
        path: Path,
        size: int = 512,
        crop: bool = False,
        face: int | None = None,
        landmarks: Path | None = None,
    ) -> Portrait:
        """Make a photo ready.

        Args:
            path: any picture.
            size: pixels, longest side at most.
            crop: keep a square around the head only.
            face: 1 = the largest; None takes the largest.
            landmarks: a file with the face's 68 points, see `anyonenet.face.landmark_file`; no face is looked for then.

        Raises:
            InputError: the file is no picture, or that of the landmarks cannot be used.
            FaceError: no face, not so many faces, or the face is too small or in profile.
        """
        image = load_photo(path)
        notices: list[str] = []
        if landmarks is not None:
            points = lift(read_landmarks(landmarks, image.shape[1], image.shape[0]))[0].astype(np.float64)
        else:
            points = self._found(path, image, face, notices.append)
        return _made_ready(image, points, size, crop, tuple(f"{path}: {notice}" for notice in notices))

    def _found(self, path: Path, image: np.ndarray, face: int | None, notice: Callable[[str], None]) -> np.ndarray:
        try:
            box = choose_face(image, face, notice=notice)
            return self._detector(image, box).astype(np.float64)
        except FaceError as error:
            raise FaceError(f"{path}: {error}; or mark the face by 68 points in a file: --landmarks FILE") from None


def portrait_of(image: np.ndarray, landmarks: np.ndarray) -> Portrait:
    """A portrait of a picture whose landmarks are known, in the picture's own size.

    Args:
        image: (H, W, 3) uint8 RGB.
        landmarks: (68, 3) pixels.
    """
    return _made_ready(image, np.asarray(landmarks, dtype=np.float64), max(image.shape[:2]) + 1, False, ())


def _made_ready(image: np.ndarray, landmarks: np.ndarray, size: int, crop: bool, notices: tuple[str, ...]) -> Portrait:
    photo, photo_landmarks = image, landmarks
    if crop:
        image, landmarks = _cropped(image, landmarks)
    image, landmarks = _fitted(image, landmarks, size)
    taken_apart = register(landmarks)
    return Portrait(
        image=image,
        landmarks=landmarks.astype(np.float32),
        frontal=taken_apart.frontal,
        quaternion=taken_apart.quaternions,
        scale=float(taken_apart.scale),
        translation=taken_apart.translation.astype(np.float64),
        photo=photo,
        photo_landmarks=photo_landmarks.astype(np.float32),
        notices=notices,
    )


def _cropped(image: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A square around the head, moved or shrunk to stay inside the picture."""
    top, bottom = landmarks[:, 1].min(), landmarks[:, 1].max()
    height, width = image.shape[:2]
    side = int(min(CROP_FACES * (bottom - top), height, width))
    middle_x = (landmarks[:, 0].min() + landmarks[:, 0].max()) / 2
    middle_y = top + 0.45 * (bottom - top)  # hair above needs more room than the chin below
    left = int(np.clip(middle_x - side / 2, 0, width - side))
    upper = int(np.clip(middle_y - side / 2, 0, height - side))
    return image[upper : upper + side, left : left + side], landmarks - [left, upper, 0]


def _fitted(image: np.ndarray, landmarks: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Longest side at most `size`, both sides even, as the video's colours need."""
    height, width = image.shape[:2]
    factor = min(1.0, size / max(height, width))
    new_width, new_height = (max(2, round(side * factor / 2) * 2) for side in (width, height))
    if (new_height, new_width) != (height, width):
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        image = np.asarray(cv2.resize(image, (new_width, new_height), interpolation=method), dtype=np.uint8)
    across, down = new_width / width, new_height / height
    return np.ascontiguousarray(image), landmarks * [across, down, (across + down) / 2]
