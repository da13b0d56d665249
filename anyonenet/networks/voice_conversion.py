"""AutoVC (Qian et al. 2019): what is said, taken apart from who says it, by a narrow bottleneck.

MakeItTalk (sections 3.1 and 4) drives its landmarks with the codes of the content encoder. The decoder is needed for
training alone: codes and the speaker's embedding must give the speech back, and the codes are too narrow to hold what
the embedding tells already.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from anyonenet.audio.mel import MelSettings
from anyonenet.networks.base import Network
from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.cbhg import NormalisedConvolution
from anyonenet.networks.masked import frame_mask
from anyonenet.networks.recurrent import run_recurrent

KERNEL = 5
"""frames of every convolution"""


@dataclass(frozen=True)
class Conversion:
    """Speech taken apart and put together again."""

    codes: Tensor  # (B, ceil(T / downsampling), 2 * neck)
    mels: Tensor  # (B, T, bands) before the post-net
    refined_mels: Tensor  # (B, T, bands) after it


class VoiceConverter(Network):
    """Content encoder, decoder and post-net.

    The defaults are AutoVC's sizes; bottleneck and down-sampling, which MakeItTalk does not state, are such that its
    window of 18 frames sees more than one code.

    Args:
        bands: mel bands.
        speaker_size: of the speaker embedding.
        speaker_width: features that it is projected to (256, the size of AutoVC's and MakeItTalk's embedding).
        channels: of the encoder's convolutions.
        neck: cells of the bottleneck's LSTM in each direction; a code has twice as many numbers.
        downsampling: frames a code.
        decoder_channels: of the decoder's first LSTM and its convolutions.
        decoder_lstm: cells of its last two LSTM layers.
        postnet_channels: of the post-net's convolutions.
        layers: convolutions of encoder and decoder.

    Raises:
        ValueError: `downsampling` is below 1.
    """

    def __init__(
        self,
        bands: int = 80,
        speaker_size: int = 1024,
        speaker_width: int = 256,
        channels: int = 512,
        neck: int = 16,
        downsampling: int = 16,
        decoder_channels: int = 512,
        decoder_lstm: int = 1024,
        postnet_channels: int = 512,
        layers: int = 3,
    ):
        super().__init__()
        if downsampling < 1:
            raise ValueError(f"downsampling is {downsampling}; expected at least 1 frame a code")
        self.downsampling = downsampling
        self.code_size = 2 * neck
        self.speaker_size = speaker_size
        self.silence = MelSettings().silence
        self.speaker = nn.Linear(speaker_size, speaker_width)
        self.encoder = _convolutions(bands + speaker_width, channels, layers)
        self.bottleneck = nn.LSTM(channels, neck, num_layers=2, batch_first=True, bidirectional=True)
        self.widen = nn.LSTM(2 * neck + speaker_width, decoder_channels, batch_first=True)
        self.decoder = _convolutions(decoder_channels, decoder_channels, layers)
        self.decoder_lstm = nn.LSTM(decoder_channels, decoder_lstm, num_layers=2, batch_first=True)
        self.to_mel = nn.Linear(decoder_lstm, bands)
        self.postnet = PostNet(bands, postnet_channels)

    def encode(self, mels: Tensor, lengths: Tensor, speakers: Tensor) -> Tensor:
        """What is said.

        Args:
            mels: `(B, T, bands)` standardised log-mel.
            lengths: `(B,)` int64 frames; what lies beyond is taken for silence.
            speakers: `(B, speaker_size)` unit embeddings of who says it.

        Returns:
            `(B, ceil(T / downsampling), 2 * neck)`: of each `downsampling` frames the last output forward and the
            first one backward; zero for codes that no frame of the item falls into.
        """
        mels = self._padded(mels, lengths)
        whole = _ceil(lengths, self.downsampling) * self.downsampling
        mask = frame_mask(whole, mels.shape[1])
        speaker = self._projected(speakers)[:, None].expand(-1, mels.shape[1], -1)
        hidden = _through(self.encoder, torch.cat([mels, speaker], dim=-1), mask)
        hidden = run_recurrent(self.bottleneck, hidden, _needed(whole, mels.shape[1]))
        forward, backward = hidden.chunk(2, dim=-1)
        step = self.downsampling
        return torch.cat([forward[:, step - 1 :: step], backward[:, ::step]], dim=-1)

    def features(self, mels: Tensor, lengths: Tensor, speakers: Tensor) -> Tensor:
        """The codes at the mel's rate, each repeated over its frames: `(B, T, 2 * neck)`; arguments as `encode`."""
        codes = self.encode(mels, lengths, speakers)
        return codes.repeat_interleave(self.downsampling, dim=1)[:, : mels.shape[1]]

    def decode(self, codes: Tensor, lengths: Tensor, speakers: Tensor, frames: int) -> tuple[Tensor, Tensor]:
        """Speech from codes and a voice.

        Args:
            codes: `(B, ceil(frames / downsampling), 2 * neck)`.
            lengths: `(B,)` int64 frames.
            speakers: `(B, speaker_size)` of who shall say it.
            frames: T.

        Returns:
            mels `(B, T, bands)` before and after the post-net.
        """
        spread = codes.repeat_interleave(self.downsampling, dim=1)
        whole = _ceil(lengths, self.downsampling) * self.downsampling
        mask = frame_mask(whole, spread.shape[1])
        needed = _needed(whole, spread.shape[1])
        speaker = self._projected(speakers)[:, None].expand(-1, spread.shape[1], -1)
        hidden = run_recurrent(self.widen, torch.cat([spread, speaker], dim=-1), needed)
        hidden = run_recurrent(self.decoder_lstm, _through(self.decoder, hidden, mask), needed)
        mels = self.to_mel(hidden)
        refined = mels + self.postnet(mels, mask)
        return mels[:, :frames], refined[:, :frames]

    def forward(self, mels: Tensor, lengths: Tensor, speakers: Tensor) -> Conversion:
        """The same speech again, by the voice whose embedding is given; arguments as `encode`."""
        codes = self.encode(mels, lengths, speakers)
        return Conversion(codes, *self.decode(codes, lengths, speakers, mels.shape[1]))

    def _projected(self, speakers: Tensor) -> Tensor:
        # entries of a unit vector are small: scale them to a mean square of one
        return torch.tanh(self.speaker(speakers * self.speaker_size**0.5))

    def _padded(self, mels: Tensor, lengths: Tensor) -> Tensor:
        """Silence beyond each item's length, and up to a whole number of codes."""
        frames = mels.shape[1]
        rest = -frames % self.downsampling
        mels = torch.nn.functional.pad(mels, (0, 0, 0, rest), value=self.silence)
        return mels.masked_fill(~frame_mask(lengths, frames + rest).unsqueeze(-1), self.silence)


