from dataclasses import replace

import numpy as np
import pytest

from anyonenet.face import face_fit, quaternion
from anyonenet.face.blendshapes import column
from anyonenet.face.face_fit import FaceFit, FitSettings, fit_face
from anyonenet.face.face_model import FaceModel, face_model
from anyonenet.face.template import LIPS, MIRROR, STABLE
from anyonenet.face.video_fit import fit_video, tracks_of

EXACT = {"identity_weight": 1e-9, "expression_weight": 1e-9, "most_steps": 200}
SEEN = ["jawOpen", "mouthPucker", "mouthSmileLeft", "eyeBlinkLeft", "eyeBlinkRight", "browInnerUp"]
"""expressions whose effects on the landmarks are unlike"""


def model() -> FaceModel:
    whole = face_model()
    return FaceModel(whole.mean, whole.identities, whole.expressions[[column(name) for name in SEEN]])


def person(frames: int = 4, nearness: float = 0.0, seed: int = 0) -> FaceFit:
    rng = np.random.default_rng(seed)
    angles = quaternion.from_euler(*(rng.normal(0, spread, frames) for spread in (0.1, 0.25, 0.1)))
    return FaceFit(
        identity=rng.normal(0, 0.7, 60),
        expressions=rng.uniform(0.05, 0.95, (frames, len(SEEN))),
        rotations=quaternion.to_matrix(angles),
        scales=rng.uniform(80, 120, frames),
        translations=rng.uniform(200, 260, (frames, 2)),
        nearness=nearness,
    )


@pytest.mark.parametrize("camera, nearness", [("weak", 0.0), ("perspective", 0.08)])
def test_exact_points_give_the_person_back(camera, nearness):
    true = person(6, nearness)
    points = true.projected(model())
    found = fit_face(points, model(), FitSettings(camera, **EXACT), point_weights=[1.0] * 68)
    assert found.reprojection(model(), points).max() < 1e-4
    assert np.degrees(quaternion.angle_between(found.quaternions, true.quaternions)).max() < 0.1
    np.testing.assert_allclose(found.expressions, true.expressions, atol=0.01)
    np.testing.assert_allclose(found.identity, true.identity, atol=0.02)
    np.testing.assert_allclose(found.scales, true.scales, rtol=1e-3)
    assert found.nearness == pytest.approx(nearness, abs=1e-3)


@pytest.mark.parametrize("camera", face_fit.CAMERAS)
def test_the_jacobian_is_that_of_small_steps(camera):
    true = person(2, 0.08)
    points = true.projected(model()) + np.random.default_rng(1).normal(0, 2, (2, 68, 2))
    found = (True, camera == "perspective")
    problem = face_fit._Reprojection(points, model(), FitSettings(camera), true.scales, np.ones((2, 68)), found)
    shared, own, _ = problem._jacobian(true)

    def residuals(state):
        return ((state.projected(model()) - points) * problem._scaling[..., None]).reshape(2, -1)

    def slope(one, other):
        return (residuals(problem.moved(true, *one)) - residuals(problem.moved(true, *other))) / 2e-6

    nothing = np.zeros(shared.shape[-1]), np.zeros(own.shape[::2])
    for place in range(shared.shape[-1]):
        step = 1e-6 * np.eye(shared.shape[-1])[place]
        np.testing.assert_allclose(shared[..., place], slope((step, nothing[1]), (-step, nothing[1])), atol=1e-6)
    for place in range(own.shape[-1]):
        step = np.tile(1e-6 * np.eye(own.shape[-1])[place], (2, 1))
        np.testing.assert_allclose(own[..., place], slope((nothing[0], step), (nothing[0], -step)), atol=1e-6)


def test_noise_of_a_detector_is_smoothed_away():
    true = person(20)
    clean = true.projected(model())
    noisy = clean + np.random.default_rng(2).normal(0, 0.015 * 100, clean.shape)
    found = fit_face(noisy, model(), point_weights=[1.0] * 68)
    fitted = np.linalg.norm(found.projected(model()) - clean, axis=-1).mean()
    assert fitted < 0.6 * np.linalg.norm(noisy - clean, axis=-1).mean()


def test_expressions_stay_in_their_bounds():
    true = replace(person(3), expressions=np.full((3, len(SEEN)), 1.6))
    found = fit_face(true.projected(model()), model())
    assert found.expressions.min() >= 0.0 and found.expressions.max() <= 1.0
    assert (found.expressions == 1.0).any()


def test_a_known_person_is_kept_and_a_video_shares_one():
    true = person(40)
    points = true.projected(model())
    found = fit_video(points, model(), FitSettings(**EXACT), keyframes=8)
    assert found.expressions.shape == (40, len(SEEN)) and found.identity.shape == (60,)
    assert found.reprojection(model(), points).mean() < 2e-3
    parameters, head = tracks_of(found)
    assert parameters.dtype == head.dtype == np.float32 and head.shape == (40, 6)
    turned = quaternion.from_rotation_vector(head[:, :3])
    assert np.degrees(quaternion.angle_between(turned, true.quaternions)).max() < 1.0
    # in outer-eye distances: a larger face is nearer
    assert np.corrcoef(head[:, 5], true.scales)[0, 1] < -0.95
    np.testing.assert_allclose(head[:, 3:5].mean(0), 0, atol=1e-5)


def test_wrong_points_are_refused():
    with pytest.raises(ValueError, match=r"\(68, 2\)"):
        fit_face(np.zeros((60, 2)), model())
    with pytest.raises(ValueError, match="finite"):
        fit_face(np.full((68, 2), np.nan), model())
    with pytest.raises(ValueError, match="camera"):
        FitSettings(camera="fisheye")
    with pytest.raises(ValueError, match="identities"):
        FaceModel(model().mean, np.zeros((3, 67, 3)), model().expressions)


def test_identities_keep_pose_out_and_most_are_symmetric():
    identities = face_model().identities
    np.testing.assert_allclose(identities[:, list(STABLE)].mean(1), 0, atol=1e-9)
    spread = (identities**2).sum((1, 2))
    assert (np.diff(spread) <= 1e-12).all()
    mirrored = identities[:, list(MIRROR)] * (-1, 1, 1)
    symmetric = ((identities - mirrored) ** 2).sum((1, 2)) < 1e-9
    assert symmetric[:8].all() and not symmetric.all()


def test_expressions_fit_the_person():
    whole = face_model()
    slopes = whole.magnification_slopes()
    wide = slopes[48] / (slopes[48] @ slopes[48]) * 0.2  # a mouth wider by a fifth
    blink, jaw = np.zeros((2, 51))
    blink[column("eyeBlinkRight")] = jaw[column("jawOpen")] = 1.0
    ordinary = whole.displacements(np.zeros(60), jaw)
    np.testing.assert_allclose(whole.displacements(wide, jaw)[list(LIPS)], 1.2 * ordinary[list(LIPS)], atol=1e-9)
    # lids meet in any eye
    for identity in np.random.default_rng(3).normal(0, 1, (5, 60)):
        face = whole.neutral(identity) + whole.displacements(identity, blink)
        assert abs(face[[41, 40], 1] - face[[37, 38], 1]).mean() < 0.02
