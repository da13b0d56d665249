"""Pictures of every kind a user may bring."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from anyonenet.errors import InputError
from anyonenet.face.image import load_photo, shrink


def _gradient(height: int = 40, width: int = 60) -> np.ndarray:
    rows = np.linspace(0, 255, height)[:, None, None]
    columns = np.linspace(0, 255, width)[None, :, None]
    return np.concatenate(np.broadcast_arrays(rows, columns, 128.0), axis=-1).astype(np.uint8)


def test_plain_rgb_is_read_as_it_is(tmp_path: Path) -> None:
    Image.fromarray(_gradient()).save(tmp_path / "a.png")
    photo = load_photo(tmp_path / "a.png")
    np.testing.assert_array_equal(photo, _gradient())
    assert photo.dtype == np.uint8 and photo.flags.c_contiguous and photo.flags.writeable


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = np.zeros((32, 48, 3), np.uint8)
    upright[:8, :8] = (255, 0, 0)  # red at the top left
    inverse = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # what the camera did to it
    stored = Image.fromarray(upright)
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(inverse[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.jpg", exif=exif, quality=95)
    photo = load_photo(tmp_path / "a.jpg")
    assert photo.shape == (32, 48, 3)
    assert photo[3, 3, 0] > 200 and photo[-4:, -4:].max() < 60


def test_transparency_goes_on_white(tmp_path: Path) -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:2] = (10, 20, 30, 255)
    Image.fromarray(rgba).save(tmp_path / "a.png")
    photo = load_photo(tmp_path / "a.png")
    assert photo[0, 0].tolist() == [10, 20, 30] and photo[3, 3].tolist() == [255, 255, 255]
    Image.fromarray(np.full((3, 3, 2), (0, 128), np.uint8), mode="LA").save(tmp_path / "la.png")
    assert load_photo(tmp_path / "la.png")[0, 0].tolist() == [127, 127, 127]
    palette = Image.fromarray(_gradient()).quantize(8)
    palette.save(tmp_path / "p.png", transparency=palette.getpixel((0, 0)))
    assert load_photo(tmp_path / "p.png")[0, 0].tolist() == [255, 255, 255]


def test_grey_palette_and_cmyk_become_rgb(tmp_path: Path) -> None:
    picture = Image.fromarray(_gradient())
    picture.convert("L").save(tmp_path / "l.png")
    picture.quantize(64).save(tmp_path / "p.gif")
    picture.convert("CMYK").save(tmp_path / "c.jpg", quality=95)
    picture.convert("1").save(tmp_path / "b.png")
    for name in ("l.png", "p.gif", "c.jpg", "b.png"):
        assert load_photo(tmp_path / name).shape == (40, 60, 3), name
    difference = np.abs(load_photo(tmp_path / "c.jpg").astype(int) - _gradient())
    assert difference.mean() < 6


def test_16_bit_and_float_are_scaled(tmp_path: Path) -> None:
    ramp = np.linspace(0, 65535, 60).astype(np.uint16)[None].repeat(40, axis=0)
    Image.fromarray(ramp).save(tmp_path / "a.png")
    Image.fromarray((ramp / 65535).astype(np.float32)).save(tmp_path / "a.tif")
    for name in ("a.png", "a.tif"):
        photo = load_photo(tmp_path / name)
        assert photo.shape == (40, 60, 3)
        np.testing.assert_allclose(photo[0, :, 0], np.linspace(0, 255, 60), atol=1.5)


def test_one_pixel_and_very_large_pictures(tmp_path: Path) -> None:
    Image.new("RGB", (1, 1), (1, 2, 3)).save(tmp_path / "one.png")
    assert load_photo(tmp_path / "one.png").tolist() == [[[1, 2, 3]]]
    Image.new("L", (8000, 6000), 77).save(tmp_path / "big.png")
    small = load_photo(tmp_path / "big.png", longest_side=1024)
    assert small.shape == (768, 1024, 3) and (small == 77).all()


def test_shrink_never_enlarges_and_keeps_one_pixel() -> None:
    assert shrink(_gradient(), 100).shape == (40, 60, 3)
    assert shrink(np.zeros((1, 500, 3), np.uint8), 50).shape == (1, 50, 3)


def test_what_is_no_picture_says_so_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not a picture")
    (tmp_path / "empty.png").touch()
    Image.fromarray(_gradient(200, 200)).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:200])
    cases = {
        "missing.png": "no picture at",
        "text.jpg": "not a picture",
        "empty.png": "not a picture",
        "cut.png": "cut short",
    }
    for name, words in cases.items():
        with pytest.raises(InputError, match=words) as caught:
            load_photo(tmp_path / name)
        assert "\n" not in str(caught.value) and name in str(caught.value)
    with pytest.raises(InputError, match="is a folder"):
        load_photo(tmp_path)
