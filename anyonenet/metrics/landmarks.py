"""D-LL, D-VL and D-A: how well predicted lips and jaw follow reference ones (MakeItTalk, section 6.1).

No reference implementation of these is published, so each is defined here to the letter, for one clip:

- P, R: predicted and reference landmarks of the same `frames` frames, frontal (head motion does not count),
  points 0-16 (jaw) and 48-67 (lips): 37 points.
- w: the largest distance between the reference's mouth corners (48 and 54) over the frames of the clip.
- D-LL = mean over frames and points of |P - R| / w.
- D-VL = mean over pairs of consecutive frames and points of |(P_t - P_t-1) - (R_t - R_t-1)| / w. Velocities are a
  frame's step, so they scale with the frame rate: compare figures of one rate only (this project: 80 Hz).
- D-A = mean over frames of |A(P) - A(R)| / max A(R), A the area inside the inner lips (points 60-67).

The figure of a corpus is the plain mean over its clips.
"""

from __future__ import annotations

import torch
from torch import Tensor

from anyonenet.face.mouth import mouth_area, mouth_width

JAW_AND_LIPS = [*range(17), *range(48, 68)]


def landmark_distance(predicted: Tensor, reference: Tensor, normaliser: Tensor | None = None) -> Tensor:
    """D-LL of one clip (see the module).

    Args:
        predicted, reference: `(frames, 68, 2)` frontal landmarks in any common unit.
        normaliser: scalar to divide by instead of the reference's largest mouth width.

    Returns:
        scalar, 0 for equal landmarks.

    Raises:
        ValueError: the shapes differ or are not of landmarks.
    """
    _check(predicted, reference)
    distances = (predicted - reference)[:, JAW_AND_LIPS].norm(dim=-1)
    return distances.mean() / _width(reference, normaliser)


def velocity_distance(predicted: Tensor, reference: Tensor, normaliser: Tensor | None = None) -> Tensor:
    """D-VL of one clip (see the module); arguments as of `landmark_distance`, at least two frames."""
    _check(predicted, reference)
    if len(predicted) < 2:
        raise ValueError(f"got {len(predicted)} frames; velocities need at least two")
    steps = (predicted.diff(dim=0) - reference.diff(dim=0))[:, JAW_AND_LIPS]
    return steps.norm(dim=-1).mean() / _width(reference, normaliser)


def open_area_difference(
    predicted: Tensor, reference: Tensor, contour: str = "inner", normaliser: Tensor | None = None
) -> Tensor:
    """D-A of one clip (see the module).

    Args:
        predicted, reference: `(frames, 68, 2)` frontal landmarks in any common unit.
        contour: 'inner' (the definition) or 'outer' lips.
        normaliser: scalar to divide by instead of the reference's largest mouth area.

    Returns:
        scalar; nan where the reference's mouth never opens.
    """
    _check(predicted, reference)
    areas = mouth_area(reference, contour)
    largest = areas.max() if normaliser is None else normaliser
    difference = (mouth_area(predicted, contour) - areas).abs().mean()
    return torch.where(largest > 0, difference / largest, torch.nan)


def _width(reference: Tensor, normaliser: Tensor | None) -> Tensor:
    return mouth_width(reference).max() if normaliser is None else normaliser


def _check(predicted: Tensor, reference: Tensor) -> None:
    if predicted.shape != reference.shape or predicted.dim() != 3 or predicted.shape[1:] != (68, 2):
        raise ValueError(
            f"predicted is {tuple(predicted.shape)}, reference {tuple(reference.shape)}; expected (frames, 68, 2) twice"
        )
