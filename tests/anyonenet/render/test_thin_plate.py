import numpy as np

from anyonenet.render.thin_plate import kernel, make_grid, solve


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


def test_the_grid_carries_knots_to_pixels():
    grid = make_grid((10, 20, 110, 90), focus=(60, 70), focus_radius=15, knots=24)
    pixels = grid.to_pixels(np.column_stack([grid.knots, grid.knots.sum(1)]))
    assert pixels.shape == (3, 70, 100)
    np.testing.assert_allclose(pixels[0], np.broadcast_to(np.arange(10, 110), (70, 100)), atol=1e-3)
    np.testing.assert_allclose(pixels[1], np.broadcast_to(np.arange(20, 90)[:, None], (70, 100)), atol=1e-3)
    part = grid.to_pixels(grid.knots, slice(5, 9), slice(30, 37))
    np.testing.assert_allclose(part, pixels[:2, 5:9, 30:37], atol=1e-3)
    assert grid.pixels.shape == (7000, 2) and tuple(grid.pixels[0]) == (10, 20)


def test_knots_are_denser_at_the_focus():
    grid = make_grid((0, 0, 200, 200), focus=(50, 150), focus_radius=20, knots=40)
    steps = np.diff(grid.knots_x)
    assert steps[np.abs(grid.knots_x[:-1] - 50) < 10].max() < 0.5 * steps[grid.knots_x[:-1] > 120].min()
