import torch

from anyonenet.types import SpeakerBatch


def test_batches_move_all_their_tensors():
    batch = SpeakerBatch(mels=torch.zeros(2, 5, 80), lengths=torch.tensor([5, 3]), speakers=torch.tensor([0, 1]))
    moved = batch.to("meta")
    assert isinstance(moved, SpeakerBatch)
    assert {tensor.device.type for tensor in (moved.mels, moved.lengths, moved.speakers)} == {"meta"}
    assert batch.mels.device.type == "cpu"


def test_lightning_moves_batches():
    from lightning_fabric.utilities import move_data_to_device

    batch = SpeakerBatch(mels=torch.zeros(1, 1, 80), lengths=torch.tensor([1]), speakers=torch.tensor([0]))
    assert move_data_to_device(batch, torch.device("meta")).mels.is_meta
