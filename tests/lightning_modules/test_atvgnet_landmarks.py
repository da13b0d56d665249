import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.face.landmark_basis import LandmarkBasis, landmark_basis
from anyonenet.face.template import frontal_template
from datamodules.atvgnet_landmarks import collate
from datamodules.sampling import Draw, DrawSampler
from lightning_modules.atvgnet_landmarks import ATVGnetLandmarksModule
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class Heard(Dataset):
    """Faces whose jaw follows the first cepstral coefficient, their mouth's corner the second."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        rng = np.random.default_rng(index)
        frames = 14 - 4 * (index % 2)
        loudness = np.sin(np.arange(frames) / 2 + index).clip(0).astype(np.float32)
        audio = rng.normal(size=(frames, 10, 12)).astype(np.float32) * 0.1
        pace = np.cos(np.arange(frames) / 2 + index).astype(np.float32)
        audio[..., 0] += 4 * loudness[:, None]
        audio[..., 1] += 4 * pace[:, None]
        landmarks = np.repeat(frontal_template()[None, :, :2], frames, 0).astype(np.float32)
        landmarks[:, [*range(5, 12), *range(55, 60), 65, 66, 67], 1] += 0.2 * loudness[:, None]
        landmarks[:, [48, 60], 0] += 0.05 * pace[:, None]
        return {"audio": audio, "landmarks": landmarks, "examples": landmarks[0]}


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Heard(), 2, sampler=DrawSampler(Heard(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Heard(), 4, collate_fn=collate)

    def landmark_basis(self, components: int) -> LandmarkBasis:
        return landmark_basis((Heard()[item]["landmarks"] for item in range(4)), components)


def module(**options) -> ATVGnetLandmarksModule:
    torch.manual_seed(0)
    sizes = {
        "components": 3, "audio_widths": [4, 4, 4, 4, 4], "audio_hidden": 16, "audio_width": 8, "example_hidden": 8,
        "example_width": 4, "lstm_width": 16, "lstm_layers": 1, "window": 10, "learning_rate": 0.01, "warmup_steps": 5,
    }  # fmt: skip
    return ATVGnetLandmarksModule(**{**sizes, **options})


@pytest.mark.parametrize("recurrent", [True, False])
def test_overfits_four_clips(tmp_path, recurrent):
    fitted, run = module(recurrent=recurrent, inter_frame_weight=1.0), trainer(tmp_path, 80)
    run.fit(fitted, Data())
    for name in ("d_ll", "d_a"):
        assert run.callback_metrics[f"validation/{name}_of_still"] < 0.5, name
    # the basis was measured: the jaw's motion is its first direction
    assert fitted.network.get_buffer("directions")[0, 2 * 8 + 1] > 0.2
    run.save_checkpoint(tmp_path / "one.ckpt")
    loaded = ATVGnetLandmarksModule.load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    for name, value in fitted.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, msg=name)
    assert fitted.export_extra()["mfcc"]["coefficients"] == 12


def test_every_parameter_gets_gradient_and_the_basis_none():
    fitted = module()
    fitted.network.set_basis(Data().landmark_basis(3))
    fitted.log_dict = lambda *_, **__: None
    fitted.training_step(collate([Heard()[0], Heard()[1]]), 0).backward()
    for name, parameter in fitted.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name
    assert {name for name, _ in fitted.network.named_buffers()} == {"mean", "directions", "spreads"}


def test_padding_costs_nothing():
    fitted = module()
    batch = collate([Heard()[0], Heard()[1]])
    before, _ = fitted._losses(batch, False)
    batch.landmarks[1, 10:] += 5.0
    batch.audio[1, 10:] += 5.0
    after, _ = fitted._losses(batch, False)
    assert before["displacement"] > 0
    torch.testing.assert_close(before, after)
