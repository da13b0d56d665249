"""How a head turns while its owner speaks, drawn step by step from a distribution that has heard the speech.

Regression gives the mean of all the ways a head could move, and that mean hardly moves. Here each step of the pose is
drawn, given the steps before it and the sound around it (later sound too):

    x_t = m_k + s_k * e_t,   k ~ p(k | x_<t, mel),   e_t ~ N(0, 1)

with means m and spreads s of each component k from a small network: an autoregressive flow with a mixture in each step
(after Papamakarios et al. 2017; Bishop 1994 for the mixture), so the likelihood of true tracks is exact and is what
training maximises. x are rotation vectors away from the base pose, in the head's own frame, ten a second: nods end near
3 Hz. Between steps the track follows a cubic.
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from anyonenet.networks.masked import frame_mask
from anyonenet.ranks import mean_over_ranks

STRIDE = 8
"""mel frames a step: 10 Hz"""
UNIT = math.radians(3.0)
"""of the rotation vectors inside: about a head's spread"""
STEP = 0.1
"""of what is drawn, in units: about the spread of a change of speed from step to step"""
NARROWEST = math.log(0.02)
"""log-spread of a component, in `STEP`s: true tracks between two video frames are exact lines"""
FARTHEST = 12.0
"""units: no head turns further from its base than this"""


