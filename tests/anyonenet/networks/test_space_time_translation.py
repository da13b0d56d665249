import pytest
import torch

from anyonenet.networks.scaled_discriminators import ScaledDiscriminators
from anyonenet.networks.space_time_translation import SpaceTimeTranslator
from anyonenet.weights import WeightsCard, load_weights, save_weights

TINY = {"frames": 5, "width": 8, "coarse_widths": [8, 8], "blocks": 1, "face_blocks": 1, "colour_blocks": 1}


def tiny(**options) -> SpaceTimeTranslator:
    torch.manual_seed(0)
    return SpaceTimeTranslator(**{**TINY, **options})


def moved() -> SpaceTimeTranslator:
    return tiny(composition="moved", photo=True)


def test_the_papers_sizes():
    with torch.device("meta"):
        network = SpaceTimeTranslator()
    assert network.inputs == 45 and network.multiple == 16
    # face and mask go through three residual blocks together
    assert len(network.shared) == 3


def test_equation_7():
    network, inputs = tiny(), torch.randn(2, 15, 32, 24)
    raw = network.raw(inputs)
    assert raw.shape == (2, 7, 32, 24)
    face, mask, colour = raw[:, :3], raw[:, 3:4], raw[:, 4:]
    assert face.abs().max() <= 1 and colour.abs().max() <= 1 and mask.min() > 0 and mask.max() < 1
    torch.testing.assert_close(network(inputs), mask * face + (1 - mask) * colour)


def test_both_scales_are_seen_and_every_frame_of_the_window():
    network, inputs = tiny(), torch.randn(1, 15, 32, 32)
    for pathway in (network.features.fine, network.features.coarse):
        silenced = pathway.register_forward_hook(lambda layer, given, made: 0 * made)
        without = network(inputs)
        silenced.remove()
        assert not torch.equal(without, network(inputs))
    for frame in range(5):
        other = inputs.clone()
        other[:, 3 * frame : 3 * frame + 3] += 1
        assert not torch.equal(network(other), network(inputs)), frame


@torch.no_grad()
def test_an_unmoved_photo_is_given_back_where_nothing_is_painted():
    network = moved()
    photo = torch.rand(1, 3, 32, 32) * 2 - 1
    inputs = network.join(torch.randn(1, 15, 32, 32), photo, torch.zeros(1, 3, 32, 32))
    raw = network.raw(inputs)
    assert raw.shape == (1, 6, 32, 32)
    raw[:, 3] = 0
    raw[:, 4:] = 0
    torch.testing.assert_close(network.compose(raw, photo), photo)
    # what the landmarks say about the motion is taken over: a shift by a quarter of the side, to the left
    field = torch.zeros(1, 3, 32, 32)
    field[:, 0] = 0.5
    shifted = network.raw(network.join(inputs[:, :15], photo, field))[:, 4].mean()
    assert float(shifted - network.raw(inputs)[:, 4].mean()) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("make", [tiny, moved])
def test_every_weight_learns(make):
    network = make()
    network(torch.randn(2, network.inputs, 32, 32)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert name.endswith("bias") or parameter.grad.abs().sum() > 0, name


def test_export_and_load(tmp_path):
    network, inputs = moved().eval(), torch.randn(1, 21, 16, 16)
    save_weights(tmp_path, network, WeightsCard("write_a_speaker_frames", "none"), half=False)
    loaded, _ = load_weights(tmp_path, "write_a_speaker_frames")
    torch.testing.assert_close(loaded(inputs), network(inputs))


def test_what_cannot_be_is_refused():
    with pytest.raises(ValueError, match="odd number"):
        tiny(frames=4)
    with pytest.raises(ValueError, match="painted, moved"):
        tiny(composition="warped")
    with pytest.raises(ValueError, match="photo to true"):
        tiny(composition="moved")
    with pytest.raises(ValueError, match=r"\(batch, 15, height, width\).*multiples of 8"):
        tiny()(torch.zeros(1, 15, 36, 32))


def test_discriminators_see_smaller_and_smaller_pictures():
    judges = ScaledDiscriminators(6, width=4, layers=1)
    verdicts = judges(torch.randn(2, 6, 64, 64), torch.randn(2, 3, 64, 64))
    assert [layers[-1].shape[-1] for layers in verdicts] == [30, 14, 6]
    assert len({id(parameter) for parameter in judges.parameters()}) == 3 * len(list(judges.judges[0].parameters()))
