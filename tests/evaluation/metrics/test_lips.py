import numpy as np
import pytest
import torch
from PIL import Image

from evaluation.metrics.lips import (
    RedetectedLandmarkDistance,
    dlib_detector,
    redetected_landmark_distance,
)


def face() -> torch.Tensor:
    """Outer eye corners 50 apart."""
    wanted = torch.zeros(68, 2)
    wanted[36, 0], wanted[45, 0] = -30.0, 20.0
    return wanted


def test_lips_by_hand():
    found = face()
    found[48:68, 1] += 3.0
    found[:48] += 100.0  # other points do not count
    assert redetected_landmark_distance(found, face()) == pytest.approx(3 / 50)
    found = face()
    found[0] += torch.tensor([3.0, 4.0])
    assert redetected_landmark_distance(found, face(), "all") == pytest.approx(5 / 68 / 50)
    assert redetected_landmark_distance(torch.stack([found, face()]), torch.stack([face()] * 2)).tolist() == [0, 0]


def test_pictures_without_a_face_are_counted_apart():
    found = face()
    found[48:] += torch.tensor([0.0, 5.0])
    answers = iter([None, found, face()])
    metric = RedetectedLandmarkDistance(lambda picture: next(answers))
    metric.update(torch.zeros(2, 3, 4, 4), torch.stack([face()] * 2))
    metric.update(torch.zeros(1, 3, 4, 4), face()[None])
    assert float(metric.compute()) == pytest.approx((5 / 50 + 0) / 2)
    assert (int(metric.items), int(metric.undefined)) == (2, 1)


def test_dlib_finds_the_face_of_a_photograph(astronaut):
    picture = torch.from_numpy(np.asarray(Image.open(astronaut).convert("RGB"))[:256, 96:352].copy())
    picture = picture.permute(2, 0, 1) / 127.5 - 1
    detector = dlib_detector()
    landmarks = detector(picture)
    assert landmarks.shape == (68, 2)
    assert 60 < landmarks[48:, 0].mean() < 196 and landmarks[48:, 1].mean() > landmarks[36:48, 1].mean()
    assert detector(torch.zeros(3, 128, 128)) is None
    metric = RedetectedLandmarkDistance(detector)
    metric.update(picture[None], landmarks[None])
    assert metric.compute() == 0


def test_of_two_faces_the_one_that_is_asked_for(astronaut):
    alone = np.asarray(Image.open(astronaut).convert("RGB"))[:256, 96:352]
    smaller = np.asarray(Image.fromarray(alone).resize((224, 224)))
    both = np.full((256, 512, 3), 128, np.uint8)
    both[:, :256], both[16:240, 272:496] = alone, smaller
    picture = torch.from_numpy(both).permute(2, 0, 1) / 127.5 - 1
    detector = dlib_detector()
    largest = detector(picture)
    assert largest[:, 0].mean() < 256
    assert torch.equal(detector(picture, largest + 9), largest)
    other = detector(picture, largest + torch.tensor([250.0, 0.0]))
    assert other[:, 0].mean() > 256


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"found is \(68, 2\), wanted \(2, 68, 2\)"):
        redetected_landmark_distance(face(), torch.stack([face()] * 2))
    with pytest.raises(ValueError, match="points are 'nose'; choose 'lips' or 'all'"):
        redetected_landmark_distance(face(), face(), "nose")
    with pytest.raises(ValueError, match="1 pictures and 2 landmarks"):
        RedetectedLandmarkDistance(lambda picture: None).update(torch.zeros(1, 3, 4, 4), torch.stack([face()] * 2))
