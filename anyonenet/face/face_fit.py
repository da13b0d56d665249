"""The 3-D face of a person and the camera's view of it, from 68 image points of one picture or of many.

Write-a-Speaker, appendix "3DMM fitting", equation (12): squared distances of projected to detected landmarks over all
frames, with `lambda_e |e_k|^2 + lambda_s |s|^2`, minimised by Levenberg-Marquardt. The identity is shared by all
frames, pose and expression are each frame's own. Jacobians are analytic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike

from anyonenet.face import quaternion
from anyonenet.face.depth import fit_pose
from anyonenet.face.face_model import Array, FaceModel
from anyonenet.face.template import JAW
from anyonenet.levenberg_marquardt import Arrow, minimise

CAMERAS = ("weak", "perspective")
LARGEST_NEARNESS = 0.25
"""reciprocal distance of the camera in outer-eye distances: no nearer than 36 cm"""
_FIRST_NEARNESS = 0.05
_POSE = 6
"""turn (3), log of the scale (1), shift (2)"""


@dataclass(frozen=True)
class FitSettings:
    """How a face is fitted."""

    camera: str = "weak"
    """'weak' perspective, or 'perspective', whose distance is found too"""
    identity_weight: float = 1e-4
    """lambda_s of the paper; residuals are in outer-eye distances, where 1e-4 is a detector's noise of 0.01"""
    expression_weight: float = 1e-4
    """lambda_e of the paper"""
    bounds: tuple[float, float] = (0.0, 1.0)
    """of expression parameters"""
    most_steps: int = 60

    def __post_init__(self) -> None:
        if self.camera not in CAMERAS:
            raise ValueError(f"camera is '{self.camera}'; choose one of {', '.join(CAMERAS)}")


@dataclass(frozen=True)
class FaceFit:
    """A person's face as found, K frames."""

    identity: Array  # (S,) standard deviations
    expressions: Array  # (K, P)
    rotations: Array  # (K, 3, 3)
    scales: Array  # (K,) pixels an outer-eye distance, at the depth of the face's origin
    translations: Array  # (K, 2) pixels, where the origin is seen
    nearness: float
    """reciprocal distance of the camera; 0 is weak perspective"""

    @property
    def quaternions(self) -> Array:
        """`(K, 4)` head orientations, w >= 0."""
        return np.asarray(quaternion.from_matrix(self.rotations), dtype=np.float64)

    def faces(self, model: FaceModel) -> Array:
        """`(K, 68, 3)` frontal, outer-eye distances."""
        return model.neutral(self.identity) + model.displacements(self.identity, self.expressions)

    def projected(self, model: FaceModel) -> Array:
        """`(K, 68, 2)` pixels: where the fitted faces are seen."""
        turned = self.faces(model) @ np.swapaxes(self.rotations, 1, 2)
        size = self.scales[:, None] / (1 + self.nearness * turned[..., 2])
        return size[..., None] * turned[..., :2] + self.translations[:, None]

    def reprojection(self, model: FaceModel, points: ArrayLike) -> Array:
        """`(K, 68)` distances of projected from detected points, in outer-eye distances (`scales`)."""
        apart = np.linalg.norm(self.projected(model) - np.asarray(points, dtype=np.float64)[..., :2], axis=-1)
        return np.asarray(apart / self.scales[:, None])


