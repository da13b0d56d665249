import pytest
import torch

from anyonenet.networks.instance_norm import InstanceNorm


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_values_and_gradients_are_torchs(kind: torch.dtype) -> None:
    ours, torchs = InstanceNorm(5), torch.nn.InstanceNorm2d(5, affine=True)
    with torch.no_grad():
        ours.weight.uniform_(0.5, 2)
        ours.bias.normal_()
    torchs.load_state_dict(ours.state_dict())
    features = (3 + torch.randn(2, 5, 4, 6) * torch.arange(1, 6)[:, None, None]).to(kind)
    direction = torch.randn(2, 5, 4, 6)
    results = []
    for norm in (ours, torchs):
        given = features.clone().requires_grad_()
        normalised = norm(given)
        (normalised * direction).sum().backward()
        assert normalised.dtype == kind
        results.append([normalised, given.grad, norm.weight.grad, norm.bias.grad])
    tolerance = 1e-4 if kind == torch.float32 else 0.05
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, rtol=tolerance, atol=tolerance)
