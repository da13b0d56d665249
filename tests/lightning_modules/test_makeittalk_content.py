import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from commands.export import export
from datamodules.sampling import Draw, DrawSampler
from datamodules.voice_conversion import collate
from lightning_modules.makeittalk_content import ContentModule
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")
SMALL = {
    "speaker_size": 8, "speaker_width": 4, "channels": 16, "neck": 8, "downsampling": 4, "decoder_channels": 16,
    "decoder_lstm": 16, "postnet_channels": 8, "layers": 1,
}  # fmt: skip


class Words(Dataset):
    """Loud and soft stretches, brighter or darker by who speaks."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        length = 24 - 3 * (index % 2)
        loud = np.sign(np.sin((np.arange(24) + 5 * index) / 3))[:, None]
        mel = loud + (index // 2) * np.linspace(-1, 1, 80)[None]
        voice = np.eye(8, dtype=np.float32)[index // 2]
        return mel.astype(np.float32), length, voice


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Words(), 2, sampler=DrawSampler(Words(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Words(), 4, collate_fn=collate)


def module(**options) -> ContentModule:
    torch.manual_seed(0)
    return ContentModule(**{**SMALL, "learning_rate": 0.01, **options})


def test_overfits_four_utterances_and_exports(tmp_path):
    fitted, run = module(learning_rate=0.02), trainer(tmp_path, 30)
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/reconstruction_of_mean"] < 0.5
    with torch.no_grad():
        said = collate([Words()[item] for item in range(4)])
        codes = fitted.network.encode(said.mels, said.lengths, said.speaker_embeddings)
    assert codes.shape == (4, 6, 16)
    assert fitted.export_mel() == {"hop_seconds": 0.0125}


def test_every_parameter_gets_gradient():
    fitted = module()
    fitted.log_dict = lambda *_, **__: None
    fitted.training_step(collate([Words()[item] for item in range(4)]), 0).backward()
    without = [name for name, value in fitted.named_parameters() if value.grad is None or not value.grad.any()]
    assert not without


def test_the_card_has_the_rate_it_was_trained_at(tmp_path):
    run = trainer(tmp_path, 1)
    fitted = module(hop_seconds=0.016)
    fitted.hparams["_class_path"] = "lightning_modules.makeittalk_content.ContentModule"
    run.fit(fitted, Data())
    run.save_checkpoint(tmp_path / "one.ckpt")
    stage, _ = export(tmp_path / "one.ckpt", tmp_path / "weights")
    from anyonenet.weights import load_weights

    network, card = load_weights(tmp_path / "weights", stage)
    assert stage == "makeittalk_content" and card.mel.frame_rate == 62.5
    assert network.arguments["downsampling"] == 4
