import numpy as np

from anyonenet.render.thin_plate import kernel, solve, solve_branches


def test_the_spline_passes_through_its_values():
    rng = np.random.default_rng(0)
    centres = rng.uniform(-1, 1, (20, 2)).astype(np.float32)
    values = rng.normal(size=(20, 2)).astype(np.float32)
    weights = solve(centres, values, smoothing=0.0)
    at_centres = kernel(centres, centres) @ weights[:-3] + weights[-3] + centres @ weights[-2:]
    np.testing.assert_allclose(at_centres, values, atol=2e-3)


def test_affine_motion_needs_no_bending():
    rng = np.random.default_rng(1)
    centres = rng.uniform(-1, 1, (12, 2)).astype(np.float32)
    values = centres @ np.array([[0.9, 0.2], [-0.1, 1.1]], np.float32) + (0.3, -0.2)
    weights = solve(centres, values.astype(np.float32), smoothing=1e-3)
    np.testing.assert_allclose(weights[:-3], 0, atol=1e-4)
    np.testing.assert_allclose(weights[-3], (0.3, -0.2), atol=1e-4)


def test_centres_that_coincide_are_solvable():
    centres = np.array([[0, 0], [0, 0], [1, 0], [0, 1], [1, 1]], np.float32)
    values = np.array([[0.0], [1.0], [0.5], [0.5], [0.5]], np.float32)
    weights = solve(centres, values, smoothing=1e-5)
    assert np.isfinite(weights).all()
    at_pair = kernel(centres[:1], centres) @ weights[:-3] + weights[-3]
    assert abs(float(at_pair[0, 0]) - 0.5) < 0.05  # between the two that contradict each other


def test_splines_that_share_centres_are_those_solved_apart():
    rng = np.random.default_rng(2)
    centres = rng.uniform(-1, 1, (15, 2)).astype(np.float32)
    values = rng.normal(size=(15, 2)).astype(np.float32)
    together = solve_branches(centres, values, 1e-3, [3, 2])
    for columns, known in ((slice(0, 2), [*range(13)]), (slice(2, 4), [*range(10), 13, 14])):
        alone = solve(centres[known], values[known], 1e-3)
        np.testing.assert_allclose(together[[*known, 15, 16, 17], columns], alone, rtol=1e-4, atol=1e-5)
        assert not np.delete(together, [*known, 15, 16, 17], axis=0)[:, columns].any()
