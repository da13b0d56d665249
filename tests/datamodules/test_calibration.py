from __future__ import annotations

import numpy as np

from datamodules.calibration import calibration_pictures


def test_pictures_are_what_the_network_reads():
    made = calibration_pictures(persons=1, frames=2, side=64, packaged=False, progress=False)
    assert made.shape == (2, 9, 64, 64) and made.dtype == np.float32
    sketches, photos, fields = made[:, :3], made[:, 3:6], made[:, 6:]
    assert np.abs(made[:, :6]).max() <= 1 and (sketches > 0.99).mean() > 0.8
    assert np.array_equal(photos[0], photos[1]) and photos.std() > 0.1
    assert not np.array_equal(sketches[0], sketches[1]) and fields[:, :2].any()


def test_a_seed_draws_others():
    some = [calibration_pictures(1, 1, side=32, seed=seed, packaged=False, progress=False) for seed in (0, 0, 1)]
    assert np.array_equal(some[0], some[1]) and not np.array_equal(some[0][:, 3:6], some[2][:, 3:6])
