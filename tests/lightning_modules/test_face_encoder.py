import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.types import FaceVoiceBatch
from datamodules.sampling import Draw, DrawSampler
from lightning_modules import face_encoder
from lightning_modules.face_encoder import FaceEncoderModule
from tests.lightning_modules.running import trainer


class Pairs(Dataset):
    """Twelve persons whose voice is a fixed rotation of their face."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.faces = rng.normal(size=(12, 16)).astype(np.float32)
        voices = self.faces @ np.linalg.qr(rng.normal(size=(16, 16)))[0].astype(np.float32)
        self.voices = voices / np.linalg.norm(voices, axis=1, keepdims=True)

    def __len__(self) -> int:
        return 24

    def __getitem__(self, draw: Draw | int):
        person = (draw.index if isinstance(draw, Draw) else draw) % 12
        return self.faces[person], self.voices[person], person, person % 2


def collate(items) -> FaceVoiceBatch:
    faces, voices, persons, sexes = zip(*items, strict=True)
    return FaceVoiceBatch(
        torch.from_numpy(np.stack(faces)),
        torch.from_numpy(np.stack(voices)),
        torch.tensor(persons),
        torch.tensor(sexes),
    )


class PairData(pl.LightningDataModule):
    backend = "dlib"

    def face_statistics(self, rank: int, ridge: float):
        return torch.zeros(16), torch.tensor(1.0), torch.eye(16)[:rank] if rank else None

    def train_dataloader(self):
        return DataLoader(Pairs(), 8, sampler=DrawSampler(Pairs(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Pairs(), 8, collate_fn=collate)


@pytest.fixture(autouse=True)
def short_faces(monkeypatch):
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)


def module(**changes) -> FaceEncoderModule:
    torch.manual_seed(0)
    settings = {"backend": "dlib", "hidden": 64, "embedding_size": 16, "scale": 15.0, "regression": 1.0}
    return FaceEncoderModule(**{**settings, "learning_rate": 0.01, "face_noise": 0.05, **changes})


@pytest.mark.filterwarnings("ignore")
def test_learns_and_reports_matching(tmp_path):
    run = trainer(tmp_path, 15)
    run.fit(module(), PairData())
    metrics = run.callback_metrics
    assert metrics["validation/matching_10"] > 0.9 and metrics["validation/recall_at_1"] > 0.9
    assert metrics["validation/median_rank"] == 1 and metrics["validation/auc_within_sex"] > 0.95
    run.save_checkpoint(tmp_path / "one.ckpt")
    loaded = FaceEncoderModule.load_from_checkpoint(tmp_path / "one.ckpt")
    assert loaded.export_extra() == {"backend": "dlib"}


@pytest.mark.filterwarnings("ignore")
def test_another_backend_is_refused(tmp_path):
    with pytest.raises(ValueError, match="embeddings of 'dlib', the module expects 'facenet'"):
        trainer(tmp_path, 1).fit(module(backend="facenet"), PairData())


@pytest.mark.filterwarnings("ignore")
def test_a_falling_rate_ends_at_zero(tmp_path):
    class Rates(pl.Callback):
        def on_train_batch_end(self, trainer, *_):
            rates.append(trainer.optimizers[0].param_groups[0]["lr"])

    rates: list[float] = []
    trainer(tmp_path, 4, callbacks=[Rates()]).fit(module(falling_rate=True), PairData())
    # after step k of 12 the rate is that of the next step
    assert rates == pytest.approx([0.01 * (0.5 + 0.5 * np.cos(np.pi * step / 12)) for step in range(1, 13)])
