import math

import pytest
import torch

from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance


def clip() -> torch.Tensor:
    """Two frames: the mouth is 2 wide, then 4 wide; the inner lips are closed, then a square of area 4."""
    reference = torch.zeros(2, 68, 2)
    reference[0, 54, 0], reference[1, 54, 0] = 2.0, 4.0
    # corners 60, 64 left and right; 61-63 above, 65-67 below
    square = torch.tensor([[-1, 0], [-1, -1], [0, -1], [1, -1], [1, 0], [1, 1], [0, 1], [-1, 1]])
    reference[1, 60:68] = square.float()
    return reference


def test_distance_by_hand():
    predicted = clip()
    predicted[0, 3] += torch.tensor([3.0, 4.0])  # jaw, 5 away
    predicted[1, 30] += 9.0  # the nose does not count
    # one of 2 x 37 points, in widths of the widest mouth
    assert landmark_distance(predicted, clip()) == pytest.approx(5 / (2 * 37) / 4)
    assert landmark_distance(predicted, clip(), torch.tensor(1.0)) == pytest.approx(5 / (2 * 37))


def test_velocity_by_hand():
    predicted = clip() + 7.0  # a constant offset has no velocity
    predicted[1, 50] += torch.tensor([0.0, 2.0])
    assert velocity_distance(predicted, clip()) == pytest.approx(2 / 37 / 4)


def test_area_by_hand():
    still = clip()[:1].expand(2, -1, -1)
    assert open_area_difference(still, clip()) == pytest.approx((0 + 4) / 2 / 4)
    assert open_area_difference(clip(), clip()) == 0
    assert math.isnan(open_area_difference(clip(), torch.zeros(2, 68, 2)))


def test_mistakes_are_named():
    with pytest.raises(ValueError, match=r"predicted is \(2, 68, 2\), reference \(1, 68, 2\)"):
        landmark_distance(clip(), clip()[:1])
    with pytest.raises(ValueError, match="at least two"):
        velocity_distance(clip()[:1], clip()[:1])
    with pytest.raises(ValueError, match="choose 'inner' or 'outer'"):
        open_area_difference(clip(), clip(), contour="teeth")
