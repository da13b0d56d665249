import pytest
import torch

from anyonenet.audio.mel import MelSettings
from anyonenet.networks.speaker_encoder import SpeakerEncoder, statistics_pooling
from anyonenet.weights import WeightsCard, load_weights, save_weights


def small(stem_stride: int = 4) -> SpeakerEncoder:
    torch.manual_seed(0)
    return SpeakerEncoder(bands=20, widths=(4, 4, 8, 8), embedding_size=16, stem_stride=stem_stride)


@pytest.mark.parametrize("stem_stride", [1, 2, 4])
def test_embedding_is_unit_and_ignores_padding(stem_stride):
    network = small(stem_stride)
    with torch.no_grad():
        for _ in range(3):  # running statistics that are not the initial ones
            network(torch.randn(8, 50, 20), torch.full((8,), 50))
    network.eval()
    mels = torch.randn(3, 61, 20)
    lengths = torch.tensor([61, 38, 17])
    mels[1, 38:] = 99.0
    together = network(mels, lengths)
    torch.testing.assert_close(together.norm(dim=-1), torch.ones(3))
    for row, length in enumerate(lengths.tolist()):
        alone = network(mels[row : row + 1, :length], lengths[row : row + 1])
        torch.testing.assert_close(together[row], alone[0], atol=1e-5, rtol=1e-4)


def test_every_parameter_receives_gradient():
    network = small()
    (network(torch.randn(4, 40, 20), torch.tensor([40, 40, 30, 20])) * torch.randn(4, 16)).sum().backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert without == []


def test_statistics_by_hand():
    features = torch.tensor([[[1.0, 2.0], [3.0, 2.0], [100.0, 100.0]]])
    pooled = statistics_pooling(features, torch.tensor([2]), floor=0.0)
    torch.testing.assert_close(pooled, torch.tensor([[2.0, 2.0, 1.0, 0.0]]))


def test_paper_size_is_a_resnet_34():
    with torch.device("meta"):
        network = SpeakerEncoder()
    convolutions = [m for m in network.blocks.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size == (3, 3)]
    assert 1 + len(convolutions) + 1 == 34  # the stem, the blocks, the projection
    assert network.project.out_features == 1024


def test_exported_folder_gives_the_same_embedding(tmp_path):
    network = small().eval()
    save_weights(tmp_path, network, WeightsCard("speaker_encoder", "noise", MelSettings()), half=False)
    loaded, card = load_weights(tmp_path, "speaker_encoder")
    mels, lengths = torch.randn(2, 30, 20), torch.tensor([30, 20])
    assert card.corpus == "noise"
    torch.testing.assert_close(loaded(mels, lengths), network(mels, lengths))


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="3 numbers"):
        SpeakerEncoder(widths=(4, 4, 8))
    with pytest.raises(ValueError, match="stem_stride is 3"):
        SpeakerEncoder(stem_stride=3)
