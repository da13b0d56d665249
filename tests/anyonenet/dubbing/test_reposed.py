from types import SimpleNamespace

import numpy as np
import pytest

from anyonenet.dubbing.filmed import Poses, steadied
from anyonenet.dubbing.filmed_mouth import FilmedMouth
from anyonenet.dubbing.reposed import frontal_of, reposed
from anyonenet.face import quaternion
from anyonenet.face.registration import place, register_clip
from anyonenet.face.template import frontal_template
from anyonenet.portrait import portrait_of
from anyonenet.systems.system import Performance
from anyonenet.video_rate import FaceMotion


@pytest.fixture(scope="module")
def filmed():
    """A head that moves, tilts, nears and turns over six frames; the third one is the reference."""
    turns = quaternion.from_euler(
        np.radians([0, 2, 1, 4, -3, 0]), np.radians([0, 4, 2, 9, -8, 3]), np.radians([0, 3, 1, 9, -6, 2])
    )
    scale = np.array([60, 61, 62, 66, 58, 60.0])
    translation = np.array([(100, 90, 0), (102, 91, 0), (104, 92, 0), (110, 90, 0), (95, 95, 0), (100, 90, 0)], float)
    landmarks = place(frontal_template(), turns, scale, translation)
    registered = register_clip(landmarks)
    poses = Poses(
        *(part.astype(np.float64) for part in (registered.scale, registered.quaternions, registered.translation))
    )
    image = np.full((200, 200, 3), 120, np.uint8)
    return SimpleNamespace(
        poses=poses,
        reference=2,
        portrait=portrait_of(image, landmarks[2]),
        found=np.ones(6, bool),
        frontal=registered.frontal,
        landmarks=landmarks,
    )


def silent(portrait, frames: int) -> Performance:
    still = FaceMotion(
        np.repeat(portrait.frontal[None], frames, axis=0), np.repeat(portrait.quaternion[None], frames, axis=0)
    )
    return Performance(portrait.place(still), still.quaternions)


def test_what_was_placed_is_taken_back_exactly(filmed):
    portrait = filmed.portrait
    random = np.random.default_rng(0)
    frontal = portrait.frontal[None] + random.normal(0, 0.05, (4, 68, 3)).astype(np.float32)
    turned = quaternion.normalise(portrait.quaternion + random.normal(0, 0.1, (4, 4))).astype(np.float32)
    performance = Performance(portrait.place(FaceMotion(frontal, turned)), turned)
    np.testing.assert_allclose(frontal_of(portrait, performance), frontal, atol=1e-4)


def test_a_face_that_says_nothing_lies_where_it_was_filmed(filmed):
    places = np.arange(6)
    performance, carries = reposed(filmed, silent(filmed.portrait, 6), places)
    np.testing.assert_allclose(carries[2], [[1, 0, 0], [0, 1, 0]], atol=1e-6)
    carried = np.einsum("fij,fnj->fni", carries[..., :2], performance.landmarks[..., :2]) + carries[:, None, :, 2]
    np.testing.assert_allclose(carried, filmed.landmarks[..., :2], atol=0.3)


def test_only_mouth_and_jaw_are_the_performances(filmed):
    silence = silent(filmed.portrait, 1)
    speaking = silence.landmarks + 5.0
    spoken, _ = reposed(filmed, Performance(speaking, silence.quaternions, np.ones((1, 3))), np.array([2]))
    still, _ = reposed(filmed, silence, np.array([2]))
    moved = np.abs(spoken.landmarks - still.landmarks).max((0, 2)) > 1
    assert moved[:17].all() and moved[48:].all() and not moved[17:48].any()
    assert spoken.driving is not None  # what systems of their own draw from goes through


def test_the_tremor_of_detection_is_smoothed_but_a_cut_stays_a_cut():
    random = np.random.default_rng(0)
    translation = np.zeros((40, 3)) + random.normal(0, 1, (40, 3))
    translation[20:] += 100
    poses = Poses(np.full(40, 50.0), np.tile([1.0, 0, 0, 0], (40, 1)), translation)
    steady = steadied(poses).translation
    assert steady[:20, 0].std() < 0.7 * translation[:20, 0].std()
    assert abs(steady[:20, 0].mean()) < 1 and abs(steady[20:, 0].mean() - 100) < 1
    assert steady[20, 0] - steady[19, 0] > 95


def test_the_mouth_is_replaced_and_nothing_else(filmed):
    region = FilmedMouth(filmed)
    frame = np.full((200, 200, 3), 100, np.uint8)
    drawn = np.full((200, 200, 3), 100, np.uint8)
    mouth = filmed.landmarks[2, 48:60, :2].mean(0).astype(int)
    drawn[mouth[1] - 2 : mouth[1] + 3, mouth[0] - 6 : mouth[0] + 7] = (200, 20, 20)
    region.blend(frame, drawn, 2, np.eye(2, 3))
    assert frame[mouth[1], mouth[0]].tolist() == [200, 20, 20]
    eyes = int(filmed.landmarks[2, 36:48, 1].mean())
    assert (frame[: eyes + 10] == 100).all() and (frame[-10:] == 100).all() and (frame[:, :30] == 100).all()


def test_another_light_is_made_to_agree(filmed):
    frame = np.full((200, 200, 3), (140, 110, 90), np.uint8)
    drawn = np.full((200, 200, 3), (115, 100, 90), np.uint8)
    FilmedMouth(filmed).blend(frame, drawn, 2, np.eye(2, 3))
    assert np.abs(frame.astype(int) - (140, 110, 90)).max() <= 1


def test_a_face_outside_the_frame_changes_nothing(filmed):
    frame = np.full((20, 20, 3), 100, np.uint8)
    FilmedMouth(filmed).blend(frame, np.zeros((200, 200, 3), np.uint8), 2, np.eye(2, 3))
    assert (frame == 100).all()
