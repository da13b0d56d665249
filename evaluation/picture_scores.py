"""Scores of one made picture against the true one, with those that need downloads where their files are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from torch import Tensor
from torchmetrics import Metric

from anyonenet.errors import WeightsError
from evaluation.metrics.image import L1Distance, PeakSignalToNoiseRatio, PerceptualDistance, StructuralSimilarity
from evaluation.metrics.inception import inception_features

Features = Callable[[Tensor], Tensor]
"""pictures `(batch, 3, H, W)` in [-1, 1] -> `(batch, D)`"""


def scores_of(perceptual: str = "gabor") -> dict[str, Metric]:
    """The metrics of one picture against the true one that need no weights of others, by name.

    Raises:
        InputError, WeightsError: as of `evaluation.metrics.image.perceptual_backbone`.
    """
    return {
        "l1": L1Distance(),
        "ssim": StructuralSimilarity(),
        "psnr": PeakSignalToNoiseRatio(),
        f"perceptual_{perceptual}": PerceptualDistance(perceptual),
    }


def scored(made: Tensor, target: Tensor, scores: Mapping[str, Metric]) -> dict[str, float]:
    """Each score of one picture `(1, 3, H, W)` against the true one."""
    return {name: float(metric(made, target)) for name, metric in scores.items()}


def likeness(scores: Mapping[str, Metric]) -> str:
    """The score that stands for how alike two pictures look: LPIPS where it is measured."""
    return "lpips" if "lpips" in scores else next(name for name in scores if name.startswith("perceptual_"))


class Downloaded:
    """LPIPS and FID, whose networks are downloads: measured where the files are, else told.

    Args:
        lpips: AlexNet's file; None: the usual place.
        fid: InceptionV3's file; None: the usual place.

    Raises:
        WeightsError: a file that was named is not there or another's.
    """

    def __init__(self, lpips: Path | None, fid: Path | None):
        self.scores: dict[str, Metric] = {}
        self.features: Features | None = None
        self.notes: list[str] = []
        try:
            self.scores["lpips"] = PerceptualDistance("lpips", lpips)
        except WeightsError as error:
            self._told("lpips", lpips, error)
        try:
            self.features = inception_features(fid)
        except WeightsError as error:
            self._told("fid", fid, error)

    def _told(self, name: str, named: Path | None, error: WeightsError) -> None:
        if named is not None:
            raise error
        self.notes.append(f"{name} not measured: {error} (or name it: --{name}-weights FILE)")
