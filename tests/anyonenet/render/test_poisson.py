"""Poisson editing: constants vanish, gradients stay, the rest of the picture is untouched."""

from __future__ import annotations

import numpy as np
import pytest

from anyonenet.render.poisson import SeamlessRegion


def disc(side: int = 24, radius: float = 8.0) -> np.ndarray:
    across = np.arange(side) - side / 2
    return np.hypot(*np.meshgrid(across, across)) < radius


def test_a_source_of_another_tint_leaves_no_trace() -> None:
    ground = np.random.default_rng(0).uniform(0, 255, (24, 24, 3)).astype(np.float32)
    made = SeamlessRegion(disc()).paste(ground + np.float32([40, -30, 12]), ground)
    np.testing.assert_allclose(made, ground, atol=1e-3)


def test_inside_are_the_gradients_of_the_source_and_outside_is_the_ground() -> None:
    generator = np.random.default_rng(1)
    ground, source = generator.uniform(0, 255, (2, 24, 24, 3)).astype(np.float32)
    region = disc()
    made = SeamlessRegion(region).paste(source, ground)
    np.testing.assert_array_equal(made[~region], ground[~region])

    def laplacian(picture: np.ndarray) -> np.ndarray:
        return 4 * picture - sum(np.roll(picture, step, axis) for step in (1, -1) for axis in (0, 1))

    np.testing.assert_allclose(laplacian(made)[region], laplacian(source)[region], atol=0.02)


@pytest.mark.parametrize("region", [np.zeros((9, 9), bool), np.ones((9, 9), bool)])
def test_regions_that_cannot_be_are_refused(region: np.ndarray) -> None:
    with pytest.raises(ValueError, match="empty or touches the border"):
        SeamlessRegion(region)
