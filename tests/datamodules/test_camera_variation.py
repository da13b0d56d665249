import cv2
import numpy as np

from datamodules.camera_variation import CameraVariation, draw_camera


def test_half_of_the_pictures_stay_as_they_are() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (32, 32, 3)).astype(np.uint8)
    cameras = [draw_camera(32, np.random.default_rng(seed)) for seed in range(400)]
    same = np.mean([np.array_equal(camera.picture(picture), picture) for camera in cameras])
    assert 0.45 < same < 0.65
    assert all(camera.picture(picture).dtype == np.uint8 for camera in cameras[:20])


def test_each_part_does_what_it_says() -> None:
    picture = np.random.default_rng(0).integers(60, 196, (64, 64, 3)).astype(np.uint8)
    sharp = float(cv2.Laplacian(picture, cv2.CV_64F).var())
    for camera in (CameraVariation(1.0, 1.0, None, None), CameraVariation(0.0, 0.5, None, None)):
        assert cv2.Laplacian(camera.picture(picture), cv2.CV_64F).var() < 0.5 * sharp
    grain = np.full((64, 64, 3), -9, np.int16)
    np.testing.assert_array_equal(CameraVariation(0.0, 1.0, grain, None).picture(picture), picture - 9)
    poor, good = (CameraVariation(0.0, 1.0, None, quality).picture(picture).astype(int) for quality in (30, 95))
    assert 0 < np.abs(good - picture).mean() < np.abs(poor - picture).mean()


def test_colours_keep_their_order() -> None:
    red = np.zeros((16, 16, 3), np.uint8)
    red[..., 0] = 200
    made = CameraVariation(0.5, 0.5, None, 80).picture(red)
    assert made[8, 8, 0] > 180 and made[8, 8, 1:].max() < 20
