import numpy as np
import pytest
import torch

from anyonenet.face.landmark_basis import landmark_basis
from anyonenet.face.template import frontal_template
from anyonenet.networks.at_net import ATNet
from anyonenet.networks.conv_gru import ConvGRU
from anyonenet.networks.regression_discriminator import RegressionDiscriminator
from anyonenet.networks.vg_net import VGNet
from anyonenet.weights import WeightsCard, load_weights, save_weights


def at_net(**options) -> ATNet:
    torch.manual_seed(0)
    sizes = {
        "components": 3, "window": 10, "audio_widths": [4, 4, 4, 4, 4], "audio_hidden": 8, "audio_width": 8,
        "example_hidden": 8, "example_width": 8, "lstm_width": 8, "lstm_layers": 2,
    }  # fmt: skip
    return ATNet(**{**sizes, **options}).eval()


def vg_net(**options) -> VGNet:
    torch.manual_seed(0)
    return VGNet(**{"widths": [4, 4, 8, 8, 8], "landmark_hidden": 8, "blocks": 1, "kernel": 3, **options}).eval()


def faces(count: int = 2) -> torch.Tensor:
    return torch.from_numpy(frontal_template()[None, :, :2].astype(np.float32)).repeat(count, 1, 1)


@torch.no_grad()
def test_at_net_in_two_parts_is_at_net_in_one():
    network, audio = at_net(), torch.randn(2, 7, 10, 12)
    whole = network(audio, faces())
    first = network(audio[:, :4], faces())
    second = network(audio[:, 4:], faces(), first.state)
    torch.testing.assert_close(torch.cat([first.landmarks, second.landmarks], 1), whole.landmarks)
    again = network(audio[:, 4:], faces())
    assert (again.landmarks - second.landmarks).abs().max() > 1e-4  # the state matters
    assert at_net(recurrent=False)(audio, faces()).state is None


@torch.no_grad()
def test_at_net_keeps_what_is_beside_its_basis():
    rng = np.random.default_rng(0)
    network = at_net()
    network.set_basis(landmark_basis([rng.normal(size=(20, 68, 2))], 3))
    other = faces() + 0.3 * torch.randn(2, 68, 2)
    said = network(torch.randn(2, 5, 10, 12), other)
    moved = said.landmarks - other.unsqueeze(1)
    directions = network.get_buffer("directions")
    beside = moved.flatten(-2) - moved.flatten(-2) @ directions.T @ directions
    assert beside.abs().max() < 1e-5 < moved.abs().max()
    # coordinates of what is said are those of the example and the change
    found = network.coordinates(said.landmarks) - network.coordinates(other).unsqueeze(1)
    torch.testing.assert_close(found, said.coordinates, rtol=1e-3, atol=1e-4)
    with pytest.raises(ValueError, match="the basis has 2 directions, the network expects 3"):
        network.set_basis(landmark_basis([rng.normal(size=(20, 68, 2))], 2))
    with pytest.raises(ValueError, match=r"got windows of \(9, 12\); expected \(10, 12\)"):
        network(torch.randn(2, 5, 9, 12), other)


@torch.no_grad()
def test_vg_net_in_two_parts_is_vg_net_in_one():
    network, photo, own = vg_net(), torch.rand(1, 3, 48, 32) * 2 - 1, 0.5 * faces(1)
    landmarks = own.unsqueeze(1) + 0.3 * torch.randn(1, 5, 68, 2)
    whole = network(photo, own, landmarks)
    first = network(photo, own, landmarks[:, :2])
    second = network(photo, own, landmarks[:, 2:], first.state)
    torch.testing.assert_close(torch.cat([first.frames, second.frames], 1), whole.frames, rtol=1e-4, atol=1e-5)
    assert whole.frames.shape == (1, 5, 3, 48, 32) and whole.attention.shape == (1, 5, 1, 48, 32)
    made = whole.attention * whole.colours + (1 - whole.attention) * photo.unsqueeze(1)
    torch.testing.assert_close(made, whole.frames)
    apart = vg_net(recurrent=False)
    assert apart(photo, own, landmarks).state is None
    with pytest.raises(ValueError, match="multiples of 16"):
        network(photo[..., :40, :30], own, landmarks)


@torch.no_grad()
def test_a_gru_that_never_updates_keeps_its_state():
    gru = ConvGRU(2, 3, dilation=2)
    gru.read.bias[:3] = -30.0
    state = torch.rand(1, 3, 6, 6)
    states, last = gru(torch.rand(1, 4, 2, 6, 6), state)
    torch.testing.assert_close(states, state.unsqueeze(1).expand(-1, 4, -1, -1, -1))
    torch.testing.assert_close(last, state)


def test_the_discriminator_reads_clips_of_any_side():
    judge = RegressionDiscriminator(width=2, hidden=8, lstm_width=8, lstm_layers=1, grid=2)
    for side in (32, 64):
        verdict, landmarks = judge(torch.rand(2, 3, 3, side, side), faces())
        assert verdict.shape == (2,) and landmarks.shape == (2, 3, 68, 2)


@pytest.mark.parametrize(("stage", "network"), [("atvgnet_landmarks", at_net()), ("atvgnet_frames", vg_net())])
def test_weights_come_back_as_they_went(tmp_path, stage, network):
    if stage == "atvgnet_landmarks":
        network.set_basis(landmark_basis([np.random.default_rng(0).normal(size=(20, 68, 2))], 3))
    save_weights(tmp_path, network, WeightsCard(stage, "nothing"), half=False)
    loaded, _ = load_weights(tmp_path, stage)
    for name, value in network.state_dict().items():
        assert torch.equal(loaded.state_dict()[name], value), name
