"""How faces of people differ: a linear basis of 68 landmarks that needs no scans.

The paper (Write-a-Speaker, landmark generator) takes 60 components of LSFM, which may not be passed on. Ours are the
leading ones of a Gaussian process on the mean face (Lüthi et al. 2018, "Gaussian process morphable models"): smooth,
mostly symmetric deformations on two scales, from long faces and broad jaws to a nose or lips of their own.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from anyonenet.face.template import EYES, JAW, LIPS, MIRROR, STABLE, frontal_template

IDENTITIES = 60
"""components, as in the paper"""
_SCALES = ((0.9, 0.075), (0.3, 0.035))
"""reach of a deformation, outer-eye distances, and its standard deviation"""
_ASYMMETRY = 0.15
"""share of the variance that the two halves of a face have apart"""
_DEPTH = 0.6
"""of the deviations in z against those in the picture's plane"""
_GROUPS = (LIPS, EYES, JAW)
"""neighbours across the border of these move with each other less: lips close whatever the chin is like"""
_ACROSS = 0.75


@lru_cache(maxsize=1)
def identity_basis() -> NDArray[np.float64]:
    """`(60, 68, 3)` outer-eye distances for one standard deviation; stable points keep their centroid."""
    points = frontal_template()
    covariance = np.zeros((68, 68))
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    for reach, deviation in _SCALES:
        covariance += deviation**2 * np.exp(-0.5 * (apart / reach) ** 2)
    covariance *= _kinship()
    whole = np.kron(covariance, np.diag([1.0, 1.0, _DEPTH**2]))
    # a symmetric process: each deformation with its mirror image
    mirror = np.zeros((204, 204))
    for point, image in enumerate(MIRROR):
        mirror[3 * point : 3 * point + 3, 3 * image : 3 * image + 3] = np.diag([-1.0, 1.0, 1.0])
    mixed = (whole + mirror @ whole @ mirror.T) / 2
    together = (mirror @ whole + whole @ mirror.T) / 2
    # where a face stands and how it is turned is the camera's
    rigid = _without_pose(points)
    process = rigid @ (mixed + (1 - _ASYMMETRY) * together) @ rigid.T
    values, vectors = np.linalg.eigh((process + process.T) / 2)
    order = np.argsort(values)[::-1][:IDENTITIES]
    basis = (vectors[:, order] * np.sqrt(np.maximum(values[order], 0))).T.reshape(IDENTITIES, 68, 3)
    # signs of eigenvectors are arbitrary: the largest value of each is positive
    flat = basis.reshape(IDENTITIES, -1)
    basis = basis * np.sign(flat[np.arange(IDENTITIES), np.abs(flat).argmax(1)])[:, None, None]
    basis.flags.writeable = False
    return basis


def _kinship() -> NDArray[np.float64]:
    """`(68, 68)` 1 within a group and between points of none, less across."""
    groups = np.zeros(68, dtype=int)
    for number, group in enumerate(_GROUPS, 1):
        groups[list(group)] = number
    member = np.equal(groups[:, None], groups[None]).astype(float)
    return _ACROSS + (1 - _ACROSS) * member


def _without_pose(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """`(204, 204)` takes shifts, turns and the size off a deformation, as the stable points show them."""
    x, y, z = points.T
    zero, one = np.zeros(68), np.ones(68)
    shifts = [np.stack(axes, 1) for axes in ((one, zero, zero), (zero, one, zero), (zero, zero, one))]
    turns = [np.stack(axes, 1) for axes in ((zero, -z, y), (z, zero, -x), (-y, x, zero))]
    rigid = np.stack([motion.ravel() for motion in (*shifts, *turns, points)], 1)  # (204, 7)
    seen = np.zeros((68, 3))
    seen[list(STABLE)] = 1.0
    weighted = (rigid * seen.ravel()[:, None]).T
    return np.eye(204) - rigid @ np.linalg.solve(weighted @ rigid, weighted)