class PostNet(nn.Module):
    """Five convolutions that add what the decoder missed (Tacotron 2's, as AutoVC has it)."""

    def __init__(self, bands: int, channels: int, layers: int = 5):
        super().__init__()
        sizes = [bands, *[channels] * (layers - 1), bands]
        self.convolutions = nn.ModuleList(
            nn.Conv1d(before, after, KERNEL, padding=KERNEL // 2, bias=False)
            for before, after in zip(sizes[:-1], sizes[1:], strict=True)
        )
        self.norms = nn.ModuleList(BatchNorm(size) for size in sizes[1:])

    def forward(self, mels: Tensor, mask: Tensor) -> Tensor:
        """`(B, T, bands)` and `(B, T)` bool -> what is to be added, zero where the mask is False."""
        hidden, beside = mels.transpose(1, 2), mask[:, None]
        last = len(self.convolutions) - 1
        for number, (convolution, norm) in enumerate(zip(self.convolutions, self.norms, strict=True)):
            hidden = norm(convolution(hidden * beside), beside)
            hidden = hidden if number == last else hidden.tanh()
        return (hidden * beside).transpose(1, 2)


def _convolutions(inputs: int, channels: int, layers: int) -> nn.ModuleList:
    return nn.ModuleList(
        NormalisedConvolution(inputs if number == 0 else channels, channels, KERNEL, rectify=True)
        for number in range(layers)
    )


def _through(convolutions: nn.ModuleList, features: Tensor, mask: Tensor) -> Tensor:
    """`(B, T, C)` through convolutions that leave out what the mask `(B, T)` does."""
    weights = mask[:, None].to(features.dtype)
    hidden = features.transpose(1, 2) * weights
    for convolution in convolutions:
        hidden = convolution(hidden, weights)
    return hidden.transpose(1, 2)


def _ceil(lengths: Tensor, step: int) -> Tensor:
    return (lengths + step - 1) // step


def _needed(lengths: Tensor, frames: int) -> Tensor | None:
    """None where all items have all frames and that is cheap to see: the recurrent layers are quicker then."""
    if lengths.device.type == "cpu" and int(lengths.min()) >= frames:
        return None
    return lengths
