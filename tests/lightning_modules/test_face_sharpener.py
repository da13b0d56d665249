"""The deblurring network on four patches of stripes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader, Dataset

from anyonenet.networks.face_sharpener import FaceSharpener
from anyonenet.types import BlurredBatch
from datamodules.sampling import Draw, DrawSampler
from datamodules.speech2vid import as_pictures
from lightning_modules.face_sharpener import FaceSharpenerModule
from tests.lightning_modules.running import trainer

pytestmark = pytest.mark.filterwarnings("ignore")


class Stripes(Dataset):
    def __len__(self) -> int:
        return 4

    def __getitem__(self, draw: Draw | int) -> dict[str, np.ndarray]:
        index = draw.index if isinstance(draw, Draw) else draw
        sharp = np.full((1, 16, 16, 3), 40, np.uint8)
        sharp[:, :, index :: 4 + index] = 200
        return {"sharp": sharp, "blurred": cv2.GaussianBlur(sharp[0], (0, 0), 1.0)[None]}


def collate(items: list[dict[str, np.ndarray]]) -> BlurredBatch:
    parts = {name: torch.from_numpy(np.concatenate([item[name] for item in items])) for name in items[0]}
    return BlurredBatch(blurred=as_pictures(parts["blurred"]), sharp=as_pictures(parts["sharp"]))


class Data(pl.LightningDataModule):
    def train_dataloader(self) -> DataLoader[Any]:
        return DataLoader(Stripes(), 2, sampler=DrawSampler(Stripes(), 0), collate_fn=collate)

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader(Stripes(), 4, collate_fn=collate)


def module(**options: Any) -> FaceSharpenerModule:
    torch.manual_seed(0)
    return FaceSharpenerModule(**{"layers": 4, "width": 12, "learning_rate": 0.02, **options})


def test_overfits_four_patches(tmp_path: Path) -> None:
    fitted, run = module(falling=True), trainer(tmp_path, 40)
    run.fit(fitted, Data())
    assert run.callback_metrics["validation/l1_of_blurred"] < 0.6


def test_it_begins_with_the_picture_itself_and_all_of_it_is_trained() -> None:
    network = FaceSharpener(layers=3, width=4)
    pictures = torch.rand(2, 3, 9, 9)
    torch.testing.assert_close(network(pictures), pictures)
    fitted = module()
    optimiser = torch.optim.SGD(fitted.parameters(), lr=0.1)
    batch = collate([Stripes()[0], Stripes()[1]])
    for _ in range(2):  # the last layer begins at zero: those before it move from the second step on
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(fitted.network(batch.blurred), batch.sharp).backward()
        optimiser.step()
    for name, parameter in fitted.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name
