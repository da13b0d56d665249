import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.types import SpeakerBatch
from datamodules.sampling import Draw, DrawSampler
from datamodules.speaker_verification import collate
from lightning_modules.speaker_encoder import SpeakerEncoderModule, warmup_cosine
from tests.lightning_modules.running import trainer


class Tones(Dataset):
    """Four 'speakers': each a band that is loud, in noise."""

    def __len__(self) -> int:
        return 16

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        rng = draw.generator() if isinstance(draw, Draw) else np.random.default_rng(index)
        mel = rng.normal(size=(24, 16)).astype(np.float32)
        mel[:, 4 * (index % 4) : 4 * (index % 4) + 4] += 2.0
        return mel, index % 4


class ToneData(pl.LightningDataModule):
    train_speakers = 4

    def train_dataloader(self):
        return DataLoader(Tones(), 4, sampler=DrawSampler(Tones(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Tones(), 8, collate_fn=collate)


def module(**options) -> SpeakerEncoderModule:
    torch.manual_seed(0)
    return SpeakerEncoderModule(
        bands=16, widths=[8, 8, 8, 8], embedding_size=8, stem_stride=1, scale=10.0, annealing_gamma=0.02,
        optimiser="adam", learning_rate=0.01, warmup_steps=2, **options,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore")
def test_overfits_and_reports_equal_error_rate(tmp_path):
    fitted, run = module(), trainer(tmp_path, 30)
    run.fit(fitted, ToneData())
    assert run.callback_metrics["train/accuracy"] == 1.0
    assert run.callback_metrics["validation/eer"] < 0.05
    assert 0 <= run.callback_metrics["validation/min_dcf"] <= 1
    run.save_checkpoint(tmp_path / "one.ckpt")
    assert torch.load(tmp_path / "one.ckpt", weights_only=True)["hyper_parameters"]["embedding_size"] == 8
    loaded = SpeakerEncoderModule.load_from_checkpoint(tmp_path / "one.ckpt")
    mels, lengths = torch.randn(2, 24, 16), torch.tensor([24, 20])
    torch.testing.assert_close(loaded.eval()(mels, lengths), fitted.eval()(mels, lengths))


def test_loss_needs_the_number_of_speakers():
    batch = SpeakerBatch(torch.zeros(1, 4, 16), torch.tensor([4]), torch.tensor([0]))
    with pytest.raises(RuntimeError, match="Trainer"):
        module().training_step(batch, 0)


def test_schedule():
    assert warmup_cosine(0, 10, 100) == 0.1
    assert warmup_cosine(10, 10, 100) == 1.0
    assert warmup_cosine(55, 10, 100) == pytest.approx(0.5)
    assert warmup_cosine(100, 10, 100) == pytest.approx(0.0)
