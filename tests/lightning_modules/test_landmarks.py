import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.face.template import frontal_template
from datamodules.landmarks import collate
from datamodules.sampling import Draw, DrawSampler
from lightning_modules.landmarks import LandmarkModule
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class Speeches(Dataset):
    """Faces whose jaw follows the loudness of noise."""

    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int):
        index = draw.index if isinstance(draw, Draw) else draw
        rng = np.random.default_rng(index)
        frames = 24 - 4 * (index % 2)
        loudness = np.sin(np.arange(frames) / 3 + index).clip(0).astype(np.float32)
        mel = rng.normal(size=(frames, 80)).astype(np.float32) * 0.1 + loudness[:, None]
        landmarks = np.repeat(frontal_template()[None, :, :2], frames, 0).astype(np.float32)
        landmarks[:, [*range(5, 12), *range(55, 60), 65, 66, 67], 1] += 0.2 * loudness[:, None]
        angles = 0.05 * loudness
        zero = np.zeros_like(angles)
        quaternions = np.stack([np.cos(angles), zero, np.sin(angles), zero], -1).astype(np.float32)
        base = draw.generator().integers(frames) if isinstance(draw, Draw) else 0
        return {
            "mels": mel, "landmarks": landmarks, "quaternions": quaternions,
            "base_landmarks": landmarks[base], "base_quaternions": quaternions[base],
        }  # fmt: skip


class Data(pl.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(Speeches(), 2, sampler=DrawSampler(Speeches(), 0), collate_fn=collate)

    def val_dataloader(self):
        return DataLoader(Speeches(), 4, collate_fn=collate)


def module(**options) -> LandmarkModule:
    torch.manual_seed(0)
    sizes = {
        "audio_width": 16, "landmark_hidden": 8, "landmark_width": 8, "cnn_widths": [16, 16], "lstm_width": 16,
        "decoder_hidden": 16, "smoothing_width": 6, "learning_rate": 0.01, "warmup_steps": 5,
    }  # fmt: skip
    return LandmarkModule(**{**sizes, "displacement_weight": 100.0, **options})


def test_overfits_four_clips(tmp_path):
    fitted, run = module(), trainer(tmp_path, 80)
    run.fit(fitted, Data())
    for name in ("d_ll", "d_vl", "d_a"):
        assert run.callback_metrics[f"validation/{name}_of_still"] < 0.4, name
    run.save_checkpoint(tmp_path / "one.ckpt")
    assert torch.load(tmp_path / "one.ckpt", weights_only=True)["hyper_parameters"]["decoder"] == "cnn_blstm"
    loaded = LandmarkModule.load_from_checkpoint(tmp_path / "one.ckpt", weights_only=True)
    for name, value in fitted.state_dict().items():
        torch.testing.assert_close(loaded.state_dict()[name], value, msg=name)


def test_weights_of_the_losses_reach_the_loss(tmp_path):
    batch = collate([Speeches()[0], Speeches()[1]])
    # a trainer is not needed to compute a loss, only to log it
    losses = []
    for weight in (0.0, 10.0):
        fitted = module(displacement_weight=0.0, inter_frame_weight=0.0, quaternion_weight=weight)
        fitted.log_dict = lambda *_, **__: None
        losses.append(fitted.training_step(batch, 0))
    assert losses[0] == 0
    assert losses[1] > 0
