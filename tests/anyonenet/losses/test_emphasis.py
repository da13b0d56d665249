import pytest
import torch

from anyonenet.losses.emphasis import emphasis


def landmarks() -> torch.Tensor:
    points = torch.zeros(1, 68, 2)
    points[0, 48:68] = torch.tensor([20.0, 52.0])
    points[0, 48, 0], points[0, 54, 0] = 15.0, 25.0
    for begin, column in ((36, 10.0), (42, 30.0)):
        points[0, begin : begin + 6] = torch.tensor([column, 12.0])
        points[0, begin, 0], points[0, begin + 3, 0] = column - 2, column + 2
    return points


def test_mouth_counts_more_and_the_mean_stays_one():
    weights = emphasis(landmarks(), 64, 40, 5.0)
    assert weights.shape == (1, 1, 64, 40)
    assert weights.mean() == pytest.approx(1.0)
    row, column = divmod(int(weights.argmax()), 40)
    assert (row, column) == (52, 20)
    assert weights.max() / weights[0, 0, 0, 39] == pytest.approx(5.0, rel=0.05)


def test_both_eyes_count_as_much_as_they_are_told_to():
    weights = emphasis(landmarks(), 64, 40, 1.0, eyes=3.0)[0, 0]
    assert weights[12, 10] / weights[40, 20] == pytest.approx(3.0, rel=0.05)
    assert weights[12, 30] / weights[40, 20] == pytest.approx(3.0, rel=0.05)
    assert weights[52, 20] / weights[40, 20] == pytest.approx(1.0, rel=0.01)


def test_weight_one_is_even():
    torch.testing.assert_close(emphasis(landmarks(), 8, 8, 1.0), torch.ones(1, 1, 8, 8))
