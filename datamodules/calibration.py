"""What the image translation reads, in small: pictures on which engines learn their ranges and are compared.

Drawn persons, and the photographs that installed packages carry, each made to speak; nothing has to be prepared.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from tqdm import tqdm

from anyonenet.face.motion_field import motion_field
from anyonenet.face.sketch import draw_sketch
from anyonenet.face.square import square_around
from datamodules.mini.animation import animate
from datamodules.mini.faces import CONTROLS, DrawnPerson, FacePainter, draw_scene, from_angles
from datamodules.mini.pictures import faces_of, packaged_pictures
from datamodules.mini.videos import draw_person

_CORPUS = "calibration"
"""persons of this name are nobody else's"""
_SIDE = 384


def calibration_pictures(
    persons: int = 6,
    frames: int = 3,
    faces: float = 2.0,
    side: int = 256,
    seed: int = 0,
    packaged: bool = True,
    progress: bool = True,
) -> np.ndarray:
    """Sketches and photos as the renderer hands them to the network.

    Args:
        persons: drawn ones.
        frames: of each face, of a clip in which it speaks and turns.
        faces: side of the square in heights of the face, as the weights' card says.
        side: pixels.
        seed: who, and what they do.
        packaged: the packaged photographs too.
        progress: show a bar.

    Returns:
        `(N, 9, side, side)` float32: sketch, photo, motion field; a network without the last reads the
        first six channels.
    """
    made = []
    total = persons + (len(packaged_pictures()) if packaged else 0)
    for number, (picture, landmarks) in enumerate(
        tqdm(_stills(persons, seed, packaged), "pictures", total, disable=not progress)
    ):
        square = square_around(landmarks, faces, side)
        photo = cv2.warpAffine(picture, square, (side, side), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
        animation = animate(landmarks, frames + 1, number, np.random.default_rng([seed, 21, number]))
        moved = [points[:, :2] @ square[:, :2].T + square[:, 2] for points in animation.landmarks]
        for points in moved[1:]:
            pictures = np.concatenate([draw_sketch(points, side), photo], axis=2).astype(np.float32) / 127.5 - 1
            made.append(np.concatenate([pictures, motion_field(points, moved[0], side)], axis=2))
    return np.ascontiguousarray(np.stack(made).transpose(0, 3, 1, 2))


def _stills(persons: int, seed: int, packaged: bool) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pictures `(H, W, 3)` uint8 and their landmarks `(68, 3)`."""
    for number in range(persons):
        rng = np.random.default_rng([seed, 22, number])
        person = DrawnPerson(draw_person(_CORPUS, number, seed).identity)
        painter = FacePainter(person, draw_scene(rng, _SIDE, _SIDE, rng.uniform(0.24, 0.3)))
        step = np.zeros(len(CONTROLS)), from_angles(*np.radians(rng.normal(0, (6, 3, 3))))
        yield painter.frame(*step), painter.landmarks(*step)
    for path in packaged_pictures() if packaged else ():
        for face in faces_of(path)[0]:
            yield face.picture, face.landmarks
