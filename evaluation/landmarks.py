"""How well exported landmark predictors follow the unseen part of the Obama addresses (Table II of AnyoneNet).

Each cut of the test split is predicted from its mel and one face, its own most closed mouth, and compared with what
happened; beside it stands a face that does not move (that same face in every frame), and the predictions' share of
its error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from anyonenet.errors import CorpusError, InputError
from anyonenet.face import quaternion
from anyonenet.face.mouth import mouth_opening
from anyonenet.face.template import frontal_template
from anyonenet.networks.landmark_predictor import DECODERS
from anyonenet.portrait import NECK
from anyonenet.types import LandmarkBatch
from anyonenet.weights import load_weights
from datamodules.landmarks import LandmarkDataModule
from datamodules.sampling import Draw
from evaluation.bootstrap import Figure, bootstrap, mean_of, ratio_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.head import (
    face_landmark_distance,
    face_velocity_distance,
    head_position_difference,
    head_rotation_difference,
)
from evaluation.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance

ClipError = Callable[[Tensor, Tensor], Tensor]
ERRORS: dict[str, ClipError] = {
    "d_ll": landmark_distance,
    "d_vl": velocity_distance,
    "d_a": open_area_difference,
}
"""D-LL, D-VL and D-A of one clip, see `docs/METRICS.md`"""
LIP_ERRORS: dict[str, ClipError] = {
    "d_ll_lips": partial(landmark_distance, points="lips"),
    "d_vl_lips": partial(velocity_distance, points="lips"),
}
"""the same over the lips without the jaw"""
POINTS = {"jaw_and_lips": ("d_ll", "d_vl", "d_a"), "lips": ("d_ll_lips", "d_vl_lips", "d_a")}
"""the three figures of Table II by the points that they are over"""
HEAD_ERRORS: dict[str, ClipError] = {
    "d_l": face_landmark_distance,
    "d_v": face_velocity_distance,
    "d_pos": head_position_difference,
}
"""of placed landmarks; D-Rot, of orientations, comes beside them"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    shortest_seconds: float = 1.0,
    rivals: Path | None = None,
) -> Measurement:
    """Measure `weights/landmarks`, and predictors with other decoders beside it.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        shortest_seconds: shorter cuts are left out.
        rivals: folder with exported predictors in folders named after their decoders ('cnn_blstm', 'blstm', 'tdlstm').

    Returns:
        `d_ll`, `d_vl`, `d_a` (see `anyonenet.metrics.landmarks`), each also `NAME_still` for the face that does not
        move and `NAME_of_still`, the ratio; `d_ll_lips` and `d_vl_lips`, over the lips without the jaw;
        `opening_correlation`, of predicted and true mouth opening over all frames; `d_l`, `d_v` and `d_pos` of the
        face as `placed` turns it, and `d_rot`, degrees (see `evaluation.metrics.head`); these and the lips' also as
        `NAME_still`; `clips`, the number of cuts. For each rival the first three, and those of lips, as `DECODER/NAME`.
        Intervals are over videos, whose cuts are drawn together.

    Raises:
        WeightsError: no usable weights.
        InputError: there are no rivals in their folder.
        CorpusError: the corpus is missing or has no test cut.
    """
    measured_beside = rivals_in(rivals)
    data = LandmarkDataModule(str(root), str(features), batch_size=16, shortest_seconds=shortest_seconds)
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no video of {root}/Obama falls into the test split; add videos")
    batches = list(data.test_dataloader())
    rows = [data.test.mixture.item(Draw(place, 0, 0)) for place in range(len(data.test))]
    videos = data.test.cuts.manifest["clip"].iloc[rows].to_list()
    network, _ = load_weights(Path(weights) / "landmarks", "landmarks")
    figures = measure(network, batches, videos)
    for decoder, folder in measured_beside.items():
        rival, _ = load_weights(folder, "landmarks")
        measured = measure(rival, batches, videos)
        figures |= {f"{decoder}/{name}": measured[name] for name in (*ERRORS, *LIP_ERRORS)}
    return Measurement(corpus_in_words(root, ["obama"]), figures)


def rivals_in(folder: Path | None) -> dict[str, Path]:
    """Decoder -> its exported predictor in a folder; none where no folder is named.

    Raises:
        InputError: the folder holds none.
    """
    if folder is None:
        return {}
    found = {decoder: folder / decoder for decoder in DECODERS if (folder / decoder).is_dir()}
    if not found:
        raise InputError(f"no predictor in {folder}; expected exported weights in a folder named {', '.join(DECODERS)}")
    return found


