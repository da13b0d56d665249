"""Faces for the tests of the warp: a real one with an open, smiling mouth, and a drawn one with a closed mouth."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import skimage.data

from anyonenet.face.template import frontal_template

# dlib's points on scikit-image's astronaut, lifted to 3-D
# fmt: off
_ASTRONAUT = (
    (179.2, 103.8, 44.1), (179.5, 115.8, 42.1), (180.5, 127.3, 40.1), (181.4, 138.9, 35.6), (184.6, 150.4, 27.1),
    (190.8, 160.3, 16), (199.5, 168.5, 6.2), (209, 175.5, -1.1), (220.4, 178.1, -4), (232.3, 176.6, -0.7),
    (243.2, 170.9, 6.9), (253, 163.6, 17.1), (260.3, 153.9, 28.4), (264.9, 142.9, 37), (267.6, 131.3, 41.6),
    (270.1, 119.6, 43.6), (271.7, 107.3, 45.6), (186.1, 94.2, 2.2), (191.9, 88.3, -5.1), (200.3, 87, -10.2),
    (208.6, 88.7, -12.6), (216.3, 92.5, -13.6), (235.8, 93.7, -13.3), (243.6, 90.8, -12), (251.9, 90.2, -9.4),
    (260.1, 92, -4), (265.3, 98.3, 3.6), (225.6, 102.5, -12.4), (225.4, 110.8, -16.5), (225.2, 118.8, -21.3),
    (224.9, 127.3, -25.5), (214.1, 130.8, -11.1), (219, 132.3, -13.6), (224.2, 134.3, -15.3), (229.6, 132.9, -13.4),
    (234.4, 131.7, -10.8), (195, 101, 0.1), (200.5, 97.7, -3.8), (206.9, 98.4, -3.7), (212.5, 103.7, -2.1),
    (206.2, 104.2, -2.1), (199.7, 103.7, -2.2), (237.5, 105.1, -1.7), (243.4, 100.4, -3.1), (250, 100.4, -3),
    (255.4, 104.1, 1.1), (250.1, 106.4, -1.4), (243.6, 106.2, -1.5), (201, 139.4, -2.9), (209.3, 139.2, -10),
    (217.5, 139.4, -13.8), (223.2, 140.7, -14.3), (229.1, 139.8, -13.6), (236.8, 140.3, -9.6), (244.7, 141.5, -2.2),
    (236.8, 151.2, -7.8), (228.5, 154.9, -11), (222.2, 155.5, -11.7), (216, 154.4, -11.2), (207.9, 149.6, -8.2),
    (203.7, 140.5, -4.1), (217.3, 142.7, -11), (223.1, 143.8, -11.6), (228.9, 143.2, -10.8), (241.9, 142.3, -3.5),
    (228.6, 149.9, -9.9), (222.6, 150.4, -10.6), (216.6, 149.4, -10.1),
)
# fmt: on


def astronaut() -> tuple[np.ndarray, np.ndarray]:
    """(512, 512, 3) uint8 and (68, 3) pixels."""
    return skimage.data.astronaut(), np.array(_ASTRONAUT, np.float32)


def drawn_face(side: int = 192, grey: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A flat drawing of the mean face, lips closed: (side, side, 3) uint8 and (68, 3) pixels."""
    points = frontal_template() * 0.3 * side
    points[:, :2] += (0.5 * side, 0.48 * side)
    points[60:68, 1] = points[60:68, 1].mean()  # the lips meet
    picture = np.empty((side, side, 3), np.uint8)
    rows = np.arange(side)
    picture[:] = (120 + 60 * np.sin(rows / 9))[:, None, None]  # stripes show what moves
    flat = np.round(points[:, :2]).astype(np.int32)
    cv2.fillConvexPoly(picture, cv2.convexHull(flat), (214, 170, 148))
    for eye in (range(36, 42), range(42, 48)):
        cv2.fillPoly(picture, [flat[list(eye)]], (240, 236, 232))
        cv2.circle(picture, flat[list(eye)].mean(0).astype(int).tolist(), max(side // 40, 2), (30, 20, 20), -1)
    cv2.fillPoly(picture, [flat[48:60]], (176, 92, 92))
    cv2.polylines(picture, [flat[[60, 61, 62, 63, 64]]], False, (96, 40, 40), 1)
    if grey:
        picture[:] = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[:, :, None]
    return picture, points.astype(np.float32)


def opened(landmarks: np.ndarray, pixels: float) -> np.ndarray:
    """The landmarks with the lower lip and the jaw lowered."""
    moved = landmarks.copy()
    moved[[56, 57, 58, 65, 66, 67], 1] += pixels
    moved[[55, 59], 1] += 0.7 * pixels
    moved[5:12, 1] += pixels * np.array([0.4, 0.6, 0.8, 0.9, 0.8, 0.6, 0.4])
    return moved


def with_closed_lips(landmarks: np.ndarray) -> np.ndarray:
    """The landmarks with the inner-lip points of both lips on each other, and the outer ones along with them."""
    moved = landmarks.copy()
    upper, lower = [61, 62, 63], [67, 66, 65]
    middle = (moved[upper] + moved[lower]) / 2
    moved[50:53] += (middle - moved[upper]).mean(0)
    moved[56:59] += (middle - moved[lower]).mean(0)
    moved[upper], moved[lower] = middle, middle
    return moved


def with_closed_eyes(landmarks: np.ndarray) -> np.ndarray:
    """The landmarks with the upper lids lowered to the lower ones."""
    moved = landmarks.copy()
    moved[[37, 38, 43, 44]] = moved[[41, 40, 47, 46]]
    return moved


@pytest.fixture(scope="session")
def faces() -> SimpleNamespace:
    """Pictures with their landmarks, and ways to move these."""
    return SimpleNamespace(
        smiling=astronaut,
        drawn=drawn_face,
        opened=opened,
        with_closed_lips=with_closed_lips,
        with_closed_eyes=with_closed_eyes,
    )
