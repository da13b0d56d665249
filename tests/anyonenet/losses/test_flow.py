import pytest
import torch

from anyonenet.losses.flow import FlowLoss, neighbour_difference


def test_terms_of_a_hand_case():
    raw = torch.zeros(1, 6, 4, 8)
    raw[:, :3], raw[:, 3] = -0.3, 0.25
    raw[:, 4, :, 4:] = 0.5  # one step of 0.5 half sides, which are 4 pixels long: 2 pixels at one of 7 places in a row
    moved, targets = torch.full((1, 3, 4, 8), 0.4), torch.zeros(1, 3, 4, 8)
    weights = torch.ones(1, 1, 4, 8)
    points = torch.full((1, 68, 2), 1.0)
    points[:, 34:, 0] = 6.0
    photo_points = points.clone()
    photo_points[:, 34:, 0] += 3.0  # 3 of 4 pixels, of which 2 are there already
    terms = FlowLoss(moved=0.5, landmarks=2.0, painted=2.0, mask=0.1, smooth=1.0)(
        raw, moved, targets, weights, points, photo_points
    )
    assert float(terms["landmarks"]) == pytest.approx(2.0 * 0.25 / 4)  # half of the points, one of two directions
    assert float(terms["moved"]) == pytest.approx(0.2)
    assert float(terms["painted"]) == pytest.approx(0.6)
    assert float(terms["mask"]) == pytest.approx(0.025)
    assert float(terms["smooth"]) == pytest.approx(2.0 / 7 / 2)  # the mean is over both directions' channels


def test_neighbours_cost_what_changes_otherwise_than_the_truth():
    targets = torch.zeros(4, 3, 2, 2)
    targets[1] = 0.5
    made = targets + 0.3  # a constant error changes nothing between frames
    assert float(neighbour_difference(made, targets)) == pytest.approx(0.0, abs=1e-6)
    made[3] += 0.4
    assert float(neighbour_difference(made, targets)) == pytest.approx(0.2)
    weights = torch.ones(4, 1, 2, 2)
    weights[2] = 3.0
    assert float(neighbour_difference(made, targets, weights)) == pytest.approx(0.6)
    with pytest.raises(ValueError, match="batch_size must be even"):
        neighbour_difference(made[:3], targets[:3])


def test_landmarks_outside_say_nothing():
    raw, points = torch.zeros(1, 6, 4, 4), torch.full((1, 68, 2), -3.0)
    ones = torch.ones(1, 1, 4, 4)
    terms = FlowLoss()(raw, raw[:, :3], raw[:, :3], ones, points, points + 2)
    assert float(terms["landmarks"]) == 0.0
