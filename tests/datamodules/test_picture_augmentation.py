import numpy as np
import pytest

from datamodules.picture_augmentation import PictureVariation, draw_variation


@pytest.mark.parametrize("seed", range(3))
def test_light_and_colour_are_gamma_then_saturation_then_gains_and_bias(seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = draw_variation(32, rng)
    still = PictureVariation(np.eye(2, 3), False, drawn.gains, drawn.bias, drawn.gamma, drawn.saturation)
    picture = rng.integers(0, 256, (32, 32, 3)).astype(np.uint8)
    levels = 255 * (picture / 255) ** drawn.gamma
    grey = levels.mean(-1, keepdims=True)
    expected = ((grey + (levels - grey) * drawn.saturation) * drawn.gains + drawn.bias).clip(0, 255)
    np.testing.assert_allclose(still.picture(picture), expected, atol=0.501)
