import numpy as np
from scipy.interpolate import CubicSpline

from anyonenet.render.spline import natural_spline


def test_agrees_with_scipy_between_and_beyond_uneven_knots():
    knots = np.sort(np.random.default_rng(0).uniform(0, 100, 20))
    positions = np.linspace(-2, 102, 60)
    theirs = CubicSpline(knots, np.eye(20), bc_type="natural")(positions)
    np.testing.assert_allclose(natural_spline(knots, positions), theirs, atol=1e-5, rtol=1e-5)


def test_two_knots_are_a_straight_line():
    np.testing.assert_allclose(natural_spline([0, 2], [0, 0.5, 3]), [[1, 0], [0.75, 0.25], [-0.5, 1.5]], atol=1e-6)
