"""Training of Speech2Vid's deblurring network on artificially blurred faces (section 3.3)."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from anyonenet.networks.face_sharpener import FaceSharpener
from anyonenet.types import BlurredBatch
from lightning_modules.logging.shown.pictures import PictureColumns
from lightning_modules.optimising import descent
from lightning_modules.speech2vid import spread
from lightning_modules.stage import StageModule


class FaceSharpenerModule(StageModule):
    """Optimises a `FaceSharpener` by the mean squared error, as VDSR, apart from what draws the faces.

    Validation logs `l1` and `l1_of_blurred`, its ratio to that of the blurred faces (1 = useless).

    Args:
        layers, width: of the network; the paper's has 10 layers.
        optimiser: 'adam', or 'sgd' with momentum; the paper does not say with which this network was trained.
        learning_rate: highest.
        momentum: of SGD.
        falling: the rate falls along a cosine to a hundredth, else it is fixed.
        warmup_steps: steps over which it rises from 0.
        options: of `StageModule`.
    """

    network: FaceSharpener

    def __init__(
        self,
        layers: int = 10,
        width: int = 64,
        optimiser: str = "adam",
        learning_rate: float = 1e-4,
        momentum: float = 0.9,
        falling: bool = False,
        warmup_steps: int = 0,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        self.shown: PictureColumns | None = None
        self.adopt(FaceSharpener(layers=layers, width=width))

    def training_step(self, batch: BlurredBatch, batch_index: int) -> Tensor:
        loss = F.mse_loss(self.network(batch.blurred).float(), batch.sharp)
        self.log("train/loss", loss, batch_size=len(batch.sharp), prog_bar=True)
        return loss

    def validation_step(self, batch: BlurredBatch, batch_index: int) -> None:
        made = self._evaluate(batch)
        if batch_index == 0:
            pictures = {"blurred": batch.blurred, "sharpened": made, "true": batch.sharp}
            self.shown = PictureColumns(
                {name: spread(values).float().cpu().numpy() for name, values in pictures.items()}
            )

    def test_step(self, batch: BlurredBatch, batch_index: int) -> None:
        self._evaluate(batch)

    def on_validation_epoch_end(self) -> None:
        self._log_evaluation("validation")

    def on_test_epoch_end(self) -> None:
        self._log_evaluation("test")

    def configure_optimizers(self) -> Any:
        return descent(self)

    def _evaluate(self, batch: BlurredBatch) -> Tensor:
        made = self.network(batch.blurred).float()
        for pictures, kind in ((made, ""), (batch.blurred, "_blurred")):
            self.means.add(f"l1{kind}", F.l1_loss(pictures, batch.sharp), len(made))
        return made

    def _log_evaluation(self, split: str) -> None:
        means = self.means.take(self.device)
        blurred = means.pop("l1_blurred", 0.0)
        if blurred > 0:
            means["l1_of_blurred"] = means["l1"] / blurred
        self.log_values(split, means, shown=tuple(means))
