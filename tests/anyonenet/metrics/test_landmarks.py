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


@pytest.mark.parametrize("metric", [landmark_distance, velocity_distance, open_area_difference])
def test_a_padded_batch_is_its_clips_one_by_one(metric):
    generator = torch.Generator().manual_seed(0)
    predicted, reference = torch.rand(2, 2, 3, 6, 68, 2, generator=generator).unbind()
    lengths = torch.tensor([[6, 4, 2], [3, 6, 5]])
    for row, column in ((0, 1), (0, 2), (1, 0), (1, 2)):
        for clips in (predicted, reference):
            clips[row, column, lengths[row, column] :] = torch.nan  # what lies beyond never counts
    found = metric(predicted, reference, lengths=lengths)
    for row in range(2):
        for column, frames in enumerate(lengths[row].tolist()):
            alone = metric(predicted[row, column, :frames], reference[row, column, :frames])
            torch.testing.assert_close(found[row, column], alone)


def test_lips_without_the_jaw():
    predicted = clip()
    predicted[0, 3] += torch.tensor([3.0, 4.0])  # jaw
    assert landmark_distance(predicted, clip(), points="lips") == 0
    predicted[1, 50] += torch.tensor([0.0, 2.0])
    assert landmark_distance(predicted, clip(), points="lips") == pytest.approx(2 / (2 * 20) / 4)
    assert velocity_distance(predicted, clip(), points="lips") == pytest.approx(2 / 20 / 4)


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="points are 'chin'"):
        velocity_distance(clip(), clip(), points="chin")
    with pytest.raises(ValueError, match=r"lengths is \(2,\); expected \(\)"):
        landmark_distance(clip(), clip(), lengths=torch.tensor([1, 1]))
    with pytest.raises(ValueError, match="lengths go from 3 to 3; expected 1 to 2 frames"):
        open_area_difference(clip(), clip(), lengths=torch.tensor(3))
    with pytest.raises(ValueError, match="got 0 frames; at least 1 are needed"):
        landmark_distance(clip()[:0], clip()[:0])
