"""From what was heard and a face to displaced landmarks (MakeItTalk, equations (2) and (6))."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from anyonenet.face.template import frontal_template

POINTS = 68


class FaceShape(nn.Module):
    """68 landmarks in 3-D as network input: how they differ from the usual face, at the size of other inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("usual", torch.from_numpy(frontal_template()).float(), persistent=False)

    def forward(self, landmarks: Tensor) -> Tensor:
        """`(..., 68, 3)` outer-eye distances -> `(..., 204)`."""
        return ((landmarks - self.get_buffer("usual")) * 10).flatten(-2)


class LandmarkHead(nn.Module):
    """The MLP at the end of both branches: 512, 256 and 204 = 68 x 3 units in the paper.

    Args:
        inputs: features a frame besides the face.
        hidden: units of the hidden layers.
    """

    def __init__(self, inputs: int, hidden: Sequence[int] = (512, 256)):
        super().__init__()
        self.shape = FaceShape()
        sizes = [inputs + POINTS * 3, *hidden]
        layers: list[nn.Module] = []
        for before, after in zip(sizes[:-1], sizes[1:], strict=True):
            layers += [nn.Linear(before, after), nn.LayerNorm(after), nn.LeakyReLU(0.2)]
        last = nn.Linear(sizes[-1], POINTS * 3)
        # a face at rest is the best first guess
        with torch.no_grad():
            for parameter in last.parameters():
                parameter.mul_(0.1)
        self.layers = nn.Sequential(*layers, last)

    def forward(self, heard: Tensor, faces: Tensor) -> Tensor:
        """`(B, T, inputs)` and faces `(B, 68, 3)` -> displacements `(B, T, 68, 3)` float32, outer-eye distances."""
        face = self.shape(faces)[:, None].expand(-1, heard.shape[1], -1)
        return self.layers(torch.cat([heard, face.to(heard.dtype)], dim=-1)).float().unflatten(-1, (POINTS, 3))