def fit_face(
    points: ArrayLike,
    model: FaceModel,
    settings: FitSettings | None = None,
    identity: ArrayLike | None = None,
    point_weights: Sequence[float] | None = None,
    nearness: float | None = None,
) -> FaceFit:
    """Fit one person to one picture or to the frames of a video.

    Args:
        points: `(68, 2)` or `(K, 68, 2)` pixels (further coordinates are ignored).
        model: of faces.
        settings: camera, weights and bounds.
        identity: `(S,)` keep this person, find pose and expressions only; None: found too.
        point_weights: `(68,)` trust of the points; None: 1, and less of the jaw where the head is turned.
        nearness: reciprocal distance of the camera, where it is known; None: 0, or found with camera 'perspective'.

    Raises:
        ValueError: a wrong shape, no frame, or values that are not finite.
    """
    observed = np.asarray(points, dtype=np.float64)
    observed = observed[None] if observed.ndim == 2 else observed
    if observed.ndim != 3 or observed.shape[1] != 68 or observed.shape[2] < 2 or not len(observed):
        raise ValueError(f"expected points of shape (68, 2) or (K, 68, 2), got {np.shape(points)}")
    observed = observed[..., :2]
    if not np.isfinite(observed).all():
        raise ValueError("points hold values that are not finite")
    settings = settings or FitSettings()
    found = settings.camera == "perspective" and nearness is None
    poses = [fit_pose(frame, model.mean) for frame in observed]
    rotations = np.stack([np.asarray(quaternion.to_matrix(pose.quaternion), dtype=np.float64) for pose in poses])
    start = FaceFit(
        identity=np.zeros(len(model.identities)) if identity is None else np.asarray(identity, dtype=np.float64),
        expressions=np.full((len(observed), len(model.expressions)), max(settings.bounds[0], 0.0)),
        rotations=rotations,
        scales=np.array([pose.scale for pose in poses]),
        translations=np.stack([pose.translation for pose in poses]),
        nearness=_FIRST_NEARNESS if found else nearness or 0.0,
    )
    trust = _trust(rotations)
    if point_weights is not None:
        trust[:] = point_weights
    problem = _Reprojection(observed, model, settings, start.scales, trust, (identity is None, found))
    return minimise(problem, start, settings.most_steps).state


def _trust(rotations: Array) -> Array:
    """`(K, 68)`: the jaw's outline of a turned head slides along the cheek, so it says less."""
    yaw = np.abs(np.asarray(quaternion.to_euler(quaternion.from_matrix(rotations))[1]))
    weights = np.ones((len(rotations), 68))
    weights[:, list(JAW)] = (1 / (1 + (6 * yaw) ** 2))[:, None]
    return weights