def clip_errors(predicted: Tensor, reference: Tensor) -> dict[str, float]:
    """D-LL, D-VL and D-A of one cut, and those over the lips alone: `(frames, 68, 2)` twice, frontal.

    nan where one is not defined.
    """
    return {name: float(error(predicted, reference)) for name, error in (ERRORS | LIP_ERRORS).items()}


def head_errors(said: Tensor, said_turned: Tensor, truth: Tensor, turned: Tensor) -> dict[str, float]:
    """D-L, D-V, D-Pos and D-Rot of one cut: frontal landmarks `(frames, 68, 2)`, quaternions `(frames, 4)`, twice."""
    predicted, reference = placed(said, said_turned), placed(truth, turned)
    errors = {name: float(error(predicted, reference)) for name, error in HEAD_ERRORS.items()}
    return errors | {"d_rot": float(head_rotation_difference(said_turned, turned))}


def placed(frontal: Tensor, quaternions: Tensor) -> Tensor:
    """A face as a viewer sees it turn about its neck, where pictures were never taken of it.

    Stores keep no depth and no place of the head, and the predictor says neither: depth is the template's, and the
    neck stays where it is, as in `generate`.

    Args:
        frontal: `(frames, 68, 2)` outer-eye distances.
        quaternions: `(frames, 4)`.

    Returns:
        `(frames, 68, 2)`, the same unit.
    """
    depth = torch.from_numpy(frontal_template()[:, 2:]).expand(len(frontal), -1, -1)
    neck = torch.from_numpy(NECK)
    turns = torch.from_numpy(quaternion.to_matrix(quaternions.double().numpy()))
    points = torch.cat([frontal.double(), depth], dim=-1) - neck
    return (points @ turns.mT + neck)[..., :2]


@torch.inference_mode()
def measure(network: Any, batches: list[LandmarkBatch], videos: Sequence[str] | None = None) -> dict[str, Figure]:
    """The figures of one network; see `evaluate`. `videos` names that of each cut; None: each is its own."""
    moving: dict[str, list[float]] = {}
    still: dict[str, list[float]] = {}
    openings = []
    for batch in batches:
        motion = network(batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
        for item, frames in enumerate(batch.lengths.tolist()):
            base = batch.base_landmarks[item].expand(frames, -1, -1)
            said = base + motion.displacements[item, :frames]
            truth, turned = batch.landmarks[item, :frames], batch.quaternions[item, :frames]
            base_turned = batch.base_quaternions[item].expand(frames, -1)
            for found, face, orientation in (
                (moving, said, motion.quaternions[item, :frames]),
                (still, base, base_turned),
            ):
                errors = clip_errors(face, truth) | head_errors(face, orientation, truth, turned)
                for name, value in errors.items():
                    found.setdefault(name, []).append(value)
            openings.append(torch.stack([mouth_opening(said), mouth_opening(truth)]).double().numpy())
    of = "cuts" if videos is None else "videos"
    figures: dict[str, Figure] = {}
    for name in moving:
        figures[name] = mean_of(moving[name], of, videos)
        figures[f"{name}_still"] = mean_of(still[name], of, videos)
        if name in ERRORS:
            figures[f"{name}_of_still"] = ratio_of(moving[name], still[name], of, videos)
    figures["opening_correlation"] = correlation(openings, of, videos)
    figures["clips"] = Figure(len(openings))
    return figures


def correlation(pairs: Sequence[np.ndarray], of: str, groups: Sequence[str] | None = None) -> Figure:
    """Pearson's correlation over all frames of `(2, frames)` arrays; those of a group are drawn together."""
    names = np.arange(len(pairs)) if groups is None else np.asarray(groups)
    order, place = np.unique(names, return_inverse=True)
    sums = np.zeros((len(order), 6))  # all that the correlation needs: n, x, y, xx, yy, xy
    for group, (x, y) in zip(place, pairs, strict=True):
        sums[group] += [len(x), x.sum(), y.sum(), x @ x, y @ y, x @ y]

    def pearson(counts: np.ndarray) -> float:
        n, x, y, xx, yy, xy = counts @ sums
        spread = (n * xx - x * x) * (n * yy - y * y)
        return float((n * xy - x * y) / np.sqrt(spread)) if spread > 0 else float("nan")

    return bootstrap(pearson, len(order), of)
