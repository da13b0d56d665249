"""A 3-D face of 68 points with parameters for who it is and what it does, `U(s, e)` of Write-a-Speaker.

`U(s, e) = mean + identities(s) + magnification(s) * expressions(e)`: linear in each, as the paper's multi-linear model
is. The magnification lets an expression fit the person: lips move in proportion to the mouth's width, and lids travel
as far as the person's eyes are open.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from anyonenet.face.blendshapes import basis, mean_face
from anyonenet.face.identity_basis import identity_basis
from anyonenet.face.template import JAW, LEFT_EYE, LIPS, RIGHT_EYE

Array = NDArray[np.float64]

_LEAST_MAGNIFICATION = 0.3


@dataclass(frozen=True)
class FaceModel:
    """Mean face and its two bases, frontal, in outer-eye distances.

    Args:
        mean: `(68, 3)` at rest, lips closed.
        identities: `(S, 68, 3)` displacement of one standard deviation each.
        expressions: `(P, 68, 3)` displacement of each expression parameter at 1.
    """

    mean: Array
    identities: Array
    expressions: Array

    def __post_init__(self) -> None:
        for name, shape in (("mean", (68, 3)), ("identities", (..., 68, 3)), ("expressions", (..., 68, 3))):
            if np.shape(getattr(self, name))[-2:] != (68, 3):
                raise ValueError(f"{name} has shape {np.shape(getattr(self, name))}; expected {shape}")

    def neutral(self, identity: Array) -> Array:
        """`(S,)` -> `(68, 3)` the person's face at rest."""
        return self.mean + np.tensordot(identity, self.identities, 1)

    def displacements(self, identity: Array, expressions: Array) -> Array:
        """How far expressions move this person's points: `(S,)`, `(..., P)` -> `(..., 68, 3)`."""
        return np.tensordot(expressions, self.expressions, 1) * self.magnification(identity)[:, None]

    def magnification(self, identity: Array) -> Array:
        """`(S,)` -> `(68,)`, of each point's displacements by expressions against the mean face's."""
        return np.maximum(1 + self.magnification_slopes() @ identity, _LEAST_MAGNIFICATION)

    def magnification_slopes(self) -> Array:
        """`(68, S)`: what one standard deviation of each identity adds to the magnification."""
        slopes = np.zeros((68, len(self.identities)))
        mouth = _along(self.mean, 54, 48, 0), _along(self.identities, 54, 48, 0)
        slopes[[*LIPS, *JAW]] = mouth[1] / mouth[0]
        for eye in (RIGHT_EYE, LEFT_EYE):
            upper, lower = [eye[1], eye[2]], [eye[5], eye[4]]
            gap = self.mean[lower, 1].mean() - self.mean[upper, 1].mean()
            gaps = self.identities[:, lower, 1].mean(1) - self.identities[:, upper, 1].mean(1)
            slopes[list(eye)] = gaps / gap
        return slopes


@lru_cache(maxsize=1)
def face_model() -> FaceModel:
    """The project's: 60 identities and the 51 expressions of `anyonenet.face.blendshapes`."""
    return FaceModel(mean_face(), identity_basis(), basis())


def _along(points: Array, end: int, begin: int, axis: int) -> Array:
    return points[..., end, axis] - points[..., begin, axis]
