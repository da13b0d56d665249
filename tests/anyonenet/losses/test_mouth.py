import torch

from anyonenet.losses.mouth import MouthLoss, mouth_cuts
from anyonenet.losses.perceptual import PerceptualLoss


def mouths(count: int, left: float = 40.0, row: float = 70.0, wide: float = 20.0) -> torch.Tensor:
    """Landmarks whose mouth is a flat ellipse of that place and width."""
    landmarks = torch.zeros(count, 68, 2)
    angle = torch.linspace(0, 2 * torch.pi, 21)[:-1]
    landmarks[:, 48:68, 0] = left + wide / 2 - wide / 2 * torch.cos(angle)
    landmarks[:, 48:68, 1] = row - 4 * torch.sin(angle)
    landmarks[:, 48], landmarks[:, 54] = torch.tensor([left, row]), torch.tensor([left + wide, row])
    return landmarks


def test_a_cut_shows_the_mouth_in_the_middle_at_any_size_of_the_picture():
    rows = torch.arange(128.0)[None, None, :, None].expand(1, 1, 128, 128)
    columns = torch.arange(128.0)[None, None, None, :].expand(1, 1, 128, 128)
    cut = mouth_cuts(mouths(1), torch.cat([rows, columns], 1), side=34)
    # one pixel of the cut is one of the picture: 1.7 mouths of 20 pixels; middle of the mouth (50, 70)
    assert torch.allclose(cut[0, 0, :, 0], torch.arange(34.0) + 53.5)
    assert torch.allclose(cut[0, 1, 0], torch.arange(34.0) + 33.5)
    coarse = torch.nn.functional.avg_pool2d(torch.cat([rows, columns], 1), 2)
    halved = mouth_cuts((mouths(1) + 0.5) / 2 - 0.5, coarse, side=34)
    assert torch.allclose(halved, cut, atol=1e-3)


def test_a_mouth_at_the_edge_repeats_it():
    picture = torch.arange(32.0).expand(1, 1, 32, 32)
    assert mouth_cuts(mouths(1, left=20, row=16, wide=12), picture)[0, 0].max() == 31


def test_only_the_mouth_counts_and_each_side_gets_its_own_gradient():
    torch.manual_seed(0)
    loss, features = MouthLoss(width=4), PerceptualLoss("gabor")
    landmarks, sketches = mouths(2), torch.rand(2, 3, 128, 128)
    targets = torch.rand(2, 3, 128, 128)
    made = targets.clone().requires_grad_()
    terms = loss(features, landmarks, sketches, made, targets, colours=made)
    assert set(terms.generator) == {"mouth_perceptual", "mouth_painted", "mouth_matching", "mouth_generator"}
    for name in ("mouth_perceptual", "mouth_painted", "mouth_matching"):
        assert terms.generator[name] < 1e-6, name
    torch.stack(list(terms.generator.values())).sum().backward()
    assert all(parameter.grad is None for parameter in loss.parameters())
    far = made.grad.clone()
    far[:, :, 52:88, 32:68] = 0
    assert made.grad.abs().max() > 0 and far.abs().max() == 0
    made.grad = None
    terms.discriminator.backward()
    assert made.grad is None and all(parameter.grad is not None for parameter in loss.parameters())
    worse = loss(features, landmarks, sketches, targets.flip(3), targets)
    assert worse.generator["mouth_perceptual"] > 0.01 and "mouth_painted" not in worse.generator
    assert 0 <= worse.signs["mouth_right_made"] <= 1
