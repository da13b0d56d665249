"""Training of the face encoder with frozen voices as teachers (AnyoneNet section III-B).

Batches bring the face embeddings and the speaker embeddings ready made: both extractors are frozen, and only the two
linear layers learn. Validation matches faces to voices of persons never trained on.
"""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from anyonenet.losses.masked_margin import margin_at, masked_margin_softmax
from anyonenet.metrics.retrieval import matching_accuracy, median_rank, ranks, recall_at, within_group_auc
from anyonenet.networks.face_encoder import FaceEncoder
from anyonenet.ranks import gather_from_ranks
from anyonenet.types import FaceVoiceBatch
from lightning_modules.logging.shown.matching import MatchedFaces
from lightning_modules.stage import StageModule

FACE_SIZES = {"facenet": 512, "dlib": 128}
"""lengths of the embeddings of `anyonenet.face.embedding`"""


class FaceEncoderModule(StageModule):
    """What is optimised: `FaceEncoder`, by masked margin softmax against speaker embeddings."""

    network: FaceEncoder

    def __init__(
        self,
        backend: Literal["facenet", "dlib"] = "facenet",
        hidden: int = 2048,
        embedding_size: int = 1024,
        dropout: float = 0.0,
        scale: float = 1.0,
        margin_initial: float = 0.001,
        margin_growth: float = 1.002,
        margin_every: int = 1000,
        regression: float = 0.0,
        face_noise: float = 0.0,
        face_rank: int = 0,
        face_ridge: float = 0.0,
        optimiser: Literal["sgd", "adam"] = "adam",
        learning_rate: float = 1e-3,
        falling_rate: bool = False,
        weight_decay: float = 0.0,
        **options: Any,
    ):
        """
        Args:
            backend: the face embedding: 'facenet' (512-D, the paper's) or 'dlib' (128-D).
            hidden: width of the hidden layer.
            embedding_size: length of the speaker embeddings.
            dropout: on the hidden layer, in training.
            scale: of the cosines in the softmax (1 = the paper's).
            margin_initial: margin at the first step, a cosine.
            margin_growth: factor on the margin, every `margin_every` steps.
            margin_every: steps.
            regression: weight of the added cosine distance (0 = the paper's).
            face_noise: deviation of Gaussian noise put on face embeddings in training, in units of their own spread.
            face_rank: only this many directions of the face embedding are used; 0 uses all (the paper's).
            face_ridge: which: 0 those in which the training faces differ most, else those that tell most of the voice
                by a ridge regression with this penalty.
            optimiser: 'sgd' (momentum 0.9) or 'adam' (decoupled weight decay).
            learning_rate: constant, or where it begins.
            falling_rate: whether it falls to zero along half a cosine (False = the paper's).
            weight_decay: of the weights.
            options: of `StageModule`.
        """
        super().__init__(**options)
        self.save_hyperparameters()
        self.adopt(FaceEncoder(FACE_SIZES[backend], hidden, embedding_size, dropout))
        self._validation: list[FaceVoiceBatch] = []
        self.shown: MatchedFaces | None = None

    def on_fit_start(self) -> None:
        """Take the constants that normalise face embeddings from the training faces, unless resumed.

        Raises:
            ValueError: the data bring another backend's embeddings.
        """
        brought = self.trainer.datamodule.backend  # type: ignore[attr-defined]
        if brought != self.hparams["backend"]:
            raise ValueError(
                f"the data bring embeddings of '{brought}', the module expects '{self.hparams['backend']}'; "
                "set model.init_args.backend and data.init_args.backend alike"
            )
        if self.global_step == 0:
            data = self.trainer.datamodule  # type: ignore[attr-defined]
            mean, scale, directions = data.face_statistics(self.hparams["face_rank"], self.hparams["face_ridge"])
            directions = None if directions is None else directions.to(self.device)
            self.network.set_normalisation(mean.to(self.device), scale.to(self.device), directions)

    def export_extra(self) -> dict[str, str]:
        """What inference must know: which face embedding to take."""
        return {"backend": self.hparams["backend"]}

    def forward(self, face_embeddings: Tensor) -> Tensor:
        """`(B, face_size)` -> `(B, embedding_size)` unit vectors."""
        voices: Tensor = self.network(face_embeddings)
        return voices

    def training_step(self, batch: FaceVoiceBatch, batch_index: int) -> Tensor:
        faces = batch.face_embeddings
        if self.hparams["face_noise"] > 0:
            noise = torch.from_numpy(self._noise(batch_index, faces.shape)).to(faces)
            faces = faces + self.hparams["face_noise"] * self.network.input_scale * noise
        voices = self.network(faces)
        hyper = self.hparams
        margin = margin_at(self.global_step, hyper["margin_initial"], hyper["margin_growth"], hyper["margin_every"])
        loss = masked_margin_softmax(
            voices,
            batch.speaker_embeddings,
            batch.persons,
            margin,
            hyper["scale"],
            hyper["regression"],
            self.over_ranks,
        )
        with torch.no_grad():
            cosine = (voices * batch.speaker_embeddings).sum(1).mean()
        self.log("train/loss", loss, prog_bar=True, batch_size=len(faces))
        self.log("train/cosine", cosine, prog_bar=True, batch_size=len(faces))
        return loss

    def validation_step(self, batch: FaceVoiceBatch, batch_index: int) -> None:
        voices = self.network(batch.face_embeddings)
        self._validation.append(
            FaceVoiceBatch(voices, batch.speaker_embeddings, batch.persons, batch.sexes).to(torch.device("cpu"))
        )

    def on_validation_epoch_end(self) -> None:
        """Retrieval of each face's voice among all validation voices."""
        voices, speakers, persons, sexes = (
            self._gathered(torch.cat([getattr(batch, name) for batch in self._validation]))
            for name in ("face_embeddings", "speaker_embeddings", "persons", "sexes")
        )
        self._validation.clear()
        similarity = voices @ speakers.T
        self.shown = MatchedFaces(similarity, persons, sexes)
        found = ranks(similarity, persons, persons)
        values = {"cosine": float(similarity.diagonal().mean()), "median_rank": median_rank(found)}
        values |= {f"recall_at_{k}": recall_at(found, k) for k in (1, 5, 10)}
        if len(np.unique(persons)) >= 10:
            values["matching_10"] = matching_accuracy(similarity, persons, persons, 10)
        if any(len(np.unique(persons[sexes == sex])) >= 2 for sex in (0, 1)):
            values["auc_within_sex"] = within_group_auc(similarity, persons, persons, sexes, sexes)
        self.log_values("validation", values, shown=("cosine", "matching_10"))

    def configure_optimizers(self) -> Any:
        hyper = self.hparams
        rate, decay = hyper["learning_rate"], hyper["weight_decay"]
        optimiser: torch.optim.Optimizer
        if hyper["optimiser"] == "sgd":
            optimiser = torch.optim.SGD(self.parameters(), rate, momentum=0.9, weight_decay=decay, fused=self.fused)
        else:
            optimiser = torch.optim.AdamW(self.parameters(), rate, weight_decay=decay, fused=self.fused)
        if not hyper["falling_rate"]:
            return optimiser
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimiser, lambda step: 0.5 + 0.5 * math.cos(math.pi * min(1.0, step / steps))
        )
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _noise(self, batch_index: int, shape: torch.Size) -> np.ndarray:
        """Drawn by epoch, batch and rank, so that a resumed run draws what an uninterrupted one would."""
        rng = np.random.default_rng([self.current_epoch, batch_index, self.global_rank])
        return rng.standard_normal(tuple(shape), dtype=np.float32)

    def _gathered(self, tensor: Tensor) -> np.ndarray:
        array: np.ndarray = gather_from_ranks(tensor.to(self.device))[0].cpu().numpy()
        return array