class PoseFlow(nn.Module):
    """Distribution of head-pose tracks.

    Args:
        bands: mel bands.
        width: of the encoder of the sound and of the step's layers.
        components: of the mixture in each step.
        history: steps of the past that a step knows.
    """

    def __init__(self, bands: int = 80, width: int = 48, components: int = 3, history: int = 12):
        super().__init__()
        self.components, self.history = components, history
        self.audio = nn.Linear(bands, width)
        self.around = nn.ModuleList(nn.Linear(5 * width, width) for _ in range(2))
        self.heard = nn.Linear(width, 2 * width)
        self.past = nn.Linear(3 * history, 2 * width, bias=False)
        self.hidden = nn.Linear(2 * width, 2 * width)
        self.out = nn.Linear(2 * width, components * 7)
        with torch.no_grad():
            self.out.weight.mul_(0.1)
            self.out.bias.zero_()
            self.out.bias.view(components, 7)[:, 0] = torch.linspace(0, -1, components)  # components differ
            self.out.bias.view(components, 7)[:, 4:] = torch.linspace(0, 1, components)[:, None]

    def listen(self, mels: Tensor, lengths: Tensor | None = None) -> Tensor:
        """What each step hears: `(batch, frames, bands)` -> `(batch, steps, 2 * width)`, `steps` = frames / 8 up."""
        frames = mels.shape[1]
        rest = -frames % STRIDE
        mask = None
        if lengths is not None:
            mask = frame_mask(lengths, frames).unsqueeze(-1)
            mels = mels.masked_fill(~mask, 0.0)
        # loudness rises within a step: halves are heard apart
        half = STRIDE // 2
        features = F.pad(mels, (0, 0, 0, rest)).unflatten(1, (-1, half)).mean(2)
        keep = None if mask is None else F.pad(mask, (0, 0, 0, rest))[:, ::half].to(features.dtype)
        features = F.gelu(self.audio(features))
        for layer, dilation in zip(self.around, (1, 2), strict=True):
            if keep is not None:
                features = features * keep
            steps = features.shape[1]
            padded = F.pad(features, (0, 0, 2 * dilation, 2 * dilation))
            near = [padded[:, begin : begin + steps] for begin in range(0, 4 * dilation + 1, dilation)]
            features = features + F.gelu(layer(torch.cat(near, dim=-1)))
        return self.heard(features.unflatten(1, (-1, 2)).mean(2))

    def step(self, heard: Tensor, past: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The distribution of the next step.

        Args:
            heard: `(..., 2 * width)` from `listen`.
            past: `(..., history, 3)` the steps before, the latest last, in units.

        Returns:
            log-weights `(..., components)`, means `(..., components, 3)` in units, log-spreads `(..., components, 3)`
            in units.
        """
        hidden = F.gelu(heard + self.past(past.flatten(-2)))
        hidden = F.gelu(hidden + self.hidden(hidden))
        out = self.out(hidden).float().unflatten(-1, (self.components, 7))
        # a head goes on as it went: the network says how it departs from that
        straight = 2 * past[..., -1, :] - past[..., -2, :]
        means = straight.unsqueeze(-2) + STEP * out[..., 1:4]
        spreads = NARROWEST + F.softplus(out[..., 4:] - NARROWEST) + math.log(STEP)
        return out[..., 0].log_softmax(-1), means, spreads

    def surprise(self, mels: Tensor, turns: Tensor, lengths: Tensor, jitter: float = 0.0) -> tuple[Tensor, Tensor]:
        """Negative log-likelihood of true tracks, nats a step.

        Args:
            mels: `(batch, frames, bands)`.
            turns: `(batch, frames, 3)` rotation vectors away from the base, radians.
            lengths: `(batch,)` mel frames.
            jitter: spread of noise on the past, in units, so that a drawn track's own errors are no surprise.

        Returns:
            `(batch, steps)` and which of them count, `(batch, steps)` bool.
        """
        track = turns[:, STRIDE // 2 :: STRIDE] / UNIT
        steps = track.shape[1]
        counts = frame_mask((lengths + STRIDE // 2 - 1) // STRIDE, steps)
        # before its first step a track stood still there, as the photographed head does; that step is then no news
        counts = counts & (torch.arange(steps, device=counts.device) > 0)
        held = torch.cat([track[:, :1].expand(-1, self.history, -1), track], dim=1)[:, :-1]
        held = held + jitter * torch.randn_like(held)
        past = held.unfold(1, self.history, 1).transpose(-1, -2)
        weights, means, spreads = self.step(self.listen(mels, lengths)[:, :steps], past)
        away = (track.unsqueeze(-2) - means) * (-spreads).exp()
        density = weights - (away.square() / 2 + spreads + math.log(2 * math.pi) / 2).sum(-1)
        return -density.logsumexp(-1), counts

    def loss(
        self,
        mels: Tensor,
        base: Tensor,
        quaternions: Tensor,
        lengths: Tensor,
        jitter: float = 0.0,
        over_ranks: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Mean of `surprise` over the steps that count, and their number; with `over_ranks` it is divided by the mean
        number over the ranks of a distributed training (see `anyonenet.losses.landmarks`).

        Args:
            mels, lengths, jitter: as of `surprise`.
            base: `(batch, 4)` the orientation that tracks start from.
            quaternions: `(batch, frames, 4)` true orientations, unit.
        """
        # angles of a few degrees and densities: in float32 under autocast too
        surprise, counts = self.surprise(mels, away(base.float(), quaternions.float()), lengths, jitter)
        count = counts.sum()
        return (surprise * counts).sum() / (mean_over_ranks(count) if over_ranks else count).clamp_min(1), count

    def sample(
        self, mels: Tensor, lengths: Tensor | None = None, noise: Tensor | None = None, past: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Draw a track.

        Args:
            mels: `(batch, frames, bands)`.
            lengths: `(batch,)` mel frames; None: every frame counts.
            noise: `(batch, steps, 4)`, `steps` = frames / 8 up: a uniform number that chooses the component, and three
                normal ones. None: the mean of the mixture in every step.
            past: `(batch, history, 3)` the steps before, in units, for a sentence that goes on; None: a still head.

        Returns:
            `(batch, frames, 3)` rotation vectors away from the base, radians, 0 beyond an item's length; and the past
            for the next sentence.
        """
        batch, frames = mels.shape[:2]
        heard = self.listen(mels, lengths)
        if past is None:
            past = heard.new_zeros(batch, self.history, 3)
        track = [past[:, -1]]
        for number in range(heard.shape[1]):
            weights, means, spreads = self.step(heard[:, number], past)
            if noise is None:
                drawn = (weights.exp().unsqueeze(-1) * means).sum(-2)
            else:
                chosen = (weights.exp().cumsum(-1) < noise[:, number, :1]).sum(-1).clamp_max(self.components - 1)
                at = torch.arange(batch, device=mels.device)
                drawn = means[at, chosen] + spreads[at, chosen].exp() * noise[:, number, 1:]
            drawn = drawn.clamp(-FARTHEST, FARTHEST)
            track.append(drawn)
            past = torch.cat([past[:, 1:], drawn.unsqueeze(1)], dim=1)
        turns = between(torch.stack(track, dim=1), frames) * UNIT
        if lengths is not None:
            turns = turns.masked_fill(~frame_mask(lengths, frames).unsqueeze(-1), 0.0)
        return turns, past


def turned(base: Tensor, turns: Tensor) -> Tensor:
    """Base orientations `(batch, 4)` turned by rotation vectors `(batch, frames, 3)` -> `(batch, frames, 4)`."""
    angle = turns.norm(dim=-1, keepdim=True)
    other = torch.cat([(angle / 2).cos(), torch.sinc(angle / (2 * math.pi)) / 2 * turns], dim=-1)
    (w, v), (s, r) = ((q[..., :1], q[..., 1:]) for q in (base.unsqueeze(1).expand_as(other), other))
    scalar = w * s - (v * r).sum(-1, keepdim=True)
    return F.normalize(torch.cat([scalar, w * r + s * v + torch.linalg.cross(v, r)], dim=-1), dim=-1)


def away(base: Tensor, quaternions: Tensor) -> Tensor:
    """The inverse of `turned`: `(batch, 4)` and `(batch, frames, 4)` -> rotation vectors `(batch, frames, 3)`."""
    (w, v), (s, r) = ((q[..., :1], q[..., 1:]) for q in (base.unsqueeze(1).expand_as(quaternions), quaternions))
    scalar = w * s + (v * r).sum(-1, keepdim=True)
    vector = w * r - s * v - torch.linalg.cross(v, r)
    vector = torch.where(scalar < 0, -vector, vector)
    size = vector.norm(dim=-1, keepdim=True)
    angle = 2 * torch.atan2(size, scalar.abs())
    return torch.where(size > 1e-7, angle / size.clamp_min(1e-7), 2.0) * vector


def drawn_noise(seed: tuple[int, ...], batch: int, frames: int) -> Tensor:
    """What `PoseFlow.sample` draws from, `(batch, steps, 4)` float32, for so many mel frames; `seed` are numbers from 0
    on, and the first steps of a longer track have the noise of a shorter one."""
    steps = -(-frames // STRIDE)
    tracks = []
    for item in range(batch):
        generator = np.random.default_rng([*seed, item])
        tracks.append(np.stack([np.append(generator.random(), generator.normal(size=3)) for _ in range(steps)]))
    return torch.from_numpy(np.stack(tracks)).float()


def between(track: Tensor, frames: int) -> Tensor:
    """A cubic through steps (Catmull and Rom 1974), at mel frames.

    Args:
        track: `(batch, 1 + steps, 3)`: the last step of before, then steps that stand 4, 12, 20 ... mel frames after
            the beginning.
        frames: mel frames.

    Returns:
        `(batch, frames, 3)`.
    """
    padded = torch.cat([2 * track[:, :1] - track[:, 1:2], track, 2 * track[:, -1:] - track[:, -2:-1]], dim=1)
    padded = torch.cat([padded, 2 * padded[:, -1:] - padded[:, -2:-1]], dim=1)
    position = (torch.arange(frames, device=track.device) + STRIDE - STRIDE // 2) / STRIDE
    number = position.floor().long()
    u = (position - number).to(track.dtype)[:, None]
    a, b, c, d = (padded[:, number + k] for k in range(4))
    return b + 0.5 * u * (c - a + u * (2 * a - 5 * b + 4 * c - d + u * (3 * (b - c) + d - a)))
