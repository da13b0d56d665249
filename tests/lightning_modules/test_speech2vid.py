"""Speech2Vid on four drawn faces whose mouth follows the sound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.errors import InputError, WeightsError
from anyonenet.networks.speech2vid import Speech2Vid
from datamodules.sampling import Draw, DrawSampler
from datamodules.speech2vid import collate
from lightning_modules.speech2vid import Speech2VidModule, lips_of, mouth_masks
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")
SIDE = 32


class Mouths(Dataset):
    """A face of one colour whose mouth is as large as the sound is loud."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        index = draw.index if isinstance(draw, Draw) else draw
        generator = np.random.default_rng(index)
        loud = np.linspace(0, 2, 4)[[index, 3 - index]].astype(np.float32)
        still = np.full((2, SIDE, SIDE, 3), 60 + 40 * index, np.uint8)
        targets = still.copy()
        for picture, size in zip(targets, (1 + 3 * loud).astype(int), strict=True):
            picture[22 - size : 22 + size, 12:20] = 10
        landmarks = np.full((2, 68, 2), 16, np.float32)
        landmarks[:, 48:68] = np.stack([np.linspace(12, 20, 20), np.linspace(19, 25, 20)], -1)
        noise = 0.1 * generator.normal(size=(2, 35, 12)).astype(np.float32)
        return {
            "mfccs": noise + loud[:, None, None] * 3,
            "stills": still,
            "targets": targets,
            "target_landmarks": landmarks,
        }


class Data(pl.LightningDataModule):
    def train_dataloader(self) -> DataLoader[Any]:
        return DataLoader(Mouths(), 2, sampler=DrawSampler(Mouths(), 0), collate_fn=collate)

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader(Mouths(), 4, collate_fn=collate)


def module(**options: Any) -> Speech2VidModule:
    torch.manual_seed(0)
    sizes = {
        "side": SIDE, "audio_widths": [4, 4, 8, 8, 8], "identity_widths": [4, 8, 8, 8, 8], "hidden": 16,
        "embedding": 16, "decoder_widths": [8, 16, 8, 8, 8], "optimiser": "adam", "learning_rate": 0.01,
        "summed": False,
    }  # fmt: skip
    return Speech2VidModule(**{**sizes, **options})


def test_overfits_four_cuts(tmp_path: Path) -> None:
    fitted, run = module(mouth_weight=4.0, falling=True, warmup_steps=2, learning_rate=0.02), trainer(tmp_path, 50)
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/l1_mouth_of_still"] < 0.5
    assert run.callback_metrics["validation/mouth_follows"] > 0.9
    run.save_checkpoint(tmp_path / "one.ckpt")
    loaded = Speech2VidModule.load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    for name, value in fitted.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, msg=name)


def test_every_weight_is_trained() -> None:
    fitted = module(stills=2)
    batch = collate([Mouths()[0], Mouths()[1]])
    made = fitted.network(batch.mfccs, torch.cat([batch.stills, batch.stills.flip(-1)], 1))
    (made - batch.targets).abs().sum().backward()
    for name, parameter in fitted.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


def test_lips_are_read_off_the_sound(tmp_path: Path) -> None:
    fitted, run = module(lips_weight=10.0, learning_rate=0.02), trainer(tmp_path, 30)
    assert fitted.lips is not None
    before = fitted.lips.weight.detach().clone()
    run.fit(fitted, Data())
    assert (fitted.lips.weight - before).abs().max() > 0.01
    batch = collate([Mouths()[item] for item in range(4)])
    assert run.callback_metrics["train/lips"] < 0.1 * lips_of(batch.target_landmarks, SIDE).square().mean()
    assert not [name for name in fitted.network.state_dict() if name.startswith("lips")]
    moved = lips_of(batch.target_landmarks + 5, SIDE)
    torch.testing.assert_close(moved, lips_of(batch.target_landmarks, SIDE))
    assert moved.shape == (8, 20, 2) and moved.mean(1).abs().max() < 1e-5


def test_a_mouth_that_does_not_follow_is_told() -> None:
    fitted, logged = module(), {}
    fitted.log_values = lambda split, values, shown=(): logged.update(values)  # type: ignore[method-assign]
    batch = collate([Mouths()[item] for item in range(4)])
    # a mouth that opens has a larger box: with a picture that never changes that must not look like following
    opened = batch.target_landmarks.clone()
    opened[1::2, 48:68, 1] = 22 + 2 * (opened[1::2, 48:68, 1] - 22)
    batch = replace(batch, target_landmarks=opened)
    of_its_cut = batch.targets.unflatten(0, (4, 2)).mean(1).repeat_interleave(2, 0)
    for made, follows in ((batch.targets, 1.0), (2 * batch.stills - batch.targets, -1.0), (of_its_cut, 0.0)):
        fitted.network.forward = lambda *_, made=made: made  # type: ignore[method-assign]
        fitted.validation_step(batch, 1)
        fitted.on_validation_epoch_end()
        assert logged["mouth_follows"] == pytest.approx(follows, abs=1e-3)


