"""Still pictures with faces, photographs and paintings: those that installed packages carry, and a user's own.

Each face is cut out with its landmarks, ready to be animated.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from anyonenet.checksum import sha256_of
from anyonenet.errors import AnyoneNetError, FaceError, InputError
from anyonenet.face.detection import detect_faces
from anyonenet.face.embedding import FaceEmbedder
from anyonenet.face.image import load_photo
from anyonenet.face.landmarks import LandmarkDetector
from anyonenet.face.registration import outer_eye_distance
from anyonenet.face.square import square_around
from datamodules.corpora.files import PICTURES, find_files, legible

PACKAGED = {"skimage": ("data/astronaut.png",), "matplotlib": ("mpl-data/sample_data/grace_hopper.jpg",)}
"""package -> pictures of faces inside it, both of NASA and the US Navy, in the public domain"""

SIDE = 384
"""pixels of a cut-out's side"""
FACES = 2.6
"""the same in heights of the face from brow to chin: room for the head to move in the square that training cuts out"""
SMALLEST = 32.0
"""pixels between the outer eye corners, below which a face is left out: training would see it enlarged 2.5 times"""
_LARGEST_YAW_DEGREES = 25.0
_SAME_PERSON = 0.5
"""distance of dlib's embeddings below which two faces count as one person's: stricter than the usual 0.6"""


@dataclass(frozen=True)
class StillFace:
    """A face cut out of a picture."""

    name: str
    """the picture's, with the face's number where it has several"""
    person: str
    """name of the first face of this person"""
    picture: np.ndarray  # (SIDE, SIDE, 3) uint8 RGB
    landmarks: np.ndarray  # (68, 3) float32 pixels
    embedding: np.ndarray  # (128,)
    source: str
    sha256: str


@dataclass(frozen=True)
class Skipped:
    """A picture, or a face of it, that is not used."""

    source: str
    reason: str


def packaged_pictures() -> list[Path]:
    """The pictures of `PACKAGED` that are installed; nothing is imported."""
    found = []
    for package, names in PACKAGED.items():
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            found += [Path(folder) / name for name in names if (Path(folder) / name).is_file()]
    return found


def pictures_in(folder: Path) -> list[Path]:
    """A user's pictures, in the folder and its folders, by name.

    Raises:
        InputError: no such folder, or no picture in it.
    """
    if not Path(folder).is_dir():
        raise InputError(f"no folder of pictures at {folder}; check the path")
    found = find_files(Path(folder), PICTURES)
    if not found:
        raise InputError(f"no picture ({', '.join(sorted(PICTURES))}) in {folder}; put photographs there")
    return found


def faces_of(path: Path) -> tuple[list[StillFace], list[Skipped]]:
    """All faces of a picture that are large enough and look towards the camera, largest first.

    Args:
        path: of the picture.

    Returns:
        the faces, each its own person, and what was left out and why.
    """
    source = legible(path.name)
    try:
        picture = load_photo(path)
        boxes = detect_faces(picture)
    except AnyoneNetError as error:
        return [], [Skipped(source, str(error))]
    faces: list[StillFace] = []
    skipped = [] if boxes else [Skipped(source, "no face found")]
    detector, embedder = _models()
    content = sha256_of(path)
    for number, box in enumerate(boxes, 1):
        which = source if len(boxes) == 1 else f"{source}, face {number} of {len(boxes)}"
        try:
            landmarks = detector(picture, box, _LARGEST_YAW_DEGREES)
            distance = float(outer_eye_distance(landmarks[:, :2]))
            if distance < SMALLEST:
                raise FaceError(
                    f"too small: {distance:.0f} pixels between the outer eye corners, {SMALLEST:.0f} needed"
                )
        except FaceError as error:
            skipped.append(Skipped(which, str(error)))
            continue
        name = legible(path.stem) + (f"-{number}" if len(boxes) > 1 else "")
        embedding = embedder(picture, landmarks)
        cut, points = _cut_out(picture, landmarks)
        faces.append(StillFace(name, name, cut, points, embedding, source, content))
    return faces, skipped


def distinct(faces: Sequence[StillFace]) -> tuple[list[StillFace], list[Skipped]]:
    """The faces with unique names, persons grouped by their embeddings; copies of a picture are left out."""
    kept: list[StillFace] = []
    skipped: list[Skipped] = []
    names: dict[str, int] = {}
    contents: dict[str, str] = {}
    for face in faces:
        first = contents.setdefault(face.sha256, face.source)
        if first != face.source:
            skipped.append(Skipped(face.source, f"the same picture as {first}"))
            continue
        names[face.name] = names.get(face.name, 0) + 1
        name = face.name if names[face.name] == 1 else f"{face.name}_{names[face.name]}"
        alike = [other for other in kept if np.linalg.norm(other.embedding - face.embedding) < _SAME_PERSON]
        kept.append(replace(face, name=name, person=alike[0].person if alike else name))
    return kept, skipped


@lru_cache(maxsize=1)
def _models() -> tuple[LandmarkDetector, FaceEmbedder]:
    return LandmarkDetector("dlib"), FaceEmbedder("dlib")


def _cut_out(picture: np.ndarray, landmarks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The square around a face and the landmarks in it; beyond the picture its edge is repeated."""
    matrix = square_around(landmarks, FACES, SIDE)
    scale = float(matrix[0, 0])
    points = landmarks.astype(np.float64) * scale
    points[:, :2] += matrix[:, 2]
    if scale < 0.8:  # single samples of a picture that shrinks would flicker as it moves
        height, width = picture.shape[:2]
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        matrix[:, :2] = np.diag([scale * width / picture.shape[1], scale * height / picture.shape[0]])
    cut = cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return cut, points.astype(np.float32)
