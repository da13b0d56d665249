"""Speech2Vid: a still face and a third of a second of speech in, the face that says it out (section 3.2, Fig. 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from anyonenet.errors import InputError
from anyonenet.networks.base import Network
from anyonenet.networks.batch_norm import BatchNorm
from anyonenet.networks.vgg_m import WIDTHS, VggM

STEPS = 35
"""MFCC frames of a window: 0.35 s at 100 a second"""
COEFFICIENTS = 12


_RISING = {5: 1, 2: 2, 1: 3}
"""layer of the identity encoder -> which of the decoder's transposed convolutions, from 0, its features join before"""


@dataclass(frozen=True)
class Identity:
    """What the identity encoder says of some stills; the same for all frames of a video."""

    embeddings: Tensor  # (B, embedding)
    features: dict[int, Tensor]  # (B, C, H, W) by layer

    def repeated(self, count: int) -> Identity:
        """One identity for `count` windows."""
        features = {number: part.expand(count, -1, -1, -1) for number, part in self.features.items()}
        return Identity(self.embeddings.expand(count, -1), features)


class AudioEncoder(nn.Module):
    """MFCC as a picture of 12 x 35 through five 3 x 3 convolutions; pooling over time alone behind the second, over
    both behind the last (section 3.2).

    Args:
        widths: of the convolutions.
        hidden: of FC6.
        embedding: of FC7.
    """

    def __init__(self, widths: Sequence[int], hidden: int, embedding: int):
        super().__init__()
        if len(widths) != 5:
            raise ValueError(f"got {len(widths)} audio_widths; the audio encoder has 5 convolutions")
        layers: list[nn.Module] = []
        for number, (before, width) in enumerate(zip((1, *widths[:-1]), widths, strict=True)):
            layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), BatchNorm(width), nn.ReLU()]
            if number == 1:
                layers.append(nn.MaxPool2d(3, (1, 2), 1))
            if number == 4:
                layers.append(nn.MaxPool2d(3, 2, 1))
        self.convolutions = nn.Sequential(*layers)
        self.connected = _connected(widths[-1] * 6 * 9, hidden, embedding)

    def forward(self, mfccs: Tensor) -> Tensor:
        """`(B, 35, 12)` -> `(B, embedding)`."""
        return self.connected(self.convolutions(mfccs.mT.unsqueeze(1)).flatten(1))


class FaceDecoder(nn.Module):
    """Both embeddings, upsampled by transposed convolutions; features of the stills join on the way.

    Args:
        embedding: numbers of both embeddings together.
        joined: channels of the stills' features by layer of the identity encoder.
        widths: of the first map and of the four transposed convolutions.
        start: side of the first map.
    """

    def __init__(self, embedding: int, joined: dict[int, int], widths: Sequence[int], start: int):
        super().__init__()
        if len(widths) != 5:
            raise ValueError(f"got {len(widths)} decoder_widths; the decoder has 5 layers")
        self.start, self.first_width = start, widths[0]
        self.joins = {_RISING[number]: number for number in joined}
        self.first = nn.Linear(embedding, widths[0] * start * start, bias=False)
        self.first_norm = BatchNorm(widths[0])
        more = [joined[self.joins[place]] if place in self.joins else 0 for place in range(4)]
        self.rising = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose2d(before + extra, width, 4, 2, 1, bias=False), BatchNorm(width), nn.ReLU())
            for before, extra, width in zip(widths[:-1], more, widths[1:], strict=True)
        )
        self.last = nn.Conv2d(widths[-1], 3, 3, padding=1)

    def forward(self, embeddings: Tensor, identity: Identity) -> Tensor:
        """`(B, embedding)` and the stills' features -> `(B, 3, S, S)` in [-1, 1]."""
        features = self.first(embeddings).unflatten(1, (self.first_width, self.start, self.start))
        features = torch.relu(self.first_norm(features))
        for place, layer in enumerate(self.rising):
            if place in self.joins:
                features = torch.cat([features, identity.features[self.joins[place]]], dim=1)
            features = layer(features)
        return torch.tanh(self.last(features))


class Speech2Vid(Network):
    """The three modules that are trained together; the defaults are the paper's sizes where it states them.

    Args:
        stills: pictures of the person, stacked along the channels; the paper has one or five.
        side: pixels of the pictures, a multiple of 16.
        audio_widths: of the audio encoder's five convolutions.
        identity_widths: of the identity encoder's, which are VGG-M's.
        hidden: of both encoders' FC6.
        embedding: of both encoders' FC7.
        decoder_widths: of the decoder's first map and its four transposed convolutions.
        skips: layers of the identity encoder whose features join the decoder's, of 1, 2 and 5. Without any, identity is
            lost (Fig. 11b); those of the first hold the still's own mouth so well that they restrict the new one
            (section 4.1), so the paper leaves them out.

    Raises:
        InputError: the side is not a multiple of 16, or there is no skip from such a layer.
    """

    def __init__(
        self,
        stills: int = 1,
        side: int = 112,
        audio_widths: Sequence[int] = (64, 128, 256, 256, 256),
        identity_widths: Sequence[int] = WIDTHS,
        hidden: int = 512,
        embedding: int = 256,
        decoder_widths: Sequence[int] = (512, 256, 128, 96, 64),
        skips: Sequence[int] = (2, 5),
    ):
        super().__init__()
        if side % 16 or side < 16 or stills < 1:
            raise InputError(f"side is {side} and stills {stills}; expected a multiple of 16 (the paper: 112) and 1 up")
        if not set(skips) <= set(_RISING):
            raise InputError(f"skips are {list(skips)}; expected some of {sorted(_RISING)} (the paper: 2 and 5)")
        self.stills, self.side = stills, side
        start = side // 16
        self.audio = AudioEncoder(audio_widths, hidden, embedding)
        self.pictures = VggM(3 * stills, identity_widths)
        self.identity = _connected(identity_widths[-1] * start * start, hidden, embedding)
        joined = {number: identity_widths[number - 1] for number in skips}
        self.decoder = FaceDecoder(2 * embedding, joined, decoder_widths, start)

    def forward(self, mfccs: Tensor, stills: Tensor) -> Tensor:
        """
        Args:
            mfccs: `(B, 35, 12)`, the window whose middle the frame belongs to.
            stills: `(B, 3 * stills, S, S)` RGB in [-1, 1], registered (`anyonenet.face.canonical`).

        Returns:
            the frames `(B, 3, S, S)` in [-1, 1].
        """
        return self.draw(mfccs, self.identify(stills))

    def identify(self, stills: Tensor) -> Identity:
        """What can be computed once for all frames: see `forward`."""
        given, end = self.pictures(stills)
        joining = {number: given[number] for number in self.decoder.joins.values()}
        return Identity(self.identity(end.flatten(1)), joining)

    def draw(self, mfccs: Tensor, identity: Identity) -> Tensor:
        """Frames of identities: see `forward`."""
        return self.shown(self.audio(mfccs), identity)

    def shown(self, heard: Tensor, identity: Identity) -> Tensor:
        """Frames of what the audio encoder heard `(B, embedding)`."""
        return self.decoder(torch.cat([heard, identity.embeddings], dim=1), identity)


def _connected(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """FC6 and FC7, each with normalisation and ReLU."""
    return nn.Sequential(
        nn.Linear(inputs, hidden, bias=False),
        BatchNorm(hidden),
        nn.ReLU(),
        nn.Linear(hidden, outputs, bias=False),
        BatchNorm(outputs),
        nn.ReLU(),
    )
