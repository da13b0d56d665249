"""Training of the project's own landmark model: lips by what is measured, the head by its likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from anyonenet.losses.lip_shape import lip_shape_losses
from anyonenet.networks.dilated_predictor import DilatedPredictor
from anyonenet.networks.masked import frame_mask
from anyonenet.types import LandmarkBatch
from lightning_modules.moving_landmarks import MovingLandmarksModule


class OwnLandmarksModule(MovingLandmarksModule):
    """Optimises a `DilatedPredictor` with Adam.

    Args:
        width, dilations, face_hidden, face_width, pose_width, pose_components, pose_history: of the network.
        learning_rate: highest.
        warmup_steps: steps over which the learning rate rises from 0; then it falls along a cosine to a hundredth.
        weight_decay: of AdamW.
        distance_weight, velocity_weight, area_weight: of the losses of `anyonenet.losses.lip_shape`.
        pose_weight: of the negative log-likelihood of the head's track, nats a step of 0.1 s.
        others: weight of the points that are neither jaw nor lips, all together.
        pose_jitter: noise on the poses that a step looks back on, in training (see `PoseFlow.surprise`).
        options: of `StageModule`.
    """

    network: DilatedPredictor
    parts = ("distance", "velocity", "area", "pose")
    # gradients of the decoder grow from none, since the face begins at rest: the usual 0.999 would remember the first
    # ones for a thousand steps
    betas = (0.9, 0.98)

    def __init__(
        self,
        width: int = 256,
        dilations: Sequence[int] = (1, 2, 4, 8, 1, 2, 4, 8),
        face_hidden: int = 128,
        face_width: int = 64,
        pose_width: int = 64,
        pose_components: int = 4,
        pose_history: int = 12,
        learning_rate: float = 1e-3,
        warmup_steps: int = 200,
        weight_decay: float = 0.01,
        distance_weight: float = 1.0,
        velocity_weight: float = 4.0,
        area_weight: float = 0.3,
        pose_weight: float = 0.02,
        others: float = 0.2,
        pose_jitter: float = 0.1,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        network = DilatedPredictor(
            width=width,
            dilations=list(dilations),
            face_hidden=face_hidden,
            face_width=face_width,
            pose_width=pose_width,
            pose_components=pose_components,
            pose_history=pose_history,
        )
        self.adopt(network)

    def predict(self, batch: LandmarkBatch, over_ranks: bool) -> tuple[dict[str, tuple[Tensor, Tensor]], Tensor]:
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        moved = self.network.displacements(batch.mels, batch.base_landmarks, batch.lengths)
        landmarks = batch.base_landmarks.unsqueeze(1) + moved
        shape = lip_shape_losses(
            landmarks, batch.landmarks, batch.lengths, mask, self.hparams["others"], over_ranks=over_ranks
        )
        jitter = self.hparams["pose_jitter"] if self.training else 0.0
        pose, steps = self.network.pose.loss(
            batch.mels, batch.base_quaternions, batch.quaternions, batch.lengths, jitter, over_ranks
        )
        frames = mask.sum()
        losses = {
            "distance": (shape.distance, frames),
            "velocity": (shape.velocity, mask[:, 1:].sum()),
            "area": (shape.area, frames),
            "pose": (pose, steps),
        }
        return losses, landmarks
