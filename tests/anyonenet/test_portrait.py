from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anyonenet.errors import FaceError, InputError
from anyonenet.face.registration import outer_eye_distance
from anyonenet.portrait import PortraitReader
from anyonenet.video_rate import FaceMotion


@pytest.fixture(scope="module")
def reader() -> PortraitReader:
    return PortraitReader()


def saved(folder: Path, image: Image.Image, name: str = "photo.png", **options) -> Path:
    image.save(folder / name, **options)
    return folder / name


def test_the_whole_photo_stays_visible(reader, astronaut):
    portrait = reader.read(astronaut)
    assert portrait.image.shape == (512, 512, 3) and not portrait.notices
    assert 150 < portrait.landmarks[30, 0] < 300 and 50 < portrait.landmarks[30, 1] < 200
    assert np.isclose(outer_eye_distance(portrait.frontal), 1, atol=1e-4)


def test_a_still_face_is_placed_where_the_photo_has_it(reader, astronaut):
    portrait = reader.read(astronaut)
    still = FaceMotion(portrait.frontal[None], portrait.quaternion[None])
    assert np.abs(portrait.place(still)[0] - portrait.landmarks).max() < 0.1


def test_the_head_turns_about_the_neck(reader, astronaut):
    portrait = reader.read(astronaut)
    angle = np.radians(10) / 2
    tilt = np.array([np.cos(angle), 0, 0, np.sin(angle)])  # clockwise in the picture
    moved = portrait.place(FaceMotion(portrait.frontal[None], tilt[None].astype(np.float32)))[0]
    shift = moved[:, 0] - portrait.landmarks[:, 0]
    assert shift[27] > shift[8] + 5 and shift[27] > 5  # the brow swings further than the chin


@pytest.mark.parametrize(("size", "shape"), [(200, (200, 200)), (301, (300, 300)), (1024, (512, 512))])
def test_size_limits_the_longest_side_and_sides_are_even(reader, astronaut, size, shape):
    assert reader.read(astronaut, size).image.shape[:2] in (shape, (302, 302))


def test_crop_is_a_square_around_the_head(reader, astronaut):
    whole, cropped = reader.read(astronaut), reader.read(astronaut, crop=True)
    height, width = cropped.image.shape[:2]
    assert height == width < 400
    assert (cropped.landmarks[:, :2] > 0).all() and (cropped.landmarks[:, :2] < width).all()
    assert np.isclose(cropped.scale, whole.scale, rtol=0.05)


def test_no_face(reader, tmp_path):
    for image in (Image.new("RGB", (1, 1)), Image.new("RGB", (300, 200), "green")):
        with pytest.raises(FaceError, match="photo.png: no face found"):
            reader.read(saved(tmp_path, image))


def test_a_drawing_whose_face_nobody_finds_is_marked_by_hand(reader, astronaut, tmp_path):
    found = reader.read(astronaut).photo_landmarks
    marked, blank = tmp_path / "face.txt", tmp_path / "blank.png"
    Image.new("RGB", (512, 512), "white").save(blank)
    marked.write_text("\n".join(f"{x:.2f},{y:.2f}" for x, y, _ in found.tolist()), encoding="utf-8")
    with pytest.raises(FaceError, match="no face found.*68 points in a file: --landmarks FILE"):
        reader.read(blank)
    portrait = reader.read(blank, landmarks=marked)
    assert np.abs(portrait.landmarks - found).max() < 2  # depth is lifted anew


def test_a_face_too_small(reader, astronaut, tmp_path):
    small = Image.open(astronaut).resize((200, 200))
    with pytest.raises(FaceError, match="photo.png: .*at least 64"):
        reader.read(saved(tmp_path, small))


def test_several_faces_the_largest_with_a_notice_or_by_number(reader, astronaut, tmp_path):
    photo = Image.open(astronaut).crop((100, 0, 350, 300))
    both = Image.new("RGB", (700, 400))
    both.paste(photo, (0, 0))
    both.paste(photo.resize((330, 396)), (350, 0))
    path = saved(tmp_path, both)
    largest = reader.read(path)
    assert largest.landmarks[30, 0] > 350 * 512 / 700 and "2 faces" in largest.notices[0]
    second = reader.read(path, face=2)
    assert second.landmarks[30, 0] < 350 * 512 / 700 and not second.notices
    with pytest.raises(FaceError, match="no face 3"):
        reader.read(path, face=3)


def test_the_voice_sees_every_pixel_of_the_face(reader, astronaut):
    portrait = reader.read(astronaut, size=128, crop=True)
    assert portrait.photo.shape == (512, 512, 3)
    assert np.isclose(
        outer_eye_distance(portrait.photo_landmarks), outer_eye_distance(reader.read(astronaut).landmarks)
    )


@pytest.mark.parametrize("mode", ["RGBA", "L", "P", "CMYK", "I;16"])
def test_pictures_of_every_kind_give_the_same_face(reader, astronaut, tmp_path, mode):
    photo = Image.open(astronaut)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(photo.convert("L")).astype(np.uint16) * 257)
    else:
        image = photo.convert(mode)
    path = saved(tmp_path, image, "photo.tif" if mode == "CMYK" else "photo.png")
    expected, got = reader.read(astronaut), reader.read(path)
    assert np.abs(got.landmarks[:, :2] - expected.landmarks[:, :2]).mean() < 4


def test_a_picture_of_8000_pixels(reader, astronaut, tmp_path):
    large = Image.open(astronaut).resize((8000, 8000))
    portrait = reader.read(saved(tmp_path, large, "photo.jpg"))
    assert portrait.image.shape == (512, 512, 3)
    assert np.abs(portrait.landmarks[:, :2] - reader.read(astronaut).landmarks[:, :2]).mean() < 4


def test_no_picture(reader, tmp_path):
    (tmp_path / "photo.png").write_text("words")
    with pytest.raises(InputError, match="not a picture"):
        reader.read(tmp_path / "photo.png")
