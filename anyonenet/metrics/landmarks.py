"""D-LL, D-VL and D-A: how well predicted lips and jaw follow reference ones (MakeItTalk, section 6.1).

No reference implementation of these is published, so each is defined here to the letter, for one clip:

- P, R: predicted and reference landmarks of the same `frames` frames, frontal (head motion does not count),
  points 0-16 (jaw) and 48-67 (lips): 37 points.
- w: the largest distance between the reference's mouth corners (48 and 54) over the frames of the clip.
- D-LL = mean over frames and points of |P - R| / w.
- D-VL = mean over pairs of consecutive frames and points of |(P_t - P_t-1) - (R_t - R_t-1)| / w. Velocities are a
  frame's step, so they scale with the frame rate: compare figures of one rate only (this project: 80 Hz).
- D-A = mean over frames of |A(P) - A(R)| / max A(R), A the area inside the inner lips (points 60-67).

The figure of a corpus is the plain mean over its clips. `docs/METRICS.md` argues the choices and tells the variants:
lips without the jaw, another divisor, the outer lips.
"""

from __future__ import annotations

import torch
from torch import Tensor

from anyonenet.face.mouth import mouth_area, mouth_width
from anyonenet.metrics.frames import check_lengths, greatest_over_frames, mean_over_frames

POINT_SETS = {
    "jaw_and_lips": (slice(0, 17), slice(48, 68)),
    "lips": (slice(48, 68),),
}
"""what MakeItTalk says, and what AnyoneNet's text names"""


def landmark_distance(
    predicted: Tensor,
    reference: Tensor,
    normaliser: Tensor | float | None = None,
    points: str = "jaw_and_lips",
    lengths: Tensor | None = None,
) -> Tensor:
    """D-LL of each clip (see the module).

    Args:
        predicted, reference: `(..., frames, 68, 2)` frontal landmarks in any common unit.
        normaliser: scalar, or `(...)`, to divide by instead of the reference's largest mouth width; 1 keeps the
            landmarks' unit.
        points: 'jaw_and_lips' (the definition) or 'lips'.
        lengths: `(...)` frames that count, from the first on; all when None.

    Returns:
        `(...)`, 0 for equal landmarks.

    Raises:
        ValueError: the shapes differ or are not of landmarks, unknown points, lengths out of range.
    """
    _check(predicted, reference)
    check_lengths(lengths, predicted.shape[:-3], predicted.shape[-3])
    distances = mean_distance(predicted, reference, point_set(points))
    return mean_over_frames(distances, lengths) / _width(reference, normaliser, lengths)


def velocity_distance(
    predicted: Tensor,
    reference: Tensor,
    normaliser: Tensor | float | None = None,
    points: str = "jaw_and_lips",
    lengths: Tensor | None = None,
) -> Tensor:
    """D-VL of each clip (see the module); arguments as of `landmark_distance`, at least two frames."""
    _check(predicted, reference)
    _check_velocities(predicted, lengths)
    distances = mean_velocity_distance(predicted, reference, point_set(points))
    return mean_over_frames(distances, None if lengths is None else lengths - 1) / _width(
        reference, normaliser, lengths
    )


def open_area_difference(
    predicted: Tensor,
    reference: Tensor,
    contour: str = "inner",
    normaliser: Tensor | float | None = None,
    lengths: Tensor | None = None,
) -> Tensor:
    """D-A of each clip (see the module).

    Args:
        predicted, reference: `(..., frames, 68, 2)` frontal landmarks in any common unit.
        contour: 'inner' (the definition) or 'outer' lips.
        normaliser: scalar, or `(...)`, to divide by instead of the reference's largest mouth area.
        lengths: `(...)` frames that count, from the first on; all when None.

    Returns:
        `(...)`; nan where the reference's mouth never opens.

    Raises:
        ValueError: as of `landmark_distance`, or an unknown contour.
    """
    _check(predicted, reference)
    check_lengths(lengths, predicted.shape[:-3], predicted.shape[-3])
    areas = mouth_area(reference, contour)
    largest = greatest_over_frames(areas, lengths) if normaliser is None else torch.as_tensor(normaliser)
    difference = mean_over_frames((mouth_area(predicted, contour) - areas).abs(), lengths)
    return torch.where(largest > 0, difference / largest, torch.nan)


def mean_distance(predicted: Tensor, reference: Tensor, points: tuple[slice, ...]) -> Tensor:
    """Mean over points of |P - R|: `(..., frames, 68, D)` twice -> `(..., frames)`."""
    parts = [(predicted[..., part, :] - reference[..., part, :]).norm(dim=-1).sum(-1) for part in points]
    return torch.stack(parts).sum(0) / sum(part.stop - part.start for part in points)


def mean_velocity_distance(predicted: Tensor, reference: Tensor, points: tuple[slice, ...]) -> Tensor:
    """Mean over points of |(P_t - P_t-1) - (R_t - R_t-1)|: `(..., frames, 68, D)` twice -> `(..., frames - 1)`."""
    # the step of the error is the error of the step
    parts = [(predicted[..., part, :] - reference[..., part, :]).diff(dim=-3).norm(dim=-1).sum(-1) for part in points]
    return torch.stack(parts).sum(0) / sum(part.stop - part.start for part in points)


def point_set(name: str) -> tuple[slice, ...]:
    """Raises ValueError for a name that is not in `POINT_SETS`."""
    if name not in POINT_SETS:
        raise ValueError(f"points are '{name}'; choose one of {', '.join(map(repr, POINT_SETS))}")
    return POINT_SETS[name]


def _width(reference: Tensor, normaliser: Tensor | float | None, lengths: Tensor | None) -> Tensor:
    if normaliser is not None:
        return torch.as_tensor(normaliser)
    return greatest_over_frames(mouth_width(reference), lengths)


def _check(predicted: Tensor, reference: Tensor) -> None:
    if predicted.shape != reference.shape or predicted.dim() < 3 or predicted.shape[-2:] != (68, 2):
        raise ValueError(
            f"predicted is {tuple(predicted.shape)}, reference {tuple(reference.shape)}; expected (..., frames, 68, 2) "
            "twice"
        )


def _check_velocities(predicted: Tensor, lengths: Tensor | None) -> None:
    if predicted.shape[-3] < 2:
        raise ValueError(f"got {predicted.shape[-3]} frames; velocities need at least two")
    check_lengths(lengths, predicted.shape[:-3], predicted.shape[-3], least=2)
