import numpy as np
import pytest

from anyonenet.render import dense_photo
from anyonenet.render.dense_photo import DensePhoto


def grid(rows: int, columns: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(columns), np.arange(rows))).astype(np.float32)


@pytest.mark.parametrize("most", [4096, 16])
def test_whole_pixels_are_the_photos_own(monkeypatch, most):
    monkeypatch.setattr(dense_photo, "_MOST", most)
    photo = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    dense = DensePhoto(photo, (10, 5, 45, 40))
    assert dense.factor == (2 if most == 4096 else 1)
    assert np.array_equal(dense.at(dense.factor * grid(35, 35))[..., :3], photo[5:40, 10:45])


def test_between_pixels_a_wave_is_as_sharp_as_by_bicubic_interpolation():
    cv2 = pytest.importorskip("cv2")
    places = grid(40, 200) + np.array([0.3, 0.25], np.float32)[:, None, None]

    def wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 128 + 100 * np.sin(x * 1.5) * np.cos(y * 0.7)  # 4.2 pixels a period

    photo = np.repeat(wave(*grid(50, 210))[..., None], 3, 2).round().astype(np.uint8)
    dense = DensePhoto(photo, (0, 0, 210, 50))
    inner = np.s_[3:-3, 3:-3]
    truth = wave(*places)[inner]
    error = np.abs(dense.at(places * 2)[..., 0][inner] - truth).mean()
    cubic = np.abs(cv2.remap(photo, *places, cv2.INTER_CUBIC)[..., 0][inner] - truth).mean()
    linear = np.abs(cv2.remap(photo, *places, cv2.INTER_LINEAR)[..., 0][inner] - truth).mean()
    assert error < 1.15 * cubic < 0.7 * linear


def test_beyond_the_box_the_photo_is_mirrored():
    photo = np.random.default_rng(1).integers(0, 256, (20, 20, 3), np.uint8)
    dense = DensePhoto(photo, (0, 0, 20, 20))
    assert np.array_equal(dense.at(-2 * grid(5, 5))[..., :3], photo[:5, :5])
