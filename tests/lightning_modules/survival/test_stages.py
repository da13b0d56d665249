"""All five stages, in one process and in two: stopped within epochs and validations, they end as if never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import pytorch_lightning as pl
import torch

from datamodules.resuming import ResumableLoader
from lightning_modules import face_encoder
from lightning_modules.survival import random_states
from lightning_modules.survival.resuming import newest_good
from lightning_modules.survival.stop import Stopped
from tests.lightning_modules.survival.trained import SignalAt, seed, trainer
from tests.lightning_modules.test_two_ranks import STAGES
from tests.lightning_modules.two_processes import in_two_processes

pytestmark = pytest.mark.filterwarnings("ignore")
OPTIONS: dict[str, dict[str, Any]] = {
    "makeittalk_content": {"ema": 0.5},
    "makeittalk_speech": {"frame_stride": 3},
    "makeittalk_speaker": {"gradient_norm": 1.0},
    "speaker_encoder": {"ema": 0.5},
    "face_encoder": {"dropout": 0.3, "falling_rate": True},
    "landmarks": {"ema": 0.5},
    "own_landmarks": {"ema": 0.5},
    "images": {"coarse_steps": 3, "gradient_norm": 1.0},
    "vocoder": {"adversarial_start": 2, "mel_noise": 0.1},
    "atvgnet_landmarks": {"ema": 0.5},
    "atvgnet_frames": {"coarse_steps": 3, "gradient_norm": 1.0},
    "write_a_speaker_mouth": {"gradient_norm": 1.0},
    "write_a_speaker_upper": {"ema": 0.5},
    "write_a_speaker_head": {},
    "write_a_speaker_frames": {"coarse_steps": 3, "gradient_norm": 1.0, "ema": 0.5},
    "speech2vid": {"ema": 0.5, "falling": True},
    "speech2vid_deblur": {"optimiser": "sgd"},
}
BATCHES = {
    "speaker_encoder": 4,
    "face_encoder": 3,
    "tts": 2,
    "landmarks": 2,
    "own_landmarks": 2,
    "images": 2,
    "vocoder": 2,
    "atvgnet_landmarks": 2,
    "atvgnet_frames": 2,
    "write_a_speaker_mouth": 2,
    "write_a_speaker_upper": 2,
    "write_a_speaker_head": 2,
    "write_a_speaker_frames": 2,
    "speech2vid": 2,
    "speech2vid_deblur": 2,
    "makeittalk_content": 2,
    "makeittalk_speech": 2,
    "makeittalk_speaker": 2,
}
"""of an epoch, in one process"""


class Told(pl.Callback):
    """What every step and validation logs, but for sums over an epoch: those begin anew where a run goes on."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int, int, dict[str, float]]] = []

    def _note(self, trainer: pl.Trainer, kind: str) -> None:
        values = {name: float(value) for name, value in trainer.callback_metrics.items() if name.startswith(kind)}
        values.pop("train/steps_without_gradient", None)
        self.told.append((kind, trainer.current_epoch, trainer.global_step, values))

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._note(trainer, "train/")

    def on_validation_end(self, trainer: pl.Trainer, *_: Any) -> None:
        self._note(trainer, "validation/")


def module_of(stage: str) -> pl.LightningModule:
    if stage == "tts":
        return STAGES[stage][0]()
    module: pl.LightningModule = STAGES[stage][0](**OPTIONS[stage])
    return module


def data_of(stage: str) -> pl.LightningDataModule:
    """The stage's data, loaded as its own DataModule loads: so that a pass can begin within an epoch."""

    class Resumable(STAGES[stage][1]):  # type: ignore[misc]
        def train_dataloader(self) -> ResumableLoader:
            plain = super().train_dataloader()
            how: dict[str, Any] = {"batch_size": plain.batch_size, "sampler": plain.sampler}
            if plain.batch_size is None:
                how = {"batch_sampler": plain.batch_sampler}
            return ResumableLoader(plain.dataset, collate_fn=plain.collate_fn, **how)

    return Resumable()


def leg(stage: str, folder: Path, checkpoint: Path | None, stop: int | None, **options: Any) -> tuple[Any, Any, bool]:
    """Train, being asked to stop in the batch of that number; the module, what was told, whether it came to its end."""
    module, told = module_of(stage), Told()
    callbacks = [told] if stop is None else [told, SignalAt(stop)]
    seed()
    run = trainer(folder, callbacks=callbacks, max_epochs=2, num_sanity_val_steps=0, **options)
    try:
        run.fit(module, data_of(stage), ckpt_path=checkpoint)
    except Stopped:
        return module, told.told, False
    return module, told.told, True


def whole_and_stopped(stage: str, folder: Path, stops: list[int], **options: Any) -> dict[str, Any]:
    """A training that is left alone and one that is stopped several times: what each tells, and how it ends.

    Args:
        stops: for each leg but the last the batch in which it is asked to stop, those of validations counted; 0 where
            another process is asked.
    """
    whole, expected, _ = leg(stage, folder / stage / "whole", None, None, **options)
    ends = [random_states.collect()["torch"]]
    told, legs = [], []
    checkpoint = None
    for stop in [*stops, None]:
        last, more, ended = leg(stage, folder / stage / "stopped", checkpoint, stop, **options)
        told += more
        legs.append(ended)
        checkpoint = newest_good(folder / stage / "stopped").checkpoint
    ends.append(random_states.collect()["torch"])
    return {
        "legs": legs,
        "expected": expected,
        "told": told,
        "start": module_of(stage).state_dict(),
        "whole": whole.state_dict(),
        "stopped": last.state_dict(),
        "random": ends,
    }


def check(found: dict[str, Any]) -> None:
    assert found["legs"][-1] and not any(found["legs"][:-1])
    assert [line[0] for line in found["expected"]].count("validation/") == 2
    assert found["told"] == found["expected"]
    for name, value in found["whole"].items():
        assert torch.equal(value, found["stopped"][name]), name
    assert any(not torch.equal(value, found["start"][name]) for name, value in found["whole"].items())
    assert torch.equal(*found["random"])


@pytest.mark.parametrize("stage", STAGES)
def test_in_one_process(stage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(face_encoder.FACE_SIZES, "dlib", 16)
    # in the first batch, and in the first one of the validation behind it
    check(whole_and_stopped(stage, tmp_path, [1, BATCHES[stage]]))


def _rank(rank: int, folder: str) -> None:
    for stage in STAGES:
        # only one of them is asked, now the first and now the second; both are to stop after the same step
        asked = rank == list(STAGES).index(stage) % 2
        # within an epoch and in a validation; the epochs of most have but one batch for each process
        stops = [1, 2] if stage == "speaker_encoder" else [1]
        asked_for = stops if asked else [0] * len(stops)
        found = whole_and_stopped(stage, Path(folder), asked_for, strategy="ddp", devices=2)
        torch.save(found, f"{folder}/{stage}{rank}.pt")


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ranks")
    in_two_processes(_rank, folder)
    return folder


@pytest.mark.parametrize("stage", STAGES)
def test_in_two_processes(ends: Path, stage: str) -> None:
    for rank in range(2):
        check(torch.load(ends / f"{stage}{rank}.pt", weights_only=True))
