import pytest
import torch

from anyonenet.errors import InputError, WeightsError
from anyonenet.losses.features import GaborFeatures, Vgg19Features, picture_features
from anyonenet.losses.perceptual import PerceptualLoss, perceptual_distance


def stripes(shift: int = 0, across: bool = True) -> torch.Tensor:
    """A picture of stripes four pixels wide, `(1, 3, 64, 64)`."""
    line = (((torch.arange(64) + shift) // 2) % 2).float() * 2 - 1
    picture = line.expand(64, 64) if across else line[:, None].expand(64, 64)
    return picture.expand(1, 3, 64, 64).contiguous()


def test_gabor_filters_answer_to_their_own_direction():
    responses = GaborFeatures()(stripes())[0][0, :16, 16:48, 16:48].abs().mean((1, 2)).view(8, 2).sum(1)
    assert responses.argmax() == 0
    responses = GaborFeatures()(stripes(across=False))[0][0, :16, 16:48, 16:48].abs().mean((1, 2)).view(8, 2).sum(1)
    assert responses.argmax() == 4


def test_gabor_filters_see_no_light_in_flat_pictures_but_its_colour():
    maps = GaborFeatures()(torch.full((1, 3, 32, 32), 0.5))
    assert [tuple(m.shape[1:]) for m in maps] == [(19, 32, 32), (19, 16, 16), (19, 8, 8)]
    assert maps[0][:, :16].abs().max() < 1e-5
    torch.testing.assert_close(maps[0][:, 16:], torch.full((1, 3, 32, 32), 0.5))


def test_blur_costs_more_than_nothing_and_less_than_another_picture():
    features = GaborFeatures()
    sharp = stripes()
    blurred = torch.nn.functional.avg_pool2d(sharp, 3, stride=1, padding=1)
    distances = [perceptual_distance(features, other, sharp).item() for other in (sharp, blurred, stripes(0, False))]
    assert distances[0] == 0
    assert 0 < distances[1] < distances[2] <= 4


def test_loss_is_frozen_and_in_no_state():
    loss = PerceptualLoss("gabor")
    assert not loss.state_dict()
    assert not list(loss.parameters())
    made = stripes().requires_grad_()
    loss(made, stripes(2)).backward()
    assert made.grad.abs().sum() > 0


def test_vgg19_from_a_file(tmp_path):
    with pytest.raises(WeightsError, match="download https://.*vgg19.* or choose features 'gabor'"):
        Vgg19Features(tmp_path / "none.pth")
    widths = {
        0: (3, 64), 2: (64, 64), 5: (64, 128), 7: (128, 128), 10: (128, 256), 12: (256, 256), 14: (256, 256),
        16: (256, 256), 19: (256, 512), 21: (512, 512), 23: (512, 512), 25: (512, 512), 28: (512, 512),
    }  # fmt: skip
    state = {}
    for index, (inputs, outputs) in widths.items():
        state[f"features.{index}.weight"] = torch.zeros(outputs, inputs, 3, 3)
        state[f"features.{index}.bias"] = torch.full((outputs,), float(index))
    torch.save(state, tmp_path / "vgg.pth")
    features = Vgg19Features(tmp_path / "vgg.pth")
    assert not features.state_dict()
    maps = features(torch.zeros(1, 3, 32, 32))
    assert [tuple(m.shape[1:]) for m in maps] == [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4), (512, 2, 2)]
    assert [m.unique().item() for m in maps] == [0, 5, 10, 19, 28]
    del state["features.28.bias"]
    torch.save(state, tmp_path / "cut.pth")
    with pytest.raises(WeightsError, match="it is not torchvision's VGG-19"):
        Vgg19Features(tmp_path / "cut.pth")


def test_unknown_features():
    with pytest.raises(InputError, match="'resnet'; choose one of vgg19, gabor"):
        picture_features("resnet")
