from __future__ import annotations

import cv2
import numpy as np
import pytest

from anyonenet.errors import InputError
from anyonenet.face.template import frontal_template
from evaluation.figures import renderers
from evaluation.unseen_faces import Subject

LANDMARKS = (frontal_template() * 40 + [80, 64, 0]).astype(np.float32)


def subject(name: str, openings: tuple[float, ...], truth: bool) -> Subject:
    photo = np.full((128, 160, 3), 90, np.uint8)
    asked = np.repeat(LANDMARKS[None], len(openings), axis=0)
    asked[:, [56, 57, 58, 65, 66, 67], 1] += np.array(openings, np.float32)[:, None]
    still = np.tile([1.0, 0, 0, 0], (len(openings), 1)).astype(np.float32)
    return Subject(name, name, photo, LANDMARKS, np.zeros(128), asked, still, [photo] * len(openings) if truth else [])


def test_frames_with_the_most_moved_lips_are_shown():
    assert renderers.most_moved(subject("a", (1, 9, 0, 7), False), 2) == [1, 3]


def test_mouth_is_in_the_middle_of_its_cut_out():
    picture = np.zeros((128, 160, 3), np.uint8)
    x, y = LANDMARKS[48:60, :2].mean(0)
    cv2.circle(picture, (round(float(x)), round(float(y))), 3, (255, 255, 255), -1)
    for shift in (0, 60):  # the second one reaches over the edge
        cut = renderers.mouth_of(np.roll(picture, shift, axis=1), LANDMARKS + [shift, 0, 0])
        white = np.argwhere(cut[..., 0] > 128).mean(0)
        assert white == pytest.approx(renderers.MOUTH_PIXELS / 2, abs=4)


def test_faces_stand_below_each_other_with_truth_where_it_is_known(tiny_weights, tmp_path, monkeypatch):
    faces = ([subject("clip", (2, 5), True)], []), ([subject("still", (2, 5), False)], [])
    monkeypatch.setattr(renderers, "FrameJudge", lambda: None)
    monkeypatch.setattr(renderers, "subjects_of_clips", lambda *_: faces[0])
    monkeypatch.setattr(renderers, "subjects_of_pictures", lambda *_: faces[1])
    out = tmp_path / "r.png"
    assert renderers.renderers_figure(tiny_weights, out, tmp_path, tmp_path, frames=2) == ["clip", "still"]
    height, width = cv2.imread(str(out)).shape[:2]
    assert height / width == pytest.approx((1.55 * 5 + 0.3) / (1.5 * 5), rel=0.02)  # three rows and two
    with pytest.raises(InputError, match="no faces to draw"):
        renderers.renderers_figure(tiny_weights, out)
