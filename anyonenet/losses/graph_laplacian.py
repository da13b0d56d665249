"""Where landmarks lie among their neighbours (MakeItTalk, equations (8), (9) and (12)).

The paper sums over frames; here sums are divided by the number of frames that count, which moves no optimum and keeps
their size when batches and clips grow.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from anyonenet.face.template import JAW, LEFT_BROW, LEFT_EYE, LIPS, NOSE_BASE, NOSE_BRIDGE, RIGHT_BROW, RIGHT_EYE
from anyonenet.ranks import mean_over_ranks

_OUTER, _INNER = LIPS[:12], LIPS[12:]
PARTS: tuple[tuple[tuple[int, ...], bool], ...] = (
    (JAW, False),
    (RIGHT_BROW, False),
    (LEFT_BROW, False),
    ((*NOSE_BRIDGE, NOSE_BASE[2]), False),
    (RIGHT_EYE, True),
    (LEFT_EYE, True),
    (_OUTER, True),
    (_INNER, True),
)
"""the paper's eight facial parts: points in order, and whether the last is beside the first"""


@lru_cache(maxsize=1)
def laplacian() -> Tensor:
    """`(68, 68)` float32: what takes landmarks to `L(p)` of equation (9); the nose's base belongs to the nose."""
    beside = torch.zeros(68, 68)
    for points, closed in (*PARTS, (NOSE_BASE, False)):
        pairs = list(zip(points[:-1], points[1:], strict=True))
        for one, other in [*pairs, (points[-1], points[0])] if closed else pairs:
            beside[one, other] = beside[other, one] = 1.0
    return torch.eye(68) - beside / beside.sum(1, keepdim=True)


def landmark_and_laplacian(
    predicted: Tensor,
    target: Tensor,
    mask: Tensor,
    lip_weight: float = 1.0,
    over_ranks: bool = False,
) -> tuple[Tensor, Tensor]:
    """Both squared distances, of the landmarks and of their Laplacian coordinates, averaged over frames that count.

    Args:
        predicted, target: `(batch, frames, 68, 3)` outer-eye distances.
        mask: `(batch, frames)` bool.
        lip_weight: factor on the squared distances of the 20 lip points in both (1 = equation (8)).
        over_ranks: divide by the mean number of frames of all ranks of a distributed training.

    Returns:
        two scalars, squared outer-eye distances.
    """
    error = predicted - target
    with torch.autocast(error.device.type, enabled=False):
        bent = laplacian().to(error.device, error.dtype) @ error
    count = mask.sum()
    count = (mean_over_ranks(count) if over_ranks else count).clamp_min(1)
    weights = torch.ones(68, device=error.device)
    weights[list(LIPS)] = lip_weight
    first, second = (((part.square().sum(-1) * weights).sum(-1) * mask).sum() / count for part in (error, bent))
    return first, second
