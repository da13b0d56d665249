"""How well the exported image translation draws persons it never saw, against leaving the photo as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from tqdm import tqdm

from anyonenet.errors import CorpusError, WeightsError
from anyonenet.types import ImageBatch
from anyonenet.weights import load_weights
from datamodules.talking_faces import TalkingFacesDataModule
from evaluation.bootstrap import Figure, mean_of, share_of
from evaluation.measurement import Measurement, corpus_in_words
from evaluation.metrics.frechet import frechet_inception_distance
from evaluation.metrics.image import (
    L1Distance,
    PeakSignalToNoiseRatio,
    PerceptualDistance,
    StructuralSimilarity,
)
from evaluation.metrics.inception import inception_features
from evaluation.metrics.lips import dlib_detector, redetected_landmark_distance
from evaluation.metrics.sharpness import cumulative_blur_probability

Features = Callable[[Tensor], Tensor]
"""pictures `(batch, 3, H, W)` in [-1, 1] -> `(batch, D)`"""
SMALLEST_SHARP = 64
"""pixels of the shorter side, below which CPBD is not defined"""


def evaluate(
    weights: Path,
    root: Path,
    features: Path = Path("data/features"),
    validation_share: float = 0.1,
    test_share: float = 0.1,
    perceptual: str = "gabor",
    lip_frames: int = 80,
    lpips_weights: Path | None = None,
    fid_weights: Path | None = None,
) -> Measurement:
    """Measure `weights/images` on the persons of the test split.

    Args:
        weights: folder of the exported stages.
        root: folder of the corpora.
        features: folder of the feature stores.
        validation_share, test_share: of the persons, as in training.
        perceptual: features of the perceptual distance: 'gabor' or 'vgg19'.
        lip_frames: made pictures in which landmarks are detected again, evenly spread.
        lpips_weights: AlexNet's file, for `lpips`; None: where torchvision keeps it, and without it a note instead.
        fid_weights: InceptionV3's file, for `fid`; None: where PyTorch keeps downloads, and without it a note instead.

    Returns:
        `l1` (grey levels of 0 to 1), `ssim`, `psnr` (dB), `perceptual_NAME`, `lpips`, each also `_copy` for the photo
        as it is; `fid` and `fid_copy`, of all made pictures (photos) against all true ones, without an interval;
        `cpbd`, sharpness, and `cpbd_true` of the true pictures;
        `lips`, mean distance of the lips found again in the made picture from those asked for, in eye distances, and
        beside it `lips_detector`, the same on the true picture, which is the detector's own share, and `lips_copy`;
        `landmarks`, `landmarks_detector` and `landmarks_copy`, the same of all 68 points;
        `faces_found`, the share of made pictures with a face; `pairs`, `persons`. Intervals are over persons, whose
        pictures are drawn together.

    Raises:
        WeightsError: no usable weights, or files of weights that were named and are not there.
        InputError: unknown features.
        CorpusError: the corpus is missing or has no test person.
    """
    downloaded = Downloaded(lpips_weights, fid_weights)
    scores = scores_of(perceptual) | downloaded.scores
    data = TalkingFacesDataModule(
        str(root), str(features), batch_size=8, validation_share=validation_share, test_share=test_share
    )
    data.prepare_data()
    data.setup()
    if not len(data.test):
        raise CorpusError(f"no person of {root}/VoxCeleb2 falls into the test split; raise test_share")
    network, _ = load_weights(Path(weights) / "images", "images")
    persons = data.test.store.manifest["person"].iloc[data.test.indices].to_list()
    figures = measure(network, data.test_dataloader(), scores, downloaded.features, lip_frames, persons)
    figures |= {"pairs": Figure(len(data.test)), "persons": Figure(len(set(persons)))}
    return Measurement(corpus_in_words(root, ["voxceleb2"], "test persons"), figures, tuple(downloaded.notes))


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


@torch.inference_mode()
def measure(
    network: Any,
    batches: Any,
    scores: Mapping[str, Metric],
    features: Features | None = None,
    lip_frames: int = 80,
    persons: Sequence[str] | None = None,
) -> dict[str, Figure]:
    """The figures of one network; see `evaluate`.

    Args:
        network: sketch and photo -> picture.
        batches: of pairs, with the `dataset` they come from.
        scores: of a made picture against its target, by name.
        features: for FID, of all made pictures and all photos against all targets; None: without it.
        lip_frames: pictures in which landmarks are detected again.
        persons: that of each pair; None: each is its own.
    """
    values: dict[str, list[float]] = {name + kind: [] for kind in ("", "_copy") for name in scores}
    values |= {"cpbd": [], "cpbd_true": []}
    sets: dict[str, list[Tensor]] = {"fid": [], "fid_copy": [], "true": []}
    redetected = _Redetected()
    pairs = len(batches.dataset)
    wanted = set(np.linspace(0, pairs - 1, min(lip_frames, pairs)).astype(int).tolist())
    seen = 0
    for batch in tqdm(batches, desc="images", unit="batch"):
        made = network(torch.cat([batch.sketches, batch.photos], dim=1))
        values["cpbd"] += sharpness(made)
        values["cpbd_true"] += sharpness(batch.targets)
        for name, pictures in (("fid", made), ("fid_copy", batch.photos), ("true", batch.targets)):
            if features is not None:
                sets[name].append(features(pictures).cpu())
        for item in range(len(made)):
            target = batch.targets[item : item + 1]
            for name, metric in scores.items():
                values[name].append(float(metric(made[item : item + 1], target)))
                values[f"{name}_copy"].append(float(metric(batch.photos[item : item + 1], target)))
            if seen + item in wanted:
                redetected.add(batch, made, item, str(seen + item) if persons is None else persons[seen + item])
        seen += len(made)
    of = "pairs" if persons is None else "persons"
    figures = {name: mean_of(of_pairs, of, persons) for name, of_pairs in values.items()}
    if features is not None:
        true = torch.cat(sets.pop("true"))
        figures |= {
            name: Figure(float(frechet_inception_distance(torch.cat(found), true))) for name, found in sets.items()
        }
    return figures | redetected.figures(of)


def sharpness(pictures: Tensor) -> list[float]:
    """CPBD of `(B, 3, H, W)` pictures; nan for those that are too small for it."""
    if min(pictures.shape[2:]) < SMALLEST_SHARP:
        return [float("nan")] * len(pictures)
    return [float(value) for value in cumulative_blur_probability(pictures)]


class _Redetected:
    """Landmarks found again by dlib in made, true and copied pictures."""

    def __init__(self) -> None:
        self._detector = dlib_detector()
        kinds = ("", "_detector", "_copy")
        self._distances: dict[str, list[float]] = {name + kind: [] for name in ("lips", "landmarks") for kind in kinds}
        self._persons: list[str] = []

    def add(self, batch: ImageBatch, made: Tensor, item: int, person: str) -> None:
        self._persons.append(person)
        wanted = batch.target_landmarks[item]
        for kind, pictures in (("", made), ("_detector", batch.targets), ("_copy", batch.photos)):
            found = self._detector(pictures[item])
            for name, points in (("lips", "lips"), ("landmarks", "all")):
                distance = float("nan")
                if found is not None:
                    distance = float(redetected_landmark_distance(found, wanted, points))
                self._distances[name + kind].append(distance)

    def figures(self, of: str) -> dict[str, Figure]:
        means = {name: mean_of(values, of, self._persons) for name, values in self._distances.items()}
        return means | {"faces_found": share_of(np.isfinite(self._distances["lips"]), of, self._persons)}