class _Reprojection:
    """Equation (12) as a problem of `anyonenet.levenberg_marquardt`."""

    def __init__(
        self,
        points: Array,
        model: FaceModel,
        settings: FitSettings,
        units: Array,
        trust: Array,
        found: tuple[bool, bool],
    ) -> None:
        self._points, self._model, self._settings = points, model, settings
        self._free, self._perspective = found  # identity, distance of the camera
        # residuals in outer-eye distances: weights mean the same for any picture
        self._scaling = np.sqrt(trust) / units[:, None]  # (K, 68)
        self._slopes = model.magnification_slopes()

    def cost(self, state: FaceFit) -> float:
        apart = (state.projected(self._model) - self._points) * self._scaling[..., None]
        prior = self._settings.expression_weight * (state.expressions**2).sum()
        # once for all frames, and as heavy as in a single one
        prior += self._settings.identity_weight * len(self._points) * (state.identity**2).sum() if self._free else 0.0
        return float((apart**2).sum() + prior) / 2

    def linearise(self, state: FaceFit) -> Arrow:
        shared, own, apart = self._jacobian(state)
        settings, model = self._settings, self._model
        frames, residuals, common = shared.shape
        rows, turned = shared.reshape(frames * residuals, common), np.swapaxes(own, 1, 2)
        arrow = Arrow(
            shared=rows.T @ rows,
            coupling=turned @ shared,
            own=turned @ own,
            shared_gradient=rows.T @ apart.ravel(),
            own_gradient=(turned @ apart.reshape(frames, residuals, 1))[..., 0],
        )
        if self._free:
            weight = settings.identity_weight * len(apart)
            kinds = range(len(model.identities))
            arrow.shared[kinds, kinds] += weight
            arrow.shared_gradient[: len(kinds)] += weight * state.identity
        places = range(_POSE, _POSE + len(model.expressions))
        arrow.own[:, places, places] += settings.expression_weight
        arrow.own_gradient[:, _POSE:] += settings.expression_weight * state.expressions
        self._hold(state, arrow)
        return arrow

    def _hold(self, state: FaceFit, arrow: Arrow) -> None:
        """Expressions at a bound that would go beyond it stay where they are."""
        low, high = self._settings.bounds
        gradient = arrow.own_gradient[:, _POSE:]
        at_bound = ((state.expressions <= low) & (gradient > 0)) | ((state.expressions >= high) & (gradient < 0))
        held = np.concatenate([np.zeros((len(gradient), _POSE), dtype=bool), at_bound], axis=1)
        diagonal = np.einsum("kpp->kp", arrow.own).copy()
        arrow.own[held[:, :, None] | held[:, None, :]] = 0.0
        np.einsum("kpp->kp", arrow.own)[...] = np.where(held, np.maximum(diagonal, 1.0), diagonal)
        arrow.coupling[held] = 0.0
        arrow.own_gradient[held] = 0.0

    def _jacobian(self, state: FaceFit) -> tuple[Array, Array, Array]:
        """Derivatives `(K, 136, S')` and `(K, 136, 6 + P)` of the residuals `(K, 68, 2)`, which come third."""
        model, scaling = self._model, self._scaling[..., None]
        turned = state.faces(model) @ np.swapaxes(state.rotations, 1, 2)  # (K, 68, 3)
        near = 1 / (1 + state.nearness * turned[..., 2])  # (K, 68)
        size = state.scales[:, None] * near
        seen = size[..., None] * turned[..., :2]
        residuals = (seen + state.translations[:, None] - self._points) * scaling
        # of a place in the picture, after a turned point: (K, 68, 2, 3)
        view = np.zeros((*turned.shape[:2], 2, 3))
        view[..., 0, 0] = view[..., 1, 1] = size
        view[..., 2] = -state.nearness * near[..., None] * seen
        view *= scaling[..., None]
        unturned = view @ state.rotations[:, None]  # after a point of the frontal face
        own = np.zeros((*turned.shape[:2], 2, _POSE + len(model.expressions)))
        own[..., :3] = view @ np.moveaxis(_turning(turned), 1, 2)
        own[..., 3] = seen * scaling
        own[..., 0, 4] = own[..., 1, 5] = self._scaling
        moved = model.expressions * model.magnification(state.identity)[:, None]
        own[..., _POSE:] = unturned @ moved.transpose(1, 2, 0)
        parts = []
        if self._free:
            expressed = np.tensordot(state.expressions, model.expressions, 1)  # (K, 68, 3)
            grown = (unturned @ expressed[..., None]) * self._slopes[:, None]
            parts.append(unturned @ model.identities.transpose(1, 2, 0) + grown)
        if self._perspective:
            parts.append((-seen * (near * turned[..., 2])[..., None] * scaling)[..., None])
        shared = np.concatenate(parts, axis=-1) if parts else np.zeros((*turned.shape[:2], 2, 0))
        rows = 2 * turned.shape[1]
        return shared.reshape(len(turned), rows, -1), own.reshape(len(turned), rows, -1), residuals

    def moved(self, state: FaceFit, shared: Array, own: Array) -> FaceFit:
        kinds = len(self._model.identities) if self._free else 0
        turns = np.stack([np.asarray(cv2.Rodrigues(turn)[0]) for turn in own[:, :3]])
        nearness = state.nearness
        if self._perspective:
            nearness = float(np.clip(nearness + shared[-1], 0.0, LARGEST_NEARNESS))
        return replace(
            state,
            identity=state.identity + shared[:kinds] if self._free else state.identity,
            expressions=np.clip(state.expressions + own[:, _POSE:], *self._settings.bounds),
            rotations=turns @ state.rotations,
            scales=state.scales * np.exp(np.clip(own[:, 3], -1, 1)),
            translations=state.translations + own[:, 4:6],
            nearness=nearness,
        )


def _turning(points: Array) -> Array:
    """`(K, 68, 3)` -> `(K, 3, 68, 3)`: how coordinate a of a point moves with a small turn about axis b."""
    x, y, z = np.moveaxis(points, -1, 0)
    zero = np.zeros_like(x)
    rows = [[zero, z, -y], [-z, zero, x], [y, -x, zero]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=1)
