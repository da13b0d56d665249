import numpy as np
import pytest

from anyonenet.face import quaternion
from anyonenet.face.blendshapes import column, columns
from anyonenet.face.face_model import face_model
from anyonenet.face.mouth import mouth_opening, mouth_width
from anyonenet.face.registration import place
from anyonenet.face.rig import LARGEST_TURN_DEGREES, FaceRig


def rig(open_mouth: float = 0.0, turned: float = 0.0) -> FaceRig:
    """Somebody's photo."""
    model, parameters = face_model(), np.zeros(51)
    parameters[column("jawOpen")] = open_mouth
    identity = np.random.default_rng(0).normal(0, 0.5, 60)
    frontal = model.neutral(identity) + model.displacements(identity, parameters)
    orientation = quaternion.from_euler(0.0, turned, 0.0)
    landmarks = place(frontal, orientation, 100.0, np.array([200.0, 200.0, 0.0]))
    return FaceRig(landmarks, frontal, orientation, 100.0)


def only(*names: str, value: float = 1.0) -> np.ndarray:
    parameters = np.zeros((1, 51))
    parameters[:, columns(*names)] = value
    return parameters


def test_at_rest_the_face_is_the_photo():
    face = rig()
    # inner lips of people do not quite touch: they do here, by a thousandth
    np.testing.assert_allclose(face.landmarks(np.zeros((1, 51)))[0], face.frontal, atol=3e-3)
    np.testing.assert_allclose(face.displacements(np.zeros((2, 51)), np.zeros((2, 6))), 0, atol=3e-3)
    np.testing.assert_allclose(face.quaternions(np.zeros((1, 6)))[0], face.orientation, atol=1e-6)


def test_expressions_do_what_they_say():
    face = rig()
    still = face.landmarks(np.zeros((1, 51)))
    opened = face.landmarks(only("jawOpen", value=0.5))
    assert mouth_opening(opened)[0] > mouth_opening(still)[0] + 0.05
    assert mouth_width(face.landmarks(only("mouthPucker")))[0] < 0.8 * mouth_width(still)[0]
    raised = face.landmarks(only("browInnerUp"))
    assert raised[0, 21, 1] < still[0, 21, 1] - 0.04
    np.testing.assert_allclose(raised[0, 57], still[0, 57], atol=1e-9)


@pytest.mark.parametrize("turned", [0.0, 0.4])
def test_what_moves_is_seen_where_the_fit_saw_it(turned):
    face = rig(turned=turned)
    assert face.fit.reprojection(face.model, place(
        face.frontal, face.orientation, 100.0, np.array([200.0, 200.0, 0.0]))[None]).mean() < 0.01  # fmt: skip
    ours = face.landmarks(only("jawOpen", value=0.5)) - face.frontal
    seen = (ours @ quaternion.to_matrix(face.orientation).T)[..., :2] * 100
    moved = face.model.displacements(face.fit.identity, only("jawOpen", value=0.5))
    fitted = (moved @ face.fit.rotations[0].T)[..., :2] * face.fit.scales[0]
    np.testing.assert_allclose(seen[0, 57], fitted[0, 57], atol=1.0)


def test_what_moves_does_not_depend_on_how_registration_measured_the_photo():
    face = rig()
    twice = FaceRig(
        face.fit.projected(face.model)[0], face.frontal, face.orientation, 200.0, identity=face.fit.identity
    )
    ours, half = (one.landmarks(only("jawOpen", value=0.5))[0, 57] - one.frontal[57] for one in (face, twice))
    np.testing.assert_allclose(half[:2], ours[:2] / 2, atol=0.01)


def test_lids_meet_each_for_itself():
    face = rig()
    winked = face.landmarks(only("eyeBlinkRight"))[0]
    np.testing.assert_allclose(winked[[37, 38], 1], winked[[41, 40], 1], atol=1e-6)
    np.testing.assert_allclose(winked[42:48], face.frontal[42:48], atol=1e-6)


def test_an_open_mouth_in_the_photo_is_closed_first():
    face = rig(open_mouth=0.4)
    assert mouth_opening(face.frontal) > 0.08
    assert abs(mouth_opening(face.landmarks(np.zeros((1, 51)))[0])) < 1e-6
    # and its opening is not done twice, nor taken off what is asked for
    wide = mouth_opening(face.landmarks(only("jawOpen", value=0.4))[0])
    assert wide == pytest.approx(mouth_opening(face.frontal), rel=0.25)


def test_the_head_turns_away_from_the_photos_pose_and_not_too_far():
    face = rig(turned=0.3)
    head = np.array([[0.05, 0, 0, 0, 0, 0], [1.5, 0, 0, 0, 0, 0]])
    turned = face.quaternions(head)
    degrees = np.degrees(quaternion.angle_between(turned, face.orientation[None]))
    assert degrees[0] == pytest.approx(np.degrees(0.05), abs=0.2)
    assert degrees[1] < LARGEST_TURN_DEGREES
    moved = face.displacements(np.zeros((1, 51)), np.array([[0, 0, 0, 0.1, 0, 0.3]]))
    across = moved @ quaternion.to_matrix(face.orientation).T
    np.testing.assert_allclose(across[0], np.tile([0.1, 0, 0], (68, 1)), atol=3e-3)


def test_other_parameters_are_refused():
    with pytest.raises(ValueError, match="51"):
        rig().landmarks(np.zeros((3, 28)))
