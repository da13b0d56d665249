import numpy as np

from anyonenet.render.mesh import affine_maps, draw_indices, places_of, triangulate


def edges(net) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in net.triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2).tolist()}


def test_triangles_cover_the_hull_once():
    points = np.random.default_rng(0).uniform(0, 10, (40, 2))
    points[:4] = [(0, 0), (10, 0), (0, 10), (10, 10)]
    a, b, c = points[triangulate(points).triangles].transpose(1, 0, 2)
    areas = np.abs((b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]) / 2
    np.testing.assert_allclose(areas.sum(), 100)


def test_a_line_that_delaunay_leaves_out_is_kept_by_halving_it():
    points = np.array([(0, 0), (10, 0), (5, 1), (5, -1)], float)  # the short diagonal wins
    assert frozenset((0, 1)) not in edges(triangulate(points))
    net = triangulate(points, [(0, 1)])
    assert net.halves.tolist() == [[0, 1]]
    assert {frozenset((0, 4)), frozenset((4, 1))} <= edges(net)
    moved = points + (3, 4)
    np.testing.assert_allclose(net.all_points(moved)[4], (8, 4))


def test_the_map_of_a_triangle_is_its_affine_map():
    source = np.array([[(0, 0), (4, 0), (0, 4)]], float)
    target = np.array([[(10, 20), (18, 20), (10, 22)]], float)  # twice as wide, half as high
    assert affine_maps(source, target).tolist() == [[0.5, 0, -5, 0, 2, -40]]
    for corner, place in zip(source[0], target[0]):
        a, b, c, d, e, f = affine_maps(source, target)[0]
        np.testing.assert_allclose((a * place[0] + b * place[1] + c, d * place[0] + e * place[1] + f), corner)


def test_a_triangle_without_area_leads_to_the_middle_of_its_source():
    flat = np.array([[(0, 0), (1, 1), (2, 2)]], float)
    source = np.array([[(0, 0), (3, 0), (0, 3)]], float)
    assert affine_maps(source, flat).tolist() == [[0, 0, 1, 0, 0, 1]]


def test_each_pixel_goes_by_the_map_of_its_triangle():
    canvas = np.full((6, 6), 2, np.int16)
    corners = np.array([[(0, 0), (5, 0), (0, 5)], [(5, 5), (5, 0), (0, 5)]], float)
    draw_indices(canvas, corners, [1, 0])
    assert canvas[0, 5] == canvas[2, 3] == canvas[5, 0] == 0  # the edge belongs to the last one
    assert canvas[5, 5] == canvas[3, 3] == 1 and set(canvas.ravel().tolist()) == {0, 1}
    x, y = places_of(canvas, np.array([[1, 0, 7, 0, 1, 0], [2, 0, 0, 0, 1, 1], [0] * 6], np.float32))
    assert (x[0, 5], y[0, 5]) == (12, 0) and (x[3, 3], y[3, 3]) == (6, 4)
