"""One person's landmarks driven by animation parameters: Write-a-Speaker's landmark generator for a photo.

The 3-D face is fitted to the photo's landmarks; expressions then move them as far as they move this person's face, and
the head pose is laid upon the photo's own. The paper drives the fitted neutral face by itself; here the photo's
landmarks stay what they are while nothing happens, so that a frame at rest is the photo.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from anyonenet.face import quaternion
from anyonenet.face.blendshapes import BLENDSHAPES, columns
from anyonenet.face.face_fit import FaceFit, FitSettings, fit_face
from anyonenet.face.face_model import FaceModel, face_model
from anyonenet.liveliness import close_lips, uncross_lips

PHOTO_FIT = FitSettings(identity_weight=3e-4, expression_weight=3e-3)
"""one picture does not tell a raised brow from a high one: what it shows is taken for the person's first"""
LARGEST_TURN_DEGREES = 12.0
"""soft limit of the head's rotation away from the photo's pose: a photo does not show the other side"""
_LIDS = {"eyeBlinkRight": ((37, 41), (38, 40)), "eyeBlinkLeft": ((43, 47), (44, 46))}
_LOWER_LID_RISES = 0.14
_OPENING = columns("jawOpen", "mouthClose")
"""measured from a closed mouth, whatever the photo's does"""


class FaceRig:
    """A photo's face, ready to be driven.

    Args:
        landmarks: `(68, 2)` or `(68, 3)` pixels of the photo.
        frontal: `(68, 3)` the same, registered: outer-eye distances.
        orientation: `(4,)` quaternion of the photo's head, as registration found it.
        scale: pixels an outer-eye distance, as registration found it.
        model: of faces; None: the project's.
        identity: `(60,)` who it is, where a reference video told; None: found in the photo.
        settings: of the fit.
    """

    def __init__(
        self,
        landmarks: ArrayLike,
        frontal: ArrayLike,
        orientation: ArrayLike,
        scale: float,
        model: FaceModel | None = None,
        identity: ArrayLike | None = None,
        settings: FitSettings = PHOTO_FIT,
    ):
        self.model = model or face_model()
        self.fit: FaceFit = fit_face(landmarks, self.model, settings, identity)
        self.orientation = quaternion.normalise(np.asarray(orientation, dtype=np.float64))
        self.frontal = np.asarray(frontal, dtype=np.float64)
        # opening is measured from a closed mouth
        self._rest = close_lips(self.frontal[None], np.ones(1))[0]
        # the fit sees the face a little otherwise than registration does: what it moves is seen in the same place
        turned = quaternion.to_matrix(self.orientation).T @ self.fit.rotations[0]
        self._into_frontal = float(self.fit.scales[0]) / scale * turned
        # what the photo's face does already is not done once more
        self._left = 1 - self.fit.expressions[0].copy()
        self._left[_OPENING] = 1.0

    def landmarks(self, parameters: ArrayLike) -> NDArray[np.float64]:
        """Frontal landmarks `(F, 68, 3)`, outer-eye distances.

        Args:
            parameters: `(F, 51)` from 0 to 1, see `anyonenet.face.blendshapes`.

        Raises:
            ValueError: another number of parameters.
        """
        wanted = np.asarray(parameters, dtype=np.float64)
        if wanted.ndim != 2 or wanted.shape[1] != len(BLENDSHAPES):
            raise ValueError(f"expected parameters of shape (F, {len(BLENDSHAPES)}), got {wanted.shape}")
        wanted = np.clip(wanted, 0, 1)
        linear = wanted * self._left
        linear[:, columns(*_LIDS)] = 0.0  # lids meet whatever the eye is like
        moved = self.model.displacements(self.fit.identity, linear) @ self._into_frontal.T
        face = uncross_lips(self._rest + moved)
        for name, pairs in _LIDS.items():
            closure = wanted[:, columns(name)]
            for upper, lower in pairs:
                gap = np.maximum(face[:, lower, 1:2] - face[:, upper, 1:2], 0) * closure
                face[:, upper, 1:2] += (1 - _LOWER_LID_RISES) * gap
                face[:, lower, 1:2] -= _LOWER_LID_RISES * gap
        return face

    def quaternions(self, head: ArrayLike) -> NDArray[np.float64]:
        """Head orientations `(F, 4)` of head poses `(F, 6)` (or `(F, 3)`: rotation vectors alone): what turns the head
        away from the camera turns it away from the photo's pose."""
        turns = np.asarray(head, dtype=np.float64)[:, :3]
        limit = math.radians(LARGEST_TURN_DEGREES)
        size = np.linalg.norm(turns, axis=1, keepdims=True)
        turns = turns * np.where(size > 1e-9, limit * np.tanh(size / limit) / np.maximum(size, 1e-9), 1.0)
        turned = quaternion.multiply(quaternion.from_rotation_vector(turns), self.orientation[None])
        return np.asarray(quaternion.make_continuous(quaternion.normalise(turned)), dtype=np.float64)

    def displacements(self, parameters: ArrayLike, head: ArrayLike) -> NDArray[np.float64]:
        """How far the frontal landmarks are from the photo's, `(F, 68, 3)`: expressions, and the head's way across the
        picture (seen along the turned head's own axes). Ways to and from the camera are left out: a photo has one size.

        Args:
            parameters: `(F, 51)`.
            head: `(F, 6)`, see `anyonenet.face.blendshapes.HEAD`.
        """
        pose = np.asarray(head, dtype=np.float64)
        moves = np.concatenate([pose[:, 3:5], np.zeros((len(pose), 1))], axis=1)
        turned = np.einsum("fba,fb->fa", quaternion.to_matrix(self.quaternions(pose)), moves)
        return self.landmarks(parameters) - self.frontal + turned[:, None]
