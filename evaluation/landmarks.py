"""How well exported landmark predictors follow the unseen part of the Obama addresses (Table II of AnyoneNet).

Each cut of the test split is predicted from its mel and one face, its own most closed mouth, and compared with what
happened; beside it stands a face that does not move (that same face in every frame), and the predictions' share of
its error.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from anyonenet.errors import CorpusError
from anyonenet.face.mouth import mouth_opening
from anyonenet.networks.landmark_predictor import DECODERS
from anyonenet.types import LandmarkBatch
from anyonenet.weights import load_weights
from datamodules.landmarks import LandmarkDataModule
from evaluation.metrics.landmarks import LandmarkDistance, OpenAreaDifference, VelocityDistance

METRICS = {"d_ll": LandmarkDistance, "d_vl": VelocityDistance, "d_a": OpenAreaDifference}


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    shortest_seconds: float = 1.0,
    rivals: Path | None = None,
) -> dict[str, float]:
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
        the true one; `clips`. For each rival the first three as `DECODER/NAME`.

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
    network, _ = load_weights(Path(weights) / "landmarks", "landmarks")
    figures = measure(network, batches)
    for decoder in DECODERS:
        if rivals is not None and (rivals / decoder).is_dir():
            rival, _ = load_weights(rivals / decoder, "landmarks")
            figures |= {
                f"{decoder}/{name}": value for name, value in measure(rival, batches).items() if name in METRICS
            }
    return figures


@torch.inference_mode()
def measure(network: Any, batches: list[LandmarkBatch]) -> dict[str, float]:
    """The figures of one network; see `evaluate`."""
    moving = {name: metric() for name, metric in METRICS.items()}
    still = {name: metric() for name, metric in METRICS.items()}
    openings, angles, still_angles = [], [], []
    for batch in batches:
        motion = network(batch.mels, batch.base_landmarks, batch.base_quaternions, batch.lengths)
        base = batch.base_landmarks.unsqueeze(1).expand_as(batch.landmarks)
        for name in METRICS:
            moving[name].update(base + motion.displacements, batch.landmarks, batch.lengths)
            still[name].update(base, batch.landmarks, batch.lengths)
        for item, frames in enumerate(batch.lengths.tolist()):
            said = base[item, :frames] + motion.displacements[item, :frames]
            truth = batch.landmarks[item, :frames]
            openings.append(torch.stack([mouth_opening(said), mouth_opening(truth)]))
            turned = batch.quaternions[item, :frames]
            angles.append(_degrees(motion.quaternions[item, :frames], turned))
            still_angles.append(_degrees(batch.base_quaternions[item].expand_as(turned), turned))
    figures: dict[str, float] = {}
    for name in METRICS:
        value, without = float(moving[name].compute()), float(still[name].compute())
        figures |= {name: value, f"{name}_still": without, f"{name}_of_still": value / without}
    figures["opening_correlation"] = float(torch.corrcoef(torch.cat(openings, 1))[0, 1])
    figures["head_degrees"] = float(torch.cat(angles).mean())
    figures["head_degrees_still"] = float(torch.cat(still_angles).mean())
    figures["clips"] = float(len(openings))
    return figures


def _degrees(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Angles between orientations, `(frames, 4)` twice -> `(frames,)`."""
    return torch.rad2deg(2 * torch.acos((a * b).sum(-1).abs().clamp(max=1)))
