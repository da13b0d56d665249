"""How well exported landmark predictors follow the unseen part of the Obama addresses (Table II of AnyoneNet).

Each cut of the test split is predicted from its mel and one face, its own most closed mouth, and compared with what
happened; beside it stands a face that does not move (that same face in every frame), and the predictions' share of
its error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from anyonenet.errors import CorpusError
from anyonenet.face.mouth import mouth_opening
from anyonenet.networks.landmark_predictor import DECODERS
from anyonenet.types import LandmarkBatch
from anyonenet.weights import load_weights
from datamodules.landmarks import LandmarkDataModule
from datamodules.sampling import Draw
from evaluation.bootstrap import Figure, bootstrap, mean_of, ratio_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.landmarks import landmark_distance, open_area_difference, velocity_distance

ERRORS: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "d_ll": landmark_distance,
    "d_vl": velocity_distance,
    "d_a": open_area_difference,
}
"""D-LL, D-VL and D-A of one clip, see `docs/METRICS.md`"""


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
        move and `NAME_of_still`, the ratio; `opening_correlation`, of predicted and true mouth opening over all
        frames; `head_degrees` and `head_degrees_still`, the mean angle from predicted and from base orientation to
        the true one; `clips`, the number of cuts. For each rival the first three as `DECODER/NAME`. Intervals are over
        videos, whose cuts are drawn together.

    Raises:
        WeightsError: no usable weights.
        CorpusError: the corpus is missing or has no test cut.
    """
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
    for decoder in DECODERS:
        if rivals is not None and (rivals / decoder).is_dir():
            rival, _ = load_weights(rivals / decoder, "landmarks")
            measured = measure(rival, batches, videos)
            figures |= {f"{decoder}/{name}": measured[name] for name in ERRORS}
    return Measurement(corpus_in_words(root, ["obama"]), figures)


def clip_errors(predicted: torch.Tensor, reference: torch.Tensor) -> dict[str, float]:
    """D-LL, D-VL and D-A of one cut, `(frames, 68, 2)` twice; nan where one is not defined."""
    return {name: float(error(predicted, reference)) for name, error in ERRORS.items()}


@torch.inference_mode()
def measure(network: Any, batches: list[LandmarkBatch], videos: Sequence[str] | None = None) -> dict[str, Figure]:
    """The figures of one network; see `evaluate`. `videos` names that of each cut; None: each is its own."""
    moving: dict[str, list[float]] = {name: [] for name in ERRORS}
    still: dict[str, list[float]] = {name: [] for name in ERRORS}
    openings, angles, still_angles = [], [], []
    for batch in batches:
        motion = network(batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
        for item, frames in enumerate(batch.lengths.tolist()):
            base = batch.base_landmarks[item].expand(frames, -1, -1)
            said = base + motion.displacements[item, :frames]
            truth = batch.landmarks[item, :frames]
            for name, value in clip_errors(said, truth).items():
                moving[name].append(value)
            for name, value in clip_errors(base, truth).items():
                still[name].append(value)
            openings.append(torch.stack([mouth_opening(said), mouth_opening(truth)]).double().numpy())
            turned = batch.quaternions[item, :frames]
            angles.append(float(_degrees(motion.quaternions[item, :frames], turned).mean()))
            still_angles.append(float(_degrees(batch.base_quaternions[item].expand_as(turned), turned).mean()))
    of = "cuts" if videos is None else "videos"
    figures: dict[str, Figure] = {}
    for name in ERRORS:
        figures[name] = mean_of(moving[name], of, videos)
        figures[f"{name}_still"] = mean_of(still[name], of, videos)
        figures[f"{name}_of_still"] = ratio_of(moving[name], still[name], of, videos)
    figures["opening_correlation"] = correlation(openings, of, videos)
    frames = np.array([len(opening[0]) for opening in openings])
    figures["head_degrees"] = ratio_of(angles * frames, frames, of, videos)
    figures["head_degrees_still"] = ratio_of(still_angles * frames, frames, of, videos)
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


def _degrees(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Angles between orientations, `(frames, 4)` twice -> `(frames,)`."""
    return torch.rad2deg(2 * torch.acos((a * b).sum(-1).abs().clamp(max=1)))
