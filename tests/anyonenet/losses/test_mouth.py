import pytest
import torch

from anyonenet.losses.mouth import mouth_emphasis


def landmarks() -> torch.Tensor:
    points = torch.zeros(1, 68, 2)
    points[0, 48:68] = torch.tensor([20.0, 12.0])
    points[0, 48, 0], points[0, 54, 0] = 15.0, 25.0
    return points


def test_mouth_counts_more_and_the_mean_stays_one():
    weights = mouth_emphasis(landmarks(), 32, 40, 5.0)
    assert weights.shape == (1, 1, 32, 40)
    assert weights.mean() == pytest.approx(1.0)
    row, column = divmod(int(weights.argmax()), 40)
    assert (row, column) == (12, 20)
    assert weights.max() / weights[0, 0, 31, 39] == pytest.approx(5.0, rel=0.05)


def test_weight_one_is_even():
    torch.testing.assert_close(mouth_emphasis(landmarks(), 8, 8, 1.0), torch.ones(1, 1, 8, 8))
