import numpy as np
import pytest
import torch
import torch.nn.functional as F
from scipy.linalg import sqrtm
from torch import nn

from anyonenet.errors import WeightsError
from evaluation.metrics.frechet import FrechetInceptionDistance, frechet_distance, frechet_inception_distance
from evaluation.metrics.inception import WithoutBorder, adapted, inception_features, inception_network


def scipy_distance(made: np.ndarray, real: np.ndarray) -> float:
    covariances = np.cov(made, rowvar=False), np.cov(real, rowvar=False)
    apart = np.square(made.mean(0) - real.mean(0)).sum()
    return float(apart + np.trace(covariances[0] + covariances[1] - 2 * sqrtm(covariances[0] @ covariances[1]).real))


@pytest.mark.parametrize("count", [40, 5])  # also fewer pictures than dimensions: singular covariances
def test_formula_agrees_with_scipy(count):
    rng = np.random.default_rng(0)
    made, real = rng.normal(size=(count, 8)) @ rng.normal(size=(8, 8)), rng.normal(size=(30, 8)) + 0.5
    found = float(frechet_inception_distance(torch.from_numpy(made), torch.from_numpy(real)))
    assert found == pytest.approx(scipy_distance(made, real), rel=1e-5)
    assert float(frechet_inception_distance(torch.from_numpy(real), torch.from_numpy(real))) == pytest.approx(
        0, abs=1e-9
    )


def test_two_lines_by_hand():
    one, four = torch.eye(2), 4 * torch.eye(2)
    assert frechet_distance(torch.zeros(2), one, torch.tensor([3.0, 4.0]), four) == pytest.approx(25 + 2 * (1 - 2) ** 2)


def test_batches_of_pictures_give_what_all_give_at_once():
    pictures = torch.randn(24, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    metric = FrechetInceptionDistance(features=lambda batch: batch.mean((2, 3)), width=3)
    for begin, end, real in ((0, 5, True), (5, 13, False), (13, 24, True)):
        metric.update(pictures[begin:end], real)
    features = pictures.mean((2, 3)).double().numpy()
    expected = scipy_distance(features[5:13], np.concatenate([features[:5], features[13:]]))
    assert float(metric.compute()) == pytest.approx(expected, rel=1e-5)


def test_mistakes_are_named():
    metric = FrechetInceptionDistance(features=lambda batch: batch.mean((2, 3)), width=4)
    with pytest.raises(ValueError, match=r"pictures are \(3, 5, 5\)"):
        metric.update(torch.zeros(3, 5, 5), real=True)
    with pytest.raises(ValueError, match=r"features are \(2, 3\); expected \(2, 4\)"):
        metric.update(torch.zeros(2, 3, 5, 5), real=True)
    with pytest.raises(ValueError, match=r"features are \(5, 3\) and \(5, 4\)"):
        frechet_inception_distance(torch.zeros(5, 3), torch.zeros(5, 4))
    with pytest.raises(ValueError, match="1 made pictures; a covariance needs at least two"):
        frechet_inception_distance(torch.zeros(1, 3), torch.zeros(5, 3))
    metric = FrechetInceptionDistance(features=lambda batch: batch.mean((2, 3)), width=3)
    metric.update(torch.zeros(2, 3, 5, 5), real=False)
    with pytest.raises(ValueError, match="0 real pictures"):
        metric.compute()


def test_weights_that_are_not_there_or_not_inceptions_are_named(tmp_path):
    with pytest.raises(WeightsError, match=r"not at .*none\.pth: download https://.*pt_inception-2015-12-05"):
        FrechetInceptionDistance(tmp_path / "none.pth")
    torch.save({"fc.weight": torch.zeros(1000, 2048)}, tmp_path / "other.pth")
    with pytest.raises(WeightsError, match=r"other\.pth is not the InceptionV3 of published FID"):
        inception_features(tmp_path / "other.pth")
    (tmp_path / "text.pth").write_text("not found")
    with pytest.raises(WeightsError, match=r"text\.pth is not the InceptionV3"):
        inception_features(tmp_path / "text.pth")


def test_pooling_leaves_out_what_lies_beyond_the_border():
    values = torch.randn(2, 4, 5, 7, generator=torch.Generator().manual_seed(0))
    found = WithoutBorder()(F.avg_pool2d(values, 3, stride=1, padding=1))
    torch.testing.assert_close(found, F.avg_pool2d(values, 3, stride=1, padding=1, count_include_pad=False))


def test_the_network_pools_as_the_release_does():
    """Every block's pooling branch, watched in one pass: what goes into its convolution is the release's pooling."""
    torch.manual_seed(0)
    network = adapted(inception_network())
    seen: dict[str, tuple[torch.Tensor, list[torch.Tensor]]] = {}

    def watch(name: str, block: nn.Module) -> None:
        convolution = block.branch_pool[1] if isinstance(block.branch_pool, nn.Sequential) else block.branch_pool
        seen[name] = (torch.empty(0), [])
        block.register_forward_pre_hook(lambda _, inputs: seen.update({name: (inputs[0], seen[name][1])}))
        convolution.register_forward_pre_hook(lambda _, inputs: seen[name][1].append(inputs[0]))

    blocks = {name: block for name, block in network.named_children() if hasattr(block, "branch_pool")}
    for name, block in blocks.items():
        watch(name, block)
    with torch.no_grad():
        features = network(torch.randn(1, 3, 299, 299))
    assert features.shape == (1, 2048)
    assert len(seen) == 9
    for name, (taken, pooled) in seen.items():
        if name == "Mixed_7c":
            expected = F.max_pool2d(taken, 3, stride=1, padding=1)
        else:
            expected = F.avg_pool2d(taken, 3, stride=1, padding=1, count_include_pad=False)
        torch.testing.assert_close(pooled[-1], expected, msg=name)
    last = blocks["Mixed_7c"]
    torch.testing.assert_close(features[:, -192:], last.branch_pool(seen["Mixed_7c"][1][-1]).mean((2, 3)))


def test_features_are_read_from_a_file_of_the_right_layout(tmp_path):
    torch.manual_seed(0)
    network = inception_network()
    torch.save(network.state_dict(), tmp_path / "inception.pth")
    features = inception_features(tmp_path / "inception.pth")
    pictures = torch.rand(1, 3, 40, 50) * 2 - 1
    expected = adapted(network)(F.interpolate(pictures, (299, 299), mode="bilinear", align_corners=False))
    torch.testing.assert_close(features(pictures), expected)
