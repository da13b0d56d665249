import pytest
import torch
import torch.nn.functional as F

from anyonenet.networks.landmark_predictor import DECODERS, LandmarkPredictor


def network(decoder: str = "cnn_blstm", **sizes) -> LandmarkPredictor:
    torch.manual_seed(0)
    small = {
        "audio_width": 8, "landmark_hidden": 8, "landmark_width": 8, "cnn_widths": [8, 8, 12], "lstm_width": 8,
        "decoder_hidden": 8, "smoothing_width": 6,
    }  # fmt: skip
    return LandmarkPredictor(decoder=decoder, **{**small, **sizes})


def inputs(batch: int = 2, frames: int = 30):
    generator = torch.Generator().manual_seed(1)
    mels = torch.randn(batch, frames, 80, generator=generator)
    base = torch.randn(batch, 68, 2, generator=generator)
    return mels, base, F.normalize(torch.randn(batch, 4, generator=generator), dim=-1)


@pytest.mark.parametrize("decoder", DECODERS)
def test_shapes_and_unit_quaternions(decoder):
    motion = network(decoder)(*inputs())
    assert motion.displacements.shape == (2, 30, 68, 2)
    assert motion.quaternions.shape == (2, 30, 4)
    torch.testing.assert_close(motion.quaternions.norm(dim=-1), torch.ones(2, 30))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("decoder", DECODERS)
def test_padding_changes_nothing(decoder, training):
    mels, base, quaternions = inputs(batch=1)
    predictor = network(decoder).train(training)
    alone = predictor(mels, base, quaternions)
    predictor = network(decoder).train(training)
    padded = predictor(F.pad(mels, (0, 0, 0, 9), value=50.0), base, quaternions, torch.tensor([30]))
    torch.testing.assert_close(padded.displacements[:, :30], alone.displacements)
    torch.testing.assert_close(padded.quaternions[:, :30], alone.quaternions)
    assert padded.displacements[:, 30:].abs().max() == 0


@pytest.mark.parametrize("decoder", DECODERS)
def test_every_parameter_receives_gradient(decoder):
    predictor = network(decoder)
    motion = predictor(*inputs(), torch.tensor([30, 20]))
    (motion.displacements.square().sum() + motion.quaternions.select(-1, 1).sum()).backward()
    for name, parameter in predictor.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_delayed_lstm_hears_no_further_than_its_delay():
    mels, base, quaternions = inputs()
    predictor = network("tdlstm", delay=4).eval()
    before = predictor(mels, base, quaternions).displacements
    mels[:, 20:] += 1.0
    after = predictor(mels, base, quaternions).displacements
    torch.testing.assert_close(after[:, :16], before[:, :16])  # frame 16 is said after having heard frame 20
    assert (after[:, 16] - before[:, 16]).abs().max() > 0


@pytest.mark.parametrize("decoder", DECODERS)
def test_motion_depends_on_the_face_away_from_the_ends(decoder):
    mels, base, quaternions = inputs(frames=60)
    predictor = network(decoder).eval()
    one = predictor(mels, base, quaternions).displacements
    other = predictor(mels, -base, quaternions).displacements
    assert (one - other)[:, 25:35].abs().max() > 1e-3


def test_paper_sizes():
    predictor = LandmarkPredictor()
    convolutions = predictor.convolutions.convolutions
    assert convolutions[0].in_channels == 512 + 128 + 4 == 644
    assert [layer.out_channels for layer in convolutions] == [512, 512, 1024, 1024, 1024, 2048]
    assert predictor.head[-1].out_features == 140


def test_bad_arguments():
    with pytest.raises(ValueError, match="decoder is 'gru'; choose one of cnn_blstm"):
        LandmarkPredictor(decoder="gru")
    with pytest.raises(ValueError, match="kernel is 4"):
        LandmarkPredictor(kernel=4)
