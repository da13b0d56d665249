import cv2
import numpy as np
import pytest

from anyonenet.render.blur import photo_blur


@pytest.mark.parametrize("sigma", [1.5, 3.0])
def test_the_blur_of_a_sharp_face_is_found_again(faces, sigma):
    photo, landmarks = faces.drawn(256)
    assert photo_blur(photo, landmarks) < 0.3
    blurred = cv2.GaussianBlur(photo, (0, 0), sigma)
    assert photo_blur(blurred, landmarks) == pytest.approx(sigma, rel=0.25)


def test_faces_off_the_photo_and_flat_ones_have_a_bounded_blur(faces):
    photo, landmarks = faces.drawn(128)
    assert photo_blur(photo, landmarks + 1000) == 0
    assert 0 <= photo_blur(np.full_like(photo, 90), landmarks) <= 6
