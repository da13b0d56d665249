"""Means and maxima over the frames of padded clips; any leading axes, `lengths` where not all frames count."""

from __future__ import annotations

import torch
from torch import Tensor


def check_lengths(lengths: Tensor | None, leading: torch.Size, frames: int, least: int = 1) -> None:
    """Refuse lengths that do not fit clips of `(*leading, frames, ...)`.

    Raises:
        ValueError: another shape than `leading`, or a length outside of `least` to `frames`.
    """
    if lengths is None:
        if frames < least:
            raise ValueError(f"got {frames} frames; at least {least} are needed")
        return
    if lengths.shape != leading:
        raise ValueError(f"lengths is {tuple(lengths.shape)}; expected {tuple(leading)}, one a clip")
    if lengths.numel() and not (least <= int(lengths.min()) and int(lengths.max()) <= frames):
        raise ValueError(
            f"lengths go from {int(lengths.min())} to {int(lengths.max())}; expected {least} to {frames} frames"
        )


def mean_over_frames(values: Tensor, lengths: Tensor | None = None) -> Tensor:
    """`(..., frames)` -> `(...)`: mean over the first `lengths` frames, over all when None."""
    if lengths is None:
        return values.mean(-1)
    return values.masked_fill(~_mask(values, lengths), 0.0).sum(-1) / lengths


def greatest_over_frames(values: Tensor, lengths: Tensor | None = None) -> Tensor:
    """`(..., frames)` -> `(...)`: maximum over the first `lengths` frames, over all when None."""
    if lengths is None:
        return values.amax(-1)
    return values.masked_fill(~_mask(values, lengths), -torch.inf).amax(-1)


def _mask(values: Tensor, lengths: Tensor) -> Tensor:
    return torch.arange(values.shape[-1], device=values.device) < lengths.to(values.device)[..., None]
