import torch

from anyonenet.networks.masked import MaskedBatchNorm, MaskedInstanceNorm, frame_mask


def test_frame_mask():
    assert frame_mask(torch.tensor([2, 0]), 3).tolist() == [[True, True, False], [False, False, False]]


def test_instance_norm_equals_torchs_on_each_item_alone():
    features = torch.randn(2, 9, 5)
    mask = frame_mask(torch.tensor([9, 6]), 9)
    normalised = MaskedInstanceNorm()(features, mask)
    expected = torch.nn.functional.instance_norm(features[1:, :6].transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(normalised[1:, :6], expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_statistics_leave_out_padding():
    features = torch.randn(2, 9, 5)
    features[1, 6:] = 1e6
    norm = MaskedBatchNorm(5)
    normalised = norm(features, frame_mask(torch.tensor([9, 6]), 9))
    counted = torch.cat([features[0], features[1, :6]])
    expected = (counted - counted.mean(0)) / torch.sqrt(counted.var(0, unbiased=False) + 1e-5)
    torch.testing.assert_close(torch.cat([normalised[0], normalised[1, :6]]), expected, rtol=1e-4, atol=1e-5)
    assert norm.norm.running_mean.abs().max() < 1
    assert normalised[1, 6:].abs().max() == 0
