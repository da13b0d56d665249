"""The face encoder: from an off-the-shelf face embedding to the space of voices (AnyoneNet section III-B)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from anyonenet.networks.base import Network


class FaceEncoder(Network):
    """Two linear layers, 2048 wide between them, and a unit vector at the end.

    Face embeddings are centred and scaled by constants that travel with the weights (`set_normalisation`): dlib's
    values are a tenth the size of FaceNet's, and both share a large mean. They may also be confined to a few directions
    found on the training faces; other faces then cannot pull where nothing was learned.
    """

    input_mean: Tensor
    input_scale: Tensor
    input_projection: Tensor

    def __init__(self, face_size: int = 512, hidden: int = 2048, embedding_size: int = 1024, dropout: float = 0.0):
        """
        Args:
            face_size: length of the face embedding: 512 (FaceNet, the paper's) or 128 (dlib).
            hidden: width between the layers.
            embedding_size: length of the speaker embedding.
            dropout: share of the hidden units left out in training (0 = the paper's).
        """
        super().__init__()
        self.register_buffer("input_mean", torch.zeros(face_size))
        self.register_buffer("input_scale", torch.ones(face_size))
        self.register_buffer("input_projection", torch.eye(face_size))
        self.layers = nn.Sequential(
            nn.Linear(face_size, hidden), nn.ReLU(), nn.Dropout(dropout), nn.Linear(hidden, embedding_size)
        )

    def set_normalisation(self, mean: Tensor, scale: Tensor, directions: Tensor | None = None) -> None:
        """Constants taken from training faces.

        Args:
            mean: `(face_size,)` subtracted from face embeddings.
            scale: `(face_size,)` or scalar, divides them; positive.
            directions: `(rank, face_size)` orthonormal: all that is looked at of a centred face; None looks at all.

        Raises:
            ValueError: the scale is not positive, or the mean or the directions have another length.
        """
        if mean.shape != self.input_mean.shape:
            raise ValueError(f"mean is {tuple(mean.shape)}; the face embeddings are {tuple(self.input_mean.shape)}")
        if not bool((scale > 0).all()):
            raise ValueError("scale holds values that are not positive")
        if directions is not None and directions.shape[1:] != self.input_mean.shape:
            raise ValueError(f"directions are {tuple(directions.shape)}; expected (rank, {len(self.input_mean)})")
        self.input_mean.copy_(mean)
        self.input_scale.copy_(scale.expand_as(self.input_scale))
        if directions is not None:
            self.input_projection.copy_(directions.T @ directions)

    def forward(self, face_embeddings: Tensor) -> Tensor:
        """`(B, face_size)` face embeddings -> `(B, embedding_size)` unit vectors in the space of voices."""
        centred = (face_embeddings - self.input_mean) / self.input_scale
        hidden = self.layers(centred @ self.input_projection)
        return nn.functional.normalize(hidden.float(), dim=-1)
