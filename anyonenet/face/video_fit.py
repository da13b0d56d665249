"""A talking person's video -> who it is, and tracks of expression and head pose (Write-a-Speaker, landmark generator).

The identity is found over a few keyframes (30 in the paper's appendix), then pose and expression of every frame with
that person. So recordings become tracks like those of a motion-capture studio.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face import quaternion
from anyonenet.face.face_fit import FaceFit, FitSettings, fit_face
from anyonenet.face.face_model import FaceModel, face_model
from anyonenet.portrait import NECK

KEYFRAMES = 30
"""N_k of the paper"""
CAMERA_DISTANCE = 8.0
"""outer-eye distances, about 70 cm: turns a change of size into a way to and from the camera"""
_TOGETHER = 250
"""frames fitted at once"""


def fit_video(
    landmarks: ArrayLike,
    model: FaceModel | None = None,
    settings: FitSettings | None = None,
    keyframes: int = KEYFRAMES,
) -> FaceFit:
    """Fit one person to all frames.

    Args:
        landmarks: `(F, 68, 2)` or `(F, 68, 3)` pixels; depth is ignored.
        model: of faces; None: the project's.
        settings: camera, weights and bounds.
        keyframes: evenly spread frames that say who it is.

    Returns:
        The fit of all F frames.

    Raises:
        ValueError: as of `fit_face`.
    """
    model, settings = model or face_model(), settings or FitSettings()
    points = np.asarray(landmarks, dtype=np.float64)
    spread = np.linspace(0, len(points) - 1, min(keyframes, len(points))).round().astype(int)
    person = fit_face(points[spread], model, settings)
    # the camera stays where the keyframes found it
    parts = [
        fit_face(points[begin : begin + _TOGETHER], model, settings, person.identity, nearness=person.nearness)
        for begin in range(0, len(points), _TOGETHER)
    ]
    return replace(
        parts[0],
        expressions=np.concatenate([part.expressions for part in parts]),
        rotations=np.concatenate([part.rotations for part in parts]),
        scales=np.concatenate([part.scales for part in parts]),
        translations=np.concatenate([part.translations for part in parts]),
    )


def tracks_of(fit: FaceFit) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What moves in a fitted video, in the units of `anyonenet.face.blendshapes`.

    Returns:
        parameters `(F, 51)`, and head pose `(F, 6)`: rotation vector away from looking into the camera (radians), and
        the way of the neck, about which heads turn, from its mean place (outer-eye distances; the third is away from
        the camera).
    """
    turns = quaternion.to_rotation_vector(quaternion.make_continuous(fit.quaternions))
    size = fit.scales.mean()
    necks = fit.translations + fit.scales[:, None] * (fit.rotations @ NECK)[:, :2]
    across = (necks - necks.mean(0)) / size
    away = CAMERA_DISTANCE * (size / fit.scales - 1)
    return fit.expressions.astype(np.float32), np.concatenate([turns, across, away[:, None]], 1).astype(np.float32)
