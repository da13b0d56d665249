import numpy as np
from skimage import data

from evaluation.moved_photo import moved_photo


def test_what_has_moved_is_moved_and_what_is_new_is_not_painted():
    photo = data.astronaut()[::2, ::2].copy()
    target = np.roll(photo, (3, -5), axis=(0, 1))
    inner = np.s_[40:-40, 40:-40]
    away, before = (
        np.abs(each[inner].astype(int) - target[inner]).mean() for each in (moved_photo(photo, target), photo)
    )
    assert away < 0.1 * before
    target[100:130, 100:130] = (255, 0, 0)  # the photo shows this red nowhere
    made = moved_photo(photo, target)[105:125, 105:125]
    assert (made[..., 0].astype(int) - made[..., 1]).max() < 200
