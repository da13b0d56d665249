"""Mel spectrogram and one face -> moving landmarks (AnyoneNet section III-D1, equations (1) to (3))."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.face.template import frontal_template
from anyonenet.networks.base import Network
from anyonenet.networks.masked import MaskedBatchNorm, MaskedInstanceNorm, frame_mask
from anyonenet.networks.recurrent import run_recurrent
from anyonenet.types import LandmarkMotion

POINTS = 68
DECODERS = ("cnn_blstm", "blstm", "tdlstm")


class Perceptron(nn.Sequential):
    """Linear, layer norm, LeakyReLU, linear: the paper's MLP."""

    def __init__(self, inputs: int, hidden: int, outputs: int):
        super().__init__(nn.Linear(inputs, hidden), nn.LayerNorm(hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, outputs))


class ConvolutionBlock(nn.Module):
    """1-D convolutions over time, each normalised: the first by instance, the others by batch.

    Args:
        inputs: width of what comes in.
        widths: units of each layer.
        kernel: frames a layer sees; odd. The paper does not state it.
    """

    def __init__(self, inputs: int, widths: Sequence[int], kernel: int):
        super().__init__()
        sources = [inputs, *widths[:-1]]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(source, width, kernel, padding=kernel // 2) for source, width in zip(sources, widths, strict=True)
        )
        self.norms = nn.ModuleList([MaskedInstanceNorm(), *(MaskedBatchNorm(width) for width in widths[1:])])

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """`(batch, frames, inputs)` and `(batch, frames)` bool -> `(batch, frames, widths[-1])`."""
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            # zero beyond the end, so that a padded item sees what the convolution itself pads with
            features = features.masked_fill(~mask.unsqueeze(-1), 0.0)
            features = convolution(features.transpose(1, 2)).transpose(1, 2)
            features = F.leaky_relu(norm(features, mask), 0.2)
        return features.masked_fill(~mask.unsqueeze(-1), 0.0)


class LandmarkPredictor(Network):
    """Three encoders, a decoder, and an LSTM that smooths the changes of head orientation.

    The defaults are the paper's sizes; where it states none (kernel, LSTM widths) they are ours.

    Args:
        bands: mel bands.
        audio_width: hidden units and outputs of the audio encoder.
        landmark_hidden, landmark_width: hidden units and outputs of the landmark encoder (136 inputs).
        quaternion_hidden, quaternion_width: hidden units and outputs of the quaternion encoder (4 inputs).
        decoder: 'cnn_blstm' (the paper's), or its two comparisons without the convolutions: 'blstm', and 'tdlstm',
            a one-directional LSTM that says frame t after having heard frame t + `delay`.
        cnn_widths, kernel: the convolution block.
        lstm_width: hidden units of the decoder's LSTM, each direction.
        decoder_hidden: hidden units of the MLP that gives 136 + 4 numbers a frame.
        smoothing_width: hidden units of the LSTM over the quaternion changes.
        delay: mel frames the 'tdlstm' waits (16 = 0.2 s).
        rejoin_face: feed the face's features to the decoder's LSTM again, beside the convolutions' output. Instance
            norm takes away all that does not change over time, and they do not: to the letter of the paper (False)
            the decoder would not know the face it moves.

    Raises:
        ValueError: unknown decoder, or an even kernel.
    """

    def __init__(
        self,
        bands: int = 80,
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
    ):
        super().__init__()
        if decoder not in DECODERS:
            raise ValueError(f"decoder is '{decoder}'; choose one of {', '.join(DECODERS)}")
        if kernel % 2 == 0:
            raise ValueError(f"kernel is {kernel}; an odd number keeps the frames in place")
        self.audio_encoder = Perceptron(bands, audio_width, audio_width)
        self.landmark_encoder = Perceptron(POINTS * 2, landmark_hidden, landmark_width)
        self.quaternion_encoder = Perceptron(4, quaternion_hidden, quaternion_width)
        width = audio_width + landmark_width + quaternion_width
        self.convolutions = None
        if decoder == "cnn_blstm":
            self.convolutions = ConvolutionBlock(width, cnn_widths, kernel)
            width = cnn_widths[-1] + (landmark_width + quaternion_width if rejoin_face else 0)
        self.rejoin_face = rejoin_face
        self.delay = delay if decoder == "tdlstm" else 0
        both = decoder != "tdlstm"
        self.lstm = nn.LSTM(width, lstm_width, batch_first=True, bidirectional=both)
        self.head = Perceptron(lstm_width * (2 if both else 1), decoder_hidden, POINTS * 2 + 4)
        self.smoothing = nn.LSTM(4, smoothing_width, batch_first=True, proj_size=4)
        usual = torch.from_numpy(frontal_template()[:, :2]).float()
        self.register_buffer("usual_landmarks", usual, persistent=False)
        self.register_buffer("usual_quaternion", torch.tensor([1.0, 0.0, 0.0, 0.0]), persistent=False)
        # a face at rest is the best first guess
        with torch.no_grad():
            for parameter in self.head[-1].parameters():
                parameter.mul_(0.1)

    def forward(
        self, mels: Tensor, base_landmarks: Tensor, base_quaternions: Tensor, lengths: Tensor | None = None
    ) -> LandmarkMotion:
        """Motion for each mel frame.

        Args:
            mels: `(batch, frames, bands)` float32, standardised log-mel.
            base_landmarks: `(batch, 68, 2)` float32, frontal, outer-eye distances; p_init of the paper.
            base_quaternions: `(batch, 4)` float32, unit; q_init of the paper.
            lengths: `(batch,)` int64 mel frames; None means that every frame counts.

        Returns:
            `LandmarkMotion`: displacements `(batch, frames, 68, 2)` to add to the base landmarks (equation (2)), and
            quaternions `(batch, frames, 4)`, the base plus the smoothed change (equation (2)), made unit again.
            Frames beyond an item's length are zero displacement and the base quaternion.
        """
        batch, frames = mels.shape[:2]
        if lengths is None:
            lengths = torch.full((batch,), frames, dtype=torch.int64, device=mels.device)
        mask = frame_mask(lengths, frames)
        # a face is told by how it differs from the usual one: the encoders see that, at the size of other inputs
        shape = (base_landmarks - self.get_buffer("usual_landmarks")) * 10
        pose = (base_quaternions - self.get_buffer("usual_quaternion")) * 10
        face = torch.cat([self.landmark_encoder(shape.flatten(1)), self.quaternion_encoder(pose)], dim=-1)
        face = face.unsqueeze(1).expand(-1, frames, -1)
        features = torch.cat([self.audio_encoder(mels), face], dim=-1)
        if self.convolutions is not None:
            features = self.convolutions(features, mask)
            if self.rejoin_face:
                features = torch.cat([features, face.masked_fill(~mask.unsqueeze(-1), 0.0)], dim=-1)
        if self.delay:
            features = F.pad(features.masked_fill(~mask.unsqueeze(-1), 0.0), (0, 0, 0, self.delay))
        hidden = run_recurrent(self.lstm, features, lengths + self.delay)[:, self.delay :]
        output = self.head(hidden).masked_fill(~mask.unsqueeze(-1), 0.0).float()
        displacements, changes = output.split([POINTS * 2, 4], dim=-1)
        # in float32: small angles, and a normalisation
        with torch.autocast(mels.device.type, enabled=False):
            changes = run_recurrent(self.smoothing, changes, lengths)
        quaternions = F.normalize(base_quaternions.unsqueeze(1) + changes, dim=-1)
        return LandmarkMotion(displacements.unflatten(-1, (POINTS, 2)), quaternions)
