"""A run that is resumed in the middle of an epoch sees the batches that the undisturbed one would have seen."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch

from datamodules.batching import LengthBatchSampler
from datamodules.resuming import ResumableLoader
from datamodules.sampling import Draw, training_loader


class Letters:
    """A dataset indexed with draws: gives back their epoch and index."""

    def __len__(self) -> int:
        return 20

    def __getitem__(self, draw: Draw) -> tuple[int, int]:
        return draw.epoch, draw.index


def shuffled(workers: int = 0) -> ResumableLoader:
    return training_loader(Letters(), 3, seed=5, collate=list, workers=workers)


def by_length(workers: int = 0) -> ResumableLoader:
    return ResumableLoader(
        Letters(), batch_sampler=LengthBatchSampler(range(10, 30), 3), collate_fn=list, num_workers=workers
    )


@pytest.mark.parametrize("make", [shuffled, by_length])
def test_the_rest_of_the_epoch_follows(make) -> None:
    whole = list(make())
    loader = make()
    batches = iter(loader)
    assert [next(batches), next(batches)] == whole[:2]
    state = loader.state_dict()
    assert state == {"epoch": 0, "batches": 2}
    again = make()
    again.load_state_dict(state)
    assert list(again) == whole[2:] and len(again) == len(whole) == 6
    assert again.state_dict() == {"epoch": 0, "batches": 6}
    assert list(again) == whole  # the next pass is whole


def test_prefetched_batches_do_not_count() -> None:
    loader = shuffled(workers=1)
    batches = iter(loader)
    next(batches)
    assert loader.state_dict() == {"epoch": 0, "batches": 1}


class Recorder(pl.LightningModule):
    """Notes what it is trained on; stops on the way as it is told."""

    def __init__(self, stop_at: int = -1):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen: list[list[tuple[int, int]]] = []
        self.stop_at = stop_at

    def training_step(self, batch, index):
        self.seen.append(batch)
        return self.weight.sum()

    def on_train_batch_end(self, outputs, batch, index):
        if len(self.seen) == self.stop_at:
            raise KeyError("stopped")

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(module: Recorder, loader: ResumableLoader, folder: Path, checkpoint: Path | None = None) -> None:
    keep = pl.callbacks.ModelCheckpoint(folder, every_n_train_steps=4, filename="kept", enable_version_counter=False)
    trainer = pl.Trainer(
        max_epochs=3, accelerator="cpu", logger=False, callbacks=[keep], enable_progress_bar=False,
        enable_model_summary=False, use_distributed_sampler=False,
    )  # fmt: skip
    trainer.fit(module, loader, ckpt_path=checkpoint)


@pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers")
@pytest.mark.parametrize("make", [shuffled, by_length])
def test_a_training_goes_on_in_mid_epoch(make, tmp_path: Path) -> None:
    undisturbed = Recorder()
    fit(undisturbed, make(), tmp_path / "a")
    assert len(undisturbed.seen) == 18
    stopped = Recorder(stop_at=10)
    with pytest.raises(KeyError, match="stopped"):
        fit(stopped, make(), tmp_path / "b")
    resumed = Recorder()
    fit(resumed, make(), tmp_path / "c", tmp_path / "b" / "kept.ckpt")  # of step 8, the second of the second epoch
    assert resumed.seen == undisturbed.seen[8:]


@pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers")
def test_a_checkpoint_between_epochs_begins_the_next_one(tmp_path: Path) -> None:
    undisturbed = Recorder()
    fit(undisturbed, by_length(), tmp_path / "a")
    stopped = Recorder(stop_at=13)
    with pytest.raises(KeyError, match="stopped"):
        fit(stopped, by_length(), tmp_path / "b")
    resumed = Recorder()
    fit(resumed, by_length(), tmp_path / "c", tmp_path / "b" / "kept.ckpt")  # of step 12, the last of an epoch
    assert resumed.seen == undisturbed.seen[12:]
