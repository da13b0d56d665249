import pytest
import torch
import torch.nn.functional as F

from anyonenet.networks.dilated_predictor import DilatedPredictor
from tests.anyonenet.networks.test_landmark_predictor import inputs


def network(**sizes) -> DilatedPredictor:
    """A small one with weights that are nowhere zero, as after some training."""
    torch.manual_seed(0)
    small = {"width": 8, "dilations": [1, 2], "face_hidden": 8, "face_width": 6, "pose_width": 8, "pose_history": 4}
    predictor = DilatedPredictor(**{**small, **sizes})
    with torch.no_grad():
        for parameter in predictor.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return predictor.eval()


def test_it_begins_with_a_face_at_rest():
    torch.manual_seed(0)
    motion = DilatedPredictor(width=8, dilations=[1], pose_width=8)(*inputs())
    assert motion.displacements.abs().max() == 0


@pytest.mark.parametrize("frames", [30, 31, 7])
def test_shapes_and_unit_quaternions(frames):
    motion = network()(*inputs(frames=frames))
    assert motion.displacements.shape == (2, frames, 68, 2)
    assert motion.quaternions.shape == (2, frames, 4)
    torch.testing.assert_close(motion.quaternions.norm(dim=-1), torch.ones(2, frames))


@pytest.mark.parametrize("frames", [30, 29])
def test_padding_changes_nothing(frames):
    mels, base, quaternions = inputs(batch=1, frames=frames)
    alone = network()(mels, base, quaternions)
    padded = network()(F.pad(mels, (0, 0, 0, 9), value=50.0), base, quaternions, torch.tensor([frames]))
    torch.testing.assert_close(padded.displacements[:, :frames], alone.displacements)
    # beyond the last step a cubic needs one more, which is there only where frames go on
    torch.testing.assert_close(padded.quaternions[:, : frames - 8], alone.quaternions[:, : frames - 8])
    assert padded.displacements[:, frames:].abs().max() == 0
    torch.testing.assert_close(padded.quaternions[:, frames:], quaternions.unsqueeze(1).expand(-1, 9, -1))


def test_every_parameter_receives_gradient():
    predictor, (mels, base, quaternions) = network(), inputs()
    noise = torch.rand(2, 4, 4)
    motion = predictor(mels, base, quaternions, torch.tensor([30, 20]), noise)
    surprise, _ = predictor.pose.surprise(mels, 0.1 * torch.randn(2, 30, 3), torch.tensor([30, 20]))
    (motion.displacements.square().sum() + surprise.sum()).backward()
    for name, parameter in predictor.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_a_frame_hears_as_far_as_the_dilations_reach():
    mels, base, _ = inputs(frames=60)
    predictor = network(dilations=[1, 4])
    predictor.level.forward = lambda features, mask: 0 * features  # its statistics are of the whole sentence
    before = predictor.displacements(mels, base)
    mels[:, 40:] += 1.0
    changed = (predictor.displacements(mels, base) - before).abs().amax((0, 2, 3)) > 0
    assert int(changed.nonzero()[0]) == 40 - 2 * (1 + 4) and changed[30:].all()


def test_louder_and_duller_recordings_are_heard_alike_but_for_their_level():
    mels, base, _ = inputs()
    predictor = network()
    with torch.no_grad():
        predictor.audio.weight.view(8, 2, 160)[..., :80] = 0  # what hears the mel as it is
    other = 1.5 * mels + torch.linspace(-1, 1, 80)
    torch.testing.assert_close(
        predictor.displacements(other, base), predictor.displacements(mels, base), rtol=1e-3, atol=1e-4
    )


def test_sizes_of_the_face_multiply_the_motion():
    mels, base, _ = inputs(batch=1)
    predictor = network()
    for name in ("face_in", "size", "offset"):
        torch.nn.init.zeros_(getattr(predictor, name).weight)
        torch.nn.init.zeros_(getattr(predictor, name).bias)
    one = predictor.displacements(mels, base)
    torch.testing.assert_close(predictor.displacements(mels, -base), one)
    torch.nn.init.constant_(predictor.size.bias, 5.0)
    torch.testing.assert_close(predictor.displacements(mels, base), 1.5 * one)


@pytest.mark.parametrize("dilations", [[], [1, 0]])
def test_dilations_are_checked(dilations):
    with pytest.raises(ValueError, match="expected at least one, each 1 or more"):
        DilatedPredictor(dilations=dilations)
