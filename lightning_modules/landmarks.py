"""Training of the landmark predictor: equations (1) to (7) of AnyoneNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from anyonenet.losses.landmarks import landmark_losses
from anyonenet.networks.landmark_predictor import LandmarkPredictor
from anyonenet.networks.masked import frame_mask
from anyonenet.types import LandmarkBatch
from lightning_modules.moving_landmarks import MovingLandmarksModule


class LandmarkModule(MovingLandmarksModule):
    """Optimises a `LandmarkPredictor` with Adam.

    Args:
        audio_width, landmark_hidden, landmark_width, quaternion_hidden, quaternion_width, decoder, cnn_widths, kernel,
            lstm_width, decoder_hidden, smoothing_width, delay, rejoin_face: of the network; the defaults are the
            paper's sizes.
        learning_rate: highest; the paper does not state one.
        warmup_steps: steps over which the learning rate rises from 0; then it falls along a cosine to a hundredth.
        weight_decay: of AdamW.
        displacement_weight, inter_frame_weight, quaternion_weight: of the parts of equation (7).
        lip_weight: of the lip points in equations (4) and (5).
        options: of `StageModule`.
    """

    network: LandmarkPredictor
    parts = ("displacement", "inter_frame", "quaternion")

    def __init__(
        self,
        audio_width: int = 512,
        landmark_hidden: int = 256,
        landmark_width: int = 128,
        quaternion_hidden: int = 64,
        quaternion_width: int = 4,
        decoder: str = "cnn_blstm",
        cnn_widths: Sequence[int] = (512, 512, 1024, 1024, 1024, 2048),
        kernel: int = 5,
        lstm_width: int = 512,
        decoder_hidden: int = 512,
        smoothing_width: int = 32,
        delay: int = 16,
        rejoin_face: bool = True,
        learning_rate: float = 1e-4,
        warmup_steps: int = 200,
        weight_decay: float = 1e-6,
        displacement_weight: float = 1.0,
        inter_frame_weight: float = 1.0,
        quaternion_weight: float = 1.0,
        lip_weight: float = 1.0,
        **options: Any,
    ):
        super().__init__(**options)
        self.save_hyperparameters()
        network = LandmarkPredictor(
            audio_width=audio_width,
            landmark_hidden=landmark_hidden,
            landmark_width=landmark_width,
            quaternion_hidden=quaternion_hidden,
            quaternion_width=quaternion_width,
            decoder=decoder,
            cnn_widths=list(cnn_widths),
            kernel=kernel,
            lstm_width=lstm_width,
            decoder_hidden=decoder_hidden,
            smoothing_width=smoothing_width,
            delay=delay,
            rejoin_face=rejoin_face,
        )
        self.adopt(network)

    def predict(self, batch: LandmarkBatch, over_ranks: bool) -> tuple[dict[str, tuple[Tensor, Tensor]], Tensor]:
        motion = self.network(batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
        landmarks = batch.base_landmarks.unsqueeze(1) + motion.displacements
        mask = frame_mask(batch.lengths, batch.mels.shape[1])
        losses = landmark_losses(
            landmarks,
            motion.quaternions,
            batch.landmarks,
            batch.quaternions,
            mask,
            lip_weight=self.hparams["lip_weight"],
            over_ranks=over_ranks,
        )
        frames, steps = mask.sum(), mask[:, 1:].sum()
        counted = {"displacement": frames, "inter_frame": steps, "quaternion": steps}
        return {name: (getattr(losses, name), counted[name]) for name in self.parts}, landmarks
