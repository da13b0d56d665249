"""Mel spectrogram and one face -> moving landmarks, by dilated convolutions and a sampled head pose.

The interface is that of `LandmarkPredictor` (AnyoneNet, section III-D1). Three things differ; `docs/systems/own.md`
says why:

- The decoder is a stack of dilated convolutions (van den Oord et al. 2016, without the causality) at half the mel's
  rate, so all frames are computed at once.
- Every point moves by a common motion times a size, plus an offset; size and offset come from the face alone, since
  the same sound moves a wider mouth further, and a face photographed with an open mouth starts from there.
- The head's pose is drawn from a distribution (`anyonenet.networks.pose_flow`) instead of being its mean.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.face.template import frontal_template
from anyonenet.networks.base import Network
from anyonenet.networks.masked import MaskedInstanceNorm, frame_mask
from anyonenet.networks.pose_flow import PoseFlow, turned
from anyonenet.types import LandmarkMotion

POINTS = 68
STRIDE = 2
"""mel frames a step of the decoder: pictures come at 25 to 60 Hz, so 40 Hz carry all that is known of a mouth"""


UNIT = 0.05
"""outer-eye distances: about how far lips move; what the last layers say is in it, so that a step of Adam's is small"""


class DilatedBlock(nn.Module):
    """Layer norm, a convolution over three frames `dilation` apart, GELU, a linear layer; added to its input."""

    def __init__(self, width: int, dilation: int):
        super().__init__()
        self.dilation = dilation
        self.norm = nn.LayerNorm(width)
        self.around = nn.Linear(3 * width, width)
        self.out = nn.Linear(width, width)
        with torch.no_grad():  # a block begins as little more than a wire
            self.out.weight.mul_(0.3)
            self.out.bias.zero_()

    def forward(self, features: Tensor, keep: Tensor) -> Tensor:
        """`(batch, steps, width)` and `(batch, steps, 1)`, 1 on steps that count -> `(batch, steps, width)`."""
        reach, steps = self.dilation, features.shape[1]
        # one product over the three frames side by side: on a CPU several times as fast as a dilated convolution
        padded = F.pad(self.norm(features) * keep, (0, 0, reach, reach))
        near = torch.cat([padded[:, begin : begin + steps] for begin in (0, reach, 2 * reach)], dim=-1)
        return features + self.out(F.gelu(self.around(near)))


class DilatedPredictor(Network):
    """The landmark model of this project's own.

    Args:
        bands: mel bands.
        width: of the decoder.
        dilations: of its blocks, in steps of two mel frames.
        face_hidden, face_width: hidden units and outputs of the encoder of the base landmarks.
        pose_width, pose_components, pose_history: of `PoseFlow`.

    Raises:
        ValueError: no dilations, or one below 1.
    """

    def __init__(
        self,
        bands: int = 80,
        width: int = 128,
        dilations: Sequence[int] = (1, 2, 4, 8, 1, 2, 4, 8),
        face_hidden: int = 128,
        face_width: int = 64,
        pose_width: int = 48,
        pose_components: int = 3,
        pose_history: int = 12,
    ):
        super().__init__()
        if not dilations or min(dilations) < 1:
            raise ValueError(f"dilations are {list(dilations)}; expected at least one, each 1 or more")
        self.level = MaskedInstanceNorm()
        self.audio = nn.Linear(2 * STRIDE * bands, width)
        self.face = nn.Sequential(
            nn.Linear(POINTS * 2, face_hidden), nn.LayerNorm(face_hidden), nn.GELU(), nn.Linear(face_hidden, face_width)
        )
        self.face_in = nn.Linear(face_width, width)
        self.blocks = nn.ModuleList(DilatedBlock(width, dilation) for dilation in dilations)
        self.norm = nn.LayerNorm(width)
        self.motion = nn.Linear(width, STRIDE * POINTS * 2)
        self.size = nn.Linear(face_width, POINTS * 2)
        self.offset = nn.Linear(face_width + POINTS * 2, POINTS * 2)
        self.pose = PoseFlow(bands, pose_width, pose_components, pose_history)
        usual = torch.from_numpy(frontal_template()[:, :2]).float()
        self.register_buffer("usual_landmarks", usual, persistent=False)
        # a face at rest is the best first guess
        for layer in (self.face_in, self.motion, self.size, self.offset):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(
        self,
        mels: Tensor,
        base_landmarks: Tensor,
        base_quaternions: Tensor,
        lengths: Tensor | None = None,
        noise: Tensor | None = None,
    ) -> LandmarkMotion:
        """Motion for each mel frame; arguments and result as of `LandmarkPredictor`.

        Args:
            mels: `(batch, frames, bands)` float32, standardised log-mel.
            base_landmarks: `(batch, 68, 2)` float32, frontal, outer-eye distances.
            base_quaternions: `(batch, 4)` float32, unit.
            lengths: `(batch,)` int64 mel frames; None means that every frame counts.
            noise: `(batch, steps, 4)` as of `PoseFlow.sample`, for a pose that is drawn; None: the pose goes where it
                is expected, with the little movement that has.

        Returns:
            `LandmarkMotion`. Frames beyond an item's length are zero displacement and the base quaternion.
        """
        displacements = self.displacements(mels, base_landmarks, lengths)
        turns, _ = self.pose.sample(mels, lengths, noise)
        return LandmarkMotion(displacements, turned(base_quaternions, turns))

    def displacements(self, mels: Tensor, base_landmarks: Tensor, lengths: Tensor | None = None) -> Tensor:
        """How the frontal landmarks move, without the pose: `(batch, frames, 68, 2)`; arguments as of `forward`."""
        batch, frames = mels.shape[:2]
        if lengths is None:
            lengths = torch.full((batch,), frames, dtype=torch.int64, device=mels.device)
        mask = frame_mask(lengths, frames).unsqueeze(-1)
        rest = -frames % STRIDE
        # as it is, and without what a voice, room and microphone leave the same throughout
        heard = torch.cat([mels, self.level(mels, mask[..., 0])], dim=-1).masked_fill(~mask, 0.0)
        heard = F.pad(heard, (0, 0, 0, rest)).unflatten(1, (-1, STRIDE)).flatten(2)
        keep = F.pad(mask, (0, 0, 0, rest))[:, ::STRIDE].to(mels.dtype)
        shape = ((base_landmarks - self.get_buffer("usual_landmarks")) * 10).flatten(1)
        face = self.face(shape)
        features = self.audio(heard) + self.face_in(face).unsqueeze(1)
        for block in self.blocks:
            features = block(features, keep)
        moved = self.motion(self.norm(features)).unflatten(-1, (STRIDE, -1)).flatten(1, 2)[:, :frames]
        offset = self.offset(torch.cat([face, shape], dim=-1))
        moved = UNIT * (moved * (1 + 0.1 * self.size(face)).unsqueeze(1) + offset.unsqueeze(1))
        return moved.masked_fill(~mask, 0.0).float().unflatten(-1, (POINTS, 2))
