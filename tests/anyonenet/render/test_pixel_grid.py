import numpy as np

from anyonenet.render.pixel_grid import make_grid


def test_knots_carry_to_nodes_and_nodes_to_pixels():
    grid = make_grid((10, 20, 111, 90), focus=(60, 70), focus_radius=15, unit=150, knots=24)
    x, y = grid.knots.T
    nodes = grid.to_nodes(np.stack([x, y, x + 2 * y]))
    assert grid.step == 4 and nodes.shape == (3, len(grid.nodes_y), len(grid.nodes_x))
    np.testing.assert_allclose(nodes[0], np.broadcast_to(grid.nodes_x, nodes[0].shape), atol=1e-3)
    np.testing.assert_allclose(nodes[2], grid.nodes_x + 2 * grid.nodes_y[:, None], atol=1e-3)
    part = grid.to_nodes(np.stack([x, y]), slice(5, 9), slice(3, 8))
    np.testing.assert_allclose(part, nodes[:2, 5:9, 3:8], atol=1e-4)
    pixels = grid.to_pixels(nodes[:2])
    assert pixels.shape[1] >= grid.height == 70 and pixels.shape[2] >= grid.width == 101
    np.testing.assert_allclose(pixels[0, :70, :101], np.broadcast_to(np.arange(10, 111), (70, 101)), atol=1e-3)
    np.testing.assert_allclose(pixels[1, :70, :101], np.broadcast_to(np.arange(20, 90)[:, None], (70, 101)), atol=1e-3)
    np.testing.assert_allclose(grid.to_pixels(nodes[:2, 3:6, 7:10]), pixels[:, 12:20, 28:36], atol=1e-4)


def test_nodes_lie_closer_on_smaller_faces():
    assert [make_grid((0, 0, 64, 64), (32, 32), 9, unit).step for unit in (20, 160, 320, 2000)] == [2, 4, 8, 8]


def test_knots_are_denser_at_the_focus():
    grid = make_grid((0, 0, 200, 200), focus=(50, 150), focus_radius=20, unit=50, knots=40)
    steps = np.diff(grid.knots_x)
    assert steps[np.abs(grid.knots_x[:-1] - 50) < 10].max() < 0.5 * steps[grid.knots_x[:-1] > 120].min()
