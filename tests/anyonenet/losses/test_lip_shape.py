import pytest
import torch

from anyonenet.face.template import frontal_template
from anyonenet.losses.lip_shape import lip_shape_losses
from anyonenet.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance


def clips() -> tuple[torch.Tensor, torch.Tensor]:
    """Two clips of a mouth that opens and shuts, and what was predicted of them: `(2, 12, 68, 2)` twice."""
    generator = torch.Generator().manual_seed(0)
    truth = torch.from_numpy(frontal_template()[:, :2]).float().repeat(2, 12, 1, 1)
    truth[:, :, 65:68, 1] += 0.3 + 0.2 * torch.sin(torch.arange(12) * 0.7).abs()[:, None]
    return truth + 0.02 * torch.randn(truth.shape, generator=generator), truth


def test_they_are_what_is_measured():
    predicted, truth = clips()
    lengths = torch.tensor([12, 12])
    losses = lip_shape_losses(predicted, truth, lengths, torch.ones(2, 12, dtype=torch.bool), others=0.0)
    assert float(losses.distance) == pytest.approx(float(landmark_distance(predicted, truth).mean()), rel=0.05)
    assert float(losses.velocity) == pytest.approx(float(velocity_distance(predicted, truth).mean()), rel=0.05)
    assert float(losses.area) == pytest.approx(float(open_area_difference(predicted, truth).mean()), rel=1e-5)


def test_padding_does_not_count():
    predicted, truth = clips()
    lengths = torch.tensor([12, 7])
    mask = torch.arange(12) < lengths[:, None]
    one = lip_shape_losses(predicted, truth, lengths, mask)
    predicted[1, 7:] += 3.0
    truth[1, 7:] -= 5.0
    other = lip_shape_losses(predicted, truth, lengths, mask)
    for name in ("distance", "velocity", "area"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name))


def test_other_points_weigh_what_is_said():
    _, truth = clips()
    moved = truth.clone()
    moved[:, :, 17:48, 0] += 0.3  # all that is neither jaw nor lips
    mask, lengths = torch.ones(2, 12, dtype=torch.bool), torch.tensor([12, 12])
    one, two = (lip_shape_losses(moved, truth, lengths, mask, others=others).distance for others in (0.5, 1.0))
    torch.testing.assert_close(two, 2 * one)
    assert lip_shape_losses(moved, truth, lengths, mask, others=0.0).distance == 0


def test_where_nothing_is_wrong_the_gradient_is_finite():
    _, truth = clips()
    same = truth.clone().requires_grad_()
    mask, lengths = torch.ones(2, 12, dtype=torch.bool), torch.tensor([12, 12])
    losses = lip_shape_losses(same, truth, lengths, mask)
    (losses.distance + losses.velocity + losses.area).backward()
    assert same.grad.isfinite().all() and losses.distance == 0


def test_a_crossed_mouth_is_not_an_open_one():
    """Lips that pass through each other by as much as they should have parted: the metric sees nothing wrong."""
    _, truth = clips()
    crossed = truth.clone()
    upper, lower = [61, 62, 63], [67, 66, 65]
    middle = (truth[..., [60, 64], 1]).mean(-1)
    crossed[..., 60:68, 1] = 2 * middle[..., None] - truth[..., 60:68, 1]
    mask, lengths = torch.ones(2, 12, dtype=torch.bool), torch.tensor([12, 12])
    assert float(open_area_difference(crossed, truth).mean()) < 1e-5
    assert (
        (crossed[..., lower, 1] - crossed[..., upper, 1]).mean()
        < 0
        < (truth[..., lower, 1] - truth[..., upper, 1]).mean()
    )
    assert lip_shape_losses(crossed, truth, lengths, mask).area > 1
