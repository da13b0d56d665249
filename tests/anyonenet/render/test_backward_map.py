import numpy as np

from anyonenet.render.backward_map import BackwardMap, Patch
from anyonenet.render.pixel_grid import make_grid


def identity(patch: Patch | None = None) -> BackwardMap:
    grid = make_grid((0, 0, 61, 47), focus=(30, 20), focus_radius=9, unit=150)
    return BackwardMap(grid, np.stack(np.meshgrid(grid.nodes_x, grid.nodes_y)), patch)


def test_any_box_of_pixels_is_part_of_the_whole():
    maps = identity()
    whole = maps.places(0, 47, 0, 61)
    np.testing.assert_allclose(whole, np.stack(np.meshgrid(np.arange(61), np.arange(47))), atol=1e-4)
    for top, bottom, left, right in ((0, 1, 0, 1), (3, 9, 5, 30), (46, 47, 59, 61), (8, 16, 4, 12)):
        np.testing.assert_allclose(maps.places(top, bottom, left, right), whole[:, top:bottom, left:right], atol=1e-4)


def test_a_patch_lies_over_the_boxes_that_it_meets():
    patch = Patch(10, 20, np.full((2, 5, 8), -7.0, np.float32))
    whole = identity(patch).places(0, 47, 0, 61)
    assert (whole[:, 10:15, 20:28] == -7).all() and (whole == -7).sum() == 80
    for box in ((0, 10, 0, 61), (12, 30, 0, 24), (11, 13, 22, 25), (0, 47, 28, 61), (9, 12, 27, 40)):
        top, bottom, left, right = box
        np.testing.assert_allclose(identity(patch).places(*box), whole[:, top:bottom, left:right], atol=1e-4)
