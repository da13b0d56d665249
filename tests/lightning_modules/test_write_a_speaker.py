"""Training of Write-a-Speaker's generators from text."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from datamodules.sampling import Draw, DrawSampler
from datamodules.write_a_speaker import collate
from lightning_modules.write_a_speaker import FacialMotionModule, HeadModule, MouthModule, UpperFaceModule
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class Sentences(Dataset):
    """Faces that follow what is said: each symbol and each word has its own shape."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        index = draw.index if isinstance(draw, Draw) else draw
        rng = np.random.default_rng(index)
        frames = 32 - 5 * (index % 2)
        symbols, words = (rng.integers(2, 10, 1 + frames // 4).repeat(4)[:frames] for _ in range(2))
        shapes = np.random.default_rng(9).random((10, 57)).astype(np.float32)
        emotion = index % 4
        parameters = 0.5 * np.concatenate([shapes[words, :23] * (0.4 + 0.2 * emotion), shapes[symbols, 23:51]], 1)
        head = (shapes[words, 51:] - 0.5) * 0.1
        return {
            "symbols": symbols, "words": words, "parameters": parameters.astype(np.float32),
            "head": head.astype(np.float32), "emotion": np.array(emotion),
        }  # fmt: skip


class Data(pl.LightningDataModule):
    words = ["the", "cat"]

    def train_dataloader(self):
        return DataLoader(Sentences(), 2, sampler=DrawSampler(Sentences(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Sentences(), 4, collate_fn=collate)


SMALL = {"embedding": 8, "width": 16, "discriminator_width": 4}


def mouth(**options) -> MouthModule:
    torch.manual_seed(0)
    return MouthModule(
        **{**SMALL, "dilations": [1, 2], "kernel": 3, "emotional": True, "generator_rate": 0.01, **options}
    )


def upper(**options) -> UpperFaceModule:
    torch.manual_seed(0)
    sizes = {**SMALL, "words": 12, "levels": 2, "blocks": 1, "level": 0.01, "contrast": 0.01, "generator_rate": 0.005}
    return UpperFaceModule(**{**sizes, **options})


def head(**options) -> HeadModule:
    torch.manual_seed(0)
    sizes = {**SMALL, "words": 12, "levels": 2, "blocks": 1, "level": 0.05, "contrast": 0.05, "generator_rate": 0.005}
    return HeadModule(**{**sizes, "emotional": False, **options})


@pytest.mark.parametrize(("make", "left"), [(mouth, 0.4), (upper, 0.5), (head, 0.5)])
def test_overfits_four_utterances(make, left, tmp_path):
    fitted, run = make(), trainer(tmp_path, 70)
    untrained = pl.Trainer.validate(trainer(tmp_path, 1), fitted, Data(), verbose=False)[0]
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/distance"] < left * untrained["validation/distance"]
    assert fitted.shown is not None and fitted.shown.predicted.shape == fitted.shown.true.shape
    run.save_checkpoint(tmp_path / "one.ckpt")
    loaded = type(fitted).load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    assert loaded.export_extra()["words"] == ["the", "cat"]
    for name, value in fitted.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, msg=name)


def gradients(fitted: FacialMotionModule) -> dict[str, torch.Tensor]:
    """Those of one step that nobody makes."""
    kept: dict[str, torch.Tensor] = {}

    def descend(loss: torch.Tensor, batch_index: int) -> None:
        loss.backward()
        kept.update({name: value.grad for name, value in fitted.named_parameters() if value.grad is not None})

    fitted.descend = descend
    fitted.log_dict = lambda *_, **__: None
    fitted.training_step(collate([Sentences()[item] for item in range(4)]), 0)
    return kept


@pytest.mark.parametrize("make", [mouth, upper, head])
def test_each_side_gets_the_gradient_of_its_own_loss_only(make):
    found = gradients(make())
    assert set(found) == {name for name, _ in make().named_parameters()}
    for name, gradient in found.items():
        assert gradient.abs().max() > 0, name
    # the judge's does not change with what the generator is asked for besides
    other = gradients(make(distance_weight=0.0))
    for name, gradient in found.items():
        same = torch.allclose(gradient, other[name])
        assert same == name.startswith("discriminator"), name
    without = gradients(make(distance_weight=0.0, adversarial_weight=0.0))
    for name, gradient in without.items():
        assert gradient.any() == name.startswith("discriminator"), name


def test_rates_stay_for_half_of_the_training_and_fall_to_nothing(tmp_path):
    fitted = mouth(generator_rate=0.01, discriminator_rate=0.002)
    run = trainer(tmp_path, 8)
    seen = []

    class Rates(pl.Callback):
        def on_train_batch_start(self, trainer, module, batch, batch_index):
            seen.append([optimiser.param_groups[0]["lr"] for optimiser in trainer.optimizers])

    run.callbacks.append(Rates())
    run.fit(fitted, Data())
    rates = np.array(seen)
    np.testing.assert_allclose(rates[:9], [[0.01, 0.002]] * 9)
    np.testing.assert_allclose(rates[8:, 0], 0.01 * (16 - np.arange(8, 16)) / 8)


def test_an_emotion_that_is_not_heard_of_changes_nothing():
    batch = collate([Sentences()[0], Sentences()[1]])
    plain = head()
    other = dataclasses.replace(batch, emotions=(batch.emotions + 1) % 4)
    assert torch.equal(plain.made_of(batch), plain.made_of(other))
    hearing = head(emotional=True)
    torch.nn.init.normal_(hearing.network.leave.weight)
    assert not torch.equal(hearing.made_of(batch), hearing.made_of(other))
