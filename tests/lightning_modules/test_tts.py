"""Training of the speech synthesiser: goes on as if never stopped, keeps its schedules, and says who it learned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.voice import decode_embeddings
from datamodules.batching import LengthBatchSampler
from datamodules.sampling import Draw
from datamodules.tts import Collate, Item
from lightning_modules.tts import TTSModule

SMALL: dict[str, Any] = {
    "speaker_projection": 4,
    "embedding_size": 8,
    "encoder_prenet": (8, 8),
    "bank_size": 2,
    "bank_channels": 4,
    "projection_channels": 8,
    "highway_layers": 1,
    "gru_size": 4,
    "decoder_prenet": (8, 8),
    "attention_rnn": 8,
    "decoder_rnn": 8,
    "postnet_channels": 8,
    "reduction_factor": 4,
    "reduction_schedule": {0: 4, 3: 2},
    "initial_step": 0.5,
    "initial_width": 1.0,
    "guide_weight": 1.0,
}


class Utterances(Dataset[Item]):
    def __len__(self) -> int:
        return 8

    def __getitem__(self, draw: Draw) -> Item:
        rng = draw.generator()
        mel = rng.normal(size=(16 + draw.index, 80)).astype(np.float32)
        return mel, rng.integers(2, 40, 5), (rng.normal(size=1024) / 32).astype(np.float32)


class Data(pl.LightningDataModule):
    def speaker_table(self) -> tuple[list[str], np.ndarray]:
        return ["vctk/p1", "vctk/p2"], np.eye(2, 1024, dtype=np.float32)

    def train_dataloader(self) -> DataLoader[Any]:
        assert self.trainer is not None
        ranks = (self.trainer.global_rank, self.trainer.world_size)
        sampler = LengthBatchSampler([16 + index for index in range(8)], 4, 0, *ranks)
        return DataLoader(Utterances(), batch_sampler=sampler, collate_fn=Collate(-2.6))

    def val_dataloader(self) -> DataLoader[Any]:
        return self.train_dataloader()


def fit(folder: Path, epochs: int, checkpoint: Path | None = None) -> tuple[TTSModule, pl.Trainer]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        module = TTSModule(**SMALL)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        default_root_dir=folder,
        logger=pl.loggers.CSVLogger(str(folder)),
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        log_every_n_steps=1,
        enable_checkpointing=False,
    )
    trainer.fit(module, Data(), ckpt_path=checkpoint, weights_only=True)
    return module, trainer


def test_a_resumed_run_equals_one_never_stopped(tmp_path: Path) -> None:
    whole, _ = fit(tmp_path / "whole", 3)
    _, first = fit(tmp_path / "first", 1)
    first.save_checkpoint(tmp_path / "last.ckpt")
    resumed, trainer = fit(tmp_path / "second", 3, tmp_path / "last.ckpt")
    assert trainer.global_step == 6
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
    assert resumed.network.reduction_factor == 2  # the schedule's, and kept in the weights
    extra = resumed.export_extra()["speakers"]
    assert extra["names"] == ["vctk/p1", "vctk/p2"]
    assert decode_embeddings(extra["embeddings"]).reshape(2, 1024)[1, 1] == 1.0
    assert resumed.shown is not None and len(resumed.shown.said) == len(resumed.shown.true) > 0
    metrics = next((tmp_path / "second").rglob("metrics.csv")).read_text(encoding="utf-8")
    for name in ("validation/diagonality", "validation/failures", "train/guide"):
        assert name in metrics


def test_reduction_factor_follows_the_schedule() -> None:
    module = TTSModule(**SMALL)
    assert [module.reduction_factor_at(step) for step in (0, 2, 3, 99)] == [4, 4, 2, 2]
    assert TTSModule(**{**SMALL, "reduction_schedule": None}).reduction_factor_at(7) == 4


def test_learning_rate_rises_stands_and_falls() -> None:
    module = TTSModule(**SMALL, warmup_steps=10, decay_start=100, decay_end=200)
    shares = [module._rate_share(step) for step in (0, 9, 50, 100, 150, 200, 900)]
    assert np.allclose(shares, [0.1, 1, 1, 1, 0.1, 0.01, 0.01])


def test_a_gradient_that_is_not_finite_is_left_out() -> None:
    module = TTSModule(**SMALL)
    module.log = lambda *values, **options: None  # type: ignore[method-assign, assignment]
    optimiser = torch.optim.SGD(module.parameters(), lr=1.0)
    before = [value.clone() for value in module.parameters()]
    for value in module.parameters():
        value.grad = torch.full_like(value, float("nan"))
    module.configure_gradient_clipping(optimiser)
    optimiser.step()
    assert all(torch.equal(one, other) for one, other in zip(before, module.parameters()))
