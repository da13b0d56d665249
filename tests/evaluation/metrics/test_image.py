import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio
from skimage.metrics import structural_similarity as reference_similarity

from anyonenet.errors import InputError, WeightsError
from evaluation.metrics.image import (
    L1Distance,
    PeakSignalToNoiseRatio,
    PerceptualDistance,
    StructuralSimilarity,
    l1_distance,
    peak_signal_to_noise_ratio,
    perceptual_backbone,
    structural_similarity,
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
    for index, value in enumerate(structural_similarity(made, target)):
        expected = reference_similarity(
            made[index].numpy(), target[index].numpy(), data_range=2.0, channel_axis=0,
            gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
        )  # fmt: skip
        assert value == pytest.approx(expected, abs=5e-3)
    assert structural_similarity(target, target).tolist() == pytest.approx([1, 1])


def test_psnr_agrees_with_scikit_image():
    made, target = pictures()
    for index, value in enumerate(peak_signal_to_noise_ratio(made, target)):
        expected = peak_signal_noise_ratio(target[index].numpy(), made[index].numpy(), data_range=2.0)
        assert value == pytest.approx(expected, abs=1e-4)
    assert peak_signal_to_noise_ratio(target, target).isinf().all()


@pytest.mark.parametrize("metric", [L1Distance, PeakSignalToNoiseRatio, StructuralSimilarity, PerceptualDistance])
def test_pictures_of_other_shapes_are_refused(metric):
    made, target = pictures()
    with pytest.raises(ValueError, match=r"made is \(2, 3, 40, 40\), target \(2, 3, 40, 39\)"):
        metric().update(made, target[..., :39])
    with pytest.raises(ValueError, match=r"expected \(batch, 3, height, width\) twice"):
        metric().update(made[:, :1], target[:, :1])


def test_ssim_needs_room_for_its_window():
    with pytest.raises(ValueError, match="of at least 11 x 11"):
        structural_similarity(torch.zeros(1, 3, 10, 40), torch.zeros(1, 3, 10, 40))


def test_metrics_are_means_over_pictures():
    made, target = pictures()
    functions = (
        (L1Distance(), l1_distance),
        (StructuralSimilarity(), structural_similarity),
        (PeakSignalToNoiseRatio(), peak_signal_to_noise_ratio),
    )
    for metric, function in functions:
        metric.update(made[:1], target[:1])
        metric.update(made[1:], target[1:])
        assert float(metric.compute()) == pytest.approx(float(function(made, target).mean()), rel=1e-5)
    metric = PerceptualDistance("gabor")
    metric.update(target, target)
    assert metric.compute() == 0
    metric.update(made, target)
    assert metric.compute() > 0


def test_lpips_is_its_published_formula(tmp_path):
    """Zhang et al. 2018, equation (1), with random AlexNet weights and the published weights of the channels."""
    from lpips import LPIPS

    torch.manual_seed(0)
    sizes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    state = {f"features.{index}.weight": torch.randn(a, b, k, k) * 0.05 for index, (a, b, k) in sizes.items()}
    state |= {f"features.{index}.bias": torch.randn(a) * 0.1 for index, (a, _, _) in sizes.items()}
    torch.save(state, tmp_path / "alexnet.pth")
    made, target = torch.rand(2, 2, 3, 64, 64) * 2 - 1
    metric = PerceptualDistance("lpips", tmp_path / "alexnet.pth")
    metric.update(made, target)

    def maps(pictures: torch.Tensor) -> list[torch.Tensor]:
        shift, scale = torch.tensor([-0.030, -0.088, -0.188]), torch.tensor([0.458, 0.448, 0.450])
        values, found = (pictures - shift.view(3, 1, 1)) / scale.view(3, 1, 1), []
        for index in sizes:
            if index in (3, 6):
                values = torch.nn.functional.max_pool2d(values, 3, 2)
            stride, padding = {0: (4, 2), 3: (1, 2)}.get(index, (1, 1))
            weight, bias = state[f"features.{index}.weight"], state[f"features.{index}.bias"]
            values = torch.nn.functional.conv2d(values, weight, bias, stride, padding).relu()
            found.append(values / values.norm(dim=1, keepdim=True).clamp_min(1e-10))
        return found

    heads = LPIPS(net="alex", pnet_rand=True, verbose=False)
    expected = sum(
        (head.model[-1].weight * (a - b) ** 2).sum(1).mean((1, 2))
        for head, a, b in zip(heads.lins, maps(made), maps(target), strict=True)
    ).mean()
    assert float(metric.compute()) == pytest.approx(float(expected), rel=1e-4)


def test_missing_backbones_are_named(tmp_path):
    with pytest.raises(WeightsError, match="AlexNet .* or choose features 'gabor'"):
        perceptual_backbone("lpips", tmp_path / "none.pth")
    with pytest.raises(WeightsError, match="VGG-19"):
        perceptual_backbone("vgg19", tmp_path / "none.pth")
    with pytest.raises(InputError, match="'dists'"):
        perceptual_backbone("dists")
