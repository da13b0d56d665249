import copy
import json
import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from anyonenet import weights
from anyonenet.errors import WeightsError
from anyonenet.networks.base import Network
from anyonenet.weights import WeightsCard, load_weights, read_card, save_weights


class Toy(Network):
    def __init__(self, size: int = 3, bias: bool = True):
        super().__init__()
        self.layer = nn.Linear(size, size, bias=bias)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setitem(weights.NETWORKS, "Toy", __name__)
    torch.manual_seed(0)
    save_weights(tmp_path / "toy", Toy(4), WeightsCard(stage="toy", corpus="nothing", symbols=("a", "b")))
    return tmp_path / "toy"


def test_network_remembers_its_arguments():
    assert Toy(5).arguments == {"size": 5, "bias": True}
    assert Toy(bias=False).arguments == {"size": 3, "bias": False}
    for twin in (copy.deepcopy(Toy(5)), pickle.loads(pickle.dumps(Toy(5)))):
        assert twin.arguments == {"size": 5, "bias": True} and twin.layer.weight.shape == (5, 5)
    with pytest.raises(TypeError):
        Toy(wrong=1)


def test_round_trip(folder):
    network, card = load_weights(folder, "toy")
    assert network.arguments == {"size": 4, "bias": True}
    assert card.symbols == ("a", "b") and not network.training
    assert network.layer.weight.dtype == torch.float32 and not network.layer.weight.requires_grad
    torch.manual_seed(0)
    assert torch.allclose(network.layer.weight, Toy(4).layer.weight, atol=1e-3)
    assert sorted(p.name for p in folder.iterdir()) == ["config.json", "model.safetensors"]


@pytest.mark.parametrize("stage", ["tts", "landmarks", "face_encoder", "speaker_encoder", "images"])
def test_no_random_numbers_are_drawn_and_all_buffers_are_those_of_a_network_made_as_usual(stage):
    before = torch.get_rng_state()
    network, _ = load_weights(Path("weights") / stage, stage)
    assert torch.equal(torch.get_rng_state(), before)
    usual = type(network)(**network.arguments)
    usual.load_state_dict(network.state_dict())
    for (name, one), (_, other) in zip(network.named_buffers(), usual.named_buffers(), strict=True):
        assert torch.equal(one, other), name
    for module in network.modules():  # recurrent layers hold their parameters a second time, in a list
        for name, weight in zip(getattr(module, "_flat_weights_names", ()), getattr(module, "_flat_weights", ())):
            assert weight is getattr(module, name), name


def change(folder, **values):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **values}))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda f: (f / "config.json").unlink(), "config.json is missing"),
        (lambda f: (f / "config.json").write_text("{"), "not readable JSON"),
        (lambda f: change(f, mel={"sample_rate": 22050}), "misstates"),
        (lambda f: change(f, stage="other"), "of stage 'other', expected 'toy'"),
        (lambda f: change(f, network="Elsewhere"), "names the network 'Elsewhere'"),
        (lambda f: (f / "model.safetensors").unlink(), "model.safetensors is missing"),
        (lambda f: (f / "model.safetensors").write_bytes(b"x" * 100), "corrupt or was exchanged"),
        (lambda f: change(f, arguments={"size": 5}), "does not fit its config.json"),
        (lambda f: change(f, arguments={"length": 5}), "does not fit Toy"),
    ],
)
def test_damage_is_named(folder, damage, says):
    damage(folder)
    with pytest.raises(WeightsError, match=says) as caught:
        load_weights(folder, "toy")
    assert "\n" not in str(caught.value)


def test_only_known_networks_are_exported(tmp_path):
    with pytest.raises(WeightsError, match="known networks"):
        save_weights(tmp_path, Toy(2), WeightsCard(stage="toy", corpus=""))
    assert list(tmp_path.iterdir()) == []


def test_infinite_weights_are_not_exported(tmp_path, monkeypatch):
    monkeypatch.setitem(weights.NETWORKS, "Toy", __name__)
    network = Toy(2)
    network.layer.weight.data[0, 0] = 1e6  # beyond float16
    with pytest.raises(WeightsError, match=r"layer\.weight"):
        save_weights(tmp_path / "toy", network, WeightsCard(stage="toy", corpus=""))
    save_weights(tmp_path / "toy", network, WeightsCard(stage="toy", corpus=""), half=False)
    assert read_card(tmp_path / "toy")[0] == "Toy"
