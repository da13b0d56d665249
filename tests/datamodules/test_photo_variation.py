import numpy as np

from datamodules.photo_variation import vary_photo


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (48, 40, 3), dtype=np.uint8)


def test_shape_and_draws():
    one, same, other = (vary_photo(picture(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.shape == (48, 40, 3) and one.dtype == np.uint8
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()


def test_every_draw_keeps_the_picture_recognisable():
    smooth = np.linspace(40, 210, 40, dtype=np.uint8)[None, :, None].repeat(48, 0).repeat(3, 2)
    for seed in range(30):
        varied = vary_photo(smooth, np.random.default_rng(seed)).astype(float).mean((0, 2))
        assert np.corrcoef(varied, smooth[0, :, 0])[0, 1] > 0.5
