import pytest
import torch

from anyonenet.losses.masked_margin import masked_margin_softmax
from anyonenet.networks.face_encoder import FaceEncoder


def test_shape_and_normalisation():
    network = FaceEncoder(face_size=6, hidden=16, embedding_size=8).eval()
    faces = torch.randn(5, 6)
    before = network(faces)
    torch.testing.assert_close(before.norm(dim=-1), torch.ones(5))
    network.set_normalisation(torch.full((6,), 3.0), torch.tensor(0.5))
    torch.testing.assert_close(network(faces * 0.5 + 3.0), before)
    assert set(network.state_dict()) >= {
        "input_mean",
        "input_scale",
        "input_projection",
    }  # they travel with the weights


def test_directions_left_out_do_not_matter():
    network = FaceEncoder(face_size=6, hidden=16, embedding_size=8).eval()
    network.set_normalisation(torch.zeros(6), torch.tensor(1.0), torch.eye(6)[:2])
    faces = torch.randn(5, 6)
    changed = faces + torch.cat([torch.zeros(2), torch.ones(4)])
    torch.testing.assert_close(network(changed), network(faces))
    assert not torch.allclose(network(faces + 1.0), network(faces))


def test_bad_constants_are_refused():
    network = FaceEncoder(face_size=6)
    with pytest.raises(ValueError, match="not positive"):
        network.set_normalisation(torch.zeros(6), torch.zeros(6))
    with pytest.raises(ValueError, match="directions are"):
        network.set_normalisation(torch.zeros(6), torch.ones(6), torch.eye(5))
    with pytest.raises(ValueError, match="mean is"):
        network.set_normalisation(torch.zeros(5), torch.ones(6))


def test_overfits_four_pairs():
    torch.manual_seed(0)
    network = FaceEncoder(face_size=6, hidden=32, embedding_size=8)
    faces, voices = torch.randn(4, 6), torch.nn.functional.normalize(torch.randn(4, 8), dim=-1)
    optimiser = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(150):
        loss = masked_margin_softmax(network(faces), voices, torch.arange(4), 0.001, 20.0, 1.0)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert ((network(faces) * voices).sum(1) > 0.95).all()
    assert all(parameter.grad.abs().sum() > 0 for parameter in network.parameters())
