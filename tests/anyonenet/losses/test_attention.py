import pytest
import torch

from anyonenet.losses.attention import dynamic_pixel_loss, regressed_landmark_loss


def test_pixels_weigh_as_they_are_looked_at_and_attention_gets_no_gradient():
    made, target = torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2)
    target[..., 0, 0], target[..., 1, 1] = 0.5, 0.25
    attention = torch.zeros(1, 1, 2, 2, requires_grad=True)
    with torch.no_grad():
        attention[..., 0, 0] = 1.0
    made.requires_grad_()
    loss = dynamic_pixel_loss(made, target, attention)
    assert loss.item() == pytest.approx((0.5 * 1.5 + 0.25 * 0.5) / 4)
    loss.backward()
    assert attention.grad is None
    assert made.grad[0, 0, 0, 0] == 3 * made.grad[0, 0, 1, 1]


def test_lips_weigh_more():
    target = torch.zeros(1, 68, 2)
    lips, jaw = target.clone(), target.clone()
    lips[:, 60], jaw[:, 8] = 1.0, 1.0
    assert regressed_landmark_loss(jaw, target, 5.0) == pytest.approx(1 / 68)
    assert regressed_landmark_loss(lips, target, 5.0) == pytest.approx(5 / 68)
