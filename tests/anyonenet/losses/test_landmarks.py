import pytest
import torch

from anyonenet.losses.landmarks import displacement_loss, inter_frame_loss, landmark_losses, quaternion_loss

MASK = torch.tensor([[True, True, True], [True, True, False]])


def faces() -> tuple[torch.Tensor, torch.Tensor]:
    """Target zero; one jaw point is 2 off in frame 1 of item 0, one lip point 3 off in frame 0 of item 1."""
    predicted = torch.zeros(2, 3, 68, 2)
    predicted[0, 1, 0, 0] = 2.0
    predicted[1, 0, 50, 1] = 3.0
    predicted[1, 2] = 100.0  # padding
    return predicted, torch.zeros(2, 3, 68, 2)


def test_displacement_by_hand():
    assert displacement_loss(*faces(), MASK) == pytest.approx((4 + 9) / 5)
    assert displacement_loss(*faces(), MASK, lip_weight=2.0) == pytest.approx((4 + 18) / 5)


def test_inter_frame_by_hand():
    # item 0 steps +2 and -2, item 1 steps -3; three pairs of frames count
    assert inter_frame_loss(*faces(), MASK) == pytest.approx((4 + 4 + 9) / 3)


def test_quaternion_by_hand():
    predicted = torch.zeros(2, 3, 4)
    predicted[0, 0] = 7.0  # the first frame does not count in equation (6)
    predicted[0, 1] = torch.tensor([0.1, -0.2, 0.0, 0.0])
    predicted[1, 1, 0] = 0.6
    predicted[1, 2] = 9.0  # padding
    assert quaternion_loss(predicted, torch.zeros(2, 3, 4), MASK) == pytest.approx((0.3 + 0.6) / 3)


def test_total_is_the_weighted_sum():
    quaternions = torch.ones(2, 3, 4)
    losses = landmark_losses(
        faces()[0], quaternions, faces()[1], torch.zeros(2, 3, 4), MASK,
        displacement_weight=2.0, inter_frame_weight=3.0, quaternion_weight=5.0,
    )  # fmt: skip
    assert losses.total == pytest.approx(2 * 13 / 5 + 3 * 17 / 3 + 5 * 4.0)


def test_one_frame_has_no_steps():
    one = torch.ones(1, 1, 68, 2)
    assert inter_frame_loss(one, torch.zeros_like(one), torch.ones(1, 1, dtype=torch.bool)) == 0