@pytest.mark.parametrize("skips", [(), (2, 5), (1, 2, 5)])
def test_a_still_is_encoded_once_for_all_its_frames(skips: tuple[int, ...]) -> None:
    network = module(skips=skips).network.eval()
    batch = collate([Mouths()[item] for item in range(4)])
    still = batch.stills[:1]
    whole = network(batch.mfccs, still.expand(8, -1, -1, -1))
    torch.testing.assert_close(network.draw(batch.mfccs, network.identify(still).repeated(8)), whole)
    assert whole.shape == (8, 3, SIDE, SIDE) and whole.abs().max() <= 1
    heard = network.train()(batch.mfccs, still.expand(8, -1, -1, -1))
    assert (heard[0] - heard[1]).abs().max() > 0.01


def test_the_loss_is_the_papers_sum_or_a_mean(tmp_path: Path) -> None:
    batch = collate([Mouths()[0], Mouths()[1]])
    losses = []
    for summed in (True, False):
        fitted = module(summed=summed)
        fitted.log = lambda *_, **__: None  # type: ignore[method-assign]
        losses.append(float(fitted.training_step(batch, 0)))
    assert losses[0] == pytest.approx(losses[1] * 3 * SIDE * SIDE, rel=1e-4)


def test_sgd_at_a_fixed_rate_is_the_papers(tmp_path: Path) -> None:
    fitted = Speech2VidModule.__init__.__kwdefaults__ or {}
    assert not fitted  # plain arguments: their defaults are the paper's
    run = trainer(tmp_path, 2, limit_val_batches=0)
    one = module(optimiser="sgd", learning_rate=1e-5, summed=True)
    run.fit(one, Data())
    (optimiser,) = run.optimizers
    assert isinstance(optimiser, torch.optim.SGD)
    assert optimiser.param_groups[0]["lr"] == 1e-5 and optimiser.param_groups[0]["momentum"] == 0.9
    with pytest.raises(InputError, match="optimiser is 'lbfgs'; choose one of sgd, adam"):
        trainer(tmp_path, 1).fit(module(optimiser="lbfgs"), Data())


def test_a_trained_vgg_m_is_taken(tmp_path: Path) -> None:
    donor, network = module(), module(stills=5)
    state = {f"features.{3 * n}.weight": layer.weight for n, layer in enumerate(donor.network.pictures.convolutions)}
    torch.save({**state, "classifier.weight": torch.zeros(3, 3)}, tmp_path / "vggm.pth")
    network.network.pictures.load_pretrained(tmp_path / "vggm.pth")
    for ours, theirs in zip(network.network.pictures.convolutions, donor.network.pictures.convolutions, strict=True):
        whole = ours.weight if ours.weight.shape == theirs.weight.shape else ours.weight.unflatten(1, (5, 3)).sum(1)
        torch.testing.assert_close(whole, theirs.weight)
    with pytest.raises(WeightsError, match="no VGG-M weights at"):
        network.network.pictures.load_pretrained(tmp_path / "none.pth")
    (tmp_path / "text.pth").write_text("no weights")
    with pytest.raises(WeightsError, match="not a state dict"):
        network.network.pictures.load_pretrained(tmp_path / "text.pth")
    torch.save(dict(list(state.items())[:3]), tmp_path / "short.pth")
    with pytest.raises(WeightsError, match="holds 3 convolutions"):
        network.network.pictures.load_pretrained(tmp_path / "short.pth")
    wide = module(identity_widths=[4, 8, 8, 8, 12])
    with pytest.raises(WeightsError, match=r"convolution 5 is \(8, 8, 3, 3\), expected \(12, 8, 3, 3\)"):
        wide.network.pictures.load_pretrained(tmp_path / "vggm.pth")


def test_mouths_are_masked() -> None:
    landmarks = torch.from_numpy(Mouths()[0]["target_landmarks"])
    mask = mouth_masks(landmarks, SIDE)[0]
    rows, columns = torch.nonzero(mask, as_tuple=True)
    assert (int(rows.min()), int(rows.max()), int(columns.min()), int(columns.max())) == (18, 26, 11, 21)


def test_sides_that_cannot_be_are_refused() -> None:
    with pytest.raises(InputError, match="side is 100"):
        Speech2Vid(side=100)
    with pytest.raises(InputError, match=r"skips are \[3\]; expected some of \[1, 2, 5\]"):
        Speech2Vid(skips=[3])
