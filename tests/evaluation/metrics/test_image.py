import pytest
import torch
from skimage.metrics import structural_similarity

from anyonenet.errors import InputError, WeightsError
from evaluation.metrics.image import (
    L1Distance,
    PerceptualDistance,
    StructuralSimilarity,
    l1_distance,
    lip_distance,
    perceptual_backbone,
    ssim,
)


def pictures() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    target = torch.nn.functional.avg_pool2d(torch.rand(2, 3, 40, 40, generator=generator), 3, 1, 1) * 2 - 1
    return (target + 0.1 * torch.randn(2, 3, 40, 40, generator=generator)).clamp(-1, 1), target


def test_l1_by_hand():
    made = torch.zeros(2, 3, 2, 2)
    target = torch.zeros(2, 3, 2, 2)
    target[0, 0] = 1.0  # a third of the values, half of the range
    assert l1_distance(made, target).tolist() == pytest.approx([1 / 6, 0])


def test_ssim_agrees_with_scikit_image():
    made, target = pictures()
    for index, value in enumerate(ssim(made, target)):
        expected = structural_similarity(
            made[index].numpy(), target[index].numpy(), data_range=2.0, channel_axis=0,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )  # fmt: skip
        assert value == pytest.approx(expected, abs=5e-3)
    assert ssim(target, target).tolist() == pytest.approx([1, 1])


def test_lips_by_hand():
    wanted = torch.zeros(68, 2)
    wanted[36, 0], wanted[45, 0] = -30.0, 20.0
    found = wanted.clone()
    found[48:68, 1] += 3.0
    found[:48] += 100.0  # other points do not count
    assert lip_distance(found, wanted) == pytest.approx(3 / 50)


def test_metrics_are_means_over_pictures():
    made, target = pictures()
    for metric, function in ((L1Distance(), l1_distance), (StructuralSimilarity(), ssim)):
        metric.update(made[:1], target[:1])
        metric.update(made[1:], target[1:])
        assert float(metric.compute()) == pytest.approx(float(function(made, target).mean()), rel=1e-5)
    metric = PerceptualDistance("gabor")
    metric.update(target, target)
    assert metric.compute() == 0
    metric.update(made, target)
    assert metric.compute() > 0


def test_missing_backbones_are_named(tmp_path):
    with pytest.raises(WeightsError, match="AlexNet .* or choose features 'gabor'"):
        perceptual_backbone("lpips", tmp_path / "none.pth")
    with pytest.raises(WeightsError, match="VGG-19"):
        perceptual_backbone("vgg19", tmp_path / "none.pth")
    with pytest.raises(InputError, match="'dists'"):
        perceptual_backbone("dists")
