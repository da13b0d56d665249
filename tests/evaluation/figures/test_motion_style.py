import numpy as np

from anyonenet.face import quaternion
from anyonenet.face.template import frontal_template
from evaluation.figures.motion_style import furthest, style_features

FRAMES = 40
SWING = np.sin(np.arange(FRAMES) * 0.5)
UPRIGHT = np.tile([1.0, 0, 0, 0], (FRAMES, 1))


def face() -> np.ndarray:
    return np.repeat(frontal_template()[None, :, :2], FRAMES, axis=0)


def test_a_still_face_has_no_style():
    features = style_features(face(), UPRIGHT)
    assert features.shape == (12,)
    np.testing.assert_allclose(features, np.log(1e-4), atol=1e-6)


def test_each_motion_shows_where_it_belongs():
    still = style_features(face(), UPRIGHT)
    brows, mouth = face(), face()
    brows[:, 17:27, 1] += 0.1 * SWING[:, None]
    mouth[:, [65, 66, 67], 1] += 0.1 * SWING[:, None]
    nods = quaternion.from_euler(0.1 * SWING, 0 * SWING, 0 * SWING)
    changed = [
        np.flatnonzero(style_features(*one) > still + 1).tolist()
        for one in ((brows, UPRIGHT), (mouth, UPRIGHT), (face(), nods))
    ]
    assert changed[0] == [0] and changed[1] == [3]
    assert changed[2] == [7, 11]  # pitch, and the head's middle goes up and down: it turns about the neck
    np.testing.assert_allclose(np.exp(style_features(brows, UPRIGHT)[0]), 0.1 * SWING.std() + 1e-4, rtol=1e-6)


def test_speakers_who_differ_most_are_chosen():
    vectors = np.array([[0.0, 0], [10, 0], [10, 1], [0, 9], [1, 1]])
    assert furthest(vectors, 3) == [3, 1, 0]
    assert sorted(furthest(vectors, 9)) == [0, 1, 2, 3, 4]
