import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest

from anyonenet.errors import CorpusError, InputError
from anyonenet.face.registration import outer_eye_distance, register
from anyonenet.render.video import read_video
from datamodules.corpora import embedded
from datamodules.mini import animation, pictures
from datamodules.mini.animated import write_animated
from datamodules.mini.animation import FPS, animate
from datamodules.mini.build import build
from datamodules.mini.pictures import SIDE, StillFace, distinct, faces_of, packaged_pictures, pictures_in
from datamodules.prepare.clips import clip_reader


@pytest.fixture(scope="module")
def photo():
    """A photograph of one woman."""
    return packaged_pictures()[0]


@pytest.fixture(scope="module")
def corpora(photo, tmp_path_factory):
    """The corpora's folder with `Animated`, made of the photograph, a copy of it and a file that is no picture."""
    given, folder = tmp_path_factory.mktemp("given"), tmp_path_factory.mktemp("corpora")
    broken, copy = given / "sub" / "broken.png", given / "the same.png"
    broken.parent.mkdir()
    broken.write_bytes(b"no picture")
    copy.write_bytes(photo.read_bytes())
    (folder / "Animated").mkdir()
    counts = write_animated(folder / "Animated", [photo, *pictures_in(given)], "small", progress=False)
    assert counts == {"pictures": 3, "skipped": 2, "persons": 1, "faces": 1, "clips": 1, "minutes": 0.01}
    return folder


def test_clips_begin_with_the_picture_and_move_away_from_it(corpora, photo):
    (clip,) = clip_reader("animated", corpora)()
    assert clip == embedded.read_clips(corpora / "Animated", "animated")[0]
    assert (clip.corpus, clip.person) == ("animated", "astronaut")
    ((face,), _) = faces_of(photo)
    frames = np.stack(list(read_video(clip.video).frames)).astype(float)
    with np.load(clip.landmarks) as truth:
        landmarks, fps = truth["landmarks"], truth["fps"]
    assert frames.shape == (8, SIDE, SIDE, 3) and landmarks.shape == (8, 68, 3) and fps == FPS
    np.testing.assert_allclose(landmarks[0], face.landmarks, atol=0.01)
    assert np.abs(frames[0] - face.picture).mean() < 3  # the encoder's noise
    assert np.abs(frames[1:] - face.picture).mean(axis=(1, 2, 3)).min() > 3
    assert np.ptp(landmarks[:, 66, 1] - landmarks[:, 62, 1]) > 2  # the mouth opens


def test_what_is_not_used_is_listed(corpora):
    with (corpora / "Animated" / "skipped.csv").open() as file:
        reasons = {row["picture"]: row["reason"] for row in csv.DictReader(file)}
    assert "not a picture that can be read" in reasons.pop("broken.png")
    assert reasons == {"the same.png": "the same picture as astronaut.png"}
    with (corpora / "Animated" / "pictures.csv").open() as file:
        assert [row["picture"] for row in csv.DictReader(file)] == ["astronaut.png"]


def test_a_face_stays_itself_and_turns_within_limits(photo, monkeypatch):
    ((face,), _) = faces_of(photo)
    for number, spread in ((0, 5.0), (1, 5.0), (2, 60.0)):
        monkeypatch.setattr(animation, "_POSES_DEGREES", (spread, spread, spread))
        moved = animate(face.landmarks, 24, number, np.random.default_rng(number))
        rigid = moved.landmarks[:, [27, 28, 29, 30]]
        first = register(moved.landmarks[0])
        turned = register(moved.landmarks, reference=first.frontal)
        np.testing.assert_allclose(np.abs(np.sum(turned.quaternions * moved.quaternions, axis=-1)), 1, atol=1e-3)
        degrees = 2 * np.degrees(np.arccos(np.clip(np.abs(moved.quaternions @ moved.quaternions[0]), 0, 1)))
        assert degrees[1:].max() < 13.1 and (number == 0 or degrees[1:].mean() > 3)
        assert np.linalg.norm(rigid - rigid[0], axis=-1).max() < 0.5 * outer_eye_distance(face.landmarks)


def face(name: str, place: float, sha256: str) -> StillFace:
    empty = np.zeros((68, 3), np.float32)
    return StillFace(name, name, np.zeros((2, 2, 3), np.uint8), empty, np.full(128, place), f"{name}.png", sha256)


def test_faces_are_grouped_by_person_and_named_once():
    one, again, other = face("a", 0.0, "1"), face("b", 0.01, "2"), face("a", 1.0, "3")
    kept, skipped = distinct([one, again, other, replace(one, source="c.png")])
    assert [(found.name, found.person) for found in kept] == [("a", "a"), ("b", "a"), ("a_2", "a_2")]
    assert [(left.source, left.reason) for left in skipped] == [("c.png", "the same picture as a.png")]


def test_small_faces_are_left_out(photo, monkeypatch):
    monkeypatch.setattr(pictures, "SMALLEST", 500.0)
    faces, (skipped,) = faces_of(photo)
    assert not faces and "500 needed" in skipped.reason


def test_pictures_that_cannot_be_had_are_refused(tmp_path):
    with pytest.raises(InputError, match="no folder of pictures at"):
        build(tmp_path, "small", corpora=["animated"], pictures=tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no picture"):
        pictures_in(tmp_path / "empty")
    cv2.imwrite(str(tmp_path / "blank.png"), np.zeros((12, 12, 3), np.uint8))
    with pytest.raises(CorpusError, match="no usable face in 1 pictures: blank.png: no face found"):
        write_animated(tmp_path, [tmp_path / "blank.png"], "small", progress=False)
